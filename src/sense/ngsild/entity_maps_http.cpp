// /entityMaps: make one for a query, retrieve, change its expiry, delete (§5.14, §6.32, §6.34).
#include <algorithm>

#include "sense/entities/stamp.h"
#include "sense/ngsild/answers.h"
#include "sense/ngsild/distribution.h"
#include "sense/ngsild/entity_maps.h"
#include "sense/ngsild/ngsild.h"

namespace machiya::sense::ngsild {
namespace {

std::string text_of(const EntityMap& map) {
  std::string out = "{\"id\":";
  tree::write_string(map.id, out);
  out += ",\"type\":\"EntityMap\",\"expiresAt\":";
  tree::write_string(stamp_text(map.expires_us), out);
  out += ",\"entityMap\":{";
  const char* before = "";
  for (std::size_t i = 0; i < map.ids.size(); ++i) {
    out += before, tree::write_string(map.ids[i], out), before = ",";
    out += ':' + (map.sources.empty() ? std::string("[\"@none\"]") : tree::array_of(map.sources[i]));
  }
  return out + "},\"linkedMaps\":{}}";
}

// §5.14.4: what a query finds, whatever page it asks for.
Result<http::Response> make(Call& call, Asking& asking) {
  asking.settle();
  asked(call, asking.query, nullptr);
  MACHIYA_TRY(std::optional<Everywhere> everywhere, find_everywhere(call, asking));
  std::vector<std::string> ids;
  const std::vector<EntityPtr> found = everywhere ? std::move(everywhere->entities) : call.find({.query = &asking.query, .limit = SIZE_MAX}).entities;
  for (const EntityPtr& e : found) ids.emplace_back(e->id);
  std::vector<std::vector<std::string>> sources;
  if (everywhere) sources = std::move(everywhere->sources);
  MACHIYA_TRY(const EntityMap map, call.broker.maps->make(call.owner(), std::move(ids), asking.map_lifetime_us, std::move(sources)));
  http::Response out = call.answer(text_of(map), 201);
  out.header("NGSILD-EntityMap", std::string(kBase) + "/entityMaps/" + map.id);
  if (everywhere) add_warnings(out, everywhere->warnings);
  return out;
}

Result<http::Response> make_by_parameters(Call& call) {
  Asking asking;
  if (auto done = read_query(call, asking); !done.ok()) return done.error();
  return make(call, asking);
}

Result<http::Response> make_by_body(Call& call) {
  Asking asking;
  if (auto done = read_query_body(call, call.body, asking); !done.ok()) return done.error();
  return make(call, asking);
}

Result<http::Response> retrieve(Call& call) {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  const auto map = call.broker.maps->find(call.owner(), id);
  if (!map) return Error(ErrorCode::not_found, "there is no such entity map");
  return call.answer(text_of(*map));
}

// §5.5.14: only the expiry may be changed; what else the body says is output.
Result<http::Response> update(Call& call) {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  if (const tree::Value* at = call.body.find("expiresAt")) {
    const auto stamp = at->is_string() ? parse_stamp(at->text()) : std::nullopt;
    if (!stamp) return Error(ErrorCode::invalid_input, "a date-time in UTC with the suffix Z is expected", "/expiresAt");
    if (auto done = call.broker.maps->set_expiry(call.owner(), id, stamp->us); !done.ok()) return done.error();
  } else if (!call.broker.maps->find(call.owner(), id)) {
    return Error(ErrorCode::not_found, "there is no such entity map");
  }
  return call.no_content();
}

Result<http::Response> remove(Call& call) {
  MACHIYA_TRY(const std::string id, call.uri("id"));
  if (auto done = call.broker.maps->remove(call.owner(), id); !done.ok()) return done.error();
  return call.no_content();
}

}  // namespace

void add_entity_map_routes(const Routes& routes) {
  using http::Method;
  routes.add(Method::get, "/entityMaps", {.parameters = kQueryParameters}, make_by_parameters);
  routes.add(Method::post, "/entityMaps", {.parameters = kQueryParameters, .body = true, .asks = true}, make_by_body);
  routes.add(Method::get, "/entityMaps/{id}", {}, retrieve);
  routes.add(Method::patch, "/entityMaps/{id}", {.body = true}, update);
  routes.add(Method::del, "/entityMaps/{id}", {}, remove);
}

}  // namespace machiya::sense::ngsild
