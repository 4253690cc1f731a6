// /v2/types: which types of entities there are, with their attributes and those types.
#include <map>
#include <set>

#include "sense/v2/attribute.h"
#include "sense/ngsiv2/ngsiv2.h"

namespace machiya::sense::ngsiv2 {
namespace {

struct TypeOf {
  std::size_t count = 0;
  std::map<std::string, std::set<std::string>> attributes;   // name → types
};

// `only`: of this type (an IRI); "": of all.
std::map<std::string, TypeOf> types(Call& call, const std::string& only) {
  const NameMap& names = call.broker.names;
  EntityQuery query;
  query.paths = call.paths;
  if (!only.empty()) query.entities.emplace_back().type = TypeSelection::any({only});
  const Found found = call.find(query, nullptr, 0, SIZE_MAX, false);
  std::map<std::string, TypeOf> out;
  for (const EntityPtr& e : found.entities) {
    TypeOf& type = out[only.empty() ? type_of(*e, names) : names.name(only)];
    ++type.count;
    for (const Attribute& a : e->attributes)
      if (const Instance* i = seen_instance(a)) type.attributes[names.name(a.name)].insert(type_of(*i, names));
  }
  return out;
}

// `detail`: with the types of attributes.
std::string text_of(const TypeOf& type, bool detail) {
  std::string out = "\"attrs\":{";
  const char* before = "";
  for (const auto& [name, all] : type.attributes) {
    out += before + quoted(name) + ":{\"types\":[", before = ",";
    const char* comma = "";
    if (detail)
      for (const std::string& t : all) out += comma + quoted(t), comma = ",";
    out += "]}";
  }
  return out + "},\"count\":" + std::to_string(type.count) + "}";
}

Result<http::Response> list(Call& call) {
  MACHIYA_TRY(const Call::Page page, call.page());
  const auto all = types(call, {});
  std::string out = "[";
  std::size_t at = 0;
  for (const auto& [name, type] : all) {
    if (at++ < page.offset || at > page.offset + page.limit) continue;
    if (out.size() > 1) out += ',';
    out += call.option("values") ? quoted(name) : "{\"type\":" + quoted(name) + "," + text_of(type, !call.option("noAttrDetail"));
  }
  return call.answer_page(out + "]", page, all.size());
}

Result<http::Response> one(Call& call) {
  const std::string_view name = call.request.param("type");
  MACHIYA_CHECK(check_field(name, "entity type"));
  const auto found = types(call, call.broker.names.iri(name));
  if (found.empty()) return Error(ErrorCode::not_found, "Entity type not found");
  return call.answer("{" + text_of(found.begin()->second, !call.option("noAttrDetail")));
}

}  // namespace

void add_type_routes(const Routes& routes) {
  using enum http::Method;
  routes.add(get, "/v2/types", {.options = {"count", "values", "noAttrDetail"}}, list);
  routes.refuse_others("/v2/types", {get});
  routes.add(get, "/v2/types/{type}", {.options = {"noAttrDetail"}}, one);
  routes.refuse_others("/v2/types/{type}", {get});
}

}  // namespace machiya::sense::ngsiv2
