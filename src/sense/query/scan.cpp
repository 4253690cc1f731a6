#include "sense/query/scan.h"

#include <unicode/uchar.h>

#include "base/text.h"
#include "sense/tree/tree.h"

namespace machiya::sense::detail {
namespace {

constexpr std::string_view kNotInIris = " \"<>{}|\\^`";   // RFC 3987, and Turtle's IRIREF
constexpr std::string_view kIriEnds = "=!<>~;|(){}[], \"";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Length of letter *( letter / number / "_" ) at `from`.
std::size_t plain_name(std::string_view text, std::size_t from) {
  std::size_t at = from;
  if (at >= text.size() || !is_letter(next_code_point(text, at))) return 0;
  while (at < text.size()) {
    std::size_t after = at;
    const char32_t c = next_code_point(text, after);
    if (c != '_' && !is_letter(c) && !is_number(c)) break;
    at = after;
  }
  return at - from;
}

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

bool is_bracketed(std::string_view inside) {
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const char c = inside[i];
    if (c == '\\') {
      if (inside.substr(i + 1, 3) != "u00" || i + 5 >= inside.size() || !is_hex(inside[i + 4]) || !is_hex(inside[i + 5])) return false;
      i += 5;
    } else if (static_cast<unsigned char>(c) < 0x20 || kNotInIris.find(c) != std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c != 0xfffd && (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_L_MASK) != 0;
}

bool is_number(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_N_MASK) != 0;
}

bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const std::size_t whole = i;
  if (!digits() || (text[whole] == '0' && i - whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

Error Scan::fail_at(std::size_t where, std::string_view what) const {
  const std::size_t column = count_code_points(text.substr(0, where)) + 1;
  std::string detail(parameter_);
  detail += ", column " + std::to_string(column) + ": ";
  return Error(ErrorCode::malformed_request, detail.append(what), std::string(parameter_) + ":" + std::to_string(column));
}

Error Scan::too_much(std::string_view what) const { return Error(ErrorCode::limit_exceeded, fail(what).detail, std::string(parameter_)); }

std::string_view Scan::name(bool prefix) {
  const std::size_t from = at;
  if (peek() == '<') {
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos || end == at + 1 || !is_bracketed(text.substr(at + 1, end - at - 1))) return {};
    at = end + 1;
    return since(from);
  }
  if (starts("http://") || starts("https://") || starts("urn:")) {
    at = std::min(text.find_first_of(kIriEnds, at), text.size());
    return since(from);
  }
  at += plain_name(text, at);
  if (at > from && prefix && peek() == ':') {
    if (const std::size_t rest = plain_name(text, at + 1)) at += 1 + rest;
  }
  return since(from);
}

Result<std::string> Scan::quoted() {
  const std::size_t from = at;
  for (++at; !done() && peek() != '"'; ++at) {
    if (peek() == '\\') ++at;
  }
  if (done()) return fail_at(from, "the quote is not closed");
  ++at;
  tree::Arena arena(256);
  const auto value = tree::parse(since(from), arena);
  if (!value) return fail_at(from, "the text in quotes is no JSON string");
  return std::string(value->text());
}

std::string expanded(std::string_view name, const NameExpander& expand) {
  if (name.starts_with('<')) return unbracketed(name);
  if (!expand) return std::string(name);
  std::string iri = expand(name);
  return iri.empty() ? std::string(name) : iri;
}

std::string bracketed(std::string_view iri) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "<";
  for (const char c : iri) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && kNotInIris.find(c) == std::string_view::npos) {
      out += c;
    } else {
      out.append("\\u00") += kHex[byte >> 4], out += kHex[byte & 15];
    }
  }
  return out += '>';
}

std::string unbracketed(std::string_view name) {
  const auto value = [](char c) { return is_digit(c) ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    if (name[i] == '\\') {
      out += static_cast<char>(value(name[i + 4]) * 16 + value(name[i + 5])), i += 5;
    } else {
      out += name[i];
    }
  }
  return out;
}

}  // namespace machiya::sense::detail
