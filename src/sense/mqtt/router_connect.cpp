// Connections and sessions: their beginning, take-over, end, expiry, wills (§3.1, §3.2, §3.14, §4.1).
#include <algorithm>

#include "sense/mqtt/journal.h"
#include "sense/mqtt/router.h"

namespace machiya::sense::mqtt {
namespace {

constexpr std::uint32_t kNever = 0xFFFFFFFF;
constexpr std::size_t kLongestClientId = 256;

/// A client identifier belongs to its principal: nobody takes over, or stands in the way of, somebody else's session.
std::string owner_key(std::string_view principal, std::string_view client_id) { return std::string(client_id).append(1, '\0').append(principal); }

/// Return codes of version 3.1.1 (table 3.1).
std::uint8_t old_return_code(std::uint8_t reason) {
  switch (reason) {
    case kSuccess: return 0;
    case kUnsupportedVersion: return 1;
    case kClientIdNotValid: return 2;
    case kBadUserOrPassword: return 4;
    case kNotAuthorized: return 5;
    default: return 3;
  }
}

}  // namespace

void Router::refuse(Link& link, Version version, std::uint8_t reason) {
  if (link.close) return;
  stats_.refused += 1;
  link.version = version;
  encode(Connack{false, version == Version::v5 ? reason : old_return_code(reason), {}}, version, link.out);
  link.close = true;
  touch(link);
}

void Router::connect(Link& link, const Connect& packet, MqttPrincipal principal, Instant now) {
  if (link.close || link.gone || link.session != nullptr) return;
  const bool v5 = packet.version == Version::v5;
  if (packet.properties.find(Id::auth_method) != nullptr) return refuse(link, packet.version, kBadAuthenticationMethod);
  if (packet.client_id.size() > kLongestClientId) return refuse(link, packet.version, kClientIdNotValid);
  if (packet.client_id.empty() && !v5 && !packet.clean_start) return refuse(link, packet.version, kClientIdNotValid);   // 3.1.1 [MQTT-3.1.3-8]
  if (packet.will && (levels_of(packet.will->topic) > options_.max_levels || packet.will->topic.starts_with('$'))) return refuse(link, packet.version, kTopicNameInvalid);
  if (packet.will && !gate_.may_publish(principal, packet.will->topic)) return refuse(link, packet.version, kNotAuthorized);
  const bool assigned = packet.client_id.empty();
  const std::string client_id = assigned ? new_public_id(rng_) : std::string(packet.client_id);
  bool present = false;
  Session& session = session_for(packet, client_id, principal.name, present, now);
  stats_.connects += 1;
  link.version = packet.version;
  link.principal = std::move(principal);
  link.session = &session;
  link.last_heard_us = now.us;
  link.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(packet.properties.number(Id::receive_maximum, 65'535), options_.window));
  link.max_packet = packet.properties.number(Id::maximum_packet_size, 0);
  link.problem_info = packet.properties.number(Id::request_problem, 1) != 0;
  link.aliases_out_max = static_cast<std::uint16_t>(std::min<std::uint32_t>(packet.properties.number(Id::topic_alias_maximum, 0), 256));
  const bool limited = v5 && options_.max_keep_alive_s != 0 && (packet.keep_alive_s == 0 || packet.keep_alive_s > options_.max_keep_alive_s);
  link.silence_us = std::int64_t{limited ? options_.max_keep_alive_s : packet.keep_alive_s} * kSecond * 3 / 2;
  session.link = &link;
  session.version = packet.version;
  if (packet.will) {
    const Will& w = *packet.will;
    session.will = StoredWill{make_message(w.topic, w.payload, w.properties, w.qos, w.retain, now.us), w.properties.number(Id::will_delay, 0)};
  }
  send_connack(link, packet, present, assigned);
  resume(session, now);
}

/// The session that this client goes on with, or a new one [MQTT-3.1.2-4, -5, -6].
Session& Router::session_for(const Connect& packet, const std::string& client_id, const std::string& principal, bool& present, Instant now) {
  const std::uint32_t asked = packet.version == Version::v5 ? packet.properties.number(Id::session_expiry, 0) : packet.clean_start ? 0 : kNever;
  const std::uint32_t expiry = std::min(asked, options_.max_session_expiry_s);
  if (const auto it = by_owner_.find(owner_key(principal, client_id)); it != by_owner_.end()) {
    Session& old = *it->second;
    const bool ends = packet.clean_start || old.expiry_s == 0;
    take_over(old, ends, now);
    if (!old.ended) {
      present = true;
      old.expiry_s = expiry;
      return old;
    }
  }
  Session& s = new_session(client_id, principal, packet.version);
  s.expiry_s = expiry;
  s.persistent = expiry > 0;
  if (s.persistent) JournalWriter(batch_.journal).session(s);
  return s;
}

Session& Router::new_session(std::string client_id, std::string principal, Version version) {
  auto made = std::make_unique<Session>();
  Session& s = *made;
  s.number = next_number_++;
  s.client_id = std::move(client_id);
  s.principal = std::move(principal);
  s.version = version;
  by_owner_[owner_key(s.principal, s.client_id)] = &s;
  sessions_.emplace(s.number, std::move(made));
  return s;
}

/// [MQTT-3.1.4-3] for who is connected under this client identifier; the will by §3.1.3.2.2.
void Router::take_over(Session& session, bool session_ends, Instant now) {
  if (session.link != nullptr) {
    if (session_ends) session.expiry_s = 0;
    disconnect(*session.link, kSessionTakenOver, "another connection has this client identifier", now);
  }
  if (session.ended) return;
  if (session_ends) return end_session(session, now);
  session.will.reset();   // it was delayed, and the client is back
  set_deadline(session, session.will_due_us, 0);
}

void Router::send_connack(Link& link, const Connect& packet, bool present, bool assigned) {
  Connack answer{present, kSuccess, {}};
  const Session& s = *link.session;
  if (link.version == Version::v5) {
    Properties& p = answer.properties;
    if (s.expiry_s != packet.properties.number(Id::session_expiry, 0)) p.add(Id::session_expiry, s.expiry_s);
    p.add(Id::receive_maximum, options_.receive_maximum);
    p.add(Id::maximum_packet_size, static_cast<std::uint32_t>(options_.max_packet));
    if (assigned) p.add(Id::assigned_client_id, s.client_id);   // [MQTT-3.1.3-7]
    if (options_.topic_alias_maximum > 0) p.add(Id::topic_alias_maximum, options_.topic_alias_maximum);
    const auto kept_us = std::int64_t{packet.keep_alive_s} * kSecond * 3 / 2;
    if (link.silence_us != kept_us) p.add(Id::server_keep_alive, options_.max_keep_alive_s);   // [MQTT-3.1.2-21]
  }
  encode(answer, link.version, link.out);
  touch(link);
}

void Router::resume(Session& session, Instant now) {
  set_deadline(session, session.expires_us, 0);
  if (session.persistent) {
    JournalWriter(batch_.journal).of(Op::resumed, session.number);
    put_u32(batch_.journal, session.expiry_s);
  }
  session.in_flight = 0;
  pump(session, now);
}

void Router::on(Link& link, const Disconnect& packet, Instant now) {
  Session& s = *link.session;
  const bool with_will = link.version == Version::v5 && packet.reason == kDisconnectWithWill;
  if (const Property* expiry = packet.properties.find(Id::session_expiry)) {
    if (s.expiry_s == 0 && expiry->number != 0) return fault(link, {kProtocolError, "MQTT5 §3.14.2.2.2", "a session that was to end cannot be kept"}, now);
    s.expiry_s = std::min(expiry->number, options_.max_session_expiry_s);
  }
  if (link.version == Version::v5 && packet.reason >= kUnspecifiedError) {
    detach(link, true, now);
  } else {
    detach(link, with_will, now);   // [MQTT-3.1.2-10]
  }
  link.close = true;
  touch(link);
}

void Router::disconnect(Link& link, std::uint8_t reason, std::string_view text, Instant now) {
  if (link.close) return;
  if (link.session != nullptr && link.version == Version::v5) {
    Disconnect packet{reason, {}};
    if (link.problem_info && !text.empty()) packet.properties.add(Id::reason_string, text);
    encode(packet, link.version, link.out);
  }
  link.close = true;
  touch(link);
  if (link.session != nullptr) detach(link, true, now);
}

/// The session is left alone; what was sent and not acknowledged will be sent again [MQTT-4.4.0-1].
void Router::detach(Link& link, bool with_will, Instant now) {
  Session& s = *link.session;
  link.session = nullptr;
  s.link = nullptr;
  for (std::size_t i = 0; i < s.in_flight; ++i) s.queue[i].sent_before = true;
  s.in_flight = 0;
  if (!with_will) s.will.reset();
  if (s.expiry_s == 0) return end_session(s, now);
  if (s.will) {
    if (s.will->delay_s == 0) publish_will(s, now);
    else set_deadline(s, s.will_due_us, now.us + std::int64_t{s.will->delay_s} * kSecond);
  }
  set_deadline(s, s.expires_us, s.expiry_s == kNever ? 0 : now.us + std::int64_t{s.expiry_s} * kSecond);
  JournalWriter(batch_.journal).left(s);
}

void Router::end_session(Session& session, Instant now) {
  if (session.ended) return;
  session.ended = true;
  queued_total_ -= session.queued_bytes;
  session.queued_bytes = 0;
  publish_will(session, now);   // its delay ends with the session (§3.1.3.2.2)
  for (const auto& [asked, subscription] : session.subscriptions) (void)subscriptions_.remove(subscription.filter, subscription.share, &session);
  session.subscriptions.clear();
  set_deadline(session, session.expires_us, 0);
  set_deadline(session, session.will_due_us, 0);
  if (session.persistent && !replaying_) JournalWriter(batch_.journal).of(Op::ended, session.number);
  if (session.link != nullptr) session.link->session = nullptr;
  if (const auto it = by_owner_.find(owner_key(session.principal, session.client_id)); it != by_owner_.end() && it->second == &session) by_owner_.erase(it);
  auto node = sessions_.extract(session.number);
  bury(std::move(node.mapped()));
}

void Router::publish_will(Session& session, Instant now) {
  set_deadline(session, session.will_due_us, 0);
  if (!session.will) return;
  const MessagePtr message = std::move(session.will->message);
  session.will.reset();
  take({nullptr, &session}, message, 0, now);
}

/// The two deadlines of a session may be the same instant: the entry stays while one of them needs it.
void Router::set_deadline(Session& session, std::int64_t& field, std::int64_t us) {
  const std::int64_t before = field;
  field = us;
  if (before != 0 && session.expires_us != before && session.will_due_us != before) deadlines_.erase({before, session.number});
  if (us != 0) deadlines_.insert({us, session.number});
}

}  // namespace machiya::sense::mqtt
