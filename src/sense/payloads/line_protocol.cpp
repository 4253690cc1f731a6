#include "sense/payloads/line_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace machiya::sense::payloads {
namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

constexpr std::array<double, 23> kTen{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

bool Precision::parse(std::string_view name, Precision& out) {
  if (name.empty() || name == "ns" || name == "n") return out = {0}, true;
  if (name == "us" || name == "u" || name == "µ") return out = {1}, true;
  if (name == "ms") return out = {1'000}, true;
  if (name == "s") return out = {1'000'000}, true;
  if (name == "m") return out = {60'000'000}, true;
  if (name == "h") return out = {3'600'000'000}, true;
  return false;
}

bool parse_number(std::string_view text, double& out) {
  const char *p = text.data(), *end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  // Up to 15 digits and a power of ten that a double holds exactly: one division rounds once, so the result is the nearest.
  std::uint64_t digits = 0;
  int count = 0, decimals = 0;
  const char* q = p;
  for (; q != end && is_digit(*q) && count < 16; ++q, ++count) digits = digits * 10 + static_cast<std::uint64_t>(*q - '0');
  if (q != end && *q == '.' && count < 16)
    for (++q; q != end && is_digit(*q) && count < 16; ++q, ++count, ++decimals) digits = digits * 10 + static_cast<std::uint64_t>(*q - '0');
  if (q == end && count > 0 && count <= 15) {
    const double v = decimals == 0 ? static_cast<double>(digits) : static_cast<double>(digits) / kTen[static_cast<std::size_t>(decimals)];
    return out = negative ? -v : v, true;
  }
  if (p == end || !(is_digit(*p) || *p == '.')) return false;   // "inf" and "nan" are no numbers here
  const auto [stop, failed] = std::from_chars(p, end, out);
  if (stop != end || (failed != std::errc() && failed != std::errc::result_out_of_range)) return false;
  if (failed == std::errc::result_out_of_range) out = std::strtod(std::string(p, end).c_str(), nullptr);   // too small is 0, too large is refused
  if (!std::isfinite(out)) return false;
  if (negative) out = -out;
  return true;
}

LineReader::Got LineReader::next() {
  for (;;) {
    number_ += 1 + lines_passed_;
    lines_passed_ = 0;
    if (at_ == end_) return Got::end;
    while (at_ != end_ && *at_ == ' ') ++at_;
    const bool skipped = line_ends() || *at_ == '#';
    const bool good = skipped || read_line();
    while (at_ != end_ && *at_ != '\n') ++at_;
    if (at_ != end_) ++at_;
    if (!skipped) return good ? Got::line : Got::error;
  }
}

bool LineReader::read_line() {
  line.number = number_;
  line.tags_in_order = true;
  line.tags = {};
  line.time_us = Line::kNoTime;
  return read_measurement() && read_tags() && read_fields() && read_time();
}

bool LineReader::read_measurement() {
  const char* start = at_;
  for (; at_ != end_; ++at_) {
    const char c = *at_;
    if (c == ',' || c == ' ' || c == '\n') break;
    if (c == '\\' && at_ + 1 != end_ && at_[1] != '\n') ++at_;
  }
  line.measurement = {start, static_cast<std::size_t>(at_ - start)};
  if (line.measurement.empty()) return wrong("the measurement is missing");
  return true;
}

bool LineReader::read_tags() {
  if (at_ == end_ || *at_ != ',') return true;
  const char* start = ++at_;
  std::string_view before;
  for (;;) {
    const char* key = at_;
    for (; at_ != end_ && *at_ != '='; ++at_) {
      if (*at_ == ',' || *at_ == ' ' || *at_ == '\n') return wrong("a tag has no value");
      if (*at_ == '\\' && at_ + 1 != end_ && at_[1] != '\n') ++at_;
    }
    const std::string_view name(key, static_cast<std::size_t>(at_ - key));
    if (name.empty() || at_ == end_) return wrong(name.empty() ? "a tag has no name" : "a tag has no value");
    if (name <= before) line.tags_in_order = false;
    before = name;
    const char* value = ++at_;
    for (; at_ != end_ && *at_ != ',' && *at_ != ' ' && *at_ != '\n'; ++at_) {
      if (*at_ == '=') return wrong("a tag's value has a = without a backslash");
      if (*at_ == '\\' && at_ + 1 != end_ && at_[1] != '\n') ++at_;
    }
    if (at_ == value) return wrong("a tag has no value");
    if (at_ == end_ || *at_ != ',') break;
    ++at_;
  }
  line.tags = {start, static_cast<std::size_t>(at_ - start)};
  return true;
}

bool LineReader::read_fields() {
  if (at_ == end_ || *at_ != ' ') return wrong("the fields are missing");
  while (at_ != end_ && *at_ == ' ') ++at_;
  fields_.clear();
  for (;;) {
    Field& field = fields_.emplace_back();
    if (!read_field(field)) return false;
    if (at_ == end_ || *at_ != ',') break;
    ++at_;
  }
  line.fields = fields_;
  return true;
}

bool LineReader::read_field(Field& field) {
  const char* key = at_;
  for (; at_ != end_ && *at_ != '='; ++at_) {
    if (*at_ == ',' || *at_ == ' ' || *at_ == '\n') return wrong(at_ == key ? "a field has no name" : "a field has no value");
    if (*at_ == '\\' && at_ + 1 != end_ && at_[1] != '\n') ++at_;
  }
  field.key = {key, static_cast<std::size_t>(at_ - key)};
  if (field.key.empty()) return wrong("a field has no name");
  if (at_ == end_) return wrong("a field has no value");
  ++at_;
  return at_ != end_ && *at_ == '"' ? read_text(field) : read_value(field);
}

bool LineReader::read_text(Field& field) {
  const char* start = ++at_;
  std::size_t feeds = 0;
  for (; at_ != end_ && *at_ != '"'; ++at_) {
    if (*at_ == '\\' && at_ + 1 != end_) ++at_;
    feeds += *at_ == '\n';
  }
  if (at_ == end_) {
    at_ = start;   // the quote opens nothing: the lines behind it are lines. No later quote can run to the end again: it would have closed this one
    return wrong("a text has no closing quote");
  }
  lines_passed_ += feeds;
  field.kind = FieldKind::text;
  field.text = {start, static_cast<std::size_t>(at_ - start)};
  ++at_;
  if (at_ != end_ && *at_ != ',' && *at_ != ' ' && !line_ends()) return wrong("something follows a text");
  return true;
}

bool LineReader::read_value(Field& field) {
  const char* start = at_;
  while (at_ != end_ && *at_ != ',' && *at_ != ' ' && !line_ends()) ++at_;
  const std::string_view text(start, static_cast<std::size_t>(at_ - start));
  if (text.empty()) return wrong("a field has no value");
  field.kind = FieldKind::real;
  if (parse_number(text, field.number)) return true;
  const std::string_view digits = text.substr(0, text.size() - 1);
  const char* last = digits.data() + digits.size();
  if (text.back() == 'i') {
    const auto [stop, failed] = std::from_chars(digits.data(), last, field.integer);
    if (failed != std::errc() || stop != last) return wrong("an integer cannot be read");
    field.kind = FieldKind::integer, field.number = static_cast<double>(field.integer);
    return true;
  }
  if (text.back() == 'u') {
    std::uint64_t v = 0;
    const auto [stop, failed] = std::from_chars(digits.data(), last, v);
    if (failed != std::errc() || stop != last) return wrong("an unsigned integer cannot be read");
    field.kind = FieldKind::unsigned_integer, field.integer = static_cast<std::int64_t>(v), field.number = static_cast<double>(v);
    return true;
  }
  const bool yes = text == "t" || text == "T" || text == "true" || text == "True" || text == "TRUE";
  const bool no = text == "f" || text == "F" || text == "false" || text == "False" || text == "FALSE";
  if (!yes && !no) return wrong("a value is neither number nor truth nor quoted text");
  field.kind = FieldKind::boolean, field.number = yes ? 1 : 0;
  return true;
}

bool LineReader::read_time() {
  while (at_ != end_ && *at_ == ' ') ++at_;
  if (line_ends()) return true;
  const char* start = at_;
  while (at_ != end_ && *at_ != ' ' && !line_ends()) ++at_;
  const char* stop = at_;
  while (at_ != end_ && *at_ == ' ') ++at_;
  if (!line_ends()) return wrong("something follows the time");
  std::int64_t units = 0;
  const auto [read, failed] = std::from_chars(start, stop, units);
  if (failed != std::errc() || read != stop) return wrong("the time is no integer");
  if (precision_.us_per_unit == 0) line.time_us = floor_div(units, 1'000);
  else if (__builtin_mul_overflow(units, precision_.us_per_unit, &line.time_us)) return wrong("the time is out of range");
  if (line.time_us == Line::kNoTime) return wrong("the time is out of range");
  return true;
}

void unescape(std::string_view written, std::string& out) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    const bool escape = written[i] == '\\' && i + 1 < written.size() && (written[i + 1] == ',' || written[i + 1] == '=' || written[i + 1] == ' ');
    out.push_back(written[escape ? ++i : i]);
  }
}

void unescape_text(std::string_view written, std::string& out) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    const bool escape = written[i] == '\\' && i + 1 < written.size() && (written[i + 1] == '"' || written[i + 1] == '\\');
    out.push_back(written[escape ? ++i : i]);
  }
}

void put_in_order(std::string_view tags, std::string& out) {
  std::vector<std::pair<std::string_view, std::string_view>> list;   // key, whole tag
  for (std::size_t from = 0, at = 0, key = std::string_view::npos; at <= tags.size(); ++at) {
    if (at < tags.size() && tags[at] == '\\') {
      ++at;
      continue;
    }
    if (at < tags.size() && tags[at] == '=') key = at;
    if (at < tags.size() && tags[at] != ',') continue;
    if (at > from) list.emplace_back(tags.substr(from, std::min(key, at) - from), tags.substr(from, at - from));
    from = at + 1, key = std::string_view::npos;
  }
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out.push_back(',');
    out += list[i].second;
  }
}

}  // namespace machiya::sense::payloads
