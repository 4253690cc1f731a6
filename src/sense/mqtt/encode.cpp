#include "sense/mqtt/packet.h"

namespace machiya::sense::mqtt {
namespace {

void frame(std::string& out, Type type, std::uint8_t flags, std::string_view body) {
  out += static_cast<char>(static_cast<unsigned>(type) << 4 | flags);
  put_varint(out, static_cast<std::uint32_t>(body.size()));
  out += body;
}

void body_of(const Connect& p, std::string& out) {
  put_text(out, "MQTT");
  out += static_cast<char>(p.version);
  unsigned flags = p.clean_start ? 2u : 0u;
  if (p.will) flags |= 4u | static_cast<unsigned>(p.will->qos) << 3 | (p.will->retain ? 32u : 0u);
  if (p.password) flags |= 64u;
  if (p.user) flags |= 128u;
  out += static_cast<char>(flags);
  put_u16(out, p.keep_alive_s);
  if (p.version == Version::v5) put_properties(out, p.properties);
  put_text(out, p.client_id);
  if (p.will) {
    if (p.version == Version::v5) put_properties(out, p.will->properties);
    put_text(out, p.will->topic);
    put_text(out, p.will->payload);
  }
  if (p.user) put_text(out, *p.user);
  if (p.password) put_text(out, *p.password);
}

struct Writer {
  Version version;
  std::string& out;
  bool v5() const { return version == Version::v5; }

  void operator()(const Connect& p) const {
    std::string body;
    body_of(p, body);
    frame(out, Type::connect, 0, body);
  }
  void operator()(const Connack& p) const {
    std::string body{static_cast<char>(p.session_present), static_cast<char>(p.reason)};
    if (v5()) put_properties(body, p.properties);
    frame(out, Type::connack, 0, body);
  }
  void operator()(const Publish& p) const {
    std::string properties;
    if (v5()) put_properties(properties, p.properties);
    const std::size_t size = 2 + p.topic.size() + (p.qos > 0 ? 2u : 0u) + properties.size() + p.payload.size();
    out += static_cast<char>(static_cast<unsigned>(Type::publish) << 4 | (p.dup ? 8u : 0u) | static_cast<unsigned>(p.qos) << 1 | (p.retain ? 1u : 0u));
    put_varint(out, static_cast<std::uint32_t>(size));
    put_text(out, p.topic);
    if (p.qos > 0) put_u16(out, p.id);
    out += properties;
    out += p.payload;
  }
  void operator()(const Ack& p) const {
    if (p.properties.list.empty()) return encode_ack(p.type, p.id, p.reason, version, out);
    std::string body;
    put_u16(body, p.id);
    if (v5()) {
      body += static_cast<char>(p.reason);
      put_properties(body, p.properties);
    }
    frame(out, p.type, p.type == Type::pubrel ? 2 : 0, body);
  }
  void operator()(const Subscribe& p) const {
    std::string body;
    put_u16(body, p.id);
    if (v5()) put_properties(body, p.properties);
    for (const auto& f : p.filters) {
      put_text(body, f.filter);
      unsigned options = f.qos;
      if (v5()) options |= (f.no_local ? 4u : 0u) | (f.retain_as_published ? 8u : 0u) | static_cast<unsigned>(f.retain_handling) << 4;
      body += static_cast<char>(options);
    }
    frame(out, Type::subscribe, 2, body);
  }
  void operator()(const Granted& p) const {
    std::string body;
    put_u16(body, p.id);
    if (v5()) put_properties(body, p.properties);
    if (v5() || p.type == Type::suback)
      for (const auto r : p.reasons) body += static_cast<char>(r);
    frame(out, p.type, 0, body);
  }
  void operator()(const Unsubscribe& p) const {
    std::string body;
    put_u16(body, p.id);
    if (v5()) put_properties(body, p.properties);
    for (const auto f : p.filters) put_text(body, f);
    frame(out, Type::unsubscribe, 2, body);
  }
  void operator()(const Ping& p) const { frame(out, p.type, 0, {}); }
  void operator()(const Disconnect& p) const { closing(Type::disconnect, p.reason, p.properties); }
  void operator()(const Auth& p) const { closing(Type::auth, p.reason, p.properties); }

  void closing(Type type, std::uint8_t reason, const Properties& properties) const {
    std::string body;
    if (v5() && (reason != 0 || !properties.list.empty())) body += static_cast<char>(reason);
    if (v5() && !properties.list.empty()) put_properties(body, properties);
    frame(out, type, 0, body);
  }
};

}  // namespace

void put_u16(std::string& out, std::uint16_t v) {
  const char bytes[2] = {static_cast<char>(v >> 8), static_cast<char>(v)};
  out.append(bytes, 2);
}
void put_u32(std::string& out, std::uint32_t v) {
  put_u16(out, static_cast<std::uint16_t>(v >> 16));
  put_u16(out, static_cast<std::uint16_t>(v));
}
void put_text(std::string& out, std::string_view text) {
  put_u16(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}
void put_varint(std::string& out, std::uint32_t v) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>(v | 0x80);
  out += static_cast<char>(v);
}
std::size_t varint_size(std::uint32_t v) { return v < 0x80 ? 1 : v < 0x4000 ? 2 : v < 0x200000 ? 3 : 4; }

void encode(const Packet& packet, Version version, std::string& out) { std::visit(Writer{version, out}, packet); }

void encode_ack(Type type, std::uint16_t id, std::uint8_t reason, Version version, std::string& out) {
  const bool with_reason = version == Version::v5 && reason != 0;
  const char bytes[5] = {static_cast<char>(static_cast<unsigned>(type) << 4 | (type == Type::pubrel ? 2u : 0u)), static_cast<char>(with_reason ? 3 : 2),
                         static_cast<char>(id >> 8), static_cast<char>(id), static_cast<char>(reason)};
  out.append(bytes, with_reason ? 5 : 4);
}

}  // namespace machiya::sense::mqtt
