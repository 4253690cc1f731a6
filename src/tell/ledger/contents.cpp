#include "tell/ledger/contents.h"

#include "base/json.h"

namespace machiya::tell {
namespace {
/// Each piece of the text: literal, or the name of a value.
template <class Each>
bool walk(std::string_view text, const Each& each) {
  while (!text.empty()) {
    const std::size_t open = text.find(kOwnValue), close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return each(text, std::string_view());
    const std::string_view name = text.substr(open + kOwnValue.size(), close - open - kOwnValue.size());
    if (!each(text.substr(0, open), name)) return false;
    text.remove_prefix(close + 1);
  }
  return true;
}

bool fill_own(std::string& text, const OwnValues& values) {
  if (text.find(kOwnValue) == std::string::npos) return true;
  std::string out;
  const bool whole = walk(text, [&](std::string_view literal, std::string_view name) {
    out += literal;
    if (name.empty()) return true;
    const auto found = values.find(name);
    if (found == values.end() || found->second.empty()) return false;
    out += found->second;
    return true;
  });
  if (whole) text = std::move(out);
  return whole;
}
}  // namespace

bool has_own(const Content& content) {
  for (const std::string* one : {&content.title, &content.body, &content.short_text})
    if (one->find(kOwnValue) != std::string::npos) return true;
  return false;
}

std::optional<Content> with_own(const Content& content, const OwnValues& values) {
  Content out = content;
  for (std::string* one : {&out.title, &out.body, &out.short_text})
    if (!fill_own(*one, values)) return {};
  return out;
}

std::string without_own(std::string_view text, std::string_view mark) {
  std::string out;
  walk(text, [&](std::string_view literal, std::string_view name) {
    out += literal;
    if (!name.empty()) out += mark.empty() ? "{" + std::string(name) + "}" : std::string(mark);
    return true;
  });
  return out;
}

std::string to_json(const Contents& contents) {
  json::Value out = json::Value::object();
  for (const auto& [lang, c] : contents)
    out.set(lang, json::Value::object({{"title", c.title}, {"body", c.body}, {"short", c.short_text}, {"link", c.link}, {"link_text", c.link_text},
                                       {"sender", c.sender}, {"leave_text", c.leave_text}, {"emergency", c.emergency}}));
  return json::to_canonical(out);
}

Result<Contents> contents_in(std::string_view text) {
  MACHIYA_TRY(const json::Value value, json::parse(text));
  Contents out;
  for (const auto& [lang, c] : value.members()) {
    Content& content = out[lang];
    content.lang = lang;
    content.title = c.text("title"), content.body = c.text("body"), content.short_text = c.text("short");
    content.link = c.text("link"), content.link_text = c.text("link_text");
    content.sender = c.text("sender"), content.leave_text = c.text("leave_text");
    content.emergency = c["emergency"].as_bool();
  }
  return out;
}

const Content* for_language(const Contents& contents, std::string_view lang) {
  for (const std::string_view one : {lang, lang == "ja-easy" ? std::string_view("ja") : std::string_view("en"), std::string_view("ja")})
    if (const auto found = contents.find(std::string(one)); found != contents.end()) return &found->second;
  return contents.empty() ? nullptr : &contents.begin()->second;
}

}  // namespace machiya::tell
