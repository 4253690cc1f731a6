// Messages on their way out: queues, identifiers, flow control, receipts (§4.3, §4.4, §4.6, §4.9).
#include <algorithm>

#include "sense/mqtt/journal.h"
#include "sense/mqtt/router.h"

namespace machiya::sense::mqtt {

/// The number of the next delivery of this session; 0 when its queue, or all of them together, are full.
std::uint64_t Router::reserve(Session& session, std::size_t bytes) {
  if (session.queue.size() + session.reserved >= options_.max_queued || session.queued_bytes + bytes > options_.max_queued_bytes ||
      queued_total_ + bytes > options_.max_queued_total) {
    stats_.dropped_full += 1;
    return 0;
  }
  session.reserved += 1;
  session.queued_bytes += bytes;
  queued_total_ += bytes;
  return ++session.last_number;
}

void Router::deliver(const MessagePtr& message, Target& target, Instant now) {
  Session& s = *target.session;
  if (s.ended) return;
  if (target.qos > 0) {
    s.reserved -= 1;
    s.queue.push_back({message, target.number, target.qos, target.retain, false, false, std::move(target.identifiers)});
    return pump(s, now);
  }
  if (s.link == nullptr) return;
  Link& link = *s.link;
  if (link.out.size() + link.unsent >= options_.max_backlog) {
    stats_.dropped_qos0 += 1;
    return;
  }
  const Delivery delivery{message, 0, 0, target.retain, false, false, std::move(target.identifiers)};
  if (!send(link, *message, delivery, false, now)) stats_.too_large += 1;
}

void Router::pump(Session& session, Instant now) {
  if (session.link == nullptr) return;
  Link& link = *session.link;
  while (session.in_flight < session.queue.size() && session.in_flight < link.window) {
    if (link.out.size() + link.unsent >= options_.max_backlog) {
      link.starved = true;
      return touch(link);   // another thread may own it: it must look how much is left
    }
    Delivery& d = session.queue[session.in_flight];
    if (d.number - session.queue.front().number >= 65'535) return;   // the oldest still has this packet identifier
    if (d.received) {
      owe(link, Type::pubrel, d.packet_id(), kSuccess, false);
      session.in_flight += 1;
    } else if (!d.sent_before && d.message->expires_us != 0 && d.message->expires_us <= now.us) {   // [MQTT-3.3.2-5]
      stats_.expired += 1;
      settle(session, session.in_flight);
    } else if (!send(link, *d.message, d, d.sent_before, now)) {   // [MQTT-3.1.2-25]
      stats_.too_large += 1;
      settle(session, session.in_flight);
    } else {
      session.in_flight += 1;
    }
  }
}

/// False when the packet is longer than the client takes.
bool Router::send(Link& link, const Message& message, const Delivery& delivery, bool dup, Instant now) {
  std::string_view topic = message.topic();
  std::string own;
  std::size_t properties = 0;
  if (link.version == Version::v5) {
    constexpr std::size_t kLongestAliased = 256;   // what a connection remembers is bounded
    if (link.aliases_out_max > 0 && topic.size() <= kLongestAliased) {
      const auto known = link.aliases_out.find(topic);
      const bool define = known == link.aliases_out.end() && link.aliases_out.size() < link.aliases_out_max;
      if (known != link.aliases_out.end() || define) {
        own += static_cast<char>(Id::topic_alias);
        put_u16(own, define ? static_cast<std::uint16_t>(link.aliases_out.size() + 1) : known->second);
      }
      if (known != link.aliases_out.end()) topic = {};
    }
    if (message.expires_us != 0) {   // [MQTT-3.3.2-6]: less the time it has waited here
      own += static_cast<char>(Id::message_expiry);
      put_u32(own, static_cast<std::uint32_t>(std::max<std::int64_t>(0, (message.expires_us - now.us + kSecond - 1) / kSecond)));
    }
    for (const auto i : delivery.identifiers) {
      own += static_cast<char>(Id::subscription_id);
      put_varint(own, i);
    }
    properties = own.size() + message.properties().size();
  }
  const std::size_t head = link.version == Version::v5 ? varint_size(static_cast<std::uint32_t>(properties)) + properties : 0;
  const std::size_t size = 2 + topic.size() + (delivery.qos > 0 ? 2u : 0u) + head + message.payload().size();
  if (link.max_packet != 0 && 1 + varint_size(static_cast<std::uint32_t>(size)) + size > link.max_packet) return false;
  if (link.aliases_out_max > 0 && !topic.empty() && !own.empty() && own[0] == static_cast<char>(Id::topic_alias))
    link.aliases_out.emplace(std::string(topic), static_cast<std::uint16_t>(link.aliases_out.size() + 1));
  std::string& out = link.out;
  out += static_cast<char>(static_cast<unsigned>(Type::publish) << 4 | (dup ? 8u : 0u) | static_cast<unsigned>(delivery.qos) << 1 | (delivery.retain ? 1u : 0u));
  put_varint(out, static_cast<std::uint32_t>(size));
  put_text(out, topic);
  if (delivery.qos > 0) put_u16(out, delivery.packet_id());
  if (link.version == Version::v5) {
    put_varint(out, static_cast<std::uint32_t>(properties));
    out.append(own).append(message.properties());
  }
  out += message.payload();
  stats_.sent += 1;
  touch(link);
  return true;
}

std::size_t Router::find_in_flight(const Session& session, std::uint16_t id) const {
  for (std::size_t i = 0; i < session.in_flight; ++i)
    if (session.queue[i].packet_id() == id) return i;
  return session.in_flight;
}

/// PUBACK, PUBREC, PUBCOMP of a subscriber.
void Router::on_receipt(Link& link, const Ack& packet, Instant now) {
  Session& s = *link.session;
  const std::size_t i = find_in_flight(s, packet.id);
  if (i == s.in_flight) {
    if (packet.type == Type::pubrec) owe(link, Type::pubrel, packet.id, link.version == Version::v5 ? kPacketIdNotFound : kSuccess, false);
    return;
  }
  Delivery& d = s.queue[i];
  if ((packet.type == Type::puback) != (d.qos == 1)) return fault(link, {kProtocolError, "MQTT-4.3.2-3", "a receipt of another QoS"}, now);
  if (packet.type == Type::pubrec && packet.reason < kUnspecifiedError) {
    // From here on only PUBREL may follow, also after a crash: it leaves when that is on disk [MQTT-4.3.3-5].
    release_bytes(s, d);
    d.message.reset();
    d.received = true;
    if (s.persistent) JournalWriter(batch_.journal).delivery(Op::received, s.number, d.number);
    return owe(link, Type::pubrel, d.packet_id(), kSuccess, false);
  }
  if (packet.type == Type::pubcomp && !d.received) return fault(link, {kProtocolError, "MQTT-4.3.3-8", "PUBCOMP before PUBREL"}, now);
  settle(s, i);
  pump(s, now);
}

void Router::release_bytes(Session& session, const Delivery& delivery) {
  if (!delivery.message) return;
  session.queued_bytes -= delivery.message->bytes.size();
  queued_total_ -= delivery.message->bytes.size();
}

/// This message is done with for this session.
void Router::settle(Session& session, std::size_t index) {
  Delivery& d = session.queue[index];
  release_bytes(session, d);
  if (session.persistent && !replaying_) JournalWriter(batch_.journal).delivery(Op::settled, session.number, d.number);
  if (index < session.in_flight) session.in_flight -= 1;
  if (index == 0) session.queue.pop_front();
  else session.queue.erase(session.queue.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace machiya::sense::mqtt
