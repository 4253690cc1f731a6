// A gateway of the operator behind an address: POST, with the publication's own key.
#pragma once
#include <memory>
#include <string>

#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "tell/outlets/publications.h"

namespace machiya::tell {

struct HttpGatewayOptions {
  std::string url;
  std::string token;    ///< sent as a bearer token; "": none
  std::string secret;   ///< plain webhooks are signed under it (src/tell/webhook/README.md); "": not signed
  int timeout_ms = 10'000;
};
std::shared_ptr<Gateway> http_gateway(HttpGatewayOptions options, const outbound::Outbound& door, const Clock& clock);

}  // namespace machiya::tell
