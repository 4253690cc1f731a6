#include "platform/http/connection.h"

#include <cerrno>

namespace machiya::http {
namespace {
constexpr std::int64_t kLingerMs = 5'000;
constexpr std::int64_t kLastLingerMs = 1'000;  ///< while the server stops
constexpr std::int64_t kHeartbeatMs = 15'000;
}  // namespace

Connection::Connection(ServerCore& core, IoThread& io, int fd, std::string remote, std::unique_ptr<TlsSession> tls)
    : core_(core), io_(io), fd_(fd), watch_(io.loop, fd), peer_(std::move(remote)), tls_(std::move(tls)) {}

Connection::~Connection() = default;

void Connection::start() {
  slot_ = io_.connections.size();
  io_.connections.push_back(shared_from_this());
  active_ms_ = io_.now_ms;
  wait_readable();
}

void Connection::wait_readable() {
  if (reading_ || phase_ == Phase::closed) return;
  reading_ = true;
  if (tls_ && tls_->has_more()) return io_.loop.post([self = shared_from_this()] { self->on_readable(); });
  if (tls_ && tls_->waits_for_writing()) return watch_.wait_writable(shared_from_this());
  watch_.wait_readable(shared_from_this());
}

void Connection::on_readable() {
  reading_ = false;
  switch (phase_) {
    case Phase::closed: return;
    case Phase::working: {
      Turn turn = Turn::worker;
      if (turn_.compare_exchange_strong(turn, Turn::worker_then_io, std::memory_order_acq_rel)) return;
      if (turn != Turn::io || outcome_ != Outcome::next) return;  // mail is on its way
      next_request();
      if (phase_ == Phase::idle) read_some();
      return;
    }
    case Phase::writing: return;  // read on when the answer is out
    case Phase::streaming:
    case Phase::lingering: return discard_input();
    default: return read_some();
  }
}

void Connection::discard_input() {
  const ssize_t n = receive(io_.buffer.data(), io_.buffer.size());
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return close();
  wait_readable();
}

void Connection::read_some() {
  const ssize_t n = receive(io_.buffer.data(), io_.buffer.size());
  if (n > 0) return consume(std::string_view(io_.buffer).substr(0, static_cast<std::size_t>(n)));
  if (n == 0) return close();
  if (errno != EAGAIN && errno != EINTR) return close();
  wait_readable();
}

/// Parses `data` behind what was left over, then decides who acts next.
void Connection::consume(std::string_view data) {
  active_ms_.store(io_.now_ms, std::memory_order_relaxed);
  if (in_.empty()) {
    const std::size_t used = process(data);
    if (phase_ != Phase::closed && used < data.size()) in_.assign(data.substr(used));
  } else {
    in_.append(data);
    const std::size_t used = process(in_);
    in_.erase(0, used);
  }
  if (phase_ == Phase::closed) return;
  if (phase_ != Phase::working) return wait_readable();
  // The next request's bytes are here already, or the worker comes back for more of this one: it must send mail.
  const bool mail = !in_.empty() || !exchange_->body_complete;
  turn_.store(mail ? Turn::worker_then_io : Turn::worker, std::memory_order_release);
  if (!mail) wait_readable();
}

/// Returns how many bytes were used. Stops when the worker takes over.
std::size_t Connection::process(std::string_view data) {
  std::size_t used = 0;
  while (used < data.size()) {
    if (phase_ == Phase::idle) {
      while (used < data.size() && (data[used] == '\r' || data[used] == '\n')) ++used;  // RFC 9112 §2.2
      if (used == data.size()) break;
      if (!parser_) parser_ = std::make_unique<MessageParser>(core_.options.head_limit);
      else parser_->reset();
      started_ms_ = io_.now_ms;
      phase_ = Phase::head;
    }
    auto taken = parser_->feed(data.substr(used));
    if (!taken.ok()) {
      refuse(taken.error());
      return data.size();
    }
    used += *taken;
    if (phase_ == Phase::head) {
      if (parser_->state() == MessageParser::State::head) break;
      if (!on_head()) return used;
      if (*taken > 0) continue;
    }
    if (!on_body_bytes()) return used;
    if (*taken == 0) break;
  }
  if (phase_ == Phase::body) on_body_bytes();
  return used;
}

void Connection::on_mail(Mail what) {
  if (phase_ == Phase::closed) return;
  if (what == Mail::events) {
    if (phase_ == Phase::streaming) send_events();
    return;
  }
  on_worker_done();
}

void Connection::on_worker_done() {
  if (phase_ != Phase::working || turn_.load(std::memory_order_acquire) != Turn::io) return;
  active_ms_.store(io_.now_ms, std::memory_order_relaxed);
  switch (outcome_) {
    case Outcome::next:
      next_request();
      return resume();
    case Outcome::body:
      invite_body();
      return resume();
    case Outcome::write:
      phase_ = Phase::writing;
      return on_writable();
    case Outcome::close: return linger();
  }
}

/// Goes on with bytes that were left over, or waits for more.
void Connection::resume() {
  if (in_.empty()) return wait_readable();
  std::string rest;
  rest.swap(in_);
  consume(rest);
}

void Connection::next_request() {
  exchange_.reset();
  phase_ = Phase::idle;
  if (in_.empty()) rest();
}

void Connection::on_tick() {
  const std::int64_t quiet = io_.now_ms - active_ms_.load(std::memory_order_relaxed);
  const std::int64_t idle_limit = core_.options.idle_timeout_s * std::int64_t{1000};
  switch (phase_) {
    case Phase::working:
      if (turn_.load(std::memory_order_acquire) != Turn::io || outcome_ != Outcome::next) return;
      [[fallthrough]];
    case Phase::idle:
      if (quiet > idle_limit || (tls_ && !tls_->established() && quiet > core_.options.head_timeout_s * std::int64_t{1000})) close();
      return;
    case Phase::head:
      if (io_.now_ms - started_ms_ > core_.options.head_timeout_s * std::int64_t{1000}) refuse(Error(ErrorCode::request_timeout));
      return;
    case Phase::body:
      if (io_.now_ms - started_ms_ > (exchange_->route ? exchange_->route->options.timeout_s : 30) * std::int64_t{1000})
        refuse(Error(ErrorCode::request_timeout));
      return;
    case Phase::writing:
      if (quiet > idle_limit) close();
      return;
    case Phase::streaming:
      if (!out_.empty()) {
        if (quiet > idle_limit) close();
      } else if (quiet > kHeartbeatMs) {
        out_ = ":\n\n";
        out_at_ = 0;
        active_ms_.store(io_.now_ms, std::memory_order_relaxed);
        on_writable();
      }
      return;
    case Phase::lingering:
      if (io_.now_ms - started_ms_ > (core_.closing() ? kLastLingerMs : kLingerMs)) close();
      return;
    case Phase::closed: return;
  }
}

}  // namespace machiya::http
