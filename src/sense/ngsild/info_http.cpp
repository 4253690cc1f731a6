// /info/sourceIdentity: who answers here (§5.15.1, §6.33).
#include "sense/entities/stamp.h"
#include "sense/ngsild/distribution.h"
#include "sense/ngsild/ngsild.h"

namespace machiya::sense::ngsild {
namespace {

// "P1DT2H3M4S" (ISO 8601).
std::string duration_text(std::int64_t us) {
  const std::int64_t seconds = std::max<std::int64_t>(us, 0) / kSecond, days = seconds / 86'400, rest = seconds % 86'400;
  std::string out = "P";
  if (days > 0) out += std::to_string(days) + "D";
  return out + "T" + std::to_string(rest / 3600) + "H" + std::to_string(rest % 3600 / 60) + "M" + std::to_string(rest % 60) + "S";
}

Result<http::Response> identity(Call& call) {
  const std::int64_t now = call.broker.clock.now().us;
  const std::string alias = alias_of(call);
  return call.answer("{\"id\":\"urn:ngsi-ld:ContextSourceIdentity:" + alias + "\",\"type\":\"ContextSourceIdentity\",\"contextSourceAlias\":\"" + alias + "\",\"contextSourceUptime\":\"" +
                     duration_text(now - call.broker.started_us) + "\",\"contextSourceTimeAt\":\"" + stamp_text(now) + "\"}");
}

}  // namespace

void add_info_routes(const Routes& routes) { routes.add(http::Method::get, "/info/sourceIdentity", {.needs_tenant = false}, identity); }

}  // namespace machiya::sense::ngsild
