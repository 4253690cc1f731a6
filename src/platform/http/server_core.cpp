#include "platform/http/server_core.h"

#include <sys/random.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "platform/http/connection.h"
#include "platform/metrics/metrics.h"

namespace machiya::http {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void BlockRng::fill(void* out, std::size_t size) {
  MACHIYA_ASSERT(size <= sizeof block_);
  if (used_ + size > sizeof block_) {
    for (std::size_t have = 0; have < sizeof block_;) {
      const ssize_t n = ::getrandom(block_ + have, sizeof block_ - have, 0);
      if (n > 0) have += static_cast<std::size_t>(n);
    }
    used_ = 0;
  }
  std::memcpy(out, block_ + used_, size);
  used_ += size;
}

void IoThread::mail(std::shared_ptr<Connection> to, Mail what) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = mail_.empty();
    mail_.emplace_back(std::move(to), what);
  }
  if (first) loop.post([this] { deliver(); });
}

void IoThread::deliver() {
  std::vector<std::pair<std::shared_ptr<Connection>, Mail>> mail;
  {
    std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  for (auto& [connection, what] : mail) connection->on_mail(what);
}

ServerCore::ServerCore(const ServerOptions& o, const Router& r, const Clock& c, metrics::Registry& m)
    : options(o), router(r), clock(c), stats(r.routes().size() + 1) {
  for (std::size_t i = 0; i < stats.size(); ++i) {
    const bool known = i < r.routes().size();
    const std::string labels = metrics::label("route", known ? r.routes()[i].pattern : "none") + ',' +
                               metrics::label("method", known ? method_name(r.routes()[i].method) : "any");
    for (int k = 2; k <= 5; ++k)
      stats[i].by_class[k] = &m.counter("machiya_http_requests_total", "Requests answered, by route pattern and class of status.",
                                        labels + ',' + metrics::label("code", std::to_string(k) + "xx"));
    stats[i].seconds = &m.histogram("machiya_http_request_duration_seconds", "From the complete request to its answer.", labels);
  }
  refused_connections = &m.counter("machiya_http_connections_refused_total", "Connections answered 503 because of the limit.");
  limited_requests = &m.counter("machiya_http_requests_limited_total", "Requests answered 429.");
  m.gauge("machiya_http_connections_open", "Open connections.", [open = open_] { return static_cast<double>(open->load()); });
}

void ServerCore::closed() {
  if (open_->fetch_sub(1) != 1) return;
  std::lock_guard lock(mutex_);
  all_closed_.notify_all();
}

void ServerCore::keep_for_next(int fd) {
  std::lock_guard lock(mutex_);
  kept_.push_back(fd);
}

std::vector<int> ServerCore::take_kept() {
  std::lock_guard lock(mutex_);
  return std::exchange(kept_, {});
}

bool ServerCore::wait_all_closed(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return all_closed_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return open_->load() == 0; });
}

}  // namespace machiya::http
