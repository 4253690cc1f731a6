// POST /channels/line/webhook: what LINE tells us, believed only under the channel's secret.
#include "base/log.h"
#include "tell/citizen/citizen.h"
#include "tell/line/line_webhook.h"

namespace machiya::tell {

http::Response Citizen::webhook(http::Request& request) {
  if (!verify_line_signature(w_.line_secret, request.body, request.header("x-line-signature"))) {
    log(LogLevel::warn, "line-webhook-refused", {{"request", request.id}});
    return http::problem(Error(ErrorCode::malformed_request, "X-Line-Signature does not fit the body"), request);
  }
  auto delivery = read_line_webhook(request.body);
  if (!delivery.ok()) return http::problem(delivery.error(), request);
  // Without 200 LINE delivers again; what was done already is not done twice.
  if (auto taken = line_.take(*delivery); !taken.ok()) return http::problem(taken.error(), request);
  return http::text("");
}

void Citizen::line_routes(http::Router& router) {
  if (!usable("line") || w_.line_secret.empty()) return;
  http::RouteOptions options;
  options.permission = "public", options.object = "none";
  options.csrf = false;
  options.body_limit = kMostLineWebhookBytes;
  options.rate_per_minute = 0;   // all of LINE's come from few addresses; the signature is judged first
  router.post("/channels/line/webhook", options, [this](http::Request& r) { return webhook(r); });
}

}  // namespace machiya::tell
