#include "platform/http/conditional.h"

#include "base/text.h"

namespace machiya::http {
namespace {
std::string_view opaque(std::string_view tag) {
  tag = trim(tag);
  if (starts_with(tag, "W/")) tag.remove_prefix(2);
  return tag;
}

std::optional<std::uint64_t> digits(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t v = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    v = v * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return v;
}

/// True when the range may be applied: no If-Range, or one that names exactly this representation.
bool if_range_holds(std::string_view condition, std::string_view etag, std::optional<Instant> modified) {
  condition = trim(condition);
  if (condition.empty()) return true;
  if (condition.front() == '"') return condition == etag;  // strong comparison: W/ never matches
  const auto date = parse_http_date(condition);
  return date && modified && date->us == modified->us / kSecond * kSecond;
}
}  // namespace

bool etag_listed(std::string_view list, std::string_view etag) {
  if (etag.empty()) return false;
  if (trim(list) == "*") return true;
  while (!list.empty()) {  // a tag may hold commas: walk by quotes
    const std::size_t open = list.find('"');
    if (open == std::string_view::npos) return false;
    const std::size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    if (list.substr(open, close - open + 1) == opaque(etag)) return true;
    list.remove_prefix(close + 1);
  }
  return false;
}

std::optional<Instant> parse_http_date(std::string_view text) {
  text = trim(text);
  if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',' || text[4] != ' ') return std::nullopt;
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = months.find(text.substr(8, 3));
  const auto day = digits(text.substr(5, 2)), year = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2)), minute = digits(text.substr(20, 2)), second = digits(text.substr(23, 2));
  if (month == std::string_view::npos || month % 3 || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto date = checked_date(static_cast<int>(*year), static_cast<int>(month / 3 + 1), static_cast<int>(*day));
  if (!date) return std::nullopt;
  const std::int64_t seconds = static_cast<std::int64_t>(*hour * 3600 + *minute * 60 + *second);
  return Instant{date->days * kDay + seconds * kSecond};
}

bool not_modified(const Request& request, std::string_view etag, std::optional<Instant> modified) {
  if (request.method != Method::get && request.method != Method::head) return false;
  if (const auto list = request.header("if-none-match"); !list.empty()) return etag_listed(list, etag);
  const auto since = parse_http_date(request.header("if-modified-since"));
  return since && modified && modified->us / kSecond <= since->us / kSecond;
}

RangeAnswer choose_range(const Request& request, std::uint64_t size, std::string_view etag, std::optional<Instant> modified, Range& range) {
  std::string_view text = trim(request.header("range"));
  if (request.method != Method::get || text.empty() || text.size() < 7 || lower_ascii(text.substr(0, 6)) != "bytes=") return RangeAnswer::whole;
  if (!if_range_holds(request.header("if-range"), etag, modified)) return RangeAnswer::whole;
  text = trim(text.substr(6));
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return RangeAnswer::whole;
  const auto first = digits(text.substr(0, dash)), last = digits(text.substr(dash + 1));
  if (dash == 0) {  // the last N bytes
    if (!last) return RangeAnswer::whole;
    if (*last == 0 || size == 0) return RangeAnswer::unsatisfiable;
    range = {size - std::min(*last, size), size - 1};
    return RangeAnswer::part;
  }
  if (!first || (dash + 1 < text.size() && (!last || *last < *first))) return RangeAnswer::whole;
  if (*first >= size) return RangeAnswer::unsatisfiable;
  range = {*first, last ? std::min(*last, size - 1) : size - 1};
  return RangeAnswer::part;
}

}  // namespace machiya::http
