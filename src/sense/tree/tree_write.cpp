#include "sense/tree/tree.h"

namespace machiya::tree {

void write_string(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, done, i - done);
    done = i + 1;
    out += '\\';
    switch (c) {
      case '"': case '\\': out += static_cast<char>(c); break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      case '\t': out += 't'; break;
      default: out += "u00", out += kHex[c >> 4], out += kHex[c & 15];
    }
  }
  out.append(text, done, text.size() - done);
  out += '"';
}

void write(const Value& value, std::string& out) {
  switch (value.kind) {
    case Kind::null: out += "null"; break;
    case Kind::boolean: out += value.truth ? "true" : "false"; break;
    case Kind::number: out += value.text(); break;
    case Kind::string: write_string(value.text(), out); break;
    case Kind::array: {
      char before = '[';
      for (const Value& item : value.items()) out += before, write(item, out), before = ',';
      out += value.count == 0 ? "[]" : "]";
      break;
    }
    case Kind::object: {
      char before = '{';
      for (const Member& m : value.members()) out += before, write_string(m.key, out), out += ':', write(m.value, out), before = ',';
      out += value.count == 0 ? "{}" : "}";
      break;
    }
  }
}

std::string to_text(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

std::string quoted(std::string_view text) {
  std::string out;
  write_string(text, out);
  return out;
}

std::string array_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    write_string(text, out);
  }
  return out + "]";
}

}  // namespace machiya::tree
