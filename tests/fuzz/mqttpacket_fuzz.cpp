// libFuzzer target: what a stranger sends to the MQTT listener before anybody knows who it is, in both versions, from both sides.
// What is read must be written and read again as the same; nothing may be read outside the bytes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sense/mqtt/packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace machiya::sense::mqtt;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  Version version = (bytes[0] & 1) != 0 ? Version::v5 : Version::v3_1_1;
  bytes.remove_prefix(1);
  for (;;) {
    const Frame frame = next_frame(bytes, 1 << 20);
    if (frame.state != Frame::State::whole) return 0;
    Packet packet;
    Fault fault;
    if (!decode(frame.head, frame.body, version, packet, fault)) {
      if (fault.clause.empty() || fault.text.empty() || fault.reason < 0x80) std::abort();
      return 0;
    }
    if (const auto* connect = std::get_if<Connect>(&packet)) version = connect->version;
    std::string written;
    encode(packet, version, written);
    const Frame second = next_frame(written, std::size_t{1} << 28);
    Packet again;
    if (second.state != Frame::State::whole || second.size != written.size() || !decode(second.head, second.body, version, again, fault) || !(again == packet)) std::abort();
    bytes.remove_prefix(frame.size);
  }
}
