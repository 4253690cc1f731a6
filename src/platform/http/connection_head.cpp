// What is decided when a request's head has arrived: before any of its body is read.
#include <arpa/inet.h>

#include "base/text.h"
#include "platform/http/connection.h"
#include "platform/http/target.h"
#include "platform/metrics/metrics.h"

namespace machiya::http {
namespace {
constexpr std::size_t kFormChunk = 128 * 1024;  ///< of an upload, handed to a worker at once
constexpr std::uint64_t kFormText = 64 * 1024;  ///< room for boundaries and text fields beside a file

constexpr std::uint64_t kSmallBody = 64 * 1024; ///< what may arrive before anybody asked who sends it

std::optional<Method> method_of(std::string_view name) {
  for (int m = 0; m <= static_cast<int>(Method::options); ++m)
    if (method_name(static_cast<Method>(m)) == name) return static_cast<Method>(m);
  return std::nullopt;
}

bool is_request_id(std::string_view text) {
  if (text.size() < 8 || text.size() > 64) return false;
  for (char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.')) return false;
  return true;
}

bool is_address(const std::string& text) {
  unsigned char raw[16];
  return ::inet_pton(AF_INET, text.c_str(), raw) == 1 || ::inet_pton(AF_INET6, text.c_str(), raw) == 1;
}

/// The address that the outermost trusted proxy saw: the `hops`-th from the right of X-Forwarded-For.
std::string client_address(const Request& request, const std::string& peer, int hops) {
  if (hops <= 0) return peer;
  std::vector<std::string> chain;
  for (const auto& [name, value] : request.headers)
    if (name == "x-forwarded-for")
      for (std::string_view item : split(value, ',')) chain.emplace_back(trim(item));
  if (chain.size() < static_cast<std::size_t>(hops)) return peer;
  const std::string& found = chain[chain.size() - static_cast<std::size_t>(hops)];
  return is_address(found) ? found : peer;
}
}  // namespace

void Connection::fill_request(Head& head) {
  exchange_ = std::make_unique<Exchange>();
  exchange_->version = head.version;
  exchange_->keep_alive = head.keep_alive && !core_.closing();
  exchange_->body_complete = !head.has_body;
  Request& r = exchange_->request;
  r.target = head.target;
  r.headers = std::move(head.headers);
  const std::string_view given = r.header("x-request-id");
  // Believed from a proxy of our own only: it goes to the log, where a stranger writes nothing.
  r.id = core_.options.trusted_proxy_hops > 0 && is_request_id(given) ? std::string(given) : new_public_id(io_.rng);
  r.remote = client_address(r, peer_, core_.options.trusted_proxy_hops);
  r.answer_may_wait = true;
  r.secure = tls_ != nullptr || (core_.options.trusted_proxy_hops > 0 && lower_ascii(r.header("x-forwarded-proto")) == "https");
}

/// Fills method, path and query and finds the route; the error that ends the request here, if any.
std::optional<Error> Connection::check_head(const Head& head) {
  Request& r = exchange_->request;
  auto target = normalise_target(r.target);
  if (!target.ok()) return target.error();
  r.path = std::move(target->path);
  r.query_text = std::move(target->query);
  r.query_pairs = parse_query(r.query_text);
  for (const auto& [name, value] : r.query_pairs)
    if (!is_clean_text(name) || !is_clean_text(value)) return Error(ErrorCode::malformed_request, "the query is not UTF-8 text");
  const auto method = method_of(head.method);
  if (!method) return Error(ErrorCode::method_not_allowed, "unknown method");
  r.method = *method;
  exchange_->known = true;
  std::vector<Method> allowed;
  exchange_->route = core_.router.match(r.method, r.path, r.params, allowed);
  if (!head.has_body || !exchange_->route) return std::nullopt;
  if (!r.header("content-encoding").empty() && lower_ascii(r.header("content-encoding")) != "identity")
    return Error(ErrorCode::unsupported_type, "coded request bodies are not taken");
  const RouteOptions& options = exchange_->route->options;
  exchange_->body_limit = options.file_limit ? std::max(options.body_limit, options.file_limit + kFormText) : options.body_limit;
  if (head.content_length.value_or(0) > exchange_->body_limit) return Error(ErrorCode::too_large);
  return std::nullopt;
}

std::optional<Response> Connection::check_rate() {
  if (!exchange_->route || core_.options.rate_scale <= 0) return std::nullopt;
  const int limit = static_cast<int>(exchange_->route->options.rate_per_minute * core_.options.rate_scale);
  const int number = static_cast<int>(exchange_->route - core_.router.routes().data());
  const int wait = core_.limiter.take(exchange_->request.remote, number, limit, core_.clock.now());
  if (wait == 0) return std::nullopt;
  core_.limited_requests->add();
  Response r = problem(Error(ErrorCode::rate_limited), exchange_->request);
  r.header("Retry-After", std::to_string(wait));
  return r;
}

/// False when the request is already answered (the worker has it).
bool Connection::on_head() {
  Head& head = parser_->head();
  fill_request(head);
  if (auto error = check_head(head)) {
    refuse(*error);
    if (error->code == ErrorCode::method_not_allowed) exchange_->preset->header("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    return false;
  }
  if (auto limited = check_rate()) exchange_->preset = std::move(limited);
  if (exchange_->preset || !exchange_->route) {
    exchange_->keep_alive = exchange_->keep_alive && !head.has_body;  // the body stays unread
    if (!exchange_->route) exchange_->body_complete = !head.has_body;
    hand_over();
    return false;
  }
  if (!head.has_body) {
    hand_over();
    return false;
  }
  return prepare_body(head);
}

bool Connection::prepare_body(const Head& head) {
  const Request& r = exchange_->request;
  if (is_multipart(r.header("content-type"))) {
    auto boundary = multipart_boundary(r.header("content-type"));
    if (!boundary.ok()) {
      refuse(boundary.error());
      return false;
    }
    MultipartLimits limits;
    limits.file = exchange_->route->options.file_limit;
    exchange_->form = std::make_unique<FormBody>(std::move(*boundary), limits, core_.options.spool_dir);
  }
  exchange_->continue_due = head.expects_continue;
  if (asks_first(head)) {
    exchange_->ask_first = true;
    hand_over();
    return false;
  }
  invite_body();
  return true;
}

/// A small body is there as soon as its head: asking first would only cost a second turn on a worker.
bool Connection::asks_first(const Head& head) const {
  return head.expects_continue || exchange_->form || !head.content_length || *head.content_length > kSmallBody;
}

/// The body may come; tells a client that waits for the word.
void Connection::invite_body() {
  phase_ = Phase::body;
  if (!exchange_->continue_due) return;
  exchange_->continue_due = false;
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  // 25 bytes into an empty socket buffer; should they not fit, the client goes on by itself after a while.
  if (transmit(go_on.data(), go_on.size()) < 0) exchange_->keep_alive = false;
}

/// Takes decoded body bytes from the parser. False when the worker has the request now.
bool Connection::on_body_bytes() {
  std::string& body = parser_->body();
  const bool complete = parser_->state() == MessageParser::State::done;
  if (exchange_->body_seen + body.size() > exchange_->body_limit) {
    refuse(Error(ErrorCode::too_large));
    return false;
  }
  exchange_->body_complete = complete;
  if (!complete && (!exchange_->form || body.size() < kFormChunk)) return true;
  exchange_->body_seen += body.size();
  exchange_->chunk = std::move(body);
  body.clear();
  hand_over();
  return false;
}

/// Answers with an error and ends the connection: what follows on it cannot be trusted or is not wanted.
void Connection::refuse(const Error& error) {
  if (!exchange_) {
    exchange_ = std::make_unique<Exchange>();
    exchange_->request.id = new_public_id(io_.rng);
    exchange_->request.remote = peer_;
  }
  exchange_->keep_alive = false;
  exchange_->body_complete = false;
  exchange_->preset = problem(error, exchange_->request);
  in_.clear();
  hand_over();
  turn_.store(Turn::worker_then_io, std::memory_order_release);
}

void Connection::hand_over() {
  phase_ = Phase::working;
  io_.batch.push_back(shared_from_this());
}

}  // namespace machiya::http
