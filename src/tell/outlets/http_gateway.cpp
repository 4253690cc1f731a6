#include "tell/outlets/http_gateway.h"

#include "tell/gateway/gateway.h"
#include "tell/webhook/webhook_channel.h"

namespace machiya::tell {
namespace {

class HttpGateway final : public Gateway {
 public:
  HttpGateway(HttpGatewayOptions options, const outbound::Outbound& door, const Clock& clock) : options_(std::move(options)), door_(door), clock_(clock) {}

  Taken put(const Publication& p) override {
    if (p.state != PublicationState::waits) return {{Fate::refused, "outlet-not-meant"}};   // a drill comes no further, whoever hands it in
    Parcel parcel;
    parcel.key = p.key, parcel.message = p.message, parcel.content = std::make_shared<Content>();
    Addressee gateway;
    gateway.address = options_.url;
    parcel.to.push_back(std::move(gateway));
    const GatewayRules rules{"outlet", true, [](const outbound::Answer&) { return false; }};
    const HandOff out = post_each(parcel, door_, rules, [&](const Addressee& to, const Content&, const std::string&) -> std::variant<outbound::Call, Outcome> {
      outbound::Call call;
      call.url = to.address, call.timeout_ms = options_.timeout_ms, call.body = p.body;
      call.headers = {{"Content-Type", p.content_type}, {"Idempotency-Key", p.key}};
      if (!options_.token.empty()) call.headers.emplace_back("Authorization", "Bearer " + options_.token);
      if (!options_.secret.empty()) call.headers.emplace_back("X-Machiya-Signature", webhook_signature(webhook_secret(options_.secret, to.address), clock_.now(), p.body));
      return call;
    });
    return {out.each.at(0), out.wait_ms};
  }

 private:
  HttpGatewayOptions options_;
  const outbound::Outbound& door_;
  const Clock& clock_;
};

}  // namespace

std::shared_ptr<Gateway> http_gateway(HttpGatewayOptions options, const outbound::Outbound& door, const Clock& clock) { return std::make_shared<HttpGateway>(std::move(options), door, clock); }

}  // namespace machiya::tell
