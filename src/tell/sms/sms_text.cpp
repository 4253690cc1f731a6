#include "tell/sms/sms_text.h"

#include "base/text.h"
#include "tell/channel/alarm_words.h"
#include "tell/channel/characters.h"

namespace machiya::tell {
namespace {
// 3GPP TS 23.038 §6.2.1 without ASCII's own, which stand in is_gsm(); the extension table is §6.2.1.1.
constexpr std::u32string_view kGsmBeyondAscii = U"£¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
constexpr std::u32string_view kGsmExtension = U"\f^{}\\[~]|€";
constexpr std::size_t kMostLink = 300;
constexpr std::size_t kMostSender = 30;

bool is_gsm(char32_t c) {
  if (c == '\n' || c == '\r') return true;
  if (c >= 0x20 && c < 0x7f) return c != '`' && kGsmExtension.find(c) == std::u32string_view::npos;
  return kGsmBeyondAscii.find(c) != std::u32string_view::npos;
}

/// Characters of one or two units into segments of `room`, none cut in two.
int segments_of(const std::vector<int>& sizes, int room) {
  int segments = sizes.empty() ? 0 : 1, used = 0;
  for (const int size : sizes) {
    if (used + size > room) ++segments, used = 0;
    used += size;
  }
  return segments;
}

std::string_view words_of(const Content& content) { return trim(content.short_text).empty() ? trim(content.title) : trim(content.short_text); }
/// An SMS shows an address as it stands: only what telephones make a link of.
bool is_link(std::string_view link) {
  if (!(starts_with(link, "https://") || starts_with(link, "http://")) || link.size() > kMostLink) return false;
  for (const char c : link)
    if (c <= ' ' || c >= 0x7f) return false;
  return true;
}
std::string mark_of(const Content& content) { return content.emergency ? "【" + std::string(alarm_word(content.lang)) + "】" : std::string(); }
std::string below(const Content& content) {
  std::string out;
  if (is_link(content.link)) out += "\n" + content.link;
  if (!trim(content.sender).empty()) out += "\n" + fitted_utf16(trim(content.sender), kMostSender);
  return out;
}
}  // namespace

SmsLength sms_length(std::string_view text) {
  SmsLength out;
  std::vector<int> gsm, wide;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    const bool extended = kGsmExtension.find(c) != std::u32string_view::npos;
    out.gsm = out.gsm && (extended || is_gsm(c));
    gsm.push_back(extended ? 2 : 1);
    wide.push_back(c > 0xffff ? 2 : 1);
  }
  const std::vector<int>& sizes = out.gsm ? gsm : wide;
  for (const int size : sizes) out.units += static_cast<std::size_t>(size);
  const std::size_t single = out.gsm ? 160 : 70;
  out.segments = out.units <= single ? (out.units > 0 ? 1 : 0) : segments_of(sizes, out.gsm ? 153 : 67);
  return out;
}

std::string sms_text(const Content& content) {
  const std::string end = below(content);
  return fitted_utf16(mark_of(content) + std::string(words_of(content)), kMostSmsUnits - utf16_units(end)) + end;
}

std::vector<std::string> sms_faults(const Content& content) {
  for (const std::string* one : {&content.title, &content.short_text, &content.sender, &content.link})
    if (!is_utf8(*one)) return {"text"};
  if (words_of(content).empty()) return {"text"};
  std::vector<std::string> out;
  if (utf16_units(mark_of(content)) + utf16_units(words_of(content)) + utf16_units(below(content)) > kMostSmsUnits) out.push_back(trim(content.short_text).empty() ? "title" : "short_text");
  if (!content.link.empty() && !is_link(content.link)) out.push_back("link");
  return out;
}

}  // namespace machiya::tell
