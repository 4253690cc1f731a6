#include "sense/query/literal.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "sense/entities/stamp.h"
#include "sense/query/scan.h"

namespace machiya::sense::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How much of `text` is the comma, digits and Z of a fraction of seconds (§4.6.3 allows the comma in requests).
std::size_t comma_fraction(std::string_view before, std::string_view text) {
  const auto shaped = [&](std::string_view shape) {
    if (before.size() < shape.size()) return false;
    const std::string_view tail = before.substr(before.size() - shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == '9' ? !is_digit(tail[i]) : tail[i] != shape[i]) return false;
    }
    return true;
  };
  if (!shaped("99:99:99") || text.empty() || text[0] != ',') return 0;
  std::size_t i = 1;
  while (i < text.size() && is_digit(text[i])) ++i;
  return i > 1 && i < text.size() && text[i] == 'Z' ? i + 1 : 0;
}

}  // namespace

Literal text_literal(std::string text) {
  Literal out;
  if (const auto us = parse_moment(text)) out.us = *us;
  out.text = std::move(text);
  return out;
}

bool is_ordered(const Literal& literal) { return literal.kind != Literal::Kind::truth && literal.kind != Literal::Kind::null; }

std::string_view bare_word(std::string_view text, bool ranges) {
  std::size_t end = 0;
  while (end < text.size()) {
    end = std::min(text.find_first_of(",;|)", end), text.size());
    const std::size_t more = comma_fraction(text.substr(0, end), text.substr(end));
    end += more;
    if (more == 0) break;
  }
  std::string_view word = text.substr(0, end);
  const std::size_t dots = ranges ? word.find("..") : std::string_view::npos;
  if (dots != std::string_view::npos && literal_of(word.substr(0, dots)).kind != Literal::Kind::text) word = word.substr(0, dots);
  return word;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto hex = [](char c) { return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  std::string out;
  bool any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2, any = true;
    } else {
      out += text[i];
    }
  }
  if (!any || !is_utf8(out)) return std::nullopt;
  return out;
}

std::optional<std::int64_t> instant_of(std::string_view text) {
  if (text.size() < 20 || !is_digit(text[0])) return std::nullopt;
  if (const auto stamp = parse_stamp(text)) return stamp->us;
  const auto instant = parse_rfc3339(text);
  return instant ? std::optional(instant->us) : std::nullopt;
}

std::optional<std::int64_t> day_of(std::string_view text) { return text.size() == 10 ? parse_moment(text) : std::nullopt; }

std::optional<std::int64_t> time_of_day(std::string_view text) {
  if (text.size() < 9 || !is_digit(text[0]) || text[2] != ':') return std::nullopt;
  const auto stamp = parse_stamp("1970-01-01T" + std::string(text));
  return stamp ? std::optional(stamp->us) : std::nullopt;
}

Literal literal_of(std::string_view text) {
  Literal out;
  out.text = text;
  if (text == "true" || text == "false") {
    out.kind = Literal::Kind::truth, out.truth = text == "true";
  } else if (text == "null") {
    out.kind = Literal::Kind::null;
  } else if (is_json_number(text)) {
    out.number = tree::Value::number(text).number();
    if (std::isfinite(out.number)) out.kind = Literal::Kind::number;   // "1e999" is a text, and refused as one without quotes
  } else if (const auto us = parse_stamp(text)) {
    out.kind = Literal::Kind::instant, out.us = us->us;
  } else if (const auto day = day_of(text)) {
    out.kind = Literal::Kind::date, out.us = *day;
  } else if (const auto time = time_of_day(text)) {
    out.kind = Literal::Kind::time, out.us = *time;
  }
  return out;
}

std::string literal_text(const Literal& literal) {
  std::string out;
  switch (literal.kind) {
    case Literal::Kind::text: tree::write_string(literal.text, out); break;
    case Literal::Kind::null: out = "null"; break;
    case Literal::Kind::truth: out = literal.truth ? "true" : "false"; break;
    case Literal::Kind::instant: out = stamp_text(literal.us); break;   // "…Z", whatever offset was written
    case Literal::Kind::number: {
      std::array<char, 32> buffer;
      out.assign(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), literal.number).ptr);
      break;
    }
    default: out = literal.text;
  }
  return out;
}

}  // namespace machiya::sense::detail
