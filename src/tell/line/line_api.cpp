#include "tell/line/line_api.h"

#include <algorithm>

#include "tell/channel/characters.h"
#include "tell/gateway/retry_key.h"

namespace machiya::tell {
namespace {
using json::Value;
constexpr std::int64_t kMostWaitMs = 3600 * 1000;
constexpr std::size_t kMostSaid = 200;   // of LINE's words in an error
constexpr std::size_t kMostRequestId = 200;
constexpr const char* kRequestId = "x-line-request-id";
constexpr const char* kAcceptedId = "x-line-accepted-request-id";   // of a 409: the request that was accepted then

/// What may stand in a query as it is (RFC 3986 §2.3, and "=" that LINE's continuation tokens end with).
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~' || c == '='; });
}

/// Seconds of Retry-After (RFC 9110 §10.2.3); nothing for the other form, which LINE does not use.
std::int64_t wait_of(const std::string& text, std::int64_t otherwise) {
  if (text.empty() || text.size() > 9 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return otherwise;
  return std::min<std::int64_t>(std::stoll(text) * 1000, kMostWaitMs);
}

/// "You have reached your monthly limit.": waiting does not help before the next month.
bool is_quota(const std::string& body) { return body.find("monthly limit") != std::string::npos; }

/// LINE's own words, without what it repeats of the request.
std::string said(const outbound::Answer& answer) {
  const auto body = json::parse(answer.body);
  std::string out = "line-" + std::to_string(answer.status);
  if (!body.ok()) return out;
  out += ": " + fitted_utf16(body->text("message"), kMostSaid);
  const Value& first = (*body)["details"][std::size_t{0}];
  if (first.is_object()) out += " (" + fitted_utf16(first.text("property"), kMostSaid) + ")";
  return out;
}
}  // namespace

outbound::Call LineApi::call(std::string_view method, std::string_view base, std::string_view path) const {
  outbound::Call out;
  out.method = method;
  out.url = std::string(base) + std::string(path);
  out.headers = {{"Authorization", "Bearer " + options_.token}};
  out.timeout_ms = options_.timeout_ms;
  out.keep = true;   // questions, and sending requests with a retry key: all may go twice
  return out;
}

LineReply LineApi::send(std::string_view path, const Value& body, std::string_view key) const {
  if (!is_uuid(key)) return {{Fate::refused, "line-key"}};
  outbound::Call request = call("POST", options_.base, path);
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"X-Line-Retry-Key", std::string(key)});
  request.body = json::to_text(body);
  request.reads = {kRequestId, kAcceptedId};
  const auto answer = door_.call(request);
  if (!answer.ok()) {
    const Error& error = answer.error();
    if (error.code == ErrorCode::too_large) return {{Fate::unknown, "line-answer"}};
    if (error.code == ErrorCode::unavailable && error.where != outbound::kUnsent) return {{Fate::unknown, "line-no-answer"}, true};
    // Not reached, or not among the origins that may be called: no message is at fault.
    return {{Fate::again, error.code == ErrorCode::unavailable ? "line-unreached" : "line-origin"}, true};
  }
  const int status = answer->status;
  const std::string reason = "line-" + std::to_string(status);
  if ((status >= 200 && status < 300) || status == 409)   // 409: an earlier attempt was accepted
    return {{Fate::accepted, reason}, false, 0, std::string(answer->header(status == 409 ? kAcceptedId : kRequestId))};
  if (status == 429 && is_quota(answer->body)) return {{Fate::refused, "line-quota"}};
  if (status == 429) return {{Fate::again, reason}, false, wait_of(answer->retry_after, options_.busy_wait_ms)};
  if (status == 401 || status == 403) return {{Fate::again, reason}, true};   // the token, or what the plan allows: an operator's matter
  if (status == 408 || status >= 500) return {{Fate::unknown, reason}, false, wait_of(answer->retry_after, 0)};
  return {{Fate::refused, reason}};
}

LineReply LineApi::push(const std::string& to, const Value& messages, std::string_view key) const {
  return send("/v2/bot/message/push", Value::object({{"to", to}, {"messages", messages}}), key);
}
LineReply LineApi::multicast(const std::vector<std::string>& to, const Value& messages, std::string_view key) const {
  Value users = Value::array();
  for (const std::string& one : to) users.push(one);
  return send("/v2/bot/message/multicast", Value::object({{"to", std::move(users)}, {"messages", messages}}), key);
}
LineReply LineApi::narrowcast(const Value& messages, std::string_view key, const Value& recipient, const Value& filter) const {
  Value body = Value::object({{"messages", messages}});
  if (!recipient.is_null()) body.set("recipient", recipient);
  if (!filter.is_null()) body.set("filter", filter);
  return send("/v2/bot/message/narrowcast", body, key);
}
Result<LineProgress> LineApi::narrowcast_progress(std::string_view request) const {
  if (request.empty() || request.size() > kMostRequestId || !is_plain(request)) return Error(ErrorCode::invalid_input, "no id of a request", "line");
  MACHIYA_TRY(const Value said, ask("GET", "/v2/bot/message/progress/narrowcast?requestId=" + std::string(request)));
  static constexpr std::string_view kPhases[] = {"waiting", "sending", "succeeded", "failed"};
  const auto phase = std::find(std::begin(kPhases), std::end(kPhases), said.text("phase"));
  if (phase == std::end(kPhases)) return Error(ErrorCode::unavailable, "line: no phase that is known here", "line");
  LineProgress out;
  out.phase = static_cast<LinePhase>(phase - std::begin(kPhases));
  out.succeeded = said["successCount"].as_int(), out.failed = said["failureCount"].as_int(), out.aimed_at = said["targetCount"].as_int();
  out.error = static_cast<int>(said["errorCode"].as_int());
  return out;
}
LineReply LineApi::broadcast(const Value& messages, std::string_view key) const {
  return send("/v2/bot/message/broadcast", Value::object({{"messages", messages}}), key);
}

Result<Value> LineApi::ask(std::string_view method, std::string_view path, const Value& body) const {
  outbound::Call request = call(method, options_.base, path);
  if (!body.is_null()) {
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = json::to_text(body);
  }
  request.most_bytes = 4 * 1024 * 1024;   // a list of a thousand menus
  MACHIYA_TRY(const outbound::Answer answer, door_.call(request));
  if (answer.status == 404) return Error(ErrorCode::not_found, said(answer), "line");
  if (answer.status == 429) return Error(ErrorCode::rate_limited, said(answer), "line");
  if (answer.status >= 500) return Error(ErrorCode::unavailable, said(answer), "line");
  if (answer.status >= 400) return Error(answer.status == 401 || answer.status == 403 ? ErrorCode::forbidden : ErrorCode::invalid_input, said(answer), "line");
  if (answer.body.empty()) return Value::object();
  auto out = json::parse(answer.body);
  if (!out.ok()) return Error(ErrorCode::unavailable, "line: the answer is no JSON", "line");
  return out;
}

Result<void> LineApi::upload(std::string_view menu, std::string_view type, std::string_view picture) const {
  outbound::Call request = call("POST", options_.data_base, "/v2/bot/richmenu/" + std::string(menu) + "/content");
  request.headers.push_back({"Content-Type", std::string(type)});
  request.body = picture;
  request.timeout_ms = std::max(options_.timeout_ms, 30'000);
  MACHIYA_TRY(const outbound::Answer answer, door_.call(request));
  if (answer.status < 300) return {};
  return Error(answer.status >= 500 ? ErrorCode::unavailable : ErrorCode::invalid_input, said(answer), "line");
}

Result<void> LineApi::validate(std::string_view how, const Value& messages) const {
  if (how != "push" && how != "multicast" && how != "narrowcast" && how != "broadcast") return Error(ErrorCode::invalid_input, "no way of sending", "line");
  auto answer = ask("POST", "/v2/bot/message/validate/" + std::string(how), Value::object({{"messages", messages}}));
  return answer.ok() ? Result<void>() : Result<void>(answer.error());
}

Result<LineQuota> LineApi::quota() const {
  MACHIYA_TRY(const Value limit, ask("GET", "/v2/bot/message/quota"));
  MACHIYA_TRY(const Value used, ask("GET", "/v2/bot/message/quota/consumption"));
  LineQuota out;
  if (limit.text("type") == "limited") out.most = limit["value"].as_int();
  out.used = used["totalUsage"].as_int();
  return out;
}

Result<LineFollowers> LineApi::followers(std::string_view start, int limit) const {
  if (limit < 1 || limit > 1000) return Error(ErrorCode::invalid_input, "1 to 1000 friends a page", "line");
  if (!is_plain(start)) return Error(ErrorCode::invalid_input, "no continuation token", "line");
  std::string path = "/v2/bot/followers/ids?limit=" + std::to_string(limit);
  if (!start.empty()) path += "&start=" + std::string(start);
  MACHIYA_TRY(const Value page, ask("GET", path));
  LineFollowers out;
  for (const Value& one : page["userIds"].items()) out.users.push_back(one.as_string());
  out.next = page.text("next");
  return out;
}

}  // namespace machiya::tell
