// Messages on their way in: who gets them, and what must be on disk before anybody hears of it (§3.3, §4.3).
#include <algorithm>

#include "sense/mqtt/journal.h"
#include "sense/mqtt/router.h"

namespace machiya::sense::mqtt {

/// The properties were written by make_message(): sizes hold.
std::string_view Message::content_type() const {
  std::string_view rest = properties();
  while (!rest.empty()) {
    const auto id = static_cast<Id>(rest[0]);
    if (id == Id::payload_format) {
      rest.remove_prefix(2);
      continue;
    }
    auto text_at = [&rest](std::size_t at) { return rest.substr(at + 2, static_cast<std::size_t>(static_cast<unsigned char>(rest[at])) << 8 | static_cast<unsigned char>(rest[at + 1])); };
    const std::string_view text = text_at(1);
    if (id == Id::content_type) return text;
    std::size_t size = 3 + text.size();
    if (id == Id::user) size += 2 + text_at(size).size();
    rest.remove_prefix(size);
  }
  return {};
}

void Router::owe(Link& link, Type type, std::uint16_t id, std::uint8_t reason, bool ends_message) {
  link.owed += 1;
  batch_.owed.push_back({&link, type, id, reason, ends_message, {}});
}

/// [MQTT-3.3.2-8] and §3.3.2.3.4: an alias is defined with its topic and stands for it later on this connection.
bool Router::resolve_alias(Link& link, Publish& packet, Instant now) {
  const Property* alias = packet.properties.find(Id::topic_alias);
  if (alias == nullptr) return true;
  if (alias->number > options_.topic_alias_maximum) {
    fault(link, {kTopicAliasInvalid, "MQTT-3.3.2-9", "a topic alias beyond the maximum"}, now);
    return false;
  }
  if (link.aliases_in.size() < alias->number) link.aliases_in.resize(alias->number);
  std::string& known = link.aliases_in[alias->number - 1];
  if (!packet.topic.empty()) {
    known = packet.topic;
  } else if (known.empty()) {
    fault(link, {kProtocolError, "MQTT5 §3.3.2.3.4", "a topic alias that was not defined"}, now);
    return false;
  } else {
    packet.topic = known;
  }
  return true;
}

void Router::on(Link& link, Publish& packet, Instant now) {
  Session& session = *link.session;
  if (link.version == Version::v5) {
    if (packet.properties.find(Id::subscription_id) != nullptr) return fault(link, {kProtocolError, "MQTT-3.3.4-6", "a client's message with a subscription identifier"}, now);
    if (!resolve_alias(link, packet, now)) return;
  }
  const Type answer = packet.qos == 1 ? Type::puback : Type::pubrec;
  if (packet.qos == 2 && session.incoming.contains(packet.id)) return owe(link, answer, packet.id, kSuccess, false);   // [MQTT-4.3.3-10]: it is here already
  if (packet.qos > 0 && ++link.unacknowledged > options_.receive_maximum && link.version == Version::v5)
    return fault(link, {kReceiveMaximumExceeded, "MQTT-3.3.4-7", "more messages at once than the receive maximum"}, now);
  std::uint8_t refused = 0;
  if (packet.topic.starts_with('$') || levels_of(packet.topic) > options_.max_levels) refused = kTopicNameInvalid;
  else if (!gate_.may_publish(link.principal, packet.topic)) refused = kNotAuthorized;
  else if (packet.retain && !packet.payload.empty() && (retained_.count() >= options_.max_retained || retained_.bytes() >= options_.max_retained_bytes)) refused = kQuotaExceeded;
  else if (packet.qos == 2 && session.incoming.size() >= options_.max_incoming) refused = kQuotaExceeded;
  if (refused != 0) {
    stats_.refused += 1;
    if (link.version == Version::v3_1_1) return fault(link, {refused, "3.1.1 MQTT-3.3.5-2", "this client may not publish there"}, now);
    if (packet.qos > 0) owe(link, answer, packet.id, refused, true);
    return;
  }
  if (packet.qos > 0) owe(link, answer, packet.id, kSuccess, packet.qos == 1);
  if (packet.qos == 2) session.incoming.insert(packet.id);
  take({&link, &session}, make_message(packet.topic, packet.payload, packet.properties, packet.qos, packet.retain, now.us), packet.qos == 2 ? packet.id : std::uint16_t{0}, now);
}

void Router::on_pubrel(Link& link, const Ack& packet) {
  Session& session = *link.session;
  if (session.incoming.erase(packet.id) == 0) return owe(link, Type::pubcomp, packet.id, link.version == Version::v5 ? kPacketIdNotFound : kSuccess, false);
  if (session.persistent) JournalWriter(batch_.journal).of(Op::released, session.number, packet.id);
  owe(link, Type::pubcomp, packet.id, kSuccess, true);
}

void Router::publish(std::string_view topic, std::string_view payload, std::uint8_t qos, bool retain, Instant now) {
  take({}, make_message(topic, payload, {}, qos, retain, now.us), 0, now);
}

/// QoS 0 that is not kept goes out at once. Everything else is decided now (who gets it, under which identifier), written down, and goes out
/// when that is on disk: a replay then needs to decide nothing.
void Router::take(const Sender& from, MessagePtr message, std::uint16_t id, Instant now) {
  find_targets(*message, from.session);
  auto& targets = batch_.targets;
  if (options_.pass_on_all && from.session != nullptr) batch_.passed.push_back({message, from.session->principal, from.session->client_id});
  if (message->qos == 0 && !message->retain) {
    for (std::size_t i = first_found_; i < targets.size(); ++i) deliver(message, targets[i], now);
    targets.resize(first_found_);
    return;
  }
  std::uint32_t durable = 0;
  std::size_t kept = first_found_;
  for (std::size_t i = first_found_; i < targets.size(); ++i) {
    Target& t = targets[i];
    if (t.qos > 0 && (t.number = reserve(*t.session, message->bytes.size())) == 0) continue;   // its queue is full: counted there
    durable += t.qos > 0 && t.session->persistent;
    if (kept != i) targets[kept] = std::move(t);
    ++kept;
  }
  targets.resize(kept);
  JournalWriter writer(batch_.journal);
  const bool remembered = from.session != nullptr && from.session->persistent;
  writer.message(*message, message->retain, remembered ? from.session->number : 0, remembered ? id : std::uint16_t{0}, durable);
  for (std::size_t i = first_found_; durable > 0 && i < targets.size(); ++i)
    if (const Target& t = targets[i]; t.qos > 0 && t.session->persistent) writer.target(t.session->number, t.number, t.qos, t.retain, t.identifiers);
  batch_.routed.push_back({message, first_found_, targets.size() - first_found_, message->retain});
}

void Router::find_targets(const Message& message, const Session* from) {
  first_found_ = batch_.targets.size();
  matchings_ += 1;
  subscriptions_.match(
      message.topic(),
      [&](const Subscriber& s) {
        if (!s.options.no_local || s.session != from) add_target(s, message);   // [MQTT-3.8.3-3]
      },
      [&](ShareGroup& group) {
        std::size_t at = 0;
        if (pick(group, at) != nullptr) add_target(group.members[at], message);
      });
}

/// One copy for each session, however many of its filters match, with the highest QoS and every identifier [MQTT-3.3.4-2, -3].
void Router::add_target(const Subscriber& subscriber, const Message& message) {
  Session& s = *subscriber.session;
  const std::uint8_t qos = std::min(subscriber.options.qos, message.qos);
  auto& targets = batch_.targets;
  if (s.found_by != matchings_) {
    if (qos == 0 && s.link == nullptr) return;   // nobody is there to hear it
    s.found_by = matchings_;
    s.found_at = targets.size();
    targets.push_back({&s, 0, qos, false, {}});
  }
  Target& t = targets[s.found_at];
  t.qos = std::max(t.qos, qos);
  t.retain |= subscriber.options.retain_as_published && message.retain;   // [MQTT-3.3.1-12, -13]
  if (subscriber.options.identifier != 0) t.identifiers.push_back(subscriber.options.identifier);
}

/// In turn; whoever keeps up first, then whoever is connected, then whoever will come back.
Session* Router::pick(ShareGroup& group, std::size_t& at) {
  const std::size_t n = group.members.size();
  for (int grade = 0; grade < 3; ++grade) {
    for (std::size_t i = 0; i < n; ++i) {
      at = (group.next + i) % n;
      Session& s = *group.members[at].session;
      const bool room = s.queue.size() + s.reserved < (grade == 0 ? options_.window : options_.max_queued);
      const bool here = s.link != nullptr && (grade > 0 || !s.link->starved);
      if (!room || (grade < 2 ? !here : !s.persistent)) continue;
      group.next = at + 1;
      return &s;
    }
  }
  return nullptr;
}

}  // namespace machiya::sense::mqtt
