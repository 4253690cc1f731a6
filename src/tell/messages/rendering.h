// A template, or a text typed by staff, becomes what people read: slots filled, readings shown, and everything that is missing or too long
// for a channel found before anything is sent.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tell/messages/definitions.h"

namespace machiya::tell {

/// Title, body and short text in several languages, with slots "{name}" and readings "{漢字|かんじ}".
struct Source {
  city::Text title, body, short_text;
};
/// Values of slots: by name, in several languages where they are words.
using Slots = std::map<std::string, city::Text>;

/// The names of the slots of a text, in order, each once.
std::vector<std::string> slots_of(std::string_view text);
/// One text in one language. Slots without a value stay as "{name}" and are added to `missing`.
std::string fill(std::string_view text, const Slots& slots, std::string_view lang, std::vector<std::string>* missing = nullptr);

/// Something to be put right before sending.
struct Finding {
  enum class What { no_language, no_value, too_long, no_title } what = What::no_value;
  std::string channel;   ///< "": all
  std::string lang;
  std::string part;      ///< "title", "body", "short"
  std::string detail;    ///< the slot's name, or "<have>/<most>"
  bool blocks = true;    ///< false: worth knowing, may be sent
};

struct Frame {
  city::Text sender;     ///< the city's name
  std::string link;      ///< the page of the message
  city::Text link_text, leave_text;
  bool emergency = false;
};

/// Every language that has a title and a body of its own; Japanese must be one.
Contents render(const Source& source, const Slots& slots, const Frame& frame);
std::vector<Finding> check(const Source& source, const Slots& slots, const std::vector<const ChannelDefinition*>& channels);

/// Characters as people count them for a limit: code points, variation selectors and combining marks not counted.
std::size_t characters(std::string_view text);

}  // namespace machiya::tell
