#include "platform/http/http.h"

#include "base/log.h"
#include "base/text.h"
#include "platform/http/host_cookie.h"

namespace machiya::http {

Response& Response::header(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

Response& Response::cookie(std::string_view name, std::string_view value, std::int64_t max_age_s, bool http_only) {
  std::string text = std::string(name) + '=' + std::string(value) + "; Path=/; Max-Age=" + std::to_string(max_age_s) + "; SameSite=Lax";
  if (http_only) text += "; HttpOnly";
  if (starts_with(name, kHostPrefix)) text += "; Secure";   // browsers refuse the prefix without it
  return header("Set-Cookie", std::move(text));
}

Response html(std::string body, int status) { return text(std::move(body), "text/html; charset=utf-8", status); }

Response json(const json::Value& body, int status) {
  std::string out;
  json::write(body, out);
  return text(std::move(out), "application/json", status);
}

Response text(std::string body, std::string content_type, int status) {
  Response r;
  r.status = status;
  r.headers.emplace_back("Content-Type", std::move(content_type));
  r.body = std::move(body);
  return r;
}

Response see_other(std::string location) {
  Response r;
  r.status = 303;
  r.headers.emplace_back("Location", std::move(location));
  return r;
}

Response problem(const Error& error, const Request& request) {
  const ErrorInfo& info = error.info();
  const bool english = !request.lang.empty() && request.lang != "ja" && request.lang != "ja-easy";
  std::string type = "urn:machiya:error:" + std::string(info.name);
  for (char& c : type)
    if (c == '_') c = '-';
  json::Value body = json::Value::object();
  body.set("type", type);
  body.set("title", std::string(english ? info.en : info.ja));
  body.set("status", info.http_status);
  // What went wrong inside is for the log; the client gets the request id to ask with.
  if (info.http_status >= 500) {
    log(info.level, "request-failed", {{"id", request.id}, {"why", error.to_string()}});
  } else {
    if (!error.detail.empty()) body.set("detail", error.detail);
    if (!error.where.empty()) body.set("pointer", error.where);
  }
  if (!request.id.empty()) body.set("instance", "urn:machiya:request:" + request.id);
  std::string out;
  json::write(body, out);
  Response r = text(std::move(out), "application/problem+json", info.http_status);
  r.header("Content-Language", english ? "en" : "ja");
  r.header("Cache-Control", "no-store");
  return r;
}

}  // namespace machiya::http
