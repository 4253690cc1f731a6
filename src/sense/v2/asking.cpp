#include "sense/v2/asking.h"

#include <algorithm>

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Value;

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }

// What a parser of queries found, in the client's words.
Error bad_query(const Error& e) { return bad("Invalid query expression: " + e.detail); }

Result<void> read_exact(const Value& v, std::string_view what, std::string& out) {
  if (!v.is_string()) return bad("Invalid JSON type for entity " + std::string(what));
  MACHIYA_CHECK(check_field(v.text(), "entity " + std::string(what)));
  out = v.text();
  return {};
}

}  // namespace

Result<TextPattern> read_id_pattern(std::string_view text) {
  auto out = TextPattern::compile(text);
  if (text.empty() || !out.ok()) return bad("Invalid regex for entity idPattern");
  return out;
}

Result<TypeSelection> read_type_pattern(std::string_view text, const NameMap& names) {
  auto pattern = TextPattern::compile(text);
  if (text.empty() || !pattern.ok()) return bad("Invalid regex for entity typePattern");
  return TypeSelection::pattern(std::move(*pattern), [names](std::string_view iri) { return names.name(iri); });
}

Result<EntitySelector> read_selector(const Value& body, const NameMap& names) {
  if (!body.is_object()) return bad("entities element must be a JSON object");
  for (const auto& [key, value] : body.members())
    if (key != "id" && key != "idPattern" && key != "type" && key != "typePattern") return bad("unrecognized property for entity: '" + std::string(key) + "'");
  EntitySelector out;
  out.v2 = true;
  if (body.has("id") && body.has("idPattern")) return bad("id and idPattern cannot be used at the same time");
  if (body.has("type") && body.has("typePattern")) return bad("type and typePattern cannot be used at the same time");
  if (!body.has("id") && !body.has("idPattern") && !body.has("type") && !body.has("typePattern")) return bad("empty entities element");
  if (const Value* id = body.find("id")) MACHIYA_CHECK(read_exact(*id, "id", out.ids.emplace_back()));
  if (const Value* pattern = body.find("idPattern")) {
    if (!pattern->is_string()) return bad("Invalid JSON type for entity idPattern");
    // ".*" is what everybody writes for "all": it needs no look at the id.
    if (pattern->text() != ".*") {
      MACHIYA_TRY(out.id_pattern, read_id_pattern(pattern->text()));
    }
  }
  if (const Value* type = body.find("type")) {
    std::string name;
    MACHIYA_CHECK(read_exact(*type, "type", name));
    out.type = TypeSelection::any({names.iri(name)});
  }
  if (const Value* pattern = body.find("typePattern")) {
    if (!pattern->is_string()) return bad("Invalid JSON type for entity typePattern");
    MACHIYA_TRY(out.type, read_type_pattern(pattern->text(), names));
  }
  return out;
}

Result<void> read_expression(const ExpressionWords& words, const NameMap& names, EntityQuery& out) {
  auto filter = Filter::parse_v2(words.q, words.mq, names.expander());
  if (!filter.ok()) return bad_query(filter.error());
  out.q = std::move(*filter);
  if (words.georel.empty() && words.geometry.empty() && words.coords.empty()) return {};
  if (words.georel.empty() || words.geometry.empty() || words.coords.empty()) return bad("partial geo expression: geometry, georel and coords have to be provided together");
  auto geo = GeoQuery::parse_v2(words.georel, words.geometry, words.coords);
  if (!geo.ok()) return bad_query(geo.error());
  out.geo = std::move(*geo);
  return {};
}

Result<void> read_expression(const Value& body, const NameMap& names, EntityQuery& out) {
  if (!body.is_object()) return bad("expression is not a JSON object");
  ExpressionWords words;
  const std::pair<std::string_view, std::string_view*> known[] = {{"q", &words.q}, {"mq", &words.mq}, {"georel", &words.georel}, {"geometry", &words.geometry}, {"coords", &words.coords}};
  for (const auto& [key, value] : body.members()) {
    const auto it = std::ranges::find(known, key, &std::pair<std::string_view, std::string_view*>::first);
    if (it == std::end(known)) return bad("unrecognized property for expression: '" + std::string(key) + "'");
    if (!value.is_string()) return bad(std::string(key) + " is not a string");
    if (value.text().empty()) return bad(std::string(key) + " is empty");
    *it->second = value.text();
  }
  return read_expression(words, names, out);
}

Result<Ordering> read_order(std::string_view text, const EntityQuery& query, const NameMap& names) {
  auto out = Ordering::parse_v2(text, query.geo ? &*query.geo : nullptr, names.expander());
  if (!out.ok()) return bad_query(out.error());
  return out;
}

}  // namespace machiya::sense::ngsiv2
