// What the city defines of telling: topics, segments, channels and message templates, each a kind of definition.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "city/city.h"
#include "tell/audiences/segment.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/delivery.h"

namespace machiya::tell {

/// One thing people can choose to be told about.
struct Topic {
  std::string id;
  city::Text name, about;
  bool sensitive = false;   ///< never leaves to a channel's own audiences
  Quiet quiet;
};
/// Kind "topics".
struct Topics final : city::Definition {
  city::Text name;
  std::vector<Topic> list;
};
/// Kind "segment".
struct SegmentDefinition final : city::Definition {
  city::Text name;
  std::shared_ptr<const Segment> segment;
};
/// Kind "channel".
struct ChannelDefinition final : city::Definition {
  std::string id, adapter;
  city::Text name;
  double per_second = 0;   ///< 0: no window
  int workers = 4, attempts = 10;
  int most_title = 0, most_body = 0, most_short = 0;   ///< characters; 0: no limit
};
/// Words of CAP 1.2 §3.2.2.
struct AlertWords {
  std::string event, category, response, urgency, severity, certainty;
  int level = 0;   ///< 警戒レベル (避難情報に関するガイドライン, 内閣府); 0: none
};
enum class Use : std::uint8_t { on_case, campaign, emergency };
struct Variable {
  std::string name;
  city::Text label;
  int max = 0;   ///< characters; 0: no limit
  std::vector<city::Text> choices;
};
/// Kind "message".
struct Template final : city::Definition {
  std::string id;
  int version = 1;
  city::Text name, title, body, short_text;
  Use use = Use::campaign;
  std::string on;
  std::vector<std::string> states, procedures, channels, triggers;
  std::string topic;
  std::string ended_by;   ///< template of the all-clear; "": none
  bool first_only = false;
  std::vector<Variable> variables;
  AlertWords alert;
};

city::Kind topics_kind();
city::Kind segment_kind();
city::Kind channel_kind();
city::Kind message_kind();

/// All topics of the city, in the order of its files; never null entries.
std::vector<const Topic*> topics_of(const city::City& city);
const Topic* topic_of(const city::City& city, std::string_view id);
std::vector<const ChannelDefinition*> channels_of(const city::City& city);

}  // namespace machiya::tell
