#include "sense/ingest/http_door.h"

#include "base/text.h"

namespace machiya::sense::ingest {
namespace {
using http::Request;
using http::Response;

constexpr int kRate = 6'000;   // messages a minute from one address: a gateway may speak for many
constexpr std::size_t kMostTold = 20;

/// Authorization: Bearer KEY, or X-Device-Key: KEY.
std::string_view key_of(const Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view authorization = request.header("authorization");
  if (authorization.size() > kBearer.size() && lower_ascii(authorization.substr(0, kBearer.size())) == kBearer) return authorization.substr(kBearer.size());
  return request.header("x-device-key");
}

Response refuse(const Error& error, const Request& request) {
  Response out = http::problem(error, request);
  if (error.code == ErrorCode::unauthenticated) out.header("WWW-Authenticate", "Bearer");
  if (error.info().retryable) out.header("Retry-After", "10");
  return out;
}

Response answer(const Outcome& outcome, const Request& request) {
  if (!outcome.done.ok()) return refuse(outcome.done.error(), request);
  if (outcome.causes.empty()) {
    Response out;
    out.status = 204;
    return out;
  }
  const bool unreadable = outcome.attributes == 0 && outcome.points == 0 && outcome.causes.front().code == "unreadable";
  Response out = http::problem({unreadable ? ErrorCode::malformed_request : ErrorCode::invalid_input, to_text(outcome.causes), outcome.causes.front().place}, request);
  auto body = json::parse(out.body);
  if (!body.ok()) return out;
  json::Value told = json::Value::array();
  for (std::size_t i = 0; i < outcome.causes.size() && i < kMostTold; ++i)
    told.push(json::Value::object({{"code", outcome.causes[i].code}, {"place", outcome.causes[i].place}, {"detail", outcome.causes[i].en}}));
  body->set("causes", std::move(told)).set("taken", outcome.attributes + outcome.points).set("kept", outcome.kept);
  out.body = json::to_text(*body);
  return out;
}

Response take(Ingest& ingest, const Clock& clock, PayloadForm form, Request& request) {
  Registry& registry = ingest.parts().registry;
  const auto entered = registry.enter(key_of(request), "");
  if (!entered.ok()) return refuse(entered.error(), request);
  const auto city = ingest.parts().city();
  auto spoken = ingest.by_path(*entered, request.param("path"));
  if (!spoken) return refuse({ErrorCode::forbidden, "the profile of this device has no such path", "path"}, request);
  const Profile* profile = ingest.profile(*spoken->device, city);
  if (profile && profile->form != form) return refuse({ErrorCode::unsupported_type, "this device sends " + std::string(form_name(profile->form))}, request);
  const std::string precision(request.query("precision").value_or(""));
  if (payloads::Precision known; !payloads::Precision::parse(precision, known)) return refuse({ErrorCode::malformed_request, "precision is none of ns, us, ms, s, m, h", "precision"}, request);
  const Arrival arrival{spoken->device, "http", request.path, std::move(spoken->topic), request.body, clock.now(), precision};
  return answer(ingest.take({&arrival, 1}).front(), request);
}

}  // namespace

void add_device_routes(http::Router& router, Ingest& ingest, const Clock& clock) {
  http::RouteOptions options;
  options.permission = std::string(kDevicePermission), options.object = "none", options.csrf = false, options.body_limit = kMostPayload, options.rate_per_minute = kRate;
  const auto handler = [&ingest, &clock](PayloadForm form) { return [&ingest, &clock, form](Request& r) { return take(ingest, clock, form, r); }; };
  for (const PayloadForm form : {PayloadForm::json, PayloadForm::senml, PayloadForm::text}) {
    const std::string path = std::string(kIngestBase) + "/" + std::string(form_name(form));
    router.post(path, options, handler(form));
    router.post(path + "/{path*}", options, handler(form));
  }
  router.post(std::string(kIngestBase) + "/write", options, handler(PayloadForm::lines));
}

}  // namespace machiya::sense::ingest
