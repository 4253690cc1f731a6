// The packets of MQTT 3.1.1 and 5.0 as values, and their way to bytes and back. Pure. Texts and payloads are views: into the bytes they
// were read from, or into what the writer was given.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace machiya::sense::mqtt {

enum class Version : std::uint8_t { v3_1_1 = 4, v5 = 5 };

enum class Type : std::uint8_t {
  connect = 1, connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback, pingreq, pingresp, disconnect, auth
};

/// Reason codes (MQTT 5 §2.4) that this house gives or looks at.
enum Reason : std::uint8_t {
  kSuccess = 0x00, kGrantedQos1 = 0x01, kGrantedQos2 = 0x02, kDisconnectWithWill = 0x04, kNoMatchingSubscribers = 0x10, kNoSubscriptionExisted = 0x11,
  kUnspecifiedError = 0x80, kMalformedPacket = 0x81, kProtocolError = 0x82, kImplementationError = 0x83, kUnsupportedVersion = 0x84,
  kClientIdNotValid = 0x85, kBadUserOrPassword = 0x86, kNotAuthorized = 0x87, kServerUnavailable = 0x88, kServerBusy = 0x89,
  kServerShuttingDown = 0x8B, kBadAuthenticationMethod = 0x8C, kKeepAliveTimeout = 0x8D, kSessionTakenOver = 0x8E, kTopicFilterInvalid = 0x8F,
  kTopicNameInvalid = 0x90, kPacketIdInUse = 0x91, kPacketIdNotFound = 0x92, kReceiveMaximumExceeded = 0x93, kTopicAliasInvalid = 0x94,
  kPacketTooLarge = 0x95, kQuotaExceeded = 0x97, kAdministrativeAction = 0x98, kPayloadFormatInvalid = 0x99, kRetainNotSupported = 0x9A,
  kQosNotSupported = 0x9B, kSharedNotSupported = 0x9E, kWildcardsNotSupported = 0xA2
};

/// Why bytes are refused: the reason a version 5 peer is told, the clause of the standard, and words for people.
struct Fault {
  std::uint8_t reason = kMalformedPacket;
  std::string_view clause;   ///< "MQTT-1.5.4-1", of version 5 unless it begins with "3.1.1 "
  std::string_view text;
};

/// Properties of version 5 (§2.2.2.2).
enum class Id : std::uint8_t {
  payload_format = 0x01, message_expiry = 0x02, content_type = 0x03, response_topic = 0x08, correlation_data = 0x09, subscription_id = 0x0B,
  session_expiry = 0x11, assigned_client_id = 0x12, server_keep_alive = 0x13, auth_method = 0x15, auth_data = 0x16, request_problem = 0x17,
  will_delay = 0x18, request_response = 0x19, response_information = 0x1A, server_reference = 0x1C, reason_string = 0x1F, receive_maximum = 0x21,
  topic_alias_maximum = 0x22, topic_alias = 0x23, maximum_qos = 0x24, retain_available = 0x25, user = 0x26, maximum_packet_size = 0x27,
  wildcards_available = 0x28, subscription_ids_available = 0x29, shared_available = 0x2A
};
struct Property {
  Id id;
  std::uint32_t number = 0;        ///< of byte, integer and variable integer properties
  std::string_view text, second;   ///< text or data; `second` is the value of a user property
  friend bool operator==(const Property&, const Property&) = default;
};
/// In the order of the wire.
struct Properties {
  std::vector<Property> list;
  const Property* find(Id id) const {
    for (const auto& p : list)
      if (p.id == id) return &p;
    return nullptr;
  }
  std::uint32_t number(Id id, std::uint32_t otherwise) const {
    const Property* p = find(id);
    return p != nullptr ? p->number : otherwise;
  }
  std::string_view text(Id id) const {
    const Property* p = find(id);
    return p != nullptr ? p->text : std::string_view();
  }
  void add(Id id, std::uint32_t number) { list.push_back({id, number, {}, {}}); }
  void add(Id id, std::string_view text, std::string_view second = {}) { list.push_back({id, 0, text, second}); }
  friend bool operator==(const Properties&, const Properties&) = default;
};

struct Will {
  std::uint8_t qos = 0;
  bool retain = false;
  std::string_view topic, payload;
  Properties properties;
  friend bool operator==(const Will&, const Will&) = default;
};
struct Connect {
  Version version = Version::v5;
  bool clean_start = true;
  std::uint16_t keep_alive_s = 0;   ///< 0: off
  std::string_view client_id;
  std::optional<Will> will;
  std::optional<std::string_view> user, password;
  Properties properties;
  friend bool operator==(const Connect&, const Connect&) = default;
};
struct Connack {
  bool session_present = false;
  std::uint8_t reason = 0;   ///< the return code in version 3.1.1
  Properties properties;
  friend bool operator==(const Connack&, const Connack&) = default;
};
struct Publish {
  bool dup = false, retain = false;
  std::uint8_t qos = 0;
  std::uint16_t id = 0;   ///< 0 with QoS 0
  std::string_view topic, payload;
  Properties properties;
  friend bool operator==(const Publish&, const Publish&) = default;
};
/// PUBACK, PUBREC, PUBREL, PUBCOMP.
struct Ack {
  Type type = Type::puback;
  std::uint16_t id = 0;
  std::uint8_t reason = 0;
  Properties properties;
  friend bool operator==(const Ack&, const Ack&) = default;
};
struct Filter {
  std::string_view filter;
  std::uint8_t qos = 0;
  bool no_local = false, retain_as_published = false;
  std::uint8_t retain_handling = 0;
  friend bool operator==(const Filter&, const Filter&) = default;
};
struct Subscribe {
  std::uint16_t id = 0;
  std::vector<Filter> filters;
  Properties properties;
  friend bool operator==(const Subscribe&, const Subscribe&) = default;
};
/// SUBACK and UNSUBACK.
struct Granted {
  Type type = Type::suback;
  std::uint16_t id = 0;
  std::vector<std::uint8_t> reasons;   ///< none in an UNSUBACK of version 3.1.1
  Properties properties;
  friend bool operator==(const Granted&, const Granted&) = default;
};
struct Unsubscribe {
  std::uint16_t id = 0;
  std::vector<std::string_view> filters;
  Properties properties;
  friend bool operator==(const Unsubscribe&, const Unsubscribe&) = default;
};
/// PINGREQ and PINGRESP.
struct Ping {
  Type type = Type::pingreq;
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Disconnect {
  std::uint8_t reason = 0;
  Properties properties;
  friend bool operator==(const Disconnect&, const Disconnect&) = default;
};
struct Auth {
  std::uint8_t reason = 0;
  Properties properties;
  friend bool operator==(const Auth&, const Auth&) = default;
};
using Packet = std::variant<Connect, Connack, Publish, Ack, Subscribe, Granted, Unsubscribe, Ping, Disconnect, Auth>;

/// One packet's place in a stream.
struct Frame {
  enum class State : std::uint8_t { whole, more, fault };
  State state = State::more;
  std::uint8_t head = 0;           ///< type and flags
  std::string_view body;
  std::size_t size = 0;            ///< with the fixed header; of `more`: how many bytes it will have, when that is known already, else 0
  Fault fault;
};
/// Looks at the start of `bytes`. A packet longer than `most` bytes is a fault as soon as its length is known.
Frame next_frame(std::string_view bytes, std::size_t most);

/// Reads one packet; a CONNECT says its own version. Everything that a receiver can judge by the packet alone is judged; false fills `fault`.
[[nodiscard]] bool decode(std::uint8_t head, std::string_view body, Version version, Packet& packet, Fault& fault);
/// A PUBLISH alone, without the way through Packet; `publish.properties` keeps its memory.
[[nodiscard]] bool decode_publish(std::uint8_t head, std::string_view body, Version version, Publish& publish, Fault& fault);

/// Appends the packet. What is written is not judged: texts are at most 65,535 bytes, the whole at most 268,435,455.
void encode(const Packet& packet, Version version, std::string& out);
/// Shortest forms of the hot path.
void encode_ack(Type type, std::uint16_t id, std::uint8_t reason, Version version, std::string& out);

/// [MQTT-1.5.4-1], [MQTT-1.5.4-2]: well-formed UTF-8 without U+0000.
bool is_mqtt_text(std::string_view text);
/// §4.7: not empty, no wildcards, at most 65,535 bytes, well-formed. Null: fine, else the clause.
const Fault* fault_of_topic(std::string_view topic);
const Fault* fault_of_filter(std::string_view filter);

/// Writing of parts (also used for journals).
void put_u16(std::string& out, std::uint16_t v);
void put_u32(std::string& out, std::uint32_t v);
void put_text(std::string& out, std::string_view text);
void put_varint(std::string& out, std::uint32_t v);
std::size_t varint_size(std::uint32_t v);
void put_properties(std::string& out, const Properties& properties);

}  // namespace machiya::sense::mqtt
