#include "platform/http/loop.h"

#include <atomic>
#include <chrono>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace machiya::http {
namespace asio = boost::asio;

namespace {
/// Events handled before the batch is flushed: enough to share one wake-up, few enough to keep waiting short.
constexpr int kBatch = 32;
}  // namespace

struct Loop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer timer{context};
  std::function<void()> tick;
  std::atomic<bool> stopped{false};

  void arm(std::chrono::milliseconds every) {
    timer.expires_after(every);
    timer.async_wait([this, every](const boost::system::error_code& ec) {
      if (ec) return;
      tick();
      arm(every);
    });
  }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run(const std::function<void()>& after_batch) {
  while (!impl_->stopped) {
    impl_->context.run_one();
    for (int i = 1; i < kBatch && impl_->context.poll_one(); ++i) {}
    after_batch();
  }
}

void Loop::stop() {
  post([impl = impl_.get()] { impl->stopped = true; });
}

void Loop::post(std::function<void()> task) { asio::post(impl_->context, std::move(task)); }

void Loop::every(int ms, std::function<void()> tick) {
  impl_->tick = std::move(tick);
  impl_->arm(std::chrono::milliseconds(ms));
}

struct FdWatch::Impl {
  asio::posix::stream_descriptor descriptor;
};

FdWatch::FdWatch(Loop& loop, int fd)
    : impl_(new Impl{asio::posix::stream_descriptor(loop.impl_->context, fd)}) {}
FdWatch::~FdWatch() = default;

void FdWatch::wait_readable(std::shared_ptr<Watcher> watcher) {
  impl_->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                               [watcher = std::move(watcher)](const boost::system::error_code& ec) {
                                 if (!ec) watcher->on_readable();
                               });
}

void FdWatch::wait_writable(std::shared_ptr<Watcher> watcher) {
  impl_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                               [watcher = std::move(watcher)](const boost::system::error_code& ec) {
                                 if (!ec) watcher->on_writable();
                               });
}

void FdWatch::close() {
  boost::system::error_code ignored;  // nothing can be done about a failing close
  impl_->descriptor.close(ignored);
}

int FdWatch::release() { return impl_->descriptor.release(); }

}  // namespace machiya::http
