// For tests only: a machine on loopback that answers every connection with the same bytes and counts who came.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace machiya::outbound::testing {

class CannedServer {
 public:
  /// `answer` is sent as it stands after the head of a request; "" sends nothing and keeps the connection open.
  explicit CannedServer(std::string answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 16) != 0) ::abort();
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~CannedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  std::string origin(const std::string& host = "127.0.0.1") const { return "http://" + host + ":" + std::to_string(port_); }
  int visits() const { return visits_; }
  std::string last_request() const {
    std::lock_guard lock(mutex_);
    return request_;
  }

 private:
  void run() {
    std::vector<int> silent;
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      ++visits_;
      std::string head;
      char buffer[4096];
      for (ssize_t n; head.find("\r\n\r\n") == std::string::npos && (n = ::read(fd, buffer, sizeof buffer)) > 0;) head.append(buffer, static_cast<std::size_t>(n));
      {
        std::lock_guard lock(mutex_);
        request_ = head;
      }
      for (std::size_t at = 0; at < answer_.size();) {
        const ssize_t n = ::send(fd, answer_.data() + at, answer_.size() - at, MSG_NOSIGNAL);
        if (n <= 0) break;
        at += static_cast<std::size_t>(n);
      }
      if (answer_.empty()) silent.push_back(fd);
      else ::close(fd);
    }
    for (const int fd : silent) ::close(fd);
  }

  std::string answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> visits_{0};
  mutable std::mutex mutex_;
  std::string request_;
  std::thread thread_;
};

}  // namespace machiya::outbound::testing
