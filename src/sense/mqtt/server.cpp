#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "sense/mqtt/server_impl.h"

namespace machiya::sense {
namespace mqtt {

constexpr std::int64_t kRetry = 3 * kSecond;   // between attempts to read the state again

RouterOptions Shared::router_options() const {
  RouterOptions o;
  o.max_packet = options.max_packet;
  o.receive_maximum = options.receive_maximum;
  o.max_queued = options.max_queued;
  o.max_queued_bytes = options.max_queued_bytes;
  o.max_queued_total = options.max_queued_total;
  o.max_backlog = options.max_backlog;
  o.max_session_expiry_s = options.max_session_expiry_s;
  o.max_keep_alive_s = options.max_keep_alive_s;
  o.pass_on_all = ingest != nullptr;
  return o;
}

Result<void> Shared::load(Instant now) {
  store.reset();   // one owner at a time
  auto fresh = std::make_unique<Router>(router_options(), gate, rng);
  MACHIYA_TRY(store, StateStore::open(options.folder, options.segment_bytes, options.checkpoint_bytes, *fresh, now));
  router = std::move(fresh);
  return {};
}

/// What happened in this turn, on its way to disk and to the house.
void Shared::submit(IoThread& by, Instant now) {
  while (auto cut = router->cut(now)) {
    if (failed) continue;
    Pending& p = pending[cut->sequence];
    p.parts = (cut->journal.empty() ? 0 : 1) + (ingest != nullptr && !cut->messages->empty() ? 1 : 0);
    const std::uint64_t sequence = cut->sequence;
    if (!cut->journal.empty())
      store->append(cut->journal, [this, &by, sequence](Result<AppendLog::Number> result) { complete(by, {sequence, true, std::move(result)}); });
    if (ingest == nullptr || cut->messages->empty()) continue;
    for (const auto& m : *cut->messages) {
      const Message& message = *m.message;
      p.messages.push_back({message.topic(), message.payload(), m.principal, m.client_id, message.content_type(), message.qos, message.retain});
    }
    ingest->publish(p.messages, [this, &by, sequence](Result<void> result) {
      complete(by, {sequence, false, result.ok() ? Result<AppendLog::Number>(0) : Result<AppendLog::Number>(std::move(result).error())});
    });
  }
  if (!failed) store->maybe_checkpoint(*router);
}

void Shared::complete(IoThread& by, Completion completion) {
  {
    std::lock_guard guard(completions_mutex);
    completions.push_back(std::move(completion));
  }
  by.wake();
}

void Shared::take_completions(Instant now) {
  std::vector<Completion> taken;
  {
    std::lock_guard guard(completions_mutex);
    taken.swap(completions);
  }
  for (auto& c : taken) {
    const auto it = pending.find(c.sequence);
    if (it == pending.end()) continue;
    if (c.of_log && c.result.ok()) it->second.number = *c.result;
    if (c.of_log && !c.result.ok()) fail(c.result.error(), now);
    if (!c.of_log && !c.result.ok()) it->second.not_taken = true;
    if (--it->second.parts == 0) finish(c.sequence, it->second, now);
  }
}

/// The router takes in completions in order, so a checkpoint covers what stands before the oldest one that is still open.
void Shared::finish(std::uint64_t sequence, Pending& p, Instant now) {
  p.done = true;
  if (!failed && p.not_taken) router->not_taken(sequence, now);
  else if (!failed) router->completed(sequence, now);
  for (; !pending.empty() && pending.begin()->second.done; pending.erase(pending.begin()))
    if (const auto number = pending.begin()->second.number; number != 0 && !failed) store->completed(number);
}

/// What is in memory is ahead of the disk now: nobody may hear of it.
void Shared::fail(const Error& why, Instant now) {
  if (failed) return;
  log(LogLevel::error, "mqtt-storage-failed", {{"why", why.to_string()}});
  failed = true;
  retry_us = now.us + kRetry;
  router->shut_down(kUnspecifiedError);
}

/// Once all connections are closed and nothing is under way: the state that the disk has.
void Shared::try_again(Instant now) {
  if (!failed || stopping || now.us < retry_us || connections != 0 || !pending.empty()) return;
  retry_us = now.us + kRetry;
  if (const auto loaded = load(now); !loaded.ok()) {
    log(LogLevel::error, "mqtt-storage-still-failed", {{"why", loaded.error().to_string()}});
    return;
  }
  failed = false;
  log(LogLevel::info, "mqtt-storage-back");
}

void Shared::complain() {
  const std::uint64_t dropped = router->stats().dropped_full;
  if (dropped > complained) log(LogLevel::warn, "mqtt-queue-full", {{"messages", std::to_string(dropped - complained)}});
  complained = dropped;
}

namespace {

Result<int> open_port(const MqttListen& where, std::uint16_t& port) {
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  const bool is_v4 = ::inet_pton(AF_INET, where.address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && ::inet_pton(AF_INET6, where.address.c_str(), &v6.sin6_addr) != 1) return Error(ErrorCode::invalid_input, where.address + " is no address");
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(where.port);
  auto* address = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  socklen_t size = is_v4 ? sizeof v4 : sizeof v6;
  const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, address, size) != 0 || ::listen(fd, 4'096) != 0 || ::getsockname(fd, address, &size) != 0) {
    const Error error(ErrorCode::unavailable, "cannot listen on " + where.address + " port " + std::to_string(where.port) + ": " + std::strerror(errno));
    if (fd >= 0) ::close(fd);
    return error;
  }
  port = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
  return fd;
}

}  // namespace
}  // namespace mqtt

struct MqttServer::Impl {
  mqtt::Shared shared;
  std::vector<std::uint16_t> ports;
};

MqttServer::MqttServer() = default;
MqttServer::~MqttServer() { stop(); }

Result<std::unique_ptr<MqttServer>> MqttServer::start(const MqttServerOptions& options, MqttGate& gate, MqttIngest* ingest, const Clock& clock, Rng& rng) {
  std::unique_ptr<MqttServer> made(new MqttServer);
  made->impl_.reset(new Impl{{options, gate, ingest, clock, rng}, {}});
  mqtt::Shared& shared = made->impl_->shared;
  MACHIYA_CHECK(shared.load(clock.now()));
  for (int i = 0; i < std::max(1, options.threads); ++i) shared.threads.push_back(std::make_unique<mqtt::IoThread>(shared, i));
  for (const auto& where : options.listen) {
    MACHIYA_TRY(const int fd, mqtt::open_port(where, made->impl_->ports.emplace_back()));
    shared.threads[0]->listen(fd, where.tls);
  }
  for (auto& thread : shared.threads) thread->start();
  return made;
}

void MqttServer::stop() {
  if (!impl_ || impl_->shared.stopping.exchange(true)) return;
  mqtt::Shared& shared = impl_->shared;
  {
    std::lock_guard guard(shared.router_mutex);
    if (shared.router) shared.router->shut_down(mqtt::kServerShuttingDown);
  }
  for (auto& thread : shared.threads) thread->wake();
  for (auto& thread : shared.threads) thread->join();
  std::lock_guard guard(shared.router_mutex);
  if (shared.router && shared.store && !shared.threads.empty()) shared.submit(*shared.threads[0], shared.clock.now());
  shared.store.reset();   // syncs what it was given; the threads still exist to be woken
}

std::uint16_t MqttServer::port(std::size_t i) const { return impl_->ports.at(i); }

void MqttServer::publish(std::string_view topic, std::string_view payload, std::uint8_t qos, bool retain) {
  mqtt::Shared& shared = impl_->shared;
  shared.threads[0]->post([&shared, topic = std::string(topic), payload = std::string(payload), qos, retain](mqtt::IoThread&) {
    if (!shared.failed) shared.router->publish(topic, payload, qos, retain, shared.clock.now());
  });
}

MqttFigures MqttServer::figures() const {
  mqtt::Shared& shared = impl_->shared;
  std::lock_guard guard(shared.router_mutex);
  const mqtt::RouterStats r = shared.router->stats();
  MqttFigures f{r.received, r.sent, r.connects, r.refused, r.faults, r.dropped_qos0, r.dropped_full, r.expired, r.too_large, r.links, r.sessions, r.retained};
  f.failed = shared.failed;
  if (!shared.store) return f;
  const auto log = shared.store->figures();
  f.log_bytes = log.bytes;
  f.syncs = log.syncs;
  f.checkpoints = shared.store->checkpoints();
  return f;
}

}  // namespace machiya::sense
