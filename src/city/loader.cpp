#include "city/loader.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <tuple>

#include "city/lint.h"
#include "city/near.h"
#include "city/typed_answers.h"

namespace machiya::city {

Loader::Loader(const std::string& folder, const std::vector<Kind>& kinds, const LoadOptions& options)
    : folder_(folder), kinds_(kinds), options_(options), reader_(folder, options.cache_folder) {}

const Loader::Compiled* Loader::schema(const std::string& name, const std::string& text) {
  if (const auto known = schemas_.find(name); known != schemas_.end()) return &known->second;
  auto compiled = Schema::compile(text);
  if (!compiled.ok()) {
    fault(name + ".schema.json", "スキーマを読めません: " + compiled.error().detail, "the schema cannot be read: " + compiled.error().detail);
    return nullptr;
  }
  const std::string shared = std::string(schema_text("common")) + std::string(schema_text("procedure"));
  return &schemas_.emplace(name, Compiled{std::move(compiled).value(), content_hash(text + shared)}).first->second;
}

void Loader::fault(const std::string& file, std::string ja, std::string en) {
  faults_.push_back({Severity::error, file, 0, 0, std::move(ja), std::move(en)});
}

void Loader::fault_at(const std::string& file, const std::string& pointer, std::string ja, std::string en) {
  Diagnostics diagnostics;
  diagnostics.error(pointer, std::move(ja), std::move(en));
  reader_.place(file, nullptr, diagnostics, faults_);
}

LoadReport Loader::run() {
  LoadReport report;
  list_ = list_folder(folder_, kinds_);
  faults_ = std::move(list_.faults);
  city_->revision_ = options_.revision;
  city_->facts_ = json::Value::array();
  read_base();
  read_rooms();
  read_blocks();
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) read_kind(kind);
  check_references();
  link();
  if (options_.lint) lint_city(*city_, reader_, faults_);
  reader_.flush_cache();
  const auto order = [](const Fault& f) { return std::tie(f.file, f.line, f.column, f.en); };
  std::stable_sort(faults_.begin(), faults_.end(), [&](const Fault& a, const Fault& b) { return order(a) < order(b); });
  // A fault in a block is met once for every procedure that uses it.
  faults_.erase(std::unique(faults_.begin(), faults_.end(), [&](const Fault& a, const Fault& b) { return order(a) == order(b); }), faults_.end());
  report.files = static_cast<int>(list_.definitions.size() + list_.rooms.size() + list_.fields.size() + references_.size());
  const bool good = std::none_of(faults_.begin(), faults_.end(), [](const Fault& f) { return f.severity == Severity::error; });
  report.faults = std::move(faults_);
  if (good) report.city = std::move(city_);
  return report;
}

void Loader::read_blocks() {
  Blocks blocks;
  std::string all;
  const Compiled* compiled = list_.blocks.empty() ? nullptr : schema("block", std::string(schema_text("block")));
  for (const std::string& path : list_.blocks) {
    std::string text;
    std::vector<Fault> here;
    auto root = reader_.tree(path, text, here);
    all += path + '\n' + text + '\n';
    Block block;
    block.file = path;
    std::vector<PlacedFault> placed;
    if (root && compiled) check_node(*root, compiled->schema->root(), placed);
    block.broken = !root || !placed.empty();
    for (const PlacedFault& f : placed) here.push_back({Severity::error, path, static_cast<int>(f.place.line), static_cast<int>(f.place.column), f.ja, f.en});
    faults_.insert(faults_.end(), here.begin(), here.end());
    const Node* id = root ? root->find("block") : nullptr;
    const Node* ask = root ? root->find("ask") : nullptr;
    std::string name = id ? id->text : std::filesystem::path(path).stem().string();
    if (ask) block.ask = *ask;
    for (const Node& item : block.ask.items)
      if (const Key* use = item.find_key("use"))
        faults_.push_back({Severity::error, path, static_cast<int>(use->place.line), static_cast<int>(use->place.column), "ブロックの中で別のブロックは使えません", "a block cannot use another block"}), block.broken = true;
    known_["block"].insert(name);
    blocks.emplace(std::move(name), std::move(block));
  }
  reader_.set_blocks(std::move(blocks), content_hash(all));
}

std::string Loader::head_id(const Reading& reading, const DefinitionFile& file, std::vector<Fault>& faults) const {
  const Kind& kind = kinds_[static_cast<std::size_t>(file.kind)];
  const std::filesystem::path path(file.path);
  // Scenarios of every kind are headed by a sentence, not by an id: their path names them.
  constexpr std::string_view kScenario = "scenario";
  if (kind.name.size() >= kScenario.size() && kind.name.compare(kind.name.size() - kScenario.size(), std::string::npos, kScenario) == 0) return (path.parent_path() / path.stem()).string();
  const std::string& id = reading.body.text(kind.name);
  // An unreadable file still stands for its id, so that nothing else is blamed for its absence.
  if (!reading.ok && id.empty()) return path.stem().string();
  if (!id.empty() && id != path.stem().string()) {
    Diagnostics diagnostics;
    diagnostics.warning("/" + kind.name, "ファイル名は「" + id + ".yaml」にします", "the file should be called " + id + ".yaml");
    reader_.place(file.path, reading.unit, diagnostics, faults);
  }
  return id;
}

Loader::Outcome Loader::read_definition(const DefinitionFile& file, const Compiled& compiled, bool answers) const {
  const Kind& kind = kinds_[static_cast<std::size_t>(file.kind)];
  Outcome out;
  out.loaded.source.file = file.path;
  Reading reading = reader_.read(file.path, *compiled.schema, compiled.hash, out.faults);
  out.id = head_id(reading, file, out.faults);
  if (!reading.ok) return out;
  Diagnostics diagnostics;
  if (answers) {
    std::map<std::string, json::Value> parsed;
    type_all_answers(reading.body, compiled.schema->root(), [&](const std::string& id) -> const json::Value* {
      if (const auto known = parsed.find(id); known != parsed.end()) return &known->second;
      const Loaded* procedure = city_->find("procedure", id);
      auto body = procedure ? json::parse(*procedure->canonical) : Result<json::Value>(ErrorCode::not_found);
      return body.ok() ? &parsed.emplace(id, std::move(body).value()).first->second : nullptr;
    }, diagnostics);
  }
  Source& source = out.loaded.source;
  source.kind = kind.name;
  source.id = out.id;
  out.facts = reading.body["facts"];
  source.version = static_cast<int>(reading.body["version"].as_int(1));
  if (file.room != SIZE_MAX) {
    const std::string& folder = list_.rooms[file.room].folder;
    for (const Room& room : city_->rooms_)
      if (room.folder == folder) source.initiative = room.number;
  }
  auto canonical = std::make_shared<const std::string>(json::to_canonical(reading.body));
  source.hash = content_hash(*canonical);
  out.loaded.canonical = std::move(canonical);
  out.references = references(reading.body, compiled.schema->root());
  out.keep = compiled.schema;
  if (reading.compilable) {
    out.loaded.definition = kind.compile_with ? kind.compile_with(reading.body, source, *city_, diagnostics)
                            : kind.compile    ? kind.compile(reading.body, source, diagnostics)
                                              : nullptr;
    out.compiled = diagnostics.ok();
    if (options_.lint) lint_definition(reading.body, source, diagnostics);
  }
  reader_.place(file.path, reading.unit, diagnostics, out.faults);
  return out;
}

void Loader::read_kind(std::size_t index) {
  const Kind& kind = kinds_[index];
  const Compiled* compiled = schema(kind.name, kind.schema.empty() ? std::string(schema_text(kind.name)) : kind.schema);
  if (!compiled) return;
  std::vector<const DefinitionFile*> files;
  for (const DefinitionFile& file : list_.definitions)
    if (file.kind == static_cast<int>(index)) files.push_back(&file);
  const bool answers = has_answers(compiled->schema->root());
  std::vector<Outcome> outcomes(files.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) outcomes[i] = read_definition(*files[i], *compiled, answers);
  };
  std::vector<std::thread> helpers;
  const int extra = std::min<int>(std::clamp(options_.threads, 1, 16), static_cast<int>(files.size() / 8 + 1)) - 1;
  for (int i = 0; i < extra; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  keep(std::move(outcomes), kind);
}

void Loader::keep(std::vector<Outcome> outcomes, const Kind& kind) {
  auto& by_id = city_->kinds_[kind.name];
  std::map<std::string, std::string> first;   // id -> file
  for (Outcome& outcome : outcomes) {
    faults_.insert(faults_.end(), std::make_move_iterator(outcome.faults.begin()), std::make_move_iterator(outcome.faults.end()));
    const std::string& file = outcome.loaded.source.file;
    keep_facts(file, outcome.facts);
    if (outcome.id.empty()) continue;
    known_[kind.name].insert(outcome.id);
    references_.push_back({file, std::move(outcome.references), outcome.keep});
    if (const auto [known, fresh] = first.emplace(outcome.id, file); !fresh) {
      fault_at(file, "/" + kind.name, "「" + outcome.id + "」は" + known->second + "でも定義されています", "\"" + outcome.id + "\" is also defined in " + known->second);
      continue;
    }
    if (outcome.compiled) by_id.emplace(outcome.id, std::move(outcome.loaded));
  }
}

void Loader::check_references() {
  for (const FileReferences& entry : references_) check_references_of(entry.file, entry.references);
}

void Loader::check_references_of(const std::string& file, const std::vector<Reference>& references) {
  for (const Reference& reference : references) {
    bool checkable = false, found = false;
    std::vector<std::string> candidates;
    for (const std::string& kind : reference.schema->refs) {
      const bool base = kind == "department" || kind == "ward" || kind == "block";
      checkable = checkable || base || std::any_of(kinds_.begin(), kinds_.end(), [&](const Kind& k) { return k.name == kind; });
      const std::set<std::string>& ids = known_[kind];
      found = found || ids.count(reference.id) > 0;
      candidates.insert(candidates.end(), ids.begin(), ids.end());
    }
    if (!checkable || found) continue;
    static const std::map<std::string, std::string> kNames = {{"department", "部署"}, {"ward", "区"}, {"workflow", "流れ(workflow)"},
                                                              {"decision", "判定表(decision)"}, {"procedure", "手続"}, {"block", "ブロック"}, {"register", "台帳"}};
    const std::string& kind = reference.schema->refs.front();
    const auto name = kNames.find(kind);
    const std::string near = nearest(reference.id, candidates);
    fault_at(file, reference.pointer,
             (name == kNames.end() ? kind : name->second) + "「" + reference.id + "」がありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
             "there is no " + kind + " \"" + reference.id + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
  }
}

void Loader::link() {
  for (const Kind& kind : kinds_) {
    if (!kind.link) continue;
    for (const auto& [id, loaded] : city_->kinds_[kind.name]) {
      if (!loaded.definition) continue;
      Diagnostics diagnostics;
      kind.link(*city_, loaded.source, *loaded.definition, diagnostics);
      reader_.place(loaded.source.file, nullptr, diagnostics, faults_);
    }
  }
}

LoadReport load(const std::string& folder, const std::vector<Kind>& kinds, const LoadOptions& options) { return Loader(folder, kinds, options).run(); }

}  // namespace machiya::city
