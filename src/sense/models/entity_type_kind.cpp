// Definition → EntityType. The schema has seen to the form; here is what parts of it mean to each other.
#include <algorithm>
#include <array>
#include <set>

#include "sense/entities/words.h"
#include "sense/jsonld/contexts.h"
#include "sense/models/entity_type.h"

namespace machiya::sense {
namespace {
using json::Value;

constexpr std::array<std::string_view, 9> kKinds = {"number", "integer", "text", "boolean", "date-time", "geo", "relation", "language-map", "json"};
constexpr std::array<std::string_view, 8> kFrequencies = {"continuous", "hourly", "daily", "weekly", "monthly", "quarterly", "annual", "irregular"};

/// The core context alone: which terms it defines, and where all others go.
const TermsPtr& core_terms() {
  static Contexts contexts(nullptr);   // immutable once made; compiling it for each definition would take longer than the rest
  return contexts.core();
}

/// "P2Y6M" in days; the schema has seen to the form. Hours and less count as a day.
int days_of(const std::string& text) {
  int days = 0, number = 0;
  bool time = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') number = std::min(number * 10 + (c - '0'), 100'000);
    else if (c == 'T') time = true;
    else if (c != 'P') days += number * (time ? 0 : c == 'Y' ? 366 : c == 'M' ? 31 : 1), number = 0;
  }
  return std::max(days, 1);
}

class Compiler {
 public:
  Compiler(const Value& body, const city::Source& source, const city::City& city, Diagnostics& faults)
      : body_(body), source_(source), city_(city), faults_(faults), out_(std::make_shared<EntityType>()) {}

  std::shared_ptr<const city::Definition> run() {
    EntityType& out = *out_;
    out.id = source_.id, out.version = source_.version, out.initiative = source_.initiative, out.name = city::Text(body_["name"]);
    out.owner = body_.text("owner");
    if (!city_.department(out.owner)) fault("/owner", "「" + out.owner + "」という所属はありません", "there is no department \"" + out.owner + "\"");
    out.term = body_.text("type"), out.iri = iri_of(out.term, body_.text("iri"), "");
    out.check = body_.text("check") == "lenient" ? ModelCheck::lenient : body_.text("check") == "off" ? ModelCheck::off : ModelCheck::strict;
    out.reading = reading(body_["access"], "/access", Reading{.open = false, .scope = std::string(kRestrictedScope), .permission = std::string(kRestrictedPermission), .purposes = {}});
    for (std::size_t i = 0; i < body_["attributes"].size(); ++i) attribute(body_["attributes"][i], "/attributes/" + std::to_string(i));
    if (body_.has("open")) open_data(body_["open"]);
    return out_;
  }

 private:
  void fault(const std::string& where, std::string ja, std::string en) { faults_.error(where, std::move(ja), std::move(en)); }

  /// The IRI that was written, that of the core context, that of the city's vocabulary, or the default of NGSI-LD: what somebody without context means.
  std::string iri_of(const std::string& term, const std::string& written, const std::string& where) {
    const std::string core(core_terms()->expand_term(term, scratch_));
    const bool known = !core.starts_with(kDefaultVocab);
    if (detail::is_reserved(term) || core.empty() || core.starts_with('@'))
      fault(where + (where.empty() ? "/type" : "/name"), "「" + term + "」はNGSI-LDの決まった言葉です。別の名前にします", "\"" + term + "\" is a word of NGSI-LD itself: choose another name");
    if (known && !written.empty() && written != core)
      fault(where + "/iri", "「" + term + "」のIRIはNGSI-LDの中心のcontextで " + core + " と決まっています", "the core context of NGSI-LD says that \"" + term + "\" is " + core);
    if (!written.empty()) return written;
    const std::string& vocabulary = city_.settings().text("vocabulary");
    return known || vocabulary.empty() ? core : vocabulary + term;
  }

  Reading reading(const Value& access, const std::string& where, const Reading& restricted) {
    if (access.as_string() == "open") return {};
    Reading out = restricted;
    out.open = false;
    if (!access.is_object()) return out;
    out.scope = access.text("scope"), out.permission = access.text("permission"), out.purposes.clear();
    for (std::size_t i = 0; i < access["purposes"].size(); ++i) {
      const std::string& purpose = access["purposes"][i].as_string();
      out.purposes.push_back(purpose);
      if (!city_.policy()["purposes"].has(purpose))
        fault(where + "/purposes/" + std::to_string(i), "policy.yamlに「" + purpose + "」という利用目的はありません", "policy.yaml has no purpose \"" + purpose + "\"");
    }
    if (out.scope.empty() && out.permission.empty()) fault(where, "scope か permission を書きます。そうでなければ誰も読めません", "write a scope or a permission: nobody could read it otherwise");
    if (out.permission.empty() && !out.purposes.empty()) fault(where + "/purposes", "purposes は permission と一緒に書きます", "purposes belong to a permission");
    return out;
  }

  void attribute(const Value& one, const std::string& where) {
    AttributeType a;
    a.name = one.text("name"), a.iri = iri_of(a.name, one.text("iri"), where), a.label = city::Text(one["label"]);
    a.kind = static_cast<ValueKind>(std::ranges::find(kKinds, one.text("kind")) - kKinds.begin());   // the schema lists the same words
    a.list = one["list"].as_bool(), a.unit = one.text("unit"), a.required = one["required"].as_bool(), a.series = one["series"].as_bool();
    if (one.has("min")) a.min = one["min"].as_double();
    if (one.has("max")) a.max = one["max"].as_double();
    a.retention = one.text("retention"), a.retention_days = a.retention.empty() ? 0 : days_of(a.retention);
    if (one.has("to")) a.target = one.text("to").find(':') != std::string::npos ? one.text("to") : iri_of_type(one.text("to"));
    for (const Value& c : one["choices"].items()) a.choices.push_back({c.text("choice"), city::Text(c["label"])});
    a.reading = one.has("access") ? reading(one["access"], where + "/access", restricted()) : out_->reading;
    rules(a, one, where);
    if (out_->attribute_named(a.name)) fault(where + "/name", "「" + a.name + "」は二度書かれています", "\"" + a.name + "\" stands here twice");
    else if (out_->attribute(a.iri)) fault(where, "同じIRIの項目が二つあります: " + a.iri, "two attributes have the IRI " + a.iri);
    out_->attributes.push_back(std::move(a));
  }

  Reading restricted() const {
    if (!out_->reading.open) return out_->reading;
    return {.open = false, .scope = std::string(kRestrictedScope), .permission = std::string(kRestrictedPermission), .purposes = {}};
  }
  std::string iri_of_type(const std::string& term) {
    if (term == out_->term) return out_->iri;
    const std::string& vocabulary = city_.settings().text("vocabulary");
    return vocabulary.empty() ? std::string(core_terms()->expand_term(term, scratch_)) : vocabulary + term;
  }

  // What goes with which kind.
  void rules(const AttributeType& a, const Value& one, const std::string& where) {
    const bool number = a.kind == ValueKind::number || a.kind == ValueKind::integer;
    const bool text = a.kind == ValueKind::text;
    if (!a.unit.empty() && !number) fault(where + "/unit", "単位は数に書きます", "a unit belongs to a number");
    for (const char* border : {"min", "max"})
      if (one.has(border) && !number && !text) fault(where + "/" + border, "min と max は数(値)か文字列(文字数)に書きます", "min and max belong to numbers (the value) and texts (characters)");
    if (a.min && a.max && *a.max < *a.min) fault(where + "/max", "最大が最小より小さいです", "the maximum is below the minimum");
    if (!a.choices.empty() && !number && !text) fault(where + "/choices", "選択肢は数か文字列に書きます", "choices belong to numbers and texts");
    if (!a.target.empty() && a.kind != ValueKind::relation) fault(where + "/to", "to は kind: relation に書きます", "\"to\" belongs to kind: relation");
    if (a.series && (a.kind == ValueKind::json || a.kind == ValueKind::language_map)) fault(where + "/series", "この種類の値は時系列になりません", "values of this kind make no series");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < a.choices.size(); ++i) {
      const std::string at = where + "/choices/" + std::to_string(i);
      if (!seen.insert(a.choices[i].value).second) fault(at, "「" + a.choices[i].value + "」は二度書かれています", "\"" + a.choices[i].value + "\" stands here twice");
      if (number && json::parse(a.choices[i].value).ok() == false) fault(at, "数の選択肢は数です", "a choice of a number is a number");
    }
    if (a.reading.open && !out_->reading.open)
      fault(where + "/access", "型そのものが公開されていないので、項目だけの公開はできません", "the type itself is not open, so an attribute of it cannot be");
  }

  void open_data(const Value& one) {
    OpenData open;
    open.name = one.text("name"), open.licence = one.text("licence"), open.about = city::Text(one["about"]);
    open.frequency = static_cast<Frequency>(std::ranges::find(kFrequencies, one.text("updates")) - kFrequencies.begin());
    for (const Value& word : one["keywords"].items()) open.keywords.push_back(word.as_string());
    if (!out_->reading.open) fault("/open", "access: open でない型はオープンデータになりません", "a type that is not \"access: open\" cannot be open data");
    if (std::ranges::none_of(out_->attributes, [](const AttributeType& a) { return a.reading.open; })) fault("/open", "公開される項目がありません", "no attribute of it is open");
    if (one.has("gbfs")) open.gbfs = gbfs(one["gbfs"]);
    out_->open = std::move(open);
  }

  GbfsMapping gbfs(const Value& one) {
    GbfsMapping out;
    out.system_id = one.text("system"), out.system_name = one.has("name") ? city::Text(one["name"]) : out_->name;
    out.timezone = city_.settings().text("timezone").empty() ? "Asia/Tokyo" : city_.settings().text("timezone");
    out.opening_hours = one.text("opening_hours"), out.feed_contact_email = one.text("contact"), out.ttl = static_cast<int>(one["ttl"].as_int(60));
    out.vehicles = one["vehicles"].as_bool(true);
    for (const Value& language : one["languages"].items()) out.languages.push_back(language.as_string());
    if (out.languages.empty()) out.languages = {"ja"};
    fields(one["station_information"], "/open/gbfs/station_information", out.information);
    fields(one["station_status"], "/open/gbfs/station_status", out.status);
    return out;
  }

  void fields(const Value& from, const std::string& where, GbfsMapping::Fields& to) {
    for (const auto& [field, term] : from.members()) {
      const AttributeType* a = out_->attribute_named(term.as_string());
      if (!a) fault(where + "/" + field, "「" + term.as_string() + "」という項目はありません", "there is no attribute \"" + term.as_string() + "\"");
      else if (!a->reading.open) fault(where + "/" + field, "公開されていない項目です", "this attribute is not open");
      to.emplace_back(field, term.as_string());
    }
  }

  const Value& body_;
  const city::Source& source_;
  const city::City& city_;
  Diagnostics& faults_;
  std::shared_ptr<EntityType> out_;
  tree::Arena scratch_;
};

/// Two definitions that mean the same word differently: told at the later one.
void link(const city::City& city, const city::Source& source, const city::Definition& definition, Diagnostics& faults) {
  const auto& mine = static_cast<const EntityType&>(definition);
  for (const EntityType* other : entity_types_of(city)) {
    if (other->id >= source.id) continue;
    const std::string by_ja = "(" + other->id + ")", by_en = " (" + other->id + ")";
    if (other->iri == mine.iri) faults.error("/type", "同じ型の定義がほかにあります" + by_ja, "this type has another definition" + by_en);
    if (other->term == mine.term && other->iri != mine.iri) faults.error("/type", "「" + mine.term + "」はほかの定義では別のIRIです" + by_ja, "\"" + mine.term + "\" has another IRI elsewhere" + by_en);
    if (other->open && mine.open && other->open->name == mine.open->name) faults.error("/open/name", "オープンデータの名前がほかと同じです" + by_ja, "another type is published under this name" + by_en);
    for (std::size_t i = 0; i < mine.attributes.size(); ++i) {
      const AttributeType* same = other->attribute_named(mine.attributes[i].name);
      if (same && same->iri != mine.attributes[i].iri)
        faults.error("/attributes/" + std::to_string(i) + "/name", "「" + same->name + "」はほかの定義では別のIRIです" + by_ja, "\"" + same->name + "\" has another IRI elsewhere" + by_en);
    }
  }
}

}  // namespace

std::string_view value_kind_name(ValueKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view frequency_name(Frequency frequency) { return kFrequencies[static_cast<std::size_t>(frequency)]; }

city::Kind entity_type_kind() {
  city::Kind kind;
  kind.name = "entity-type", kind.folder = "entities";
  kind.compile_with = [](const Value& body, const city::Source& source, const city::City& earlier, Diagnostics& faults) { return Compiler(body, source, earlier, faults).run(); };
  kind.link = link;
  return kind;
}

}  // namespace machiya::sense
