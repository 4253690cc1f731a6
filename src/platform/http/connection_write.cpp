// Sending what the worker could not send at once, and server-sent events.
#include <cerrno>

#include "platform/http/connection.h"

namespace machiya::http {

void Connection::on_writable() {
  if (tls_ && phase_ != Phase::writing && phase_ != Phase::streaming) return on_readable();   // the handshake waited for it
  if (phase_ != Phase::writing && phase_ != Phase::streaming) return;
  if (write_out()) after_write();
}

/// True when all is out; otherwise waits, or has closed the connection.
bool Connection::write_out() {
  while (out_at_ < out_.size()) {
    const ssize_t n = transmit(out_.data() + out_at_, out_.size() - out_at_);
    if (n > 0) {
      out_at_ += static_cast<std::size_t>(n);
      active_ms_.store(io_.now_ms, std::memory_order_relaxed);
    } else if (errno == EAGAIN) {
      watch_.wait_writable(shared_from_this());
      return false;
    } else if (errno != EINTR) {
      close();
      return false;
    }
  }
  out_.clear();
  out_at_ = 0;
  return true;
}

void Connection::after_write() {
  if (phase_ == Phase::streaming) return send_events();
  if (exchange_->file) {  // the worker reads the next piece
    phase_ = Phase::working;
    turn_.store(Turn::worker_then_io, std::memory_order_release);
    io_.batch.push_back(shared_from_this());
    return;
  }
  if (exchange_->events) return start_streaming();
  if (!exchange_->keep_alive) return linger();
  next_request();
  if (phase_ != Phase::closed) resume();
}

void Connection::start_streaming() {
  phase_ = Phase::streaming;
  if (core_.drain != Drain::none) return close();
  in_ = std::string();
  parser_.reset();  // thousands of streams rest here: hold nothing that is not needed
  std::weak_ptr<Connection> weak = weak_from_this();
  exchange_->events->attach([weak, io = &io_] {
    if (auto self = weak.lock()) io->mail(std::move(self), Mail::events);
  });
  wait_readable();
}

void Connection::send_events() {
  if (!out_.empty()) return;  // the socket is full; the stream keeps what comes
  while (exchange_->events->take(out_)) {
    out_at_ = 0;
    if (!write_out()) return;
  }
  out_.shrink_to_fit();
}

}  // namespace machiya::http
