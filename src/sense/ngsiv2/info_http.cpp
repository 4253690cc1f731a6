// /v2: where the resources are. /version: who answers here, in the form that clients of Orion look at.
#include "base/time.h"
#include "sense/ngsiv2/ngsiv2.h"

namespace machiya::sense::ngsiv2 {
namespace {

Result<http::Response> entry(Call& call) {
  return call.answer(R"({"entities_url":"/v2/entities","types_url":"/v2/types","subscriptions_url":"/v2/subscriptions","registrations_url":"/v2/registrations"})");
}

// "1 d, 2 h, 3 m, 4 s".
std::string uptime(std::int64_t us) {
  const std::int64_t s = std::max<std::int64_t>(us, 0) / kSecond;
  return std::to_string(s / 86'400) + " d, " + std::to_string(s % 86'400 / 3600) + " h, " + std::to_string(s % 3600 / 60) + " m, " + std::to_string(s % 60) + " s";
}

// Libraries look for "orion" and its version to know what they may ask: this interface answers as that of 3.x does.
Result<http::Response> version(Call& call) {
  return call.answer("{\"orion\":{\"version\":\"3.11.0 (machiya)\",\"uptime\":" + quoted(uptime(call.broker.clock.now().us - call.broker.started_us)) + "},\"machiya\":\"broker\"}");
}

}  // namespace

void add_info_routes(const Routes& routes) {
  using enum http::Method;
  routes.add(get, "/v2", {}, entry);
  routes.refuse_others("/v2", {get});
  routes.add(get, "/version", {}, version);
  routes.refuse_others("/version", {get});
}

}  // namespace machiya::sense::ngsiv2
