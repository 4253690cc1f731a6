#include <array>

#include "sense/mqtt/reader.h"

namespace machiya::sense::mqtt {
namespace {

enum class Kind : std::uint8_t { none, byte, flag, two, two_not_zero, four, four_not_zero, varint, text, topic, data, pair };
struct Row {
  Kind kind = Kind::none;
  std::uint32_t carriers = 0;   ///< bits 1 << Carrier
};

constexpr std::uint32_t bits(std::initializer_list<Carrier> carriers) {
  std::uint32_t v = 0;
  for (const Carrier c : carriers) v |= 1u << static_cast<unsigned>(c);
  return v;
}

/// Table 2-4 of §2.2.2.2.
constexpr std::array<Row, 0x2B> make_rows() {
  using enum Carrier;
  std::array<Row, 0x2B> rows{};
  auto set = [&rows](Id id, Kind kind, std::uint32_t carriers) { rows[static_cast<std::size_t>(id)] = {kind, carriers}; };
  const std::uint32_t message = bits({publish, will});
  const std::uint32_t authentication = bits({connect, connack, auth});
  set(Id::payload_format, Kind::flag, message);
  set(Id::message_expiry, Kind::four, message);
  set(Id::content_type, Kind::text, message);
  set(Id::response_topic, Kind::topic, message);
  set(Id::correlation_data, Kind::data, message);
  set(Id::subscription_id, Kind::varint, bits({publish, subscribe}));
  set(Id::session_expiry, Kind::four, bits({connect, connack, disconnect}));
  set(Id::assigned_client_id, Kind::text, bits({connack}));
  set(Id::server_keep_alive, Kind::two, bits({connack}));
  set(Id::auth_method, Kind::text, authentication);
  set(Id::auth_data, Kind::data, authentication);
  set(Id::request_problem, Kind::flag, bits({connect}));
  set(Id::will_delay, Kind::four, bits({will}));
  set(Id::request_response, Kind::flag, bits({connect}));
  set(Id::response_information, Kind::text, bits({connack}));
  set(Id::server_reference, Kind::text, bits({connack, disconnect}));
  set(Id::reason_string, Kind::text, bits({connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth}));
  set(Id::receive_maximum, Kind::two_not_zero, bits({connect, connack}));
  set(Id::topic_alias_maximum, Kind::two, bits({connect, connack}));
  set(Id::topic_alias, Kind::two, bits({publish}));   // 0 has a reason code of its own
  set(Id::maximum_qos, Kind::flag, bits({connack}));
  set(Id::retain_available, Kind::flag, bits({connack}));
  set(Id::user, Kind::pair, ~0u);
  set(Id::maximum_packet_size, Kind::four_not_zero, bits({connect, connack}));
  set(Id::wildcards_available, Kind::flag, bits({connack}));
  set(Id::subscription_ids_available, Kind::flag, bits({connack}));
  set(Id::shared_available, Kind::flag, bits({connack}));
  return rows;
}
constexpr auto kRows = make_rows();

bool read_number(Reader& in, Kind kind, Property& p) {
  switch (kind) {
    case Kind::byte: p.number = in.u8(); break;
    case Kind::flag:
      p.number = in.u8();
      if (p.number > 1) return in.fail(kProtocolError, "MQTT5 §2.2.2.2", "a property is neither 0 nor 1");
      break;
    case Kind::two: case Kind::two_not_zero: p.number = in.u16(); break;
    case Kind::four: case Kind::four_not_zero: p.number = in.u32(); break;
    default:
      p.number = in.varint();
      if (p.number == 0) return in.fail(kProtocolError, "MQTT5 §3.8.2.1.2", "a subscription identifier is 0");
  }
  if ((kind == Kind::two_not_zero || kind == Kind::four_not_zero) && p.number == 0) return in.fail(kProtocolError, "MQTT5 §3.1.2.11", "a property must not be 0");
  return in.ok();
}

bool read_one(Reader& in, Carrier carrier, Property& p) {
  const std::uint32_t id = in.varint();
  if (!in.ok()) return false;
  if (id >= kRows.size() || kRows[id].kind == Kind::none) return in.fail(kMalformedPacket, "MQTT5 §2.2.2.2", "unknown property");
  const Row& row = kRows[id];
  if ((row.carriers >> static_cast<unsigned>(carrier) & 1u) == 0) return in.fail(kMalformedPacket, "MQTT5 §2.2.2.2", "this property may not stand in this packet");
  p.id = static_cast<Id>(id);
  switch (row.kind) {
    case Kind::data: p.text = in.data(); break;
    case Kind::text: p.text = in.text(); break;
    case Kind::pair:
      p.text = in.text();
      p.second = in.text();
      break;
    case Kind::topic:
      p.text = in.text();
      if (in.ok() && fault_of_topic(p.text) != nullptr) return in.fail(kProtocolError, "MQTT-3.3.2-14", "the response topic is no topic name");
      break;
    default: return read_number(in, row.kind, p);
  }
  return in.ok();
}

}  // namespace

bool read_properties(Reader& in, Carrier carrier, Properties& properties) {
  properties.list.clear();
  const std::uint32_t size = in.varint();
  if (!in.ok()) return false;
  if (size == 0) return true;
  const std::string_view bytes = in.take(size);
  if (!in.ok()) return false;
  Fault fault;
  Reader part(bytes, fault);
  std::uint64_t seen = 0;
  while (!part.empty()) {
    Property p{};
    if (!read_one(part, carrier, p)) return in.fail(fault);
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(p.id);
    const bool many = p.id == Id::user || (p.id == Id::subscription_id && carrier == Carrier::publish);
    if ((seen & bit) != 0 && !many) return in.fail(kProtocolError, "MQTT5 §2.2.2.2", "a property stands twice");
    seen |= bit;
    properties.list.push_back(p);
  }
  const std::uint64_t method = std::uint64_t{1} << static_cast<unsigned>(Id::auth_method), data = std::uint64_t{1} << static_cast<unsigned>(Id::auth_data);
  if ((seen & data) != 0 && (seen & method) == 0) return in.fail(kProtocolError, "MQTT5 §3.1.2.11.10", "authentication data without a method");
  return true;
}

void put_properties(std::string& out, const Properties& properties) {
  std::string text;
  for (const auto& p : properties.list) {
    text += static_cast<char>(p.id);
    switch (kRows[static_cast<std::size_t>(p.id)].kind) {
      case Kind::byte: case Kind::flag: text += static_cast<char>(p.number); break;
      case Kind::two: case Kind::two_not_zero: put_u16(text, static_cast<std::uint16_t>(p.number)); break;
      case Kind::four: case Kind::four_not_zero: put_u32(text, p.number); break;
      case Kind::varint: put_varint(text, p.number); break;
      case Kind::pair: put_text(text, p.text); put_text(text, p.second); break;
      default: put_text(text, p.text);
    }
  }
  put_varint(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

}  // namespace machiya::sense::mqtt
