#include "tell/line/line_message.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "tell/channel/alarm_words.h"
#include "tell/channel/characters.h"

namespace machiya::tell {
namespace {
using json::Value;

constexpr std::size_t kMostParagraphs = 40;
constexpr std::size_t kMostSender = 100;
constexpr std::size_t kMostLeave = 300;
constexpr std::size_t kMostLinkLine = 100;   // what stands above an address in plain text
// White on both: contrast 8.6:1 and 9.4:1 (WCAG 2.2 §1.4.6 asks for 7).
constexpr const char* kAlarmColor = "#9B0000";
constexpr const char* kCityColor = "#00468B";
constexpr const char* kWhite = "#FFFFFF";
constexpr const char* kQuietColor = "#555555";

/// What a button says when the message does not.
std::string_view more_word(std::string_view lang) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords = {
      {{"ja", "詳しく見る"}, {"ja-easy", "もっと よむ"}, {"en", "Read more"}, {"zh-Hans", "查看详情"}, {"ko", "자세히 보기"}, {"vi", "Xem thêm"}}};
  const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const auto& one) { return one.first == lang; });
  return found == kWords.end() ? kWords[0].second : found->second;
}

bool as_text(const Content& content, LineForm form) { return form == LineForm::text || (form == LineForm::fitting && content.lang == "ja-easy"); }
std::string mark(const Content& content) { return content.emergency ? "【" + std::string(alarm_word(content.lang)) + "】" : std::string(); }
std::string title_of(const Content& content) { return fitted_utf16(trim(content.title), kMostLineTitle); }
std::string body_of(const Content& content) { return fitted_utf16(trim(content.body), kMostLineBody); }

/// Cut at empty lines; what is beyond kMostParagraphs stays one.
std::vector<std::string> paragraphs(const std::string& body) {
  std::vector<std::string> out;
  bool open = false;
  for (const std::string_view line : split(body, '\n')) {
    if (trim(line).empty()) {
      open = false;
      continue;
    }
    if (!open && out.size() < kMostParagraphs) out.emplace_back();
    else out.back() += '\n';
    out.back() += line;
    open = true;
  }
  return out;
}

Value text(std::string words, std::initializer_list<Value::Member> more = {}) {
  Value out = Value::object({{"type", "text"}, {"text", std::move(words)}, {"wrap", true}});
  for (const auto& [name, value] : more) out.set(name, value);
  return out;
}
Value box(Value contents, std::initializer_list<Value::Member> more = {}) {
  Value out = Value::object({{"type", "box"}, {"layout", "vertical"}, {"contents", std::move(contents)}});
  for (const auto& [name, value] : more) out.set(name, value);
  return out;
}

Value header(const Content& content) {
  Value rows = Value::array();
  if (content.emergency) rows.push(text("⚠ " + std::string(alarm_word(content.lang)), {{"weight", "bold"}, {"size", "xl"}, {"color", kWhite}}));
  const char* color = content.emergency ? kWhite : "#111111";
  if (!trim(content.sender).empty()) rows.push(text(fitted_utf16(trim(content.sender), kMostSender), {{"size", "sm"}, {"color", content.emergency ? kWhite : kQuietColor}}));
  rows.push(text(title_of(content), {{"weight", "bold"}, {"size", "lg"}, {"color", color}}));
  Value out = box(std::move(rows), {{"spacing", "sm"}});
  if (content.emergency) out.set("backgroundColor", kAlarmColor);
  return out;
}

Value footer(const Content& content, std::string_view leave) {
  Value rows = Value::array();
  if (const std::string uri = line_uri(content.link); !uri.empty()) {
    const std::string_view label = trim(content.link_text).empty() ? more_word(content.lang) : trim(content.link_text);
    rows.push(Value::object({{"type", "button"}, {"style", "primary"}, {"color", content.emergency ? kAlarmColor : kCityColor},
                             {"action", Value::object({{"type", "uri"}, {"label", fitted_utf16(label, kMostLineLabel)}, {"uri", uri}})}}));
  }
  if (!trim(content.leave_text).empty()) {
    Value why = text(fitted_utf16(trim(content.leave_text), kMostLeave), {{"size", "xs"}, {"color", kQuietColor}});
    if (const std::string uri = line_uri(leave); !uri.empty()) {
      why.set("decoration", "underline");
      why.set("action", Value::object({{"type", "uri"}, {"uri", uri}}));
    }
    rows.push(std::move(why));
  }
  return rows;
}

Value flex(const Content& content, std::string_view leave) {
  Value bubble = Value::object({{"type", "bubble"}, {"size", "mega"}, {"header", header(content)}});
  Value rows = Value::array();
  for (std::string& paragraph : paragraphs(body_of(content))) rows.push(text(std::move(paragraph), {{"size", "md"}, {"color", "#111111"}}));
  if (rows.size() > 0) {
    Value body = box(std::move(rows), {{"spacing", "lg"}});
    if (content.emergency) {
      body.set("borderWidth", "bold");
      body.set("borderColor", kAlarmColor);
    }
    bubble.set("body", std::move(body));
  }
  if (Value rows_below = footer(content, leave); rows_below.size() > 0) bubble.set("footer", box(std::move(rows_below), {{"spacing", "md"}}));
  return Value::object({{"type", "flex"}, {"altText", line_alt_text(content)}, {"contents", std::move(bubble)}});
}

Value plain(const Content& content, std::string_view leave) {
  std::string below;
  if (const std::string uri = line_uri(content.link); !uri.empty()) {
    const std::string_view label = trim(content.link_text).empty() ? more_word(content.lang) : trim(content.link_text);
    below += "\n\n" + fitted_utf16(label, kMostLinkLine) + "\n" + uri;
  }
  if (!trim(content.leave_text).empty()) {
    below += "\n\n" + fitted_utf16(trim(content.leave_text), kMostLeave);
    if (const std::string uri = line_uri(leave); !uri.empty()) below += "\n" + uri;
  }
  std::string out = (content.emergency ? "⚠ " : "") + mark(content) + title_of(content);
  if (const std::string body = body_of(content); !body.empty()) out += "\n\n" + body;
  return Value::object({{"type", "text"}, {"text", fitted_utf16(out, kMostLineText - utf16_units(below)) + below}});
}
}  // namespace

json::Value line_message(const Content& content, std::string_view leave, LineForm form) {
  return as_text(content, form) ? plain(content, leave) : flex(content, leave);
}

std::vector<std::string> line_faults(const Content& content, LineForm form) {
  std::vector<std::string> out;
  for (const std::string* one : {&content.title, &content.body, &content.link_text, &content.sender, &content.leave_text})
    if (!is_utf8(*one)) return {"text"};
  if (trim(content.title).empty()) return {"text"};
  if (utf16_units(trim(content.title)) > kMostLineTitle) out.push_back("title");
  if (utf16_units(trim(content.body)) > kMostLineBody) out.push_back("body");
  if (!content.link.empty() && line_uri(content.link).empty()) out.push_back("link");
  if (!as_text(content, form) && utf16_units(trim(content.link_text)) > kMostLineLabel) out.push_back("link_text");
  return out;
}

std::string line_alt_text(const Content& content) {
  std::string out = mark(content) + title_of(content);
  for (const std::string& paragraph : paragraphs(body_of(content))) out += " " + paragraph;
  std::replace(out.begin(), out.end(), '\n', ' ');
  return fitted_utf16(out, kMostLineAlt);
}

std::string line_uri(std::string_view link) {
  static constexpr std::string_view kNever = " \"<>\\^`{|}";
  static constexpr char kHex[] = "0123456789ABCDEF";
  const bool known = starts_with(link, "https://") || starts_with(link, "http://") || starts_with(link, "line://") || starts_with(link, "tel:");
  if (!known || !is_utf8(link)) return {};
  std::string out;
  for (const char c : link) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || kNever.find(c) != std::string_view::npos) return {};
    if (byte < 0x80) out += c;
    else out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return out.size() <= kMostLineUri ? out : std::string();
}

bool is_line_user(std::string_view id) {
  return id.size() == 33 && id[0] == 'U' && std::all_of(id.begin() + 1, id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace machiya::tell
