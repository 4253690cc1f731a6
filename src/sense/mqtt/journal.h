// Inside of the router: what must survive a crash, as entries one behind the other. The format is frozen (README.md).
#pragma once
#include "sense/mqtt/session.h"

namespace machiya::sense::mqtt {

enum class Op : std::uint8_t { session = 1, ended, subscribed, unsubscribed, message, settled, received, released, left, resumed, incoming, next_number };

class JournalReader {
 public:
  explicit JournalReader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }
  std::string_view take(std::size_t size) {
    if (rest_.size() < size) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto v = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return v;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t v = 0;
    for (const char c : take(bytes)) v = v << 8 | static_cast<unsigned char>(c);
    return v;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(number(8)); }
  std::string_view text() { return take(u32()); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

class JournalWriter {
 public:
  explicit JournalWriter(std::string& out) : out_(out) {}
  void session(const Session& s);
  void of(Op op, std::uint32_t session) { head(op), put_u32(out_, session); }                       ///< ended, resumed, next_number
  void of(Op op, std::uint32_t session, std::uint16_t id) { of(op, session), put_u16(out_, id); }   ///< released, incoming: a packet identifier
  void delivery(Op op, std::uint32_t session, std::uint64_t number) { of(op, session), put_u64(number); }   ///< settled, received
  void subscribed(std::uint32_t session, std::string_view asked, const SubscriptionOptions& options);
  void unsubscribed(std::uint32_t session, std::string_view asked);
  void left(const Session& s);
  /// targets of the message follow, as many as are announced.
  void message(const Message& m, bool store, std::uint32_t from, std::uint16_t incoming_id, std::uint32_t targets);
  void target(std::uint32_t session, std::uint64_t number, std::uint8_t qos, bool retain, const std::vector<std::uint32_t>& identifiers);

 private:
  void put_u64(std::uint64_t v) { put_u32(out_, static_cast<std::uint32_t>(v >> 32)), put_u32(out_, static_cast<std::uint32_t>(v)); }
  void head(Op op) { out_ += static_cast<char>(op); }
  void text(std::string_view s) { put_u32(out_, static_cast<std::uint32_t>(s.size())), out_ += s; }
  std::string& out_;
};

}  // namespace machiya::sense::mqtt
