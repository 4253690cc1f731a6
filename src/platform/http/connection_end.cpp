// How a connection ends here: closed, lingering, drained by a stopping server, or passed on to the next process.
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "platform/http/connection.h"

namespace machiya::http {
namespace {
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

void Connection::close() {
  if (phase_ == Phase::closed) return;
  if (tls_) tls_->say_goodbye();
  watch_.close();
  leave();
}

/// The descriptor is gone: nothing more happens on this connection.
void Connection::leave() {
  phase_ = Phase::closed;
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

bool Connection::input_waits() const {
  int waiting = 0;
  return (tls_ && tls_->has_more()) || (::ioctl(fd_, FIONREAD, &waiting) == 0 && waiting > 0);
}

/// The answer is out and the connection ends. When the client may still be sending, its bytes are dropped for a while:
/// closing at once would reset the connection and could destroy the answer on its way (RFC 9112 §9.6).
void Connection::linger() {
  if (exchange_ && exchange_->body_complete && !input_waits()) return close();
  half_close();
}

void Connection::half_close() {
  abandon_exchange();
  end_sending();
  phase_ = Phase::lingering;
  started_ms_ = io_.now_ms;
  wait_readable();
}

void Connection::on_drain() {
  switch (phase_) {
    case Phase::streaming: return close();
    case Phase::idle: break;
    case Phase::working: {
      Turn turn = Turn::worker;
      if (turn_.compare_exchange_strong(turn, Turn::worker_then_io, std::memory_order_acq_rel)) return;  // rests when it comes back
      if (turn != Turn::io || outcome_ != Outcome::next) return;
      break;
    }
    default: return;
  }
  if (in_.empty()) rest();
}

/// Between two requests, or before the first. A client may be sending at this very moment, and a connection that is closed
/// under its request looks like an error to it; so nobody closes while there is another way.
void Connection::rest() {
  switch (core_.drain.load()) {
    case Drain::none:
    case Drain::last_requests: return;  // what comes is answered, with "Connection: close"
    case Drain::passing: return pass_on();
    case Drain::closing:
      if (!input_waits()) half_close();
      return;
  }
}

/// The next process goes on with the connection as it is; bytes that arrive meanwhile wait in the kernel.
/// What TLS knows of a connection lies in this process: there the client is told to come again.
void Connection::pass_on() {
  if (tls_) {
    if (!input_waits()) half_close();
    return;
  }
  core_.keep_for_next(watch_.release());
  leave();
}

void Connection::on_cut() {
  if (phase_ != Phase::working || (turn_.load(std::memory_order_acquire) == Turn::io && outcome_ == Outcome::next)) return close();
  ::shutdown(fd_, SHUT_RDWR);  // a worker may be using the descriptor: it will fail to send, then we close
}

}  // namespace machiya::http
