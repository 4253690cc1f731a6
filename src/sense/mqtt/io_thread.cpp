#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "sense/mqtt/server_impl.h"

namespace machiya::sense::mqtt {
namespace {

constexpr std::size_t kArena = std::size_t{1} << 20;    // read in one turn
constexpr std::size_t kRead = std::size_t{64} << 10;    // of one connection in one turn
constexpr int kEvents = 1'024;
constexpr int kIdleMs = 250;
constexpr std::int64_t kLastWords = 5 * kSecond;        // for who is being closed and does not read

std::string address_of(const sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from.ss_family == AF_INET) (void)::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(from).sin_addr, text, sizeof text);
  else (void)::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, text, sizeof text);
  return text;
}

}  // namespace

IoThread::IoThread(Shared& shared, int number) : shared_(shared), number_(number) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  MACHIYA_ASSERT(epoll_ >= 0 && wake_ >= 0);
  epoll_event event{EPOLLIN, {.ptr = this}};
  MACHIYA_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  arena_.resize(kArena);
}

IoThread::~IoThread() {
  for (auto& [id, c] : connections_)
    if (c->fd >= 0) ::close(c->fd);
  for (auto& l : listening_) ::close(l.fd);
  ::close(wake_);
  ::close(epoll_);
}

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
}
void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);   // a full counter wakes as well
}

void IoThread::post(std::function<void(IoThread&)> task) {
  {
    std::lock_guard guard(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake();
}

void IoThread::listen(int fd, std::shared_ptr<http::TlsContext> tls) {
  listening_.push_back({fd, std::move(tls)});
  epoll_event event{EPOLLIN, {.ptr = &listening_}};
  MACHIYA_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void IoThread::run() {
  while (!shared_.stopping) turn();
  turn();   // what stop() wrote
}

void IoThread::turn() {
  epoll_event events[kEvents];
  const bool at_once = hurry_ || !ready_again_.empty() || shared_.stopping;
  const int n = ::epoll_wait(epoll_, events, kEvents, at_once ? 0 : kIdleMs);
  hurry_ = false;
  arena_used_ = 0;
  chunks_.clear();
  std::vector<std::uint64_t> again;
  again.swap(ready_again_);
  for (const auto id : again)
    if (const auto it = connections_.find(id); it != connections_.end() && !it->second->dead) read(*it->second);
  bool knock = false;
  for (int i = 0; i < n; ++i) {
    if (events[i].data.ptr == this) {
      std::uint64_t count;
      (void)!::read(wake_, &count, sizeof count);
    } else if (events[i].data.ptr == &listening_) {
      knock = true;
    } else {
      Connection& c = *static_cast<Connection*>(events[i].data.ptr);
      if ((events[i].events & EPOLLOUT) != 0) to_flush_.push_back(&c);
      if (c.paused && (events[i].events & (EPOLLHUP | EPOLLERR)) != 0) chunks_.push_back({&c, 0, 0, true});
      else if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(c);
    }
  }
  if (knock)
    for (const auto& l : listening_) accept_all(l);
  const Instant now = shared_.clock.now();
  with_lock(now);
  for (auto& [id, login] : logins_)
    shared_.gate.authenticate(login, [this, id = id](Result<MqttPrincipal> principal) {
      post([id, principal = std::move(principal)](IoThread& self) mutable { self.authenticated(id, std::move(principal), self.shared_.clock.now()); });
    });
  logins_.clear();
  std::vector<Connection*> flush_now;
  flush_now.swap(to_flush_);
  for (Connection* c : flush_now)
    if (!c->dead) flush(*c);
  bury();
}

/// As much as there is, up to a fair share; the rest comes in the next turn.
void IoThread::read(Connection& c) {
  if (c.dead || c.paused) return;
  if (kArena - arena_used_ < 4'096) {
    if (c.tls) ready_again_.push_back(c.id);
    return;
  }
  const std::size_t room = std::min(kRead, kArena - arena_used_);
  char* at = arena_.data() + arena_used_;
  const ssize_t n = c.tls ? c.tls->receive(at, room) : ::recv(c.fd, at, room, 0);
  if (n > 0) {
    chunks_.push_back({&c, arena_used_, static_cast<std::size_t>(n), false});
    arena_used_ += static_cast<std::size_t>(n);
    if (c.tls && c.tls->has_more()) ready_again_.push_back(c.id);
  } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    watch(c);
  } else {
    chunks_.push_back({&c, 0, 0, true});
  }
}

void IoThread::accept_all(const Listening& listening) {
  for (int i = 0; i < 256; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(listening.fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) log(LogLevel::warn, "mqtt-accept-failed", {{"errno", std::to_string(errno)}});
      return;
    }
    if (shared_.stopping || shared_.connections >= shared_.options.max_connections) {
      ::close(fd);
      continue;
    }
    shared_.connections += 1;
    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    IoThread& thread = *shared_.threads[shared_.next_thread++ % shared_.threads.size()];
    std::string address = address_of(from);
    thread.post([fd, tls = listening.tls, address = std::move(address)](IoThread& self) mutable { self.add(fd, tls, std::move(address), self.shared_.clock.now()); });
  }
}

void IoThread::add(int fd, const std::shared_ptr<http::TlsContext>& tls, std::string address, Instant now) {
  auto made = std::make_unique<Connection>();
  Connection& c = *made;
  c.fd = fd;
  c.id = next_id_++;
  c.thread = this;
  c.address = std::move(address);
  c.opened_us = now.us;
  if (tls) c.tls = tls->accept(fd);
  if (shared_.failed || (tls && !c.tls)) {
    ::close(fd);
    shared_.connections -= 1;
    return;
  }
  c.link = &shared_.router->open(now);
  c.link->owner = &c;
  c.events = EPOLLIN;
  epoll_event event{EPOLLIN, {.ptr = &c}};
  connections_.emplace(c.id, std::move(made));
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) close(c, now);
}

void IoThread::with_lock(Instant now) {
  std::vector<std::function<void(IoThread&)>> tasks;
  {
    std::lock_guard guard(mutex_);
    tasks.swap(tasks_);
  }
  std::lock_guard guard(shared_.router_mutex);
  for (Connection* c : flushed_) {
    if (c->dead || c->link == nullptr) continue;
    c->link->unsent = c->sending.size() - c->sent;
    if (c->link->starved && c->link->unsent < shared_.options.max_backlog / 2) shared_.router->drained(*c->link, now);
  }
  flushed_.clear();
  for (auto& task : tasks) task(*this);
  shared_.take_completions(now);
  for (const auto& chunk : chunks_) {
    Connection& c = *chunk.connection;
    if (c.dead) continue;
    if (chunk.size > 0) feed(c, std::string_view(arena_).substr(chunk.at, chunk.size), now);
    if (chunk.ended) close(c, now);
  }
  if (now.us - last_second_us_ >= kSecond || now.us < last_second_us_) every_second(now);
  collect(now);
  shared_.submit(*this, now);
  collect(now);
}

void IoThread::every_second(Instant now) {
  last_second_us_ = now.us;
  if (number_ == 0) {
    if (!shared_.failed) shared_.router->tick(now);
    shared_.try_again(now);
    shared_.complain();
  }
  const std::int64_t patience = shared_.options.connect_timeout_s * kSecond;
  for (auto& [id, c] : connections_) {
    const bool overdue = (c->state == Connection::State::waiting && now.us - c->opened_us > patience) ||
                         (c->state == Connection::State::authenticating && now.us - c->opened_us > 6 * patience);   // the gate has forgotten it
    const bool stuck = c->close_when_sent && now.us - c->closing_us > kLastWords;
    if ((overdue || stuck) && !c->dead) close(*c, now);
  }
}

/// What the router wrote goes to the connections of this thread, and the others' to theirs.
void IoThread::collect(Instant now) {
  std::vector<Link*> links = shared_.router->take_dirty();
  links.insert(links.end(), inbox_.begin(), inbox_.end());
  inbox_.clear();
  for (Link* link : links) {
    auto* c = static_cast<Connection*>(link->owner);
    if (c == nullptr || c->dead) continue;
    if (c->thread != this) {
      c->thread->hand_over(link);
      c->thread->wake();
    } else {
      take_out(*c, now);
    }
  }
}

void IoThread::take_out(Connection& c, Instant now) {
  Link& link = *c.link;
  if (!link.out.empty()) {
    if (c.sent == c.sending.size()) {
      c.sending.clear();
      c.sent = 0;
      std::swap(c.sending, link.out);
    } else {
      c.sending += link.out;
      link.out.clear();
    }
  }
  link.unsent = c.sending.size() - c.sent;
  c.starved = link.starved;
  if (link.close && !c.close_when_sent) {
    c.close_when_sent = true;
    c.closing_us = now.us;
  }
  to_flush_.push_back(&c);
  if (c.paused && shared_.router->wants_more(link)) {
    c.paused = false;
    watch(c);
    if (c.tls) ready_again_.push_back(c.id);
    feed(c, {}, now);
  }
}

void IoThread::flush(Connection& c) {
  while (c.sent < c.sending.size()) {
    const char* at = c.sending.data() + c.sent;
    const std::size_t size = c.sending.size() - c.sent;
    const ssize_t n = c.tls ? c.tls->send(at, size) : ::send(c.fd, at, size, MSG_NOSIGNAL);
    if (n > 0) {
      c.sent += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) c.sent = c.sending.size(), c.close_when_sent = true;   // nobody is there any more
    break;
  }
  constexpr std::size_t kKept = std::size_t{16} << 10;
  if (c.sent == c.sending.size()) {
    if (c.sending.capacity() > kKept) c.sending = std::string();
    c.sending.clear();
    c.sent = 0;
    if (c.close_when_sent) {
      c.dead = true;
      dead_.push_back(&c);
      return;
    }
  }
  flushed_.push_back(&c);
  hurry_ |= c.starved;
  watch(c);
}

void IoThread::watch(Connection& c) {
  const bool write = c.sent < c.sending.size() || (c.tls && c.tls->waits_for_writing());
  const std::uint32_t events = (c.paused ? 0u : static_cast<std::uint32_t>(EPOLLIN)) | (write ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
  if (events == c.events || c.dead) return;
  c.events = events;
  epoll_event event{events, {.ptr = &c}};
  (void)::epoll_ctl(epoll_, EPOLL_CTL_MOD, c.fd, &event);
}

/// Under the router's lock. The memory goes at the end of the turn: events and lists may still name it.
void IoThread::close(Connection& c, Instant now) {
  if (c.link != nullptr) {
    std::erase(inbox_, c.link);
    shared_.router->closed(*c.link, now);
    c.link = nullptr;
  }
  if (c.dead) return;
  c.dead = true;
  dead_.push_back(&c);
}

void IoThread::bury() {
  if (dead_.empty()) return;
  const Instant now = shared_.clock.now();
  {
    std::lock_guard guard(shared_.router_mutex);
    for (std::size_t i = 0; i < dead_.size(); ++i) close(*dead_[i], now);
  }
  const auto is_dead = [](const Connection* c) { return c->dead; };
  std::erase_if(flushed_, is_dead);
  std::erase_if(to_flush_, is_dead);
  for (Connection* c : dead_) {
    if (c->tls) c->tls->say_goodbye();
    ::close(c->fd);
    shared_.connections -= 1;
    connections_.erase(c->id);
  }
  dead_.clear();
}

}  // namespace machiya::sense::mqtt
