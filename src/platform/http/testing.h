// For tests only: a server on a free loopback port and a plain blocking client that sends exactly the bytes it is given.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "platform/http/server.h"
#include "platform/metrics/metrics.h"

namespace machiya::http::testing {

struct Reply {
  int status = 0;
  Pairs headers;  ///< names in lower case
  std::string body;
  bool complete = false;

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

class Client {
 public:
  /// `receive_buffer` bytes in the kernel; 0 for its default.
  explicit Client(const std::string& address, int receive_buffer = 0) {
    const std::size_t colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    timeval limit{20, 0};  // a hanging test ends; nothing is measured by it
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// False at the end of the stream.
  bool more() {
    char piece[65536];
    const ssize_t n = ::recv(fd_, piece, sizeof piece, 0);
    if (n <= 0) return false;
    in_.append(piece, static_cast<std::size_t>(n));
    return true;
  }
  /// Reads until `text` has come; returns everything up to and with it.
  std::string until(std::string_view text) {
    for (std::size_t from = 0;;) {
      if (const std::size_t at = in_.find(text, from); at != std::string::npos) {
        std::string out = in_.substr(0, at + text.size());
        in_.erase(0, out.size());
        return out;
      }
      from = in_.size() < text.size() ? 0 : in_.size() - text.size() + 1;
      if (!more()) return {};
    }
  }
  std::string until_end() {
    while (more()) {}
    return std::move(in_);
  }
  /// One answer. `has_body` is false for answers to HEAD.
  Reply read(bool has_body = true) {
    Reply r;
    const std::string head = until("\r\n\r\n");
    if (head.size() < 12) return r;
    r.status = std::atoi(head.c_str() + 9);
    for (std::string_view line : split(std::string_view(head).substr(head.find("\r\n") + 2), '\n')) {
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos) r.headers.emplace_back(lower_ascii(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    }
    r.complete = true;
    if (!has_body || r.status == 204 || r.status == 304 || r.status < 200) return r;
    const std::string length = r.header("content-length");
    if (length.empty()) {
      r.body = until_end();
      return r;
    }
    const std::size_t size = std::strtoull(length.c_str(), nullptr, 10);
    while (in_.size() < size && more()) {}
    r.complete = in_.size() >= size;
    r.body = in_.substr(0, size);
    in_.erase(0, size);
    return r;
  }
  Reply get(std::string_view target, std::string_view more_headers = {}) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(more_headers) + "\r\n");
    return read();
  }
  Reply post(std::string_view target, std::string_view type, std::string_view body, std::string_view more_headers = {}) {
    send("POST " + std::string(target) + " HTTP/1.1\r\nHost: t\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more_headers) + "\r\n" + std::string(body));
    return read();
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
  std::string in_;
};

/// A folder that is gone with its owner.
class TempFolder : public TemporaryFolder {
 public:
  TempFolder() : TemporaryFolder("http") {}
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path()), std::filesystem::directory_iterator()));
  }
};

/// Router first, then start().
struct TestServer {
  TempFolder spool;
  Router router;
  SystemClock clock;
  metrics::Registry metrics;
  ServerOptions options;
  std::unique_ptr<Server> server;

  TestServer() {
    options.listen = "127.0.0.1:0";
    options.spool_dir = spool.path();
    options.access_log = false;
    options.workers = 8;
    options.rate_scale = 0;
    options.last_request_ms = 100;
  }
  void start() {
    server = std::move(*Server::create(options, router, clock, metrics));
    auto started = server->start();
    MACHIYA_ASSERT(started.ok());
  }
  std::string address() const { return server->address(); }
};

}  // namespace machiya::http::testing
