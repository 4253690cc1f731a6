// From received bytes to the router's packets; the first packet passes the gate.
#include <algorithm>

#include "sense/mqtt/server_impl.h"

namespace machiya::sense::mqtt {
namespace {

constexpr std::size_t kLongestConnect = std::size_t{32} << 10;   // nobody knows yet who it is
constexpr std::size_t kKeptBuffer = std::size_t{4} << 10;

std::uint8_t reason_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::unauthenticated: return kBadUserOrPassword;
    case ErrorCode::forbidden: return kNotAuthorized;
    case ErrorCode::rate_limited: return kServerBusy;
    default: return kServerUnavailable;
  }
}

}  // namespace

void IoThread::feed(Connection& c, std::string_view bytes, Instant now) {
  if (c.partial.empty()) {
    const std::size_t used = feed_frames(c, bytes, now);
    if (used < bytes.size()) c.partial.assign(bytes.substr(used));
    return;
  }
  c.partial += bytes;
  const std::size_t used = feed_frames(c, c.partial, now);
  c.partial.erase(0, used);
  if (c.partial.empty() && c.partial.capacity() > kKeptBuffer) c.partial = std::string();
}

/// How many bytes need not be kept.
std::size_t IoThread::feed_frames(Connection& c, std::string_view data, Instant now) {
  const std::size_t all = data.size();
  while (!data.empty()) {
    if (c.dead || c.link == nullptr || c.link->close) return all;
    if (c.state == Connection::State::authenticating || !shared_.router->wants_more(*c.link)) {
      c.paused = true;
      watch(c);
      break;
    }
    const Frame frame = next_frame(data, c.state == Connection::State::connected ? shared_.options.max_packet : std::min(kLongestConnect, shared_.options.max_packet));
    if (frame.state == Frame::State::more) break;
    if (frame.state == Frame::State::fault) {
      shared_.router->fault(*c.link, frame.fault, now);
      return all;
    }
    data.remove_prefix(frame.size);
    if (c.state == Connection::State::connected) shared_.router->receive(*c.link, frame.head, frame.body, now);
    else on_first(c, frame, now);
  }
  return all - data.size();
}

/// [MQTT-3.1.0-1], [MQTT-3.1.4-1]
void IoThread::on_first(Connection& c, const Frame& frame, Instant now) {
  Packet packet;
  Fault fault{kProtocolError, "MQTT-3.1.0-1", "the first packet is not CONNECT"};
  if (frame.head >> 4 != static_cast<unsigned>(Type::connect) || !decode(frame.head, frame.body, Version::v5, packet, fault)) {
    const bool newer = frame.body.size() > 6 && static_cast<unsigned char>(frame.body[6]) > 5;
    if (fault.reason == kUnsupportedVersion) return shared_.router->refuse(*c.link, newer ? Version::v5 : Version::v3_1_1, kUnsupportedVersion);
    return shared_.router->fault(*c.link, fault, now);
  }
  const auto& connect = std::get<Connect>(packet);
  MqttLogin login{std::string(connect.client_id), {}, {}, c.address, c.tls != nullptr};
  if (connect.user) login.user = std::string(*connect.user);
  if (connect.password) login.password = std::string(*connect.password);
  c.connect.assign(frame.body);
  c.state = Connection::State::authenticating;
  logins_.emplace_back(c.id, std::move(login));
}

void IoThread::authenticated(std::uint64_t id, Result<MqttPrincipal> principal, Instant now) {
  const auto it = connections_.find(id);
  if (it == connections_.end() || it->second->dead || it->second->state != Connection::State::authenticating) return;
  Connection& c = *it->second;
  const std::string bytes = std::move(c.connect);
  c.connect = std::string();
  c.state = Connection::State::connected;
  Packet packet;
  Fault fault;
  MACHIYA_ASSERT(decode(static_cast<unsigned>(Type::connect) << 4, bytes, Version::v5, packet, fault));   // it was sound when it came
  const auto& connect = std::get<Connect>(packet);
  if (!principal.ok()) return shared_.router->refuse(*c.link, connect.version, reason_of(principal.error()));
  shared_.router->connect(*c.link, connect, std::move(*principal), now);
  if (!c.paused) return;
  c.paused = false;
  watch(c);
  if (c.tls) ready_again_.push_back(c.id);
  feed(c, {}, now);
}

}  // namespace machiya::sense::mqtt
