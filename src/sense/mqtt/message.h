// A message on its way to subscribers.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sense/mqtt/packet.h"

namespace machiya::sense::mqtt {

/// Immutable once it is made; topic, properties and payload stand in one piece of memory.
struct Message {
  std::string bytes;
  std::uint32_t topic_size = 0, properties_size = 0;
  std::uint8_t qos = 0;
  bool retain = false;
  std::int64_t expires_us = 0;   ///< Instant; 0: never
  std::string_view topic() const { return std::string_view(bytes).substr(0, topic_size); }
  /// Encoded properties of version 5 that are passed on as they came [MQTT-3.3.2-4, -15, -16, -17, -20], without their length.
  std::string_view properties() const { return std::string_view(bytes).substr(topic_size, properties_size); }
  /// "" for none.
  std::string_view content_type() const;
  std::string_view payload() const { return std::string_view(bytes).substr(topic_size + properties_size); }
};
using MessagePtr = std::shared_ptr<const Message>;

/// A copy of what was published; `topic` is the publish's own, or what its alias stands for. `now_us` begins its expiry.
inline MessagePtr make_message(std::string_view topic, std::string_view payload, const Properties& properties, std::uint8_t qos, bool retain, std::int64_t now_us) {
  auto m = std::make_shared<Message>();
  std::string passed_on;
  for (const auto& p : properties.list) {
    switch (p.id) {
      case Id::message_expiry: m->expires_us = now_us + std::int64_t{p.number} * 1'000'000; break;
      case Id::payload_format:
        passed_on += static_cast<char>(p.id);
        passed_on += static_cast<char>(p.number);
        break;
      case Id::content_type: case Id::response_topic: case Id::correlation_data: case Id::user:
        passed_on += static_cast<char>(p.id);
        put_text(passed_on, p.text);
        if (p.id == Id::user) put_text(passed_on, p.second);
        break;
      default: break;   // alias, subscription identifier, will delay: between two neighbours only
    }
  }
  m->topic_size = static_cast<std::uint32_t>(topic.size());
  m->properties_size = static_cast<std::uint32_t>(passed_on.size());
  m->bytes.reserve(topic.size() + passed_on.size() + payload.size());
  m->bytes.append(topic).append(passed_on).append(payload);
  m->qos = qos;
  m->retain = retain;
  return m;
}

}  // namespace machiya::sense::mqtt
