#include <algorithm>
#include <array>

#include "sense/mqtt/reader.h"

namespace machiya::sense::mqtt {
namespace {

bool check_end(Reader& in) { return in.ok() && (in.empty() || in.fail(kMalformedPacket, "MQTT-2.1.4", "bytes behind the packet's last field")); }

std::uint16_t read_id(Reader& in, std::string_view clause) {
  const std::uint16_t id = in.u16();
  if (in.ok() && id == 0) in.fail(kMalformedPacket, clause, "a packet identifier is 0");
  return id;
}

/// The codes that each packet may carry (tables 2-6, 3-1, 3-4 to 3-9, 3-13).
bool allowed_reason(Type type, std::uint8_t reason) {
  static constexpr std::array<std::uint8_t, 9> kReceipts{0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99};
  static constexpr std::array<std::uint8_t, 22> kConnacks{0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F};
  static constexpr std::array<std::uint8_t, 12> kSubacks{0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2};
  static constexpr std::array<std::uint8_t, 7> kUnsubacks{0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91};
  static constexpr std::array<std::uint8_t, 29> kDisconnects{0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94,
                                                              0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2};
  auto in = [reason](const auto& list) { return std::find(list.begin(), list.end(), reason) != list.end(); };
  switch (type) {
    case Type::connack: return in(kConnacks);
    case Type::puback: case Type::pubrec: return in(kReceipts);
    case Type::pubrel: case Type::pubcomp: return reason == 0x00 || reason == 0x92;
    case Type::suback: return in(kSubacks);
    case Type::unsuback: return in(kUnsubacks);
    case Type::disconnect: return in(kDisconnects);
    default: return reason == 0x00 || reason == 0x18 || reason == 0x19;   // AUTH
  }
}
bool check_reason(Reader& in, Type type, std::uint8_t reason) {
  return in.ok() && (allowed_reason(type, reason) || in.fail(kMalformedPacket, "MQTT5 §2.4", "a reason code that this packet may not carry"));
}

struct ConnectFlags {
  bool user, password, will_retain, will, clean_start;
  std::uint8_t will_qos;
};
bool read_flags(Reader& in, Version version, ConnectFlags& f) {
  const std::uint8_t b = in.u8();
  if (!in.ok()) return false;
  f = {(b & 128) != 0, (b & 64) != 0, (b & 32) != 0, (b & 4) != 0, (b & 2) != 0, static_cast<std::uint8_t>(b >> 3 & 3)};
  if ((b & 1) != 0) return in.fail(kMalformedPacket, "MQTT-3.1.2-3", "the reserved flag of CONNECT is set");
  if (!f.will && f.will_qos != 0) return in.fail(kMalformedPacket, "MQTT-3.1.2-11", "a QoS without a will");
  if (f.will_qos == 3) return in.fail(kMalformedPacket, "MQTT-3.1.2-12", "a will with QoS 3");
  if (!f.will && f.will_retain) return in.fail(kMalformedPacket, "MQTT-3.1.2-13", "a retained will without a will");
  if (version == Version::v3_1_1 && f.password && !f.user) return in.fail(kMalformedPacket, "3.1.1 MQTT-3.1.2-22", "a password without a user name");
  return true;
}

bool read_connect(Reader& in, Connect& p) {
  if (in.text() != "MQTT") return in.fail(kUnsupportedVersion, "MQTT-3.1.2-1", "the protocol's name is not MQTT");
  const std::uint8_t level = in.u8();
  if (in.ok() && level != 4 && level != 5) return in.fail(kUnsupportedVersion, "MQTT-3.1.2-2", "neither version 3.1.1 nor 5.0");
  p.version = static_cast<Version>(level);
  const bool v5 = p.version == Version::v5;
  ConnectFlags flags{};
  if (!read_flags(in, p.version, flags)) return false;
  p.clean_start = flags.clean_start;
  p.keep_alive_s = in.u16();
  if (v5 && !read_properties(in, Carrier::connect, p.properties)) return false;
  p.client_id = in.text();
  if (flags.will) {
    Will& w = p.will.emplace();
    w.qos = flags.will_qos;
    w.retain = flags.will_retain;
    if (v5 && !read_properties(in, Carrier::will, w.properties)) return false;
    w.topic = in.text();
    if (const Fault* f = in.ok() ? fault_of_topic(w.topic) : nullptr) return in.fail(*f);
    w.payload = in.data();
  }
  if (flags.user) p.user = in.text();
  if (flags.password) p.password = in.data();
  return check_end(in);
}

bool read_connack(Reader& in, Version version, Connack& p) {
  const std::uint8_t flags = in.u8();
  if (in.ok() && flags > 1) return in.fail(kMalformedPacket, "MQTT-3.2.2-1", "reserved flags of CONNACK are set");
  p.session_present = flags == 1;
  p.reason = in.u8();
  if (in.ok() && p.session_present && p.reason != 0) return in.fail(kProtocolError, "MQTT-3.2.2-6", "a session is present though the connection is refused");
  if (version == Version::v3_1_1) {
    if (in.ok() && p.reason > 5) return in.fail(kMalformedPacket, "3.1.1 MQTT-3.2.2-6", "unknown return code");
    return check_end(in);
  }
  return check_reason(in, Type::connack, p.reason) && read_properties(in, Carrier::connack, p.properties) && check_end(in);
}

bool read_ack(Reader& in, Type type, Version version, Ack& p) {
  p.type = type;
  p.id = read_id(in, "MQTT-2.2.1-5");
  if (!in.ok() || in.empty()) return in.ok();
  if (version == Version::v3_1_1) return check_end(in);
  p.reason = in.u8();
  if (!check_reason(in, type, p.reason)) return false;
  if (in.empty()) return true;
  return read_properties(in, static_cast<Carrier>(type), p.properties) && check_end(in);
}

bool read_filter(Reader& in, Version version, Filter& f) {
  f.filter = in.text();
  if (const Fault* fault = in.ok() ? fault_of_filter(f.filter) : nullptr) return in.fail(*fault);
  const std::uint8_t b = in.u8();
  if (!in.ok()) return false;
  f.qos = b & 3;
  if (f.qos == 3) return in.fail(kMalformedPacket, "MQTT5 §3.8.3.1", "a subscription with QoS 3");
  if (version == Version::v3_1_1) return (b & 0xFC) == 0 || in.fail(kMalformedPacket, "3.1.1 MQTT-3-8.3-4", "reserved bits of a subscription are set");
  if ((b & 0xC0) != 0) return in.fail(kMalformedPacket, "MQTT-3.8.3-5", "reserved bits of a subscription are set");
  f.no_local = (b & 4) != 0;
  f.retain_as_published = (b & 8) != 0;
  f.retain_handling = b >> 4 & 3;
  if (f.retain_handling == 3) return in.fail(kProtocolError, "MQTT5 §3.8.3.1", "retain handling is 3");
  if (f.no_local && f.filter.starts_with("$share/")) return in.fail(kProtocolError, "MQTT-3.8.3-4", "a shared subscription cannot be without one's own messages");
  return true;
}

bool read_subscribe(Reader& in, Version version, Subscribe& p) {
  p.id = read_id(in, "MQTT-2.2.1-3");
  if (version == Version::v5 && !read_properties(in, Carrier::subscribe, p.properties)) return false;
  if (in.ok() && in.empty()) return in.fail(kProtocolError, "MQTT-3.8.3-2", "SUBSCRIBE without a filter");
  while (in.ok() && !in.empty())
    if (!read_filter(in, version, p.filters.emplace_back())) return false;
  return in.ok();
}

bool read_unsubscribe(Reader& in, Version version, Unsubscribe& p) {
  p.id = read_id(in, "MQTT-2.2.1-3");
  if (version == Version::v5 && !read_properties(in, Carrier::unsubscribe, p.properties)) return false;
  if (in.ok() && in.empty()) return in.fail(kProtocolError, "MQTT-3.10.3-2", "UNSUBSCRIBE without a filter");
  while (in.ok() && !in.empty()) {
    p.filters.push_back(in.text());
    if (const Fault* fault = in.ok() ? fault_of_filter(p.filters.back()) : nullptr) return in.fail(*fault);
  }
  return in.ok();
}

bool read_granted(Reader& in, Type type, Version version, Granted& p) {
  p.type = type;
  p.id = read_id(in, "MQTT-2.2.1-6");
  if (version == Version::v5 && !read_properties(in, static_cast<Carrier>(type), p.properties)) return false;
  if (version == Version::v3_1_1 && type == Type::unsuback) return check_end(in);
  if (in.ok() && in.empty()) return in.fail(kMalformedPacket, "MQTT-3.8.4-6", "no reason codes");
  while (in.ok() && !in.empty()) {
    p.reasons.push_back(in.u8());
    const std::uint8_t r = p.reasons.back();
    if (version == Version::v3_1_1 ? !(r <= 2 || r == 0x80) : !allowed_reason(type, r)) return in.fail(kMalformedPacket, "MQTT5 §2.4", "a reason code that this packet may not carry");
  }
  return in.ok();
}

/// DISCONNECT and AUTH: both may leave out what says nothing.
bool read_closing(Reader& in, Type type, Version version, std::uint8_t& reason, Properties& properties) {
  if (in.empty()) return true;
  if (version == Version::v3_1_1) return check_end(in);
  reason = in.u8();
  if (!check_reason(in, type, reason)) return false;
  if (in.empty()) return true;
  return read_properties(in, static_cast<Carrier>(type), properties) && check_end(in);
}

bool read_other(Reader& in, Type type, Version version, Packet& packet) {
  switch (type) {
    case Type::connect: return read_connect(in, packet.emplace<Connect>());
    case Type::connack: return read_connack(in, version, packet.emplace<Connack>());
    case Type::puback: case Type::pubrec: case Type::pubrel: case Type::pubcomp: return read_ack(in, type, version, packet.emplace<Ack>());
    case Type::subscribe: return read_subscribe(in, version, packet.emplace<Subscribe>());
    case Type::suback: case Type::unsuback: return read_granted(in, type, version, packet.emplace<Granted>());
    case Type::unsubscribe: return read_unsubscribe(in, version, packet.emplace<Unsubscribe>());
    case Type::pingreq: case Type::pingresp: packet.emplace<Ping>().type = type; return check_end(in);
    case Type::disconnect: {
      auto& p = packet.emplace<Disconnect>();
      return read_closing(in, type, version, p.reason, p.properties);
    }
    default: {
      auto& p = packet.emplace<Auth>();
      return read_closing(in, Type::auth, version, p.reason, p.properties);
    }
  }
}

}  // namespace

Frame next_frame(std::string_view bytes, std::size_t most) {
  Frame f;
  if (bytes.empty()) return f;
  f.head = static_cast<std::uint8_t>(bytes[0]);
  std::size_t length = 0;
  for (std::size_t i = 1; i <= 4; ++i) {
    if (i >= bytes.size()) return f;
    const auto b = static_cast<unsigned char>(bytes[i]);
    length |= static_cast<std::size_t>(b & 0x7f) << 7 * (i - 1);
    if ((b & 0x80) != 0) continue;
    if (b == 0 && i > 1) break;
    f.size = 1 + i + length;
    if (f.size > most) {
      f.state = Frame::State::fault;
      f.fault = {kPacketTooLarge, "MQTT-3.1.2-24", "the packet is longer than this receiver takes"};
    } else if (bytes.size() >= f.size) {
      f.state = Frame::State::whole;
      f.body = bytes.substr(1 + i, length);
    }
    return f;
  }
  f.state = Frame::State::fault;
  f.fault = {kMalformedPacket, "MQTT-1.5.5-1", "the remaining length is no variable byte integer"};
  return f;
}

bool decode_publish(std::uint8_t head, std::string_view body, Version version, Publish& p, Fault& fault) {
  Reader in(body, fault);
  p.dup = (head & 8) != 0;
  p.retain = (head & 1) != 0;
  p.qos = head >> 1 & 3;
  p.id = 0;
  p.properties.list.clear();
  if (p.qos == 3) return in.fail(kMalformedPacket, "MQTT-3.3.1-4", "QoS 3");
  if (p.qos == 0 && p.dup) return in.fail(kMalformedPacket, "MQTT-3.3.1-2", "QoS 0 is never sent again");
  p.topic = in.text();
  if (p.qos > 0) p.id = read_id(in, "MQTT-2.2.1-3");
  if (version == Version::v5 && !read_properties(in, Carrier::publish, p.properties)) return false;
  if (!in.ok()) return false;
  const Property* alias = version == Version::v5 ? p.properties.find(Id::topic_alias) : nullptr;
  if (alias != nullptr && alias->number == 0) return in.fail(kTopicAliasInvalid, "MQTT-3.3.2-8", "topic alias 0");
  if (p.topic.empty() && alias != nullptr) {
    // an alias stands for the topic
  } else if (p.topic.empty() && version == Version::v5) {
    return in.fail(kProtocolError, "MQTT5 §3.3.2.1", "neither topic nor topic alias");
  } else if (const Fault* f = fault_of_topic(p.topic)) {
    return in.fail(*f);
  }
  p.payload = in.rest();
  return true;
}

bool decode(std::uint8_t head, std::string_view body, Version version, Packet& packet, Fault& fault) {
  const unsigned code = head >> 4, flags = head & 15u;
  const auto type = static_cast<Type>(code);
  if (type == Type::publish) return decode_publish(head, body, version, packet.emplace<Publish>(), fault);
  Reader in(body, fault);
  if (code == 0 || (type == Type::auth && version != Version::v5)) return in.fail(kMalformedPacket, "MQTT5 §2.1.2", "a packet type that is reserved");
  const bool with_flag = type == Type::pubrel || type == Type::subscribe || type == Type::unsubscribe;
  if (flags != (with_flag ? 2u : 0u)) return in.fail(kMalformedPacket, "MQTT-2.1.3-1", "reserved flags of the fixed header");
  return read_other(in, type, version, packet);
}

}  // namespace machiya::sense::mqtt
