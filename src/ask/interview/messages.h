// The interview's own messages in the six languages: a compact table, so that the same words come out of the server,
// a tablet without network and the API.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machiya::interview {

enum class MessageCode : std::uint8_t {
#define MACHIYA_MESSAGE(id, code, ja, easy, en, zh, ko, vi) id,
#include "ask/interview/messages.def"
#undef MACHIYA_MESSAGE
};

/// One thing wrong with an answer; `part` names the field within the answer ("" for the whole).
struct Problem {
  MessageCode code{};
  std::string part;
  std::vector<std::pair<std::string, std::string>> args;
};
/// The stable code for programs ("required", "range" …).
std::string_view message_code(MessageCode code);
/// The text in a language with {name} replaced; every language is complete.
std::string message_text(MessageCode code, std::string_view lang, const std::vector<std::pair<std::string, std::string>>& args = {});
/// A word of a form by key ("part.family"); the key itself when there is none.
std::string_view word(std::string_view key, std::string_view lang);

}  // namespace machiya::interview
