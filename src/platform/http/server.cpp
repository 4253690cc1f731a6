#include "platform/http/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "base/log.h"
#include "platform/http/connection.h"
#include "platform/http/handover.h"
#include "platform/http/listener.h"
#include "platform/http/server_core.h"
#include "platform/metrics/metrics.h"

namespace machiya::http {
namespace {
constexpr int kTickMs = 250;
constexpr std::int64_t kCutMs = 5'000;

class ServerImpl final : public Server {
 public:
  ServerImpl(const ServerOptions& options, const Router& router, const Clock& clock, metrics::Registry& metrics)
      : core_(options, router, clock, metrics) {}
  ~ServerImpl() override {
    stop();
    if (door_) door_->close();
  }
  Result<void> start() override;
  std::string address() const override { return address_; }
  void stop() override;
  void on_handover(std::function<void()> yield) override { yield_ = std::move(yield); }
  void wait() override;

 private:
  enum class State { fresh, running, stopping, stopped };
  Result<Passed> sockets();
  void run_loops();
  void take(int fd, std::string remote);
  int stop_accepting();
  void drain(Drain how);
  void finish();
  bool begin_stopping();
  void on_all(void (Connection::*action)());
  Passed prepare_handover();

  ServerCore core_;
  std::vector<std::unique_ptr<IoThread>> io_;
  std::vector<std::thread> threads_;
  std::shared_ptr<Acceptor> acceptor_;
  std::size_t next_io_ = 0;
  std::string address_;
  std::function<void()> yield_;
  Passed released_;   ///< open until the next process has confirmed them
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::fresh;
  std::unique_ptr<HandoverDoor> door_;
};

Result<Passed> ServerImpl::sockets() {
  if (core_.options.inherited.listener >= 0) return core_.options.inherited;
  MACHIYA_TRY(Passed passed, take_over(core_.options.handover_socket));
  if (passed.listener < 0) {
    MACHIYA_TRY(passed.listener, open_listener(core_.options.listen));
  }
  return passed;
}

Result<void> ServerImpl::start() {
  MACHIYA_ASSERT(state_ == State::fresh);
  MACHIYA_TRY(const Passed passed, sockets());
  address_ = bound_address(passed.listener);
  core_.pool = std::make_unique<WorkerPool>(core_.options.workers);
  for (int i = 0; i < std::max(1, core_.options.io_threads); ++i) {
    io_.push_back(std::make_unique<IoThread>());
    io_.back()->now_ms = steady_ms();
  }
  acceptor_ = std::make_shared<Acceptor>(io_[0]->loop, passed.listener, [this](int client, std::string remote) { take(client, std::move(remote)); });
  acceptor_->start();
  for (const int fd : passed.connections) take(fd, peer_address(fd));
  run_loops();
  state_ = State::running;
  if (!core_.options.handover_socket.empty()) {
    door_ = std::make_unique<HandoverDoor>(
        core_.options.handover_socket, [this] { return prepare_handover(); }, [this] { finish(); });
    if (auto opened = door_->open(); !opened.ok()) {
      stop();
      return opened;
    }
  }
  return {};
}

void ServerImpl::run_loops() {
  for (auto& io : io_) {
    io->loop.every(kTickMs, [this, io = io.get()] {
      io->now_ms = steady_ms();
      for (std::size_t i = io->connections.size(); i-- > 0;) {  // closing moves the last one into the gap
        auto connection = io->connections[i];
        connection->on_tick();
      }
      if (io == io_[0].get() && acceptor_) acceptor_->on_tick();
    });
    threads_.emplace_back([this, io = io.get()] { io->loop.run([this, io] { core_.pool->push(io->batch); }); });
  }
}

/// On the first loop: deals a new connection to the io threads in turn.
void ServerImpl::take(int fd, std::string remote) {
  const bool full = core_.open_connections() >= core_.options.max_connections;
  if (full && core_.options.tls) {   // an answer would cost a handshake
    ::close(fd);
    core_.refused_connections->add();
    return;
  }
  if (full) {
    static constexpr std::string_view busy =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    [[maybe_unused]] auto sent = ::send(fd, busy.data(), busy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(fd, SHUT_WR);
    ::close(fd);
    core_.refused_connections->add();
    return;
  }
  core_.opened();
  IoThread& io = *io_[next_io_++ % io_.size()];
  auto begin = [this, &io, fd, remote = std::move(remote)]() mutable {
    std::unique_ptr<TlsSession> tls;
    if (core_.options.tls && !(tls = core_.options.tls->accept(fd))) {
      ::close(fd);
      return core_.closed();
    }
    std::make_shared<Connection>(core_, io, fd, std::move(remote), std::move(tls))->start();
  };
  if (&io == io_[0].get()) begin();
  else io.loop.post(std::move(begin));
}

/// The listening socket, open but no longer accepted from.
int ServerImpl::stop_accepting() {
  std::promise<int> fd;
  io_[0]->loop.post([&] { fd.set_value(acceptor_->release()); });
  return fd.get_future().get();
}

void ServerImpl::on_all(void (Connection::*action)()) {
  for (auto& io : io_)
    io->loop.post([io = io.get(), action] {
      for (std::size_t i = io->connections.size(); i-- > 0;) {
        auto connection = io->connections[i];
        (connection.get()->*action)();
      }
    });
}

/// Open requests finish; connections at rest pass on or close; what takes longer than the drain time is cut.
void ServerImpl::drain(Drain how) {
  core_.drain = how;
  on_all(&Connection::on_drain);
  if (how == Drain::last_requests && !core_.wait_all_closed(core_.options.last_request_ms)) {
    core_.drain = Drain::closing;
    on_all(&Connection::on_drain);
  }
  if (core_.wait_all_closed(core_.options.drain_timeout_s * std::int64_t{1000})) return;
  log(LogLevel::warn, "http-drain-cut", {{"connections", std::to_string(core_.open_connections())}});
  on_all(&Connection::on_cut);
  core_.wait_all_closed(kCutMs);
}

bool ServerImpl::begin_stopping() {
  std::lock_guard lock(mutex_);
  if (state_ != State::running) return false;
  state_ = State::stopping;
  return true;
}

void ServerImpl::finish() {
  if (released_.listener >= 0) ::close(released_.listener);
  for (const int fd : released_.connections) ::close(fd);
  released_ = {};
  core_.pool->stop();  // ends handlers that outlived the drain; their mail is still delivered
  on_all(&Connection::on_cut);
  core_.wait_all_closed(kCutMs);
  for (auto& io : io_) io->loop.stop();
  for (auto& thread : threads_) thread.join();
  std::lock_guard lock(mutex_);
  state_ = State::stopped;
  changed_.notify_all();
}

void ServerImpl::stop() {
  if (begin_stopping()) {
    ::close(stop_accepting());  // a plain stop refuses new connections at once
    drain(Drain::last_requests);
    finish();
  }
  wait();
}

void ServerImpl::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return state_ == State::stopped || state_ == State::fresh; });
}

/// Without a listener when the server is stopping already.
Passed ServerImpl::prepare_handover() {
  if (!begin_stopping()) return {};
  log(LogLevel::info, "http-handover-asked");
  released_.listener = stop_accepting();
  drain(Drain::passing);
  if (yield_) yield_();
  released_.connections = core_.take_kept();
  return released_;
}
}  // namespace

Result<std::unique_ptr<Server>> Server::create(const ServerOptions& options, const Router& router, const Clock& clock,
                                               metrics::Registry& metrics) {
  if (options.workers < 1 || options.io_threads < 1 || options.max_connections < 1 || options.head_limit < 1024)
    return Error(ErrorCode::invalid_input, "server options out of range");
  return std::unique_ptr<Server>(std::make_unique<ServerImpl>(options, router, clock, metrics));
}

}  // namespace machiya::http
