#include <algorithm>
#include <cstdint>

#include "sense/tree/text_out.h"

namespace machiya::tree {
namespace {

// Is there one of eight bytes that must not stand in a JSON text as it is: below 0x20, the quote, the backslash?
bool escapes(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101, kHigh = kOnes * 0x80;
  const auto below = [](std::uint64_t v, std::uint64_t n) { return (v - kOnes * n) & ~v & kHigh; };
  return (below(eight, 0x20) | below(eight ^ kOnes * '"', 1) | below(eight ^ kOnes * '\\', 1)) != 0;
}

// How many bytes from `from` on stand as they are.
std::size_t plain(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (std::uint64_t eight; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (escapes(eight)) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != '"' && text[at] != '\\') ++at;
  return at - from;
}

template <class Out> void escape(char c, Out& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '\\';
  switch (c) {
    case '"': case '\\': out += c; break;
    case '\n': out += 'n'; break;
    case '\r': out += 'r'; break;
    case '\t': out += 't'; break;
    default: out += std::string_view("u00"), out += kHex[static_cast<unsigned char>(c) >> 4], out += kHex[c & 15];
  }
}

template <class Out> void put_string(std::string_view text, Out& out) {
  out += '"';
  for (std::size_t at = 0;;) {
    const std::size_t n = plain(text, at);
    out += text.substr(at, n);
    at += n;
    if (at == text.size()) break;
    escape(text[at++], out);
  }
  out += '"';
}

template <class Out> void put(const Value& value, Out& out) {
  switch (value.kind) {
    case Kind::null: out += std::string_view("null"); break;
    case Kind::boolean: out += value.truth ? std::string_view("true") : std::string_view("false"); break;
    case Kind::number: out += value.text(); break;
    case Kind::string: put_string(value.text(), out); break;
    case Kind::array: {
      char before = '[';
      for (const Value& item : value.items()) out += before, put(item, out), before = ',';
      out += value.count == 0 ? std::string_view("[]") : std::string_view("]");
      break;
    }
    case Kind::object: {
      char before = '{';
      for (const Member& m : value.members()) out += before, put_string(m.key, out), out += ':', put(m.value, out), before = ',';
      out += value.count == 0 ? std::string_view("{}") : std::string_view("}");
      break;
    }
  }
}

}  // namespace

void TextOut::grow(std::size_t n) {
  room_ = std::max(room_ * 2, size_ + n);
  auto larger = std::make_unique_for_overwrite<char[]>(room_);
  std::memcpy(larger.get(), chars_.get(), size_);
  chars_ = std::move(larger);
}

void write_string(std::string_view text, std::string& out) { put_string(text, out); }
void write_string(std::string_view text, TextOut& out) { put_string(text, out); }
void write(const Value& value, std::string& out) { put(value, out); }
void write(const Value& value, TextOut& out) { put(value, out); }

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
