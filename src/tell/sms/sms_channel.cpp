#include "tell/sms/sms_channel.h"

#include <algorithm>

#include "base/json.h"
#include "tell/gateway/gateway.h"
#include "tell/sms/sms_number.h"
#include "tell/sms/sms_text.h"

namespace machiya::tell {

HandOff SmsChannel::hand_off(const Parcel& parcel) {
  const GatewayRules rules{"sms", true, [](const outbound::Answer& answer) {
                             const auto body = json::parse(answer.body);
                             return body.ok() && body->text("error") == "unknown-number";
                           }};
  return post_each(parcel, door_, rules, [&](const Addressee& to, const Content& content, const std::string& key) -> std::variant<outbound::Call, Outcome> {
    const auto number = sms_number(to.address);
    if (!number.ok()) return Outcome{Fate::refused, "sms-number"};
    const auto faults = sms_faults(content);
    if (std::find(faults.begin(), faults.end(), "text") != faults.end()) return Outcome{Fate::refused, "sms-text"};
    json::Value body = json::Value::object({{"to", *number}, {"text", sms_text(content)}, {"urgent", content.emergency}, {"reference", parcel.message}});
    if (!options_.sender.empty()) body.set("sender", options_.sender);
    outbound::Call call;
    call.url = options_.url;
    call.timeout_ms = options_.timeout_ms;
    call.headers = {{"Authorization", "Bearer " + options_.token}, {"Content-Type", "application/json"}, {"Idempotency-Key", key}};
    call.body = json::to_text(body);
    return call;
  });
}

}  // namespace machiya::tell
