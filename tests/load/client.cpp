#include "tests/load/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "base/text.h"

namespace machiya::load {

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Client::Client(Shared& shared, Report& report, int number, int epoll) : shared_(shared), report_(report), number_(number), epoll_(epoll) {
  const auto& list = shared.options.cookies;
  if (!list.empty()) fixed_cookie_ = list[static_cast<std::size_t>(number) % list.size()];
  variables_["client"] = std::to_string(number);
}

Client::~Client() { disconnect(); }

void Client::disconnect() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Client::connect() {
  const Place& place = shared_.options.place;
  sockaddr_storage to{};
  socklen_t size = sizeof(sockaddr_in);
  if (place.host.find(':') != std::string::npos) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(place.port);
    ::inet_pton(AF_INET6, place.host.c_str(), &v6.sin6_addr);
    size = sizeof(sockaddr_in6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(to);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(place.port);
    ::inet_pton(AF_INET, place.host.c_str(), &v4.sin_addr);
  }
  fd_ = ::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int one = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), size) != 0) {
    disconnect();
    return false;
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = this;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event);
  fresh_ = true;
  return true;
}

bool Client::start() {
  if (!connect()) return false;
  looping_ = shared_.options.script.first.empty();
  at_ = 0;
  next_step();
  return true;
}

const Step& Client::step() const { return (looping_ ? shared_.options.script.loop : shared_.options.script.first)[at_]; }

void Client::finish() {
  finished_ = true;
  disconnect();
}

/// Begins the pass when this is its first step, then sends.
void Client::next_step() {
  if (shared_.stop) return finish();
  if (looping_ && at_ == 0) {
    const std::int64_t n = shared_.next_pass.fetch_add(1);
    if (shared_.options.passes > 0 && n >= shared_.options.passes) return finish();
    variables_["n"] = std::to_string(n);
    take_line(n);
    pass_us_ = now_us();
  }
  retried_ = false;
  send_step();
}

/// Lines with a value take turns: each pass is the next person with her own cookie and value.
void Client::take_line(std::int64_t pass) {
  const auto& list = shared_.options.cookies;
  if (list.empty()) return;
  const std::string& line = list[static_cast<std::size_t>(pass) % list.size()];
  const std::size_t tab = line.find('\t');
  if (tab == std::string::npos) return;
  fixed_cookie_ = line.substr(0, tab);
  variables_["line"] = line.substr(tab + 1);
  cookies_.clear();
}

void Client::send_step() {
  const Step& s = step();
  out_.clear();
  out_at_ = 0;
  out_ += s.method;
  out_ += ' ';
  s.target.render(variables_, out_);
  out_ += " HTTP/1.1\r\nHost: ";
  out_ += shared_.options.place.authority;
  for (const Template& line : s.headers) {
    out_ += "\r\n";
    line.render(variables_, out_);
  }
  if (!fixed_cookie_.empty() || !cookies_.empty()) {
    out_ += "\r\nCookie: ";
    out_ += fixed_cookie_;
    for (const auto& [name, value] : cookies_) {
      if (out_.back() != ' ') out_ += "; ";
      out_ += name + '=' + value;
    }
  }
  if (s.has_body) {
    std::string body;
    s.body.render(variables_, body);
    out_ += "\r\nContent-Type: " + s.type + "\r\nContent-Length: " + std::to_string(body.size());
    out_ += "\r\n\r\n" + body;
  } else {
    out_ += "\r\n\r\n";
  }
  bool keep = false;
  for (const Capture& c : s.captures) keep = keep || c.header.empty();
  reply_.begin(s.method == "HEAD", keep);
  sent_us_ = now_us();
  flush();
}

void Client::flush() {
  while (out_at_ < out_.size()) {
    const ssize_t n = ::send(fd_, out_.data() + out_at_, out_.size() - out_at_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      out_at_ += static_cast<std::size_t>(n);
      if (out_at_ == out_.size()) {
        epoll_event event{EPOLLIN, {}};
        event.data.ptr = this;
        if (static_cast<std::size_t>(n) != out_.size()) ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
      }
    } else if (errno == EAGAIN) {
      epoll_event event{EPOLLIN | EPOLLOUT, {}};
      event.data.ptr = this;
      ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event);
      return;
    } else if (errno != EINTR) {
      return on_lost();
    }
  }
}

void Client::on_ready(std::uint32_t events) {
  if (finished_) return;
  if ((events & EPOLLOUT) && out_at_ < out_.size()) flush();
  if (!finished_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) receive();
}

void Client::receive() {
  thread_local std::string buffer(256 * 1024, '\0');
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return reply_.end() ? on_reply() : on_lost();
  report_.bytes += static_cast<std::uint64_t>(n);
  reply_.feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  if (reply_.state() == ReplyReader::State::broken) {
    ++report_.errors;
    return finish();
  }
  if (reply_.state() == ReplyReader::State::done) on_reply();
}

/// The connection ended. Between requests that is normal (RFC 9112 §9.3.1): a kept connection is opened again, once.
void Client::on_lost() {
  const bool retry = !fresh_ && !reply_.started() && !retried_;
  disconnect();
  if (shared_.stop) return finish();
  if (!retry) ++report_.errors;
  ++report_.reconnects;
  if (!connect()) {
    ++report_.errors;
    return finish();
  }
  retried_ = true;
  send_step();
}

void Client::take_cookies() {
  for (std::string_view line : reply_.headers("set-cookie")) {
    const std::string_view pair = trim(line.substr(0, line.find(';')));
    const std::size_t eq = pair.find('=');
    if (eq == std::string_view::npos) continue;
    const std::string name(pair.substr(0, eq));
    if (lower_ascii(line).find("max-age=0") != std::string::npos) cookies_.erase(name);
    else cookies_[name] = pair.substr(eq + 1);
  }
}

void Client::take_captures(const Step& s) {
  for (const Capture& c : s.captures) {
    std::string value;
    if (!c.header.empty()) {
      value = reply_.header(c.header);
      if (const std::size_t scheme = value.find("://"); c.path_only && scheme != std::string::npos) {
        const std::size_t slash = value.find('/', scheme + 3);
        value = slash == std::string::npos ? "/" : value.substr(slash);
      }
    } else if (const std::size_t from = reply_.body().find(c.after); from != std::string::npos) {
      const std::size_t begin = from + c.after.size();
      const std::size_t end = reply_.body().find(c.until, begin);
      if (end != std::string::npos) value = reply_.body().substr(begin, end - begin);
    }
    if (value.empty() && report_.samples.size() < 5) report_.samples.push_back("nothing captured for " + c.name);
    if (value.empty()) ++report_.unexpected;
    variables_[c.name] = std::move(value);
  }
}

void Client::on_reply() {
  const Step& s = step();
  const std::int64_t now = now_us();
  fresh_ = false;
  const bool fine = s.expect ? reply_.status() == s.expect : reply_.status() < 400;
  if (!fine) {
    ++report_.unexpected;
    if (report_.samples.size() < 5) {
      std::string target;
      s.target.render(variables_, target);
      report_.samples.push_back(s.method + ' ' + target + " -> " + std::to_string(reply_.status()));
    }
  }
  if (looping_) {
    ++report_.requests;
    ++report_.statuses[reply_.status()];
    report_.request_us.add(now - sent_us_);
  }
  take_cookies();
  take_captures(s);
  const bool keeps = reply_.keeps_connection();
  if (!keeps) disconnect();
  ++at_;
  if (looping_ && at_ == shared_.options.script.loop.size()) {
    ++report_.passes;
    report_.pass_us.add(now - pass_us_);
    at_ = 0;
  } else if (!looping_ && at_ == shared_.options.script.first.size()) {
    looping_ = true;
    at_ = 0;
  }
  if (!keeps) {
    ++report_.reconnects;
    if (!shared_.stop && !connect()) {
      ++report_.errors;
      return finish();
    }
  }
  next_step();
}

}  // namespace machiya::load
