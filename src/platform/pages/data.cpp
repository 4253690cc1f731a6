#include <array>

#include "base/json.h"
#include "platform/pages/html.h"
#include "platform/pages/pages.h"

namespace machiya::pages {

void append_escaped(std::string_view text, std::string& out) {
  static constexpr auto kSpecial = [] {
    std::array<bool, 256> table{};
    for (unsigned char c : {'&', '<', '>', '"', '\''}) table[c] = true;
    return table;
  }();
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!kSpecial[static_cast<unsigned char>(text[i])]) continue;
    std::string_view entity;
    switch (text[i]) {
      case '&': entity = "&amp;"; break;
      case '<': entity = "&lt;"; break;
      case '>': entity = "&gt;"; break;
      case '"': entity = "&quot;"; break;
      case '\'': entity = "&#39;"; break;
      default: continue;
    }
    out.append(text.data() + from, i - from);
    out += entity;
    from = i + 1;
  }
  out.append(text.data() + from, text.size() - from);
}

void append_quoted_markup(std::string_view markup, std::string& out) {
  for (char c : markup) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\'') out += "&#39;";
    else out += c;
  }
}

bool is_safe_url(std::string_view url) {
  // Browsers drop leading control characters and tabs and line ends anywhere before they look for the scheme.
  std::string scheme;
  for (char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20) continue;
    if (c == ':') return scheme == "http" || scheme == "https" || scheme == "mailto" || scheme == "tel";
    if (c == '/' || c == '?' || c == '#') return true;
    scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return true;
}

SafeHtml escape(std::string_view text) {
  SafeHtml out;
  out.html.reserve(text.size() + text.size() / 8);
  append_escaped(text, out.html);
  return out;
}

Data& Data::set(std::string key, Data value) & {
  if (std::holds_alternative<std::monostate>(v_)) v_ = Map{};
  auto& map = std::get<Map>(v_);
  for (auto& [name, old] : map) {
    if (name == key) {
      old = std::move(value);
      return *this;
    }
  }
  map.emplace_back(std::move(key), std::move(value));
  return *this;
}

Data& Data::push(Data value) & {
  if (std::holds_alternative<std::monostate>(v_)) v_ = List{};
  std::get<List>(v_).push_back(std::move(value));
  return *this;
}

const Data* Data::find(std::string_view key) const {
  const Map* map = std::get_if<Map>(&v_);
  if (map == nullptr) return nullptr;
  for (const auto& [name, value] : *map)
    if (name == key) return &value;
  return nullptr;
}

Data from_json(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::null: return {};
    case json::Kind::boolean: return Data(value.as_bool());
    case json::Kind::string: return Data(value.as_string());
    case json::Kind::integer:
    case json::Kind::decimal: return Data(value.number_text());
    case json::Kind::array: {
      Data::List list;
      for (const json::Value& item : value.items()) list.push_back(from_json(item));
      return Data(std::move(list));
    }
    case json::Kind::object: {
      Data::Map map;
      for (const auto& [key, item] : value.members()) map.emplace_back(key, from_json(item));
      return Data(std::move(map));
    }
  }
  return {};
}

}  // namespace machiya::pages
