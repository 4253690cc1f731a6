// The door for machines that warn (J-ALERT receivers, tsunami telegrams): one POST fires a trigger, once for its key.
#include <algorithm>

#include "base/text.h"
#include "platform/identity/identity.h"
#include "tell/outlets/web.h"

namespace machiya::tell {
namespace {
using json::Value;
constexpr std::size_t kLongestKey = 200, kMostSlots = 20, kLongestSlot = 200, kMostWards = 100;

Error wrong(std::string where, std::string why) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

Result<Fired> fired_in(const http::Request& request) {
  const std::string_view type = request.header("content-type");
  if (lower_ascii(trim(type.substr(0, type.find(';')))) != "application/json") return Error(ErrorCode::unsupported_type, "send application/json");
  const std::string key(request.header("idempotency-key"));
  if (key.empty() || key.size() > kLongestKey || !is_utf8(key)) return wrong("Idempotency-Key", "a key of 1 to 200 characters is missing");
  MACHIYA_TRY(const Value body, json::parse(request.body, {8, 1'000}));
  if (!body.is_object()) return Error(ErrorCode::malformed_request, "the body is no JSON object");
  for (const auto& [name, value] : body.members())
    if (name != "slots" && name != "wards" && name != "drill") return wrong(name, "the body has a member that is not known here");
  if (body.has("slots") && !body["slots"].is_object()) return wrong("slots", "no object");
  if (body.has("wards") && !body["wards"].is_array()) return wrong("wards", "no list");
  if (body.has("drill") && !body["drill"].is_bool()) return wrong("drill", "no boolean");   // a drill that was misspelt must not become an alarm
  Fired out;
  const identity::Principal& who = identity::principal_of(request);
  out.trigger = request.param("trigger"), out.key = who.actor() + "/" + key, out.by = who.actor(), out.request = request.id, out.drill = body["drill"].as_bool();
  if (body["slots"].size() > kMostSlots || body["wards"].size() > kMostWards) return wrong("slots", "too many");
  for (const auto& [name, value] : body["slots"].members()) {
    if (!value.is_string() || value.as_string().size() > kLongestSlot || !is_utf8(value.as_string())) return wrong("slots", "no text of at most 200 bytes");
    out.slots[name] = value.as_string();
  }
  for (const Value& ward : body["wards"].items()) {
    if (!ward.is_string()) return wrong("wards", "no text");
    out.wards.push_back(ward.as_string());
  }
  return out;
}

http::Response fire(const OutletWeb& web, http::Request& request) {
  const auto fired = fired_in(request);
  if (!fired.ok()) return http::problem(fired.error(), request);
  const auto message = web.campaigns.trigger(*fired);
  if (!message.ok()) return http::problem(message.error(), request);
  http::Response out = http::json(Value::object({{"message", *message}, {"drill", fired->drill}, {"page", "/messages/" + *message}}), 202);
  out.header("Cache-Control", "no-store");
  return out;
}

}  // namespace

void add_alert_routes(http::Router& router, const OutletWeb& web) {
  http::RouteOptions options;
  options.permission = "client:" + std::string(kAlertsScope);
  options.csrf = false;   // bearer tokens only
  options.body_limit = 64 * 1024, options.rate_per_minute = 600;
  router.post(std::string(kTriggersApi) + "/{trigger}", options.on("trigger"), [web](http::Request& r) { return fire(web, r); });
}

}  // namespace machiya::tell
