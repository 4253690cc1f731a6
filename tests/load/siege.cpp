// machiya_siege: clients that only hold a server up. Some send a head or a body a byte a second, some ask for much and read a byte a second, some
// read events that never come. Whoever is turned out comes again. Loopback only; ends with its standard input.
//   machiya_siege --slow N --events M --page PATH --form PATH --stream PATH [--cookie VALUE] http://127.0.0.1:PORT/
// Prints "ready" when all stand, and at the end how many were opened, turned out and what the streams were answered.
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/load/run.h"

namespace {
using namespace machiya;

enum class Kind { head, body, read, stream };

struct One {
  Kind kind = Kind::head;
  int fd = -1;
  bool connected = false;
  std::string first;      ///< sent at once
  std::size_t sent = 0;
  std::string got;        ///< the beginning of a stream's answer
};

struct Plan {
  load::Place place;
  int slow = 0, events = 0;
  std::string page = "/", form = "/login", stream = "/", cookie;
};

class Siege {
 public:
  explicit Siege(Plan plan) : plan_(std::move(plan)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(plan_.place.port);
    ::inet_pton(AF_INET, plan_.place.host.c_str(), &to_.sin_addr);
    for (int i = 0; i < plan_.slow; ++i) add(static_cast<Kind>(i % 3));
    for (int i = 0; i < plan_.events; ++i) add(Kind::stream);
  }
  int run();

 private:
  static constexpr int kOpenAtOnce = 1000;   ///< a second; the server's queue of new connections holds 4,096

  void add(Kind kind) {
    One one;
    one.kind = kind;
    const std::string host = " HTTP/1.1\r\nHost: " + plan_.place.authority + "\r\n";
    const std::string cookie = plan_.cookie.empty() ? "" : "Cookie: " + plan_.cookie + "\r\n";
    switch (kind) {
      case Kind::head: one.first = "GET " + plan_.page + host + "X-Slow: "; break;
      case Kind::body: one.first = "POST " + plan_.form + host + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nq="; break;
      case Kind::read:
        for (int i = 0; i < 40; ++i) one.first += "GET " + plan_.page + host + "\r\n";
        break;
      case Kind::stream: one.first = "GET " + plan_.stream + host + cookie + "Accept: text/event-stream\r\n\r\n"; break;
    }
    all_.push_back(std::move(one));
  }
  bool open(One& one);
  void close(One& one, bool turned_out);
  void push(One& one);
  void take(One& one);
  void tick();

  Plan plan_;
  const int epoll_;
  sockaddr_in to_{};
  std::vector<One> all_;
  long opened_ = 0, turned_out_ = 0, refused_ = 0;
  bool ready_ = false;
};

bool Siege::open(One& one) {
  one.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (one.fd < 0) return false;
  const int small = 2048;
  if (one.kind == Kind::read) ::setsockopt(one.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  if (::connect(one.fd, reinterpret_cast<const sockaddr*>(&to_), sizeof to_) != 0 && errno != EINPROGRESS) {
    ::close(one.fd);
    one.fd = -1;
    return false;
  }
  one.sent = 0;
  one.got.clear();
  one.connected = false;
  epoll_event e{};
  e.events = EPOLLOUT | EPOLLRDHUP | (one.kind == Kind::stream ? EPOLLIN : 0u);
  e.data.u64 = static_cast<std::uint64_t>(&one - all_.data());
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &e);
  ++opened_;
  return true;
}

void Siege::close(One& one, bool turned_out) {
  ::close(one.fd);
  one.fd = -1;
  turned_out_ += turned_out;
}

void Siege::push(One& one) {
  one.connected = true;
  while (one.sent < one.first.size()) {
    const ssize_t n = ::send(one.fd, one.first.data() + one.sent, one.first.size() - one.sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return close(one, true);
    one.sent += static_cast<std::size_t>(n);
  }
  epoll_event e{};
  e.events = EPOLLRDHUP | (one.kind == Kind::stream ? EPOLLIN : 0u);
  e.data.u64 = static_cast<std::uint64_t>(&one - all_.data());
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, one.fd, &e);
}

void Siege::take(One& one) {
  char piece[4096];
  const ssize_t n = ::recv(one.fd, piece, sizeof piece, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) return close(one, true);
  if (n > 0 && one.got.size() < 16) {
    one.got.append(piece, static_cast<std::size_t>(n));
    if (one.got.rfind("HTTP/1.1 200", 0) != 0) ++refused_;
  }
}

/// Once a second: everybody does the least that there is, and some of those without a connection come again.
void Siege::tick() {
  int fresh = 0;
  bool complete = true;
  for (One& one : all_) {
    if (one.fd < 0) {
      if (fresh < kOpenAtOnce && open(one)) ++fresh;
      complete = false;
      continue;
    }
    if (!one.connected || one.sent < one.first.size()) {
      complete = complete && one.connected;
      continue;
    }
    char byte = 'a';
    if (one.kind == Kind::head || one.kind == Kind::body) {
      if (::send(one.fd, &byte, 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) close(one, true);
    } else if (one.kind == Kind::read) {
      if (::recv(one.fd, &byte, 1, 0) == 0) close(one, true);
    }
  }
  if (complete && !ready_) {
    ready_ = true;
    std::puts("ready");
    std::fflush(stdout);
  }
}

int Siege::run() {
  using Clock = std::chrono::steady_clock;
  auto next = Clock::now();
  std::vector<epoll_event> events(512);
  for (pollfd input{0, POLLIN, 0};;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now()).count();
    if (left <= 0) {
      tick();
      next += std::chrono::seconds(1);
      if (::poll(&input, 1, 0) > 0) break;
      continue;
    }
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(left));
    for (int i = 0; i < n; ++i) {
      One& one = all_[events[static_cast<std::size_t>(i)].data.u64];
      const auto what = events[static_cast<std::size_t>(i)].events;
      if (one.fd >= 0 && (what & (EPOLLERR | EPOLLHUP | EPOLLRDHUP))) close(one, true);
      if (one.fd >= 0 && (what & EPOLLIN)) take(one);
      if (one.fd >= 0 && (what & EPOLLOUT)) push(one);
    }
  }
  long standing = 0, streams = 0;
  for (const One& one : all_) standing += one.fd >= 0, streams += one.fd >= 0 && one.kind == Kind::stream && one.got.rfind("HTTP/1.1 200", 0) == 0;
  std::printf("{\"clients\":%zu,\"standing\":%ld,\"streams\":%ld,\"opened\":%ld,\"turned_out\":%ld,\"streams_refused\":%ld}\n", all_.size(), standing, streams, opened_, turned_out_, refused_);
  return ready_ ? 0 : 1;
}

int usage(const char* why) { return std::fprintf(stderr, "machiya_siege: %s\n", why), 2; }
}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  std::string url;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg.rfind("--", 0) != 0) {
      url = arg;
      continue;
    }
    if (i + 1 == argc) return usage("a value is missing");
    const char* value = argv[++i];
    if (arg == "--slow") plan.slow = std::atoi(value);
    else if (arg == "--events") plan.events = std::atoi(value);
    else if (arg == "--page") plan.page = value;
    else if (arg == "--form") plan.form = value;
    else if (arg == "--stream") plan.stream = value;
    else if (arg == "--cookie") plan.cookie = value;
    else return usage("unknown option");
  }
  auto place = load::parse_place(url);
  if (!place.ok()) return usage(place.error().detail.c_str());
  plan.place = std::move(*place);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return Siege(std::move(plan)).run();
}
