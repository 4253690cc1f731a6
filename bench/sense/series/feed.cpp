// Sends a day of all meters over HTTP: series_feed PORT METERS HOURS LINES_PER_BODY CONNECTIONS [shuffled]. Hour after hour; "shuffled": the bodies of an
// hour come in another order every hour, and lines within a body, too. Ends with an error when an answer is not 204.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/sense/series/city.h"

namespace {

struct Plan {
  int port = 0;
  std::uint32_t meters = 0, hours = 0, lines = 0;
  int connections = 1;
  bool shuffled = false;
};

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_port = htons(static_cast<std::uint16_t>(port)), at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) std::perror("connect"), std::exit(1);
  return fd;
}

void send_all(int fd, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (n <= 0) std::perror("send"), std::exit(1);
    at += static_cast<std::size_t>(n);
  }
}

/// True when the server closes the connection behind this answer, as the peer does with each after two minutes.
bool expect_204(int fd) {
  std::string head;
  char bytes[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) std::perror("recv"), std::exit(1);
    head.append(bytes, static_cast<std::size_t>(n));
  }
  if (head.compare(9, 3, "204") != 0) std::fprintf(stderr, "%s\n", head.c_str()), std::exit(1);
  return head.find("Connection: close") != std::string::npos;
}

void run(const Plan& plan, std::vector<std::uint32_t>& bodies, std::atomic<std::size_t>& next, std::uint32_t hour) {
  int fd = connect_to(plan.port);
  std::string text, request;
  std::vector<std::uint32_t> order(plan.lines);
  std::mt19937 random(hour);
  for (std::size_t b; (b = next++) < bodies.size();) {
    text.clear();
    std::iota(order.begin(), order.end(), bodies[b] * plan.lines);
    if (plan.shuffled) std::shuffle(order.begin(), order.end(), random);
    for (const std::uint32_t meter : order)
      if (meter < plan.meters) machiya::bench::put_line(meter, hour, text);
    request = "POST /write?precision=s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    send_all(fd, request);
    if (!expect_204(fd)) continue;
    ::close(fd);
    fd = connect_to(plan.port);
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return std::fprintf(stderr, "series_feed PORT METERS HOURS LINES_PER_BODY CONNECTIONS [shuffled]\n"), 2;
  Plan plan{std::atoi(argv[1]), static_cast<std::uint32_t>(std::atoi(argv[2])), static_cast<std::uint32_t>(std::atoi(argv[3])),
            static_cast<std::uint32_t>(std::atoi(argv[4])), std::atoi(argv[5]), argc > 6 && std::strcmp(argv[6], "shuffled") == 0};
  const auto start = std::chrono::steady_clock::now();
  for (std::uint32_t hour = 0; hour < plan.hours; ++hour) {
    std::vector<std::uint32_t> bodies((plan.meters + plan.lines - 1) / plan.lines);
    std::iota(bodies.begin(), bodies.end(), 0);
    if (plan.shuffled) std::shuffle(bodies.begin(), bodies.end(), std::mt19937(hour));
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (int c = 0; c < plan.connections; ++c) threads.emplace_back([&] { run(plan, bodies, next, hour); });
    for (auto& t : threads) t.join();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%.1f\n", seconds);
}
