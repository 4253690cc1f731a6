#include "bench/sense/mqtt/fleet.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace machiya::sense::mqtt {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

}  // namespace

Fleet::Fleet(std::uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) { buffer_.resize(256 << 10); }
Fleet::~Fleet() {
  for (auto& p : peers_)
    if (p->fd >= 0) ::close(p->fd);
  ::close(epoll_);
}

Peer* Fleet::connect(const Connect& packet) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = loopback(port_);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    if (fd >= 0) ::close(fd);
    return nullptr;
  }
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Peer& p = *peers_.emplace_back(std::make_unique<Peer>());
  p.fd = fd;
  p.number = static_cast<std::uint32_t>(peers_.size() - 1);
  p.version = packet.version;
  epoll_event event{EPOLLIN, {.ptr = &p}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) std::abort();
  open_ += 1;
  send(p, packet);
  return &p;
}

void Fleet::touch(Peer& peer) {
  if (peer.dirty) return;
  peer.dirty = true;
  dirty_.push_back(&peer);
}

void Fleet::send(Peer& peer, const Packet& packet) {
  if (peer.fd < 0) return;
  encode(packet, peer.version, peer.out);
  touch(peer);
}

void Fleet::send_publish(Peer& peer, std::uint16_t id, std::string_view topic, std::string_view payload, std::uint8_t qos) {
  send(peer, Publish{false, false, qos, id, topic, payload, {}});
}

bool Fleet::turn(int timeout_ms) {
  std::vector<Peer*> now;
  now.swap(dirty_);
  for (Peer* p : now) flush(*p);
  epoll_event events[1'024];
  const int n = ::epoll_wait(epoll_, events, 1'024, timeout_ms);
  for (int i = 0; i < n; ++i) {
    Peer& p = *static_cast<Peer*>(events[i].data.ptr);
    if ((events[i].events & EPOLLOUT) != 0 && p.fd >= 0) flush(p);
    if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && p.fd >= 0) read(p);
  }
  return n > 0;
}

void Fleet::read(Peer& p) {
  const ssize_t n = ::recv(p.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    close(p);
    return on_closed(p);
  }
  std::string_view data(buffer_.data(), static_cast<std::size_t>(n));
  if (!p.in.empty()) {
    p.in.append(data);
    data = p.in;
  }
  Packet packet;
  Fault fault;
  while (p.fd >= 0) {
    const Frame f = next_frame(data, std::size_t{1} << 28);
    if (f.state != Frame::State::whole) break;
    if (!decode(f.head, f.body, p.version, packet, fault)) std::abort();   // the broker sends something that is no MQTT
    if (const auto* ack = std::get_if<Connack>(&packet)) p.connected = ack->reason == 0;
    data.remove_prefix(f.size);
    on_packet(p, packet);
  }
  std::string rest(data);
  p.in.swap(rest);
}

void Fleet::flush(Peer& p) {
  p.dirty = false;
  while (p.fd >= 0 && p.sent < p.out.size()) {
    const ssize_t n = ::send(p.fd, p.out.data() + p.sent, p.out.size() - p.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    p.sent += static_cast<std::size_t>(n);
  }
  const bool more = p.sent < p.out.size();
  if (!more) p.out.clear(), p.sent = 0;
  if (more == p.waits_for_room || p.fd < 0) return;
  p.waits_for_room = more;
  epoll_event event{EPOLLIN | (more ? static_cast<std::uint32_t>(EPOLLOUT) : 0u), {.ptr = &p}};
  (void)::epoll_ctl(epoll_, EPOLL_CTL_MOD, p.fd, &event);
}

void Fleet::close(Peer& p) {
  if (p.fd < 0) return;
  ::close(p.fd);
  p.fd = -1;
  p.connected = false;
  open_ -= 1;
}

void Fleet::close_all() {
  for (auto& p : peers_) close(*p);
  peers_.clear();
  dirty_.clear();
}

std::uint64_t cpu_ms(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream rest(line.substr(line.rfind(')') + 2));
  std::string word;
  std::uint64_t ticks = 0;
  for (int i = 3; rest >> word; ++i)
    if (i == 14 || i == 15) ticks += std::strtoull(word.c_str(), nullptr, 10);   // proc(5): utime, stime
  return ticks * 1'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a = loopback(0);
  socklen_t size = sizeof a;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&a), size) != 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size) != 0) std::abort();
  ::close(fd);
  return ntohs(a.sin_port);
}

}  // namespace machiya::sense::mqtt
