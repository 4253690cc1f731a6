// Texts, topic names and topic filters (§1.5.4, §4.7, §4.8.2).
#include <cstring>

#include "base/text.h"
#include "sense/mqtt/packet.h"

namespace machiya::sense::mqtt {
namespace {

constexpr Fault kNotText{kMalformedPacket, "MQTT-1.5.4-1", "a text is no UTF-8 or holds U+0000"};
constexpr Fault kTopicEmpty{kTopicNameInvalid, "MQTT-4.7.3-1", "a topic name is empty"};
constexpr Fault kTopicLong{kTopicNameInvalid, "MQTT-4.7.3-3", "a topic name is longer than 65,535 bytes"};
constexpr Fault kTopicWild{kTopicNameInvalid, "MQTT-3.3.2-2", "a topic name holds a wildcard"};
constexpr Fault kFilterEmpty{kTopicFilterInvalid, "MQTT-4.7.3-1", "a topic filter is empty"};
constexpr Fault kFilterLong{kTopicFilterInvalid, "MQTT-4.7.3-3", "a topic filter is longer than 65,535 bytes"};
constexpr Fault kHash{kTopicFilterInvalid, "MQTT-4.7.1-1", "# stands for whole levels, and last"};
constexpr Fault kPlus{kTopicFilterInvalid, "MQTT-4.7.1-2", "+ stands for a whole level"};
constexpr Fault kShareName{kTopicFilterInvalid, "MQTT-4.8.2-1", "a share name is empty or holds + or #"};
constexpr Fault kShareFilter{kTopicFilterInvalid, "MQTT-4.8.2-2", "a share name is followed by / and a filter"};

}  // namespace

bool is_mqtt_text(std::string_view text) {
  bool ascii = true;
  for (const char c : text) {
    if (c == '\0') return false;
    ascii &= static_cast<unsigned char>(c) < 0x80;
  }
  return ascii || is_utf8(text);
}

const Fault* fault_of_topic(std::string_view topic) {
  if (topic.empty()) return &kTopicEmpty;
  if (topic.size() > 65'535) return &kTopicLong;
  if (topic.find_first_of("+#") != std::string_view::npos) return &kTopicWild;
  return is_mqtt_text(topic) ? nullptr : &kNotText;
}

const Fault* fault_of_filter(std::string_view filter) {
  if (filter.size() > 65'535) return &kFilterLong;
  if (!is_mqtt_text(filter)) return &kNotText;
  if (filter.starts_with("$share/")) {
    filter.remove_prefix(7);
    const auto end = filter.find('/');
    const std::string_view name = filter.substr(0, end);
    if (name.empty() || name.find_first_of("+#") != std::string_view::npos) return &kShareName;
    if (end == std::string_view::npos || end + 1 == filter.size()) return &kShareFilter;
    filter.remove_prefix(end + 1);
  }
  if (filter.empty()) return &kFilterEmpty;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const bool begins = i == 0 || filter[i - 1] == '/', last = i + 1 == filter.size();
    if (filter[i] == '#' && (!begins || !last)) return &kHash;
    if (filter[i] == '+' && (!begins || (!last && filter[i + 1] != '/'))) return &kPlus;
  }
  return nullptr;
}

}  // namespace machiya::sense::mqtt
