#include "tell/channel/alarm_words.h"

#include <array>
#include <utility>

namespace machiya::tell {

std::string_view alarm_word(std::string_view lang) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords = {
      {{"ja", "緊急"}, {"ja-easy", "きんきゅう"}, {"en", "EMERGENCY"}, {"zh-Hans", "紧急"}, {"ko", "긴급"}, {"vi", "KHẨN CẤP"}}};
  for (const auto& [known, word] : kWords)
    if (known == lang) return word;
  return kWords[0].second;
}

}  // namespace machiya::tell
