#include "sense/mqtt/client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "platform/outbound/stream.h"
#include "sense/mqtt/packet.h"

namespace machiya::sense {
namespace {

using namespace mqtt;
using std::chrono::steady_clock;
using Millis = std::chrono::milliseconds;

constexpr std::size_t kWindow = 500;   // receipts waited for at once

struct Waiting {
  MqttNotice notice;
  MqttClient::Done done;
  std::uint16_t id = 0;   ///< of QoS 1
};

Error error_of(std::uint8_t reason, const std::string& what) {
  const std::string text = what + " with reason " + std::to_string(reason);
  switch (reason) {
    case kBadUserOrPassword: case kNotAuthorized: case kTopicNameInvalid: return {ErrorCode::forbidden, text, "mqtt"};
    case kPacketTooLarge: return {ErrorCode::too_large, text, "mqtt"};
    default: return {ErrorCode::unavailable, text, "mqtt"};
  }
}

}  // namespace

struct MqttClient::Impl {
  const outbound::Streams& door;
  const MqttClientOptions options;
  const Version version;
  int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  mutable std::mutex mutex;
  std::condition_variable woken;
  std::deque<Waiting> fresh;      // under mutex: not yet seen by the thread
  bool stopping = false;          // under mutex
  Figures figures;                // under mutex
  std::thread thread;

  // The thread's own.
  std::unique_ptr<outbound::Stream> stream;
  std::deque<Waiting> queue;      // in order; the first `sent` have left on this connection and wait for receipts
  std::size_t sent = 0, window = kWindow;
  int readable_at = 1;            // bytes from which on the thread is woken
  std::uint32_t max_packet = 0;
  std::uint16_t last_id = 0;
  bool greeted = false;
  std::string in, out, problem;
  steady_clock::time_point last_sent, heard_by;   ///< heard_by: something must have come by then

  Impl(const outbound::Streams& d, MqttClientOptions o) : door(d), options(std::move(o)), version(options.version5 ? Version::v5 : Version::v3_1_1) {}
  ~Impl() { ::close(wake); }

  void run();
  void serve();
  bool greet();
  bool read();
  bool on_packet(const Packet& packet);
  void send_some();
  bool write();
  void settle(std::size_t index, Result<void> result);
  void give_up(const Error& why);
  bool take_fresh();
  bool pause(int ms);
  void wait_for_news();
  void encode_notice(const Waiting& w);
};

void MqttClient::Impl::run() {
  int pause_ms = options.first_pause_ms, failures = 0;
  for (;;) {
    if (!take_fresh()) break;
    problem.clear();
    auto opened = door.open(options.url, options.timeout_ms);
    if (opened.ok()) {
      stream = std::move(*opened);
      serve();
      stream.reset();
    } else {
      problem = opened.error().detail;
    }
    if (greeted) pause_ms = options.first_pause_ms, failures = 0;
    else ++failures;
    greeted = false;
    {
      std::lock_guard guard(mutex);
      figures.connected = false;
      figures.last_error = problem;
    }
    if (options.attempts > 0 && failures >= options.attempts) give_up({ErrorCode::unavailable, "the broker cannot be reached: " + problem, "mqtt"});
    if (!pause(pause_ms)) break;
    pause_ms = std::min(2 * pause_ms, options.longest_pause_ms);
  }
  give_up({ErrorCode::unavailable, "stopped", "mqtt"});
}

/// What came from publish(); false when it is time to stop.
bool MqttClient::Impl::take_fresh() {
  std::lock_guard guard(mutex);
  for (auto& w : fresh) queue.push_back(std::move(w));
  fresh.clear();
  return !stopping;
}

bool MqttClient::Impl::pause(int ms) {
  std::unique_lock guard(mutex);
  return !woken.wait_for(guard, Millis(ms), [this] { return stopping; });
}

/// One connection, from CONNECT to its end.
void MqttClient::Impl::serve() {
  sent = 0;
  readable_at = 1;
  in.clear();
  out.clear();
  window = kWindow;
  max_packet = 0;
  if (!greet()) return;
  for (;;) {
    if (!take_fresh()) {
      encode(Disconnect{}, version, out);
      (void)write();
      return;
    }
    send_some();
    const auto now = steady_clock::now();
    const Millis idle(options.keep_alive_s * 500);
    if (options.keep_alive_s > 0 && now - last_sent >= idle) {
      encode(Ping{Type::pingreq}, version, out);
      heard_by = std::min(heard_by, now + Millis(options.timeout_ms));
    }
    if (!write()) return;
    if (now > heard_by) {
      problem = "no answer in time";
      return;
    }
    wait_for_news();
    if (!read()) return;
  }
}

// Receipts have 4 bytes and come one by one: where many are waited for, the thread is woken for some together, or looks after kLookMs itself.
void MqttClient::Impl::wait_for_news() {
  constexpr int kLookMs = 10;
  const int wanted = sent >= 128 ? 256 : sent >= 32 ? 64 : 1;
  if (wanted != readable_at) stream->readable_at(readable_at = wanted);
  pollfd fds[2] = {{stream->descriptor(), POLLIN, 0}, {wake, POLLIN, 0}};
  (void)::poll(fds, 2, wanted > 1 ? kLookMs : std::min(options.timeout_ms / 4 + 1, 1'000));
  std::uint64_t count;
  if (fds[1].revents != 0) (void)!::read(wake, &count, sizeof count);
}

bool MqttClient::Impl::greet() {
  Connect packet;
  packet.version = version;
  packet.keep_alive_s = options.keep_alive_s;
  packet.client_id = options.client_id;
  if (!options.user.empty()) packet.user = options.user;
  if (!options.password.empty()) packet.password = options.password;
  encode(packet, version, out);
  heard_by = steady_clock::now() + Millis(options.timeout_ms);
  if (!write()) return false;
  while (!greeted) {
    const auto left = std::chrono::duration_cast<Millis>(heard_by - steady_clock::now()).count();
    if (left <= 0) {
      problem = "no CONNACK in time";
      return false;
    }
    pollfd fd{stream->descriptor(), POLLIN, 0};
    (void)::poll(&fd, 1, static_cast<int>(left));
    if (!read()) return false;
  }
  heard_by = steady_clock::time_point::max();
  std::lock_guard guard(mutex);
  figures.connected = true;
  figures.connections += 1;
  figures.last_error.clear();
  return true;
}

bool MqttClient::Impl::read() {
  char bytes[16'384];
  for (;;) {
    const long n = stream->read(bytes, sizeof bytes);
    if (n < 0) {
      if (problem.empty()) problem = "the broker closed the connection";
      return false;
    }
    if (n == 0) break;
    in.append(bytes, static_cast<std::size_t>(n));
  }
  std::size_t used = 0;
  for (;;) {
    const Frame f = next_frame(std::string_view(in).substr(used), std::size_t{1} << 20);
    if (f.state == Frame::State::more) break;
    Packet packet;
    Fault fault = f.fault;
    if (f.state == Frame::State::fault || !decode(f.head, f.body, version, packet, fault)) {
      problem = "the broker breaks the protocol: " + std::string(fault.text);
      return false;
    }
    if (!on_packet(packet)) return false;
    used += f.size;
  }
  in.erase(0, used);
  return true;
}

bool MqttClient::Impl::on_packet(const Packet& packet) {
  if (const auto* connack = std::get_if<Connack>(&packet)) {
    if (connack->reason != 0) {
      problem = "the broker refuses the connection with " + std::to_string(connack->reason);
      return false;
    }
    greeted = true;
    window = std::min<std::size_t>(kWindow, connack->properties.number(Id::receive_maximum, 65'535));
    max_packet = connack->properties.number(Id::maximum_packet_size, 0);
    return true;
  }
  heard_by = steady_clock::time_point::max();
  if (const auto* ack = std::get_if<Ack>(&packet); ack != nullptr && ack->type == Type::puback) {
    for (std::size_t i = 0; i < sent; ++i) {
      if (queue[i].id != ack->id) continue;
      settle(i, ack->reason < kUnspecifiedError ? Result<void>() : Result<void>(error_of(ack->reason, "the broker refused the message")));
      break;
    }
    if (sent > 0) heard_by = steady_clock::now() + Millis(options.timeout_ms);
    return true;
  }
  if (const auto* end = std::get_if<Disconnect>(&packet)) {
    problem = "the broker ended the connection with " + std::to_string(end->reason);
    return false;
  }
  return true;
}

void MqttClient::Impl::encode_notice(const Waiting& w) {
  Publish p{false, w.notice.retain, w.notice.qos, w.id, w.notice.topic, w.notice.payload, {}};
  if (version == Version::v5) {
    if (!w.notice.content_type.empty()) p.properties.add(Id::content_type, w.notice.content_type);
    for (const auto& [name, value] : w.notice.user_properties) p.properties.add(Id::user, name, value);
  }
  encode(p, version, out);
}

/// As far as the window goes. What has QoS 0 is settled when it has left.
void MqttClient::Impl::send_some() {
  constexpr std::size_t kAtOnce = 256 << 10;
  while (sent < queue.size() && sent < window && out.size() < kAtOnce) {
    Waiting& w = queue[sent];
    if (w.notice.qos > 0 && w.id == 0) w.id = last_id = static_cast<std::uint16_t>(last_id % 65'535 + 1);
    const std::size_t before = out.size();
    encode_notice(w);
    if (max_packet != 0 && out.size() - before > max_packet) {
      out.resize(before);
      settle(sent, Error(ErrorCode::too_large, "the broker takes packets of " + std::to_string(max_packet) + " bytes", "mqtt"));
    } else if (w.notice.qos > 0) {
      sent += 1;
      heard_by = std::min(heard_by, steady_clock::now() + Millis(options.timeout_ms));
    } else {
      if (!write()) return;
      settle(sent, {});
    }
  }
}

bool MqttClient::Impl::write() {
  if (out.empty()) return true;
  const bool whole = stream->write(out, options.timeout_ms);
  out.clear();
  last_sent = steady_clock::now();
  if (!whole) problem = "the broker does not read";
  return whole;
}

void MqttClient::Impl::settle(std::size_t index, Result<void> result) {
  Waiting w = std::move(queue[index]);
  queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(index));
  if (index < sent) sent -= 1;
  {
    std::lock_guard guard(mutex);
    figures.waiting -= 1;
    figures.delivered += result.ok();
  }
  if (w.done) w.done(std::move(result));
}

void MqttClient::Impl::give_up(const Error& why) {
  (void)take_fresh();
  sent = 0;
  while (!queue.empty()) settle(0, why);
}

MqttClient::MqttClient(const outbound::Streams& door, MqttClientOptions options) : impl_(std::make_unique<Impl>(door, std::move(options))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

MqttClient::~MqttClient() {
  {
    std::lock_guard guard(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->woken.notify_all();
  const std::uint64_t one = 1;
  (void)!::write(impl_->wake, &one, sizeof one);
  impl_->thread.join();
}

void MqttClient::publish(MqttNotice notice, Done done) {
  const Fault* fault = fault_of_topic(notice.topic);
  Error refused;
  bool first = false;   // of those that the thread has not seen: it is woken once for all of them
  {
    std::lock_guard guard(impl_->mutex);
    if (fault != nullptr) refused = {ErrorCode::invalid_input, std::string(fault->text), "mqtt"};
    else if (notice.qos > 1) refused = {ErrorCode::invalid_input, "QoS 2 is not offered", "mqtt"};
    else if (impl_->stopping) refused = {ErrorCode::unavailable, "stopped", "mqtt"};
    else if (impl_->figures.waiting >= impl_->options.max_waiting) refused = {ErrorCode::rate_limited, "too many messages wait for the broker", "mqtt"};
    else {
      impl_->figures.waiting += 1;
      first = impl_->fresh.empty();
      impl_->fresh.push_back({std::move(notice), std::move(done), 0});
    }
  }
  if (refused.code != ErrorCode::internal) {
    if (done) done(refused);
    return;
  }
  if (!first) return;
  const std::uint64_t one = 1;
  (void)!::write(impl_->wake, &one, sizeof one);
}

MqttClient::Figures MqttClient::figures() const {
  std::lock_guard guard(impl_->mutex);
  return impl_->figures;
}

}  // namespace machiya::sense
