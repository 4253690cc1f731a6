// /types and /attributes: what kinds of entities there are, and what is said of them (§5.7.5–§5.7.10, §6.25–§6.28).
#include <algorithm>
#include <map>

#include "sense/ngsild/distributed_discovery.h"
#include "sense/ngsild/ngsild.h"

namespace machiya::sense::ngsild {
namespace {

/// Writes the resources of discovery under the request's context.
class Told {
 public:
  explicit Told(Call& call) : call_(call) {}

  std::string type(const std::string& iri) { return text(call_.terms->compact_iri(iri, call_.arena)); }
  std::string attribute(const std::string& iri) { return text(call_.terms->compact_attribute(iri, call_.arena)); }
  static std::string text(std::string_view word) { return tree::quoted(word); }
  template <class List, class Write> static std::string list(const List& items, const Write& write) {
    std::string out = "[";
    for (const auto& item : items) out += (out.size() > 1 ? "," : "") + write(item);
    return out + "]";
  }
  static std::string kinds(const AttributeFacts& facts) {
    return list(facts.kinds, [](AttributeKind k) { return text(kind_name(k)); });
  }

 private:
  Call& call_;
};

/// Attributes of all types together.
Attributes attributes_of(const Types& types) {
  Attributes out;
  for (const auto& [type, facts] : types)
    for (const auto& [name, seen] : facts.attributes) {
      AttributeFacts& a = out[name];
      a.entities += seen.entities;
      a.types.push_back(type);
      for (const AttributeKind k : seen.kinds)
        if (std::ranges::find(a.kinds, k) == a.kinds.end()) a.kinds.push_back(k);
    }
  return out;
}

http::Response warned(http::Response response, const std::vector<federation::Warning>& warnings) {
  add_warnings(response, warnings);
  return response;
}

std::string new_list_id(Call& call, std::string_view what) { return "urn:ngsi-ld:" + std::string(what) + ":" + new_public_id(call.broker.rng); }

Result<http::Response> types(Call& call) {
  auto details = call.flag("details");
  if (!details.ok()) return details.error();
  Types found = call.types();
  const auto warnings = add_types(call, *details, found);
  Told told(call);
  if (!*details)
    return warned(call.answer("{\"id\":" + Told::text(new_list_id(call, "EntityTypeList")) + ",\"type\":\"EntityTypeList\",\"typeList\":" + Told::list(found, [&](const auto& t) { return told.type(t.first); }) + "}"),
                  warnings);
  std::vector<std::string> each;
  for (const auto& [iri, facts] : found)
    each.push_back("{\"id\":" + Told::text(iri) + ",\"type\":\"EntityType\",\"typeName\":" + told.type(iri) + ",\"attributeNames\":" +
                   Told::list(facts.attributes, [&](const auto& a) { return told.attribute(a.first); }) + "}");
  return warned(call.answer_list(each, {.limit = each.size()}, std::nullopt, false), warnings);
}

Result<http::Response> type(Call& call) {
  auto iri = call.name("type");
  if (!iri.ok()) return iri.error();
  Types all = call.types();
  const auto warnings = add_type(call, *iri, all);
  const auto found = all.find(*iri);
  if (found == all.end()) return warned(call.dressed(problem(Error(ErrorCode::not_found, "there is no entity of this type"))), warnings);
  Told told(call);
  const auto detail = [&](const auto& a) {
    return "{\"id\":" + Told::text(a.first) + ",\"type\":\"Attribute\",\"attributeName\":" + told.attribute(a.first) + ",\"attributeTypes\":" + Told::kinds(a.second) + "}";
  };
  return warned(call.answer("{\"id\":" + Told::text(*iri) + ",\"type\":\"EntityTypeInfo\",\"typeName\":" + told.type(*iri) + ",\"entityCount\":" + std::to_string(found->second.entities) +
                     ",\"attributeDetails\":" + Told::list(found->second.attributes, detail) + "}"),
                warnings);
}

Result<http::Response> attributes(Call& call) {
  auto details = call.flag("details");
  if (!details.ok()) return details.error();
  Attributes found = attributes_of(call.types());
  const auto warnings = add_attributes(call, *details, found);
  Told told(call);
  if (!*details)
    return warned(call.answer("{\"id\":" + Told::text(new_list_id(call, "AttributeList")) + ",\"type\":\"AttributeList\",\"attributeList\":" +
                              Told::list(found, [&](const auto& a) { return told.attribute(a.first); }) + "}"),
                  warnings);
  std::vector<std::string> each;
  for (const auto& [iri, facts] : found)
    each.push_back("{\"id\":" + Told::text(iri) + ",\"type\":\"Attribute\",\"attributeName\":" + told.attribute(iri) + ",\"typeNames\":" + Told::list(facts.types, [&](const std::string& t) { return told.type(t); }) +
                   "}");
  return warned(call.answer_list(each, {.limit = each.size()}, std::nullopt, false), warnings);
}

Result<http::Response> attribute(Call& call) {
  auto iri = call.name("attribute");
  if (!iri.ok()) return iri.error();
  Attributes all = attributes_of(call.types());
  const auto warnings = add_attribute(call, *iri, all);
  const auto found = all.find(*iri);
  if (found == all.end()) return warned(call.dressed(problem(Error(ErrorCode::not_found, "no entity has this attribute"))), warnings);
  Told told(call);
  return warned(call.answer("{\"id\":" + Told::text(*iri) + ",\"type\":\"Attribute\",\"attributeName\":" + told.attribute(*iri) + ",\"attributeCount\":" + std::to_string(found->second.entities) +
                     ",\"attributeTypes\":" + Told::kinds(found->second) + ",\"typeNames\":" + Told::list(found->second.types, [&](const std::string& t) { return told.type(t); }) + "}"),
                warnings);
}

}  // namespace

void add_discovery_routes(const Routes& to) {
  const Routes routes = to.also_on_snapshots();
  using http::Method;
  routes.add(Method::get, "/types", {.parameters = {"details", "local"}}, types);
  routes.add(Method::get, "/types/{type}", {.parameters = {"local"}}, type);
  routes.add(Method::get, "/attributes", {.parameters = {"details", "local"}}, attributes);
  routes.add(Method::get, "/attributes/{attribute}", {.parameters = {"local"}}, attribute);
}

}  // namespace machiya::sense::ngsild
