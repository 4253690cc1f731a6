#include "sense/subscriptions/v2_macros.h"

namespace machiya::sense {
namespace {
using tree::Value;

// The macro at the beginning of `text`: its name; and how long it is, 0 when there is none.
std::string_view macro_at(std::string_view text, std::size_t& length) {
  length = 0;
  if (!text.starts_with("${")) return {};
  const std::size_t end = text.find('}');
  if (end == std::string_view::npos) return {};
  length = end + 1;
  return text.substr(2, end - 2);
}

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

}  // namespace

const Value* MacroValues::find(std::string_view name, Value& room) const {
  if (const Value* value = entity.find(name)) return value;
  if (name == "service") return room = Value::string(service), &room;
  if (name == "servicePath") return room = Value::string(path), &room;
  return nullptr;
}

std::string substitute(std::string_view text, const MacroValues& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    const std::string_view name = macro_at(text.substr(at), length);
    if (length == 0) {
      out += text[at++];
      continue;
    }
    Value room;
    if (const Value* value = values.find(name, room)) out += value->is_string() ? std::string(value->text()) : tree::to_text(*value);
    at += length;
  }
  return out;
}

Value substitute(const Value& json, const MacroValues& values, tree::Arena& arena) {
  if (json.is_array()) {
    std::vector<Value> out;
    for (const Value& item : json.items()) out.push_back(substitute(item, values, arena));
    return arena.array(out);
  }
  if (json.is_object()) {
    std::vector<tree::Member> out;
    for (const tree::Member& m : json.members()) out.push_back({m.key, substitute(m.value, values, arena)});
    return arena.object(out);
  }
  if (!json.is_string()) return json;
  std::size_t length = 0;
  const std::string_view name = macro_at(json.text(), length);
  if (length == 0 || length != json.text().size()) return arena.string(substitute(json.text(), values));
  Value room;
  const Value* value = values.find(name, room);
  return value != nullptr ? arena.copy(*value) : Value::null();
}

std::string percent_decoded_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1, low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low), i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace machiya::sense
