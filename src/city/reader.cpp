#include "city/reader.h"

#include "city/folder.h"

namespace machiya::city {
namespace {

/// Raise when the typed form of a definition changes for the same text and schema.
constexpr std::string_view kCacheFormat = "machiya-definition-1";

void unreadable(const std::string& path, std::vector<Fault>& faults) {
  faults.push_back({Severity::error, path, 0, 0, "ファイルを読めません", "the file cannot be read"});
}

void add_placed(const std::vector<PlacedFault>& placed, const std::vector<std::string>& files, std::vector<Fault>& faults) {
  for (const PlacedFault& fault : placed) {
    const std::string& file = fault.place.file < files.size() ? files[fault.place.file] : files.front();
    faults.push_back({Severity::error, file, static_cast<int>(fault.place.line), static_cast<int>(fault.place.column), fault.ja, fault.en});
  }
}

}  // namespace

std::shared_ptr<const Unit> Reader::parse_unit(const std::string& path, const std::string& text, std::vector<PlacedFault>& placed) const {
  std::optional<Node> root = parse_yaml(text, placed);
  if (!root) return nullptr;
  auto unit = std::make_shared<Unit>();
  unit->root = std::move(*root);
  unit->files.push_back(path);
  inline_blocks(*unit, blocks_, placed);
  return unit;
}

Reading Reader::read(const std::string& path, const Schema& schema, std::string_view schema_hash, std::vector<Fault>& faults) const {
  Reading reading;
  std::string text;
  if (!read_text_file(folder_ + "/" + path, text)) {
    unreadable(path, faults);
    return reading;
  }
  std::string key;
  if (cache_.enabled()) {
    key = content_hash(std::string(kCacheFormat) + '\n' + std::string(schema_hash) + '\n' + blocks_hash_ + '\n' + text);
    if (auto cached = cache_.get(key)) {
      if (auto body = json::parse(*cached); body.ok()) {
        reading.body = std::move(body).value();
        reading.ok = reading.compilable = true;
        return reading;
      }
    }
  }
  std::vector<PlacedFault> placed;
  auto unit = parse_unit(path, text, placed);
  if (unit) reading.body = check_node(unit->root, schema.root(), placed);
  reading.ok = unit && placed.empty();
  reading.compilable = reading.ok && !unit->uses_broken_block;
  add_placed(placed, unit ? unit->files : std::vector<std::string>{path}, faults);
  if (reading.compilable && cache_.enabled()) cache_.put(key, json::to_text(reading.body));
  reading.unit = std::move(unit);
  return reading;
}

std::optional<Node> Reader::tree(const std::string& path, std::string& text, std::vector<Fault>& faults) const {
  if (!read_text_file(folder_ + "/" + path, text)) {
    unreadable(path, faults);
    return std::nullopt;
  }
  std::vector<PlacedFault> placed;
  auto root = parse_yaml(text, placed);
  add_placed(placed, {path}, faults);
  if (!placed.empty()) return std::nullopt;
  return root;
}

void Reader::place(const std::string& path, std::shared_ptr<const Unit> unit, const Diagnostics& diagnostics, std::vector<Fault>& faults) const {
  if (diagnostics.list().empty()) return;
  if (!unit) {
    std::string text;
    std::vector<PlacedFault> ignored;   // the text was read without a fault before
    if (read_text_file(folder_ + "/" + path, text)) unit = parse_unit(path, text, ignored);
  }
  for (const Diagnostic& d : diagnostics.list()) {
    Fault fault{d.severity, path, 0, 0, d.ja, d.en};
    if (unit) {
      const Found found = locate(unit->root, d.pointer);
      Place place = found.place;
      if (d.line > 0 && found.exact && found.node->is_scalar() && found.node->inner_exact) {
        const Place start = found.node->text_place;
        const bool below = found.node->style == Node::Style::block || d.line == 1;
        place.line = start.line + static_cast<std::uint32_t>(d.line) - 1;
        place.column = (below ? start.column - 1 : 0) + static_cast<std::uint32_t>(d.column > 0 ? d.column : 1);
      }
      fault.file = place.file < unit->files.size() ? unit->files[place.file] : path;
      fault.line = static_cast<int>(place.line);
      fault.column = static_cast<int>(place.column);
    }
    faults.push_back(std::move(fault));
  }
}

}  // namespace machiya::city
