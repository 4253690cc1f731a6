// Inside of the codec: bounds-checked reading of the wire's own types. After the first fault every further read gives nothing.
#pragma once
#include "sense/mqtt/packet.h"

namespace machiya::sense::mqtt {

class Reader {
 public:
  Reader(std::string_view bytes, Fault& fault) : rest_(bytes), fault_(fault) {}

  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool fail(std::uint8_t reason, std::string_view clause, std::string_view text) {
    if (ok_) fault_ = {reason, clause, text};
    ok_ = false;
    rest_ = {};
    return false;
  }
  bool fail(const Fault& fault) { return fail(fault.reason, fault.clause, fault.text); }

  std::uint8_t u8() {
    if (!have(1)) return 0;
    const auto v = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return v;
  }
  std::uint16_t u16() {
    if (!have(2)) return 0;
    const auto v = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
    rest_.remove_prefix(2);
    return v;
  }
  std::uint32_t u32() {
    if (!have(4)) return 0;
    const auto v = static_cast<std::uint32_t>(byte(0)) << 24 | static_cast<std::uint32_t>(byte(1)) << 16 | static_cast<std::uint32_t>(byte(2)) << 8 | byte(3);
    rest_.remove_prefix(4);
    return v;
  }
  std::string_view take(std::size_t size) {
    if (!have(size)) return {};
    const std::string_view v = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return v;
  }
  /// Two bytes of length, then that many.
  std::string_view data() { return take(u16()); }
  /// The same, and it is text.
  std::string_view text() {
    const std::string_view v = data();
    if (ok_ && !is_mqtt_text(v)) fail(kMalformedPacket, "MQTT-1.5.4-1", "a text is no UTF-8 or holds U+0000");
    return v;
  }
  /// §1.5.5, in as few bytes as it needs.
  std::uint32_t varint() {
    std::uint32_t v = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      const std::uint8_t b = u8();
      v |= static_cast<std::uint32_t>(b & 0x7f) << shift;
      if ((b & 0x80) != 0) continue;
      if (b == 0 && shift > 0) fail(kMalformedPacket, "MQTT-1.5.5-1", "an integer has more bytes than it needs");
      return v;
    }
    fail(kMalformedPacket, "MQTT-1.5.5-1", "an integer has more than four bytes");
    return 0;
  }

 private:
  unsigned byte(std::size_t i) const { return static_cast<unsigned char>(rest_[i]); }
  bool have(std::size_t size) { return rest_.size() >= size || fail(kMalformedPacket, "MQTT-2.1.4", "the packet ends within a field"); }

  std::string_view rest_;
  Fault& fault_;
  bool ok_ = true;
};

/// What may carry which property: the packet types, and a will.
enum class Carrier : std::uint8_t { connect = 1, connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback, disconnect = 14, auth = 15, will = 16 };
/// The length and the properties (§2.2.2), each allowed here, in range and no oftener than it may be.
bool read_properties(Reader& in, Carrier carrier, Properties& properties);

}  // namespace machiya::sense::mqtt
