// The door for the operator's mail server: one POST hands in one report.
#include "base/log.h"
#include "base/text.h"
#include "platform/http/http.h"
#include "tell/returned/mail_returns.h"

namespace machiya::tell {
namespace {

http::Response take(MailReturns* returns, http::Request& request) {
  if (!returns) return http::problem(Error(ErrorCode::unavailable, "mails have no envelope senders of their own here (tell.mail.return-domain)"), request);
  const std::string_view type = request.header("content-type");
  if (lower_ascii(trim(type.substr(0, type.find(';')))) != "message/rfc822") return http::problem(Error(ErrorCode::unsupported_type, "send message/rfc822"), request);
  if (request.body.empty()) return http::problem(Error(ErrorCode::malformed_request, "no mail"), request);
  const auto done = returns->take(request.body);
  if (!done.ok()) return http::problem(done.error(), request);
  log(LogLevel::info, "mail-report", {{"report", done->report}, {"known", done->known ? "yes" : "no"}, {"request", request.id}});   // whose: nowhere
  http::Response out = http::json(json::Value::object({{"report", done->report}, {"known", done->known}, {"messages", done->messages}}));
  out.header("Cache-Control", "no-store");
  return out;
}

}  // namespace

void add_mail_report_routes(http::Router& router, MailReturns* returns) {
  http::RouteOptions options;
  options.permission = "client:" + std::string(kMailReportsScope);
  options.csrf = false;   // bearer tokens only
  options.body_limit = MailReturns::kMostBytes, options.rate_per_minute = 6'000;   // a dead domain answers a whole message at once
  router.post(std::string(kMailReportsApi), options.on("none"), [returns](http::Request& r) { return take(returns, r); });
}

}  // namespace machiya::tell
