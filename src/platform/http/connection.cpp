#include "platform/http/connection.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace machiya::http {
namespace {
constexpr std::int64_t kLingerMs = 5'000;
constexpr std::int64_t kHeartbeatMs = 15'000;

/// Drops an exchange on a worker: removing its spool files touches the disk.
class Disposal final : public Work {
 public:
  explicit Disposal(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  void run() override { exchange_.reset(); }
  std::int64_t expected_ns() const override { return 10'000; }

 private:
  std::unique_ptr<Exchange> exchange_;
};
}  // namespace

Connection::Connection(ServerCore& core, IoThread& io, int fd, std::string remote)
    : core_(core), io_(io), fd_(fd), watch_(io.loop, fd), peer_(std::move(remote)) {}

Connection::~Connection() = default;

void Connection::start() {
  slot_ = io_.connections.size();
  io_.connections.push_back(shared_from_this());
  active_ms_ = io_.now_ms;
  wait_readable();
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  watch_.close();
  if (exchange_ && exchange_->events) exchange_->events->attach(nullptr);
  abandon_exchange();
  auto self = std::move(io_.connections[slot_]);
  if (slot_ + 1 < io_.connections.size()) {
    io_.connections[slot_] = std::move(io_.connections.back());
    io_.connections[slot_]->slot_ = slot_;
  }
  io_.connections.pop_back();
  core_.closed();
}

void Connection::abandon_exchange() {
  if (exchange_ && (exchange_->form || exchange_->file)) io_.batch.push_back(std::make_shared<Disposal>(std::move(exchange_)));
  exchange_.reset();
}

void Connection::wait_readable() {
  if (reading_ || phase_ == Phase::closed) return;
  reading_ = true;
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
      return read_some();
    }
    case Phase::writing: return;  // read on when the answer is out
    case Phase::streaming:
    case Phase::lingering: return discard_input();
    default: return read_some();
  }
}

void Connection::discard_input() {
  const ssize_t n = ::recv(fd_, io_.buffer.data(), io_.buffer.size(), MSG_DONTWAIT);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return close();
  wait_readable();
}

void Connection::read_some() {
  const ssize_t n = ::recv(fd_, io_.buffer.data(), io_.buffer.size(), MSG_DONTWAIT);
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
      phase_ = Phase::body;
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
  if (core_.draining && in_.empty()) on_drain();
}

/// The answer is out and the connection ends. When the client may still be sending, its bytes are dropped for a while:
/// closing at once would reset the connection and could destroy the answer on its way (RFC 9112 §9.6).
void Connection::linger() {
  const bool complete = exchange_ && exchange_->body_complete;
  int waiting = 0;
  if (complete && ::ioctl(fd_, FIONREAD, &waiting) == 0 && waiting == 0) return close();
  abandon_exchange();
  ::shutdown(fd_, SHUT_WR);
  phase_ = Phase::lingering;
  started_ms_ = io_.now_ms;
  wait_readable();
}

void Connection::on_drain() {
  const bool rests = phase_ == Phase::idle ||
                     (phase_ == Phase::working && turn_.load(std::memory_order_acquire) == Turn::io && outcome_ == Outcome::next);
  if (phase_ == Phase::streaming) return close();
  if (!rests || !in_.empty()) return;
  int waiting = 0;
  if (::ioctl(fd_, FIONREAD, &waiting) == 0 && waiting > 0) return;  // a request arrived: it will be answered
  close();
}

void Connection::on_cut() {
  if (phase_ != Phase::working || (turn_.load(std::memory_order_acquire) == Turn::io && outcome_ == Outcome::next)) return close();
  ::shutdown(fd_, SHUT_RDWR);  // a worker may be using the descriptor: it will fail to send, then we close
}

void Connection::on_tick() {
  const std::int64_t quiet = io_.now_ms - active_ms_.load(std::memory_order_relaxed);
  const std::int64_t idle_limit = core_.options.idle_timeout_s * std::int64_t{1000};
  switch (phase_) {
    case Phase::working:
      if (turn_.load(std::memory_order_acquire) != Turn::io || outcome_ != Outcome::next) return;
      [[fallthrough]];
    case Phase::idle:
      if (quiet > idle_limit) close();
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
      if (io_.now_ms - started_ms_ > kLingerMs) close();
      return;
    case Phase::closed: return;
  }
}

}  // namespace machiya::http
