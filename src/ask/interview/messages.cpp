#include "ask/interview/messages.h"

#include <array>

namespace machiya::interview {
namespace {

constexpr int kLangs = 6;
int index_of(std::string_view lang) {
  constexpr std::array<std::string_view, kLangs> order = {"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"};
  for (int i = 0; i < kLangs; ++i)
    if (order[i] == lang) return i;
  return 0;
}

struct Row {
  std::string_view code;
  std::array<std::string_view, kLangs> text;
};
constexpr Row kMessages[] = {
#define MACHIYA_MESSAGE(id, code, ja, easy, en, zh, ko, vi) {code, {ja, easy, en, zh, ko, vi}},
#include "ask/interview/messages.def"
#undef MACHIYA_MESSAGE
};
struct Word {
  std::string_view key;
  std::array<std::string_view, kLangs> text;
};
constexpr Word kWords[] = {
#define MACHIYA_WORD(key, ja, easy, en, zh, ko, vi) {key, {ja, easy, en, zh, ko, vi}},
#include "ask/interview/words.def"
#undef MACHIYA_WORD
};

}  // namespace

std::string_view message_code(MessageCode code) { return kMessages[static_cast<std::size_t>(code)].code; }

std::string message_text(MessageCode code, std::string_view lang, const std::vector<std::pair<std::string, std::string>>& args) {
  std::string_view pattern = kMessages[static_cast<std::size_t>(code)].text[index_of(lang)];
  std::string out;
  out.reserve(pattern.size() + 32);
  for (std::size_t i = 0; i < pattern.size();) {
    if (pattern[i] == '{') {
      if (const auto end = pattern.find('}', i); end != std::string_view::npos) {
        const auto key = pattern.substr(i + 1, end - i - 1);
        for (const auto& [name, value] : args)
          if (name == key) {
            out += value;
            break;
          }
        i = end + 1;
        continue;
      }
    }
    out += pattern[i++];
  }
  return out;
}

std::string_view word(std::string_view key, std::string_view lang) {
  for (const auto& row : kWords)
    if (row.key == key) return row.text[index_of(lang)];
  return key;
}

}  // namespace machiya::interview
