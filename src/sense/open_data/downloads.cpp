// CSV, GeoJSON and JSON-LD of a dataset.
#include <array>

#include "platform/tables/table_file.h"
#include "platform/tables/text_encoder.h"
#include "sense/entities/stamp.h"
#include "sense/entities/write.h"
#include "sense/open_data/dataset.h"

namespace machiya::sense::open_data {
namespace {

constexpr std::array<std::string_view, 5> kLanguages = {"ja", "en", "zh-Hans", "ko", "vi"};
constexpr std::size_t kPiece = std::size_t{1} << 16;   // bytes that are put at once

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out += c, out += c == '"' ? "\"" : "";
  return out + "\"";
}

std::string number(double d) {
  tree::Arena arena(64);
  return std::string(arena.number(d).text());
}

/// Rows of a CSV file, gathered into pieces.
class Csv {
 public:
  Csv(CsvFor reader, const Put& put) : reader_(reader), put_(put) {}
  void cell(const std::string& text) {
    if (!first_) row_ += ',';
    first_ = false;
    // A spreadsheet would run "=…"; machines get what is there.
    row_ += quoted(reader_ == CsvFor::machines ? text : tables::guarded(text));
  }
  void bare(const std::string& text) { row_ += first_ ? "" : ",", row_ += text, first_ = false; }   // of numbers
  Result<void> end_row() {
    text_ += row_ + "\r\n";
    row_.clear(), first_ = true;
    return text_.size() >= kPiece ? flush() : Result<void>();
  }
  Result<void> flush() {
    auto done = put_(reader_ == CsvFor::excel_cp932 ? tables::to_cp932(text_) : text_);
    text_.clear();
    return done;
  }

 private:
  CsvFor reader_;
  const Put& put_;
  std::string row_, text_;
  bool first_ = true;
};

Result<void> header(Csv& csv, const std::vector<const AttributeType*>& attributes, bool labels) {
  csv.cell("id");
  for (const AttributeType* a : attributes) {
    const std::string name = labels ? a->label.in("ja") + (a->unit.empty() ? "" : " (" + unit_text(a->unit) + ")") : a->name;
    if (a->kind == ValueKind::geo) {
      csv.cell(labels ? name + " 緯度" : name + "_latitude"), csv.cell(labels ? name + " 経度" : name + "_longitude"), csv.cell(labels ? name + " 図形" : name + "_geojson");
    } else if (a->kind == ValueKind::language_map) {
      for (const std::string_view lang : kLanguages) csv.cell(name + (labels ? " " : "_") + std::string(lang));
    } else {
      csv.cell(name);
      if (a->series) csv.cell(labels ? name + " 観測日時" : name + "_observedAt");
    }
  }
  csv.cell(labels ? "更新日時" : "modifiedAt");
  return csv.end_row();
}

void geo_cells(Csv& csv, const Instance* i) {
  const auto point = i != nullptr ? point_of(*i) : std::nullopt;
  if (point) return csv.bare(number(point->lat)), csv.bare(number(point->lon)), csv.cell("");
  csv.cell(""), csv.cell(""), csv.cell(i != nullptr ? tree::to_text(plain(i->value)) : std::string());
}

void language_cells(Csv& csv, const Instance* i) {
  for (const std::string_view lang : kLanguages) {
    const tree::Value* text = i != nullptr ? i->value.find(lang) : nullptr;
    csv.cell(text != nullptr && text->is_string() ? std::string(text->text()) : std::string());
  }
}

void cells(Csv& csv, const AttributeType& a, const Instance* i) {
  if (a.kind == ValueKind::geo) return geo_cells(csv, i);
  if (a.kind == ValueKind::language_map) return language_cells(csv, i);
  if (i != nullptr && plain(i->value).is_number()) csv.bare(std::string(plain(i->value).text()));
  else csv.cell(i != nullptr ? cell_of(*i, "ja") : std::string());
  if (a.series) csv.cell(i != nullptr ? std::string(i->observed_at.text) : std::string());
}

/// Elements of a list, gathered into pieces.
class Elements {
 public:
  explicit Elements(const Put& put) : put_(put) {}
  std::string text;
  Result<void> next() { return text.size() >= kPiece ? flush() : Result<void>(); }
  Result<void> flush() {
    auto done = put_(text);
    text.clear();
    return done;
  }

 private:
  const Put& put_;
};

}  // namespace

Result<void> write_csv(const EntityType& type, const std::vector<EntityPtr>& entities, CsvFor reader, const Put& put) {
  const auto attributes = open_attributes(type);
  if (reader == CsvFor::excel_utf8) MACHIYA_CHECK(put("\xEF\xBB\xBF"));
  Csv csv(reader, put);
  MACHIYA_CHECK(header(csv, attributes, reader != CsvFor::machines));
  for (const EntityPtr& e : entities) {
    csv.cell(std::string(e->id));
    for (const AttributeType* a : attributes) cells(csv, *a, instance_of(*e, *a));
    csv.cell(stamp_text(e->modified_us));
    MACHIYA_CHECK(csv.end_row());
  }
  return csv.flush();
}

Result<void> write_geojson(const EntityType& type, const std::vector<EntityPtr>& entities, const Terms& terms, const Put& put) {
  std::string place = "https://uri.etsi.org/ngsi-ld/location";
  for (const AttributeType* a : open_attributes(type))
    if (a->kind == ValueKind::geo) {
      place = a->iri;
      break;
    }
  Shape shape;
  shape.terms = &terms, shape.format = Format::simplified;
  Elements out(put);
  out.text = "{\"type\":\"FeatureCollection\",\"features\":[";
  const char* comma = "";
  for (const EntityPtr& e : entities) {
    out.text += comma, comma = ",\n";
    write_feature(*e, shape, place, {}, out.text);
    MACHIYA_CHECK(out.next());
  }
  out.text += "]}\n";
  return out.flush();
}

Result<void> write_jsonld(const std::vector<EntityPtr>& entities, const Terms& terms, const std::string& context_url, const Put& put) {
  Shape shape;
  shape.terms = &terms, shape.format = Format::concise, shape.sys_attrs = false;
  Elements out(put);
  out.text = "{\"@context\":[" + tree::quoted(context_url) + "," + tree::quoted(kCoreContextUrl) + "],\"@graph\":[";
  const char* comma = "";
  for (const EntityPtr& e : entities) {
    out.text += comma, comma = ",\n";
    write_entity(*e, shape, out.text);
    MACHIYA_CHECK(out.next());
  }
  out.text += "]}\n";
  return out.flush();
}

}  // namespace machiya::sense::open_data
