#include "ask/interview/texts.h"

namespace machiya::interview {

Texts::Texts(const json::Value& value) {
  if (value.is_string() && !value.as_string().empty()) by_language_.emplace_back("ja", value.as_string());
  if (!value.is_object()) return;
  for (const auto& [lang, text] : value.members())
    if (text.is_string() && !text.as_string().empty()) by_language_.emplace_back(lang, text.as_string());
}

const std::string* Texts::find(std::string_view lang) const {
  for (const auto& [key, text] : by_language_)
    if (key == lang) return &text;
  return nullptr;
}

const std::string& Texts::in(std::string_view lang) const {
  static const std::string nothing;
  if (const auto* text = find(lang)) return *text;
  if (lang != "ja" && lang != "ja-easy")
    if (const auto* text = find("en")) return *text;
  if (const auto* text = find("ja")) return *text;
  return by_language_.empty() ? nothing : by_language_.front().second;
}

}  // namespace machiya::interview
