#include "tell/ledger/contents.h"

#include "base/json.h"

namespace machiya::tell {

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
