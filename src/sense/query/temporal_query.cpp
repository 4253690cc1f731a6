#include <algorithm>
#include <array>

#include "sense/entities/stamp.h"
#include "sense/query/geo_query.h"

namespace machiya::sense {
namespace {

constexpr std::array<std::string_view, 3> kRels = {"before", "after", "between"};
constexpr std::array<std::string_view, 4> kProperties = {"observedAt", "createdAt", "modifiedAt", "deletedAt"};

Error bad(std::string_view where, std::string what) { return Error(ErrorCode::malformed_request, std::string(where) + ": " + what, std::string(where)); }

template <std::size_t N> std::optional<std::size_t> index_of(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? std::nullopt : std::optional<std::size_t>(found - words.begin());
}

Result<std::int64_t> moment(std::string_view text, std::string_view where) {
  const auto stamp = parse_stamp(text);
  if (!stamp) return bad(where, "must be a DateTime in UTC, such as 2026-11-23T09:30:00Z; offsets and dates alone are refused");
  return stamp->us;
}

Result<std::uint32_t> count(std::string_view text) {
  std::uint64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return bad("lastN", "must be a positive integer");
    n = std::min<std::uint64_t>(n * 10 + static_cast<unsigned>(c - '0'), 0xffffffff);
  }
  if (n == 0) return bad("lastN", "must be a positive integer");
  return static_cast<std::uint32_t>(n);
}

}  // namespace

Result<TemporalQuery> TemporalQuery::parse(const Words& words, bool timerel_needed) {
  TemporalQuery out;
  if (!words.last_n.empty()) {
    MACHIYA_TRY(out.last_n, count(words.last_n));
  }
  if (!words.timeproperty.empty()) {
    const auto property = index_of(kProperties, words.timeproperty);
    if (!property) return bad("timeproperty", "must be observedAt, createdAt, modifiedAt or deletedAt");
    out.property = static_cast<Property>(*property);
  }
  if (words.timerel.empty()) {
    if (timerel_needed) return bad("timerel", "is missing");
    if (!words.time_at.empty() || !words.end_time_at.empty()) return bad("timerel", "is missing beside timeAt");
    return out;
  }
  const auto rel = index_of(kRels, words.timerel);
  if (!rel) return bad("timerel", "must be before, after or between");
  out.rel = static_cast<Rel>(*rel);
  if (words.time_at.empty()) return bad("timeAt", "is missing");
  MACHIYA_TRY(const std::int64_t at, moment(words.time_at, "timeAt"));
  if (out.rel == Rel::between && words.end_time_at.empty()) return bad("endTimeAt", "is missing");
  std::int64_t end = out.until_us;
  if (!words.end_time_at.empty()) {
    MACHIYA_TRY(end, moment(words.end_time_at, "endTimeAt"));
  }
  // §4.11: the lower bound belongs to it, the upper does not.
  if (out.rel == Rel::before) out.until_us = at;
  if (out.rel != Rel::before) out.from_us = at;
  if (out.rel == Rel::between) out.until_us = end;
  return out;
}

Result<TemporalQuery> TemporalQuery::from_json(const tree::Value& object, bool timerel_needed) {
  if (!object.is_object()) return bad("temporalQ", "must be an object");
  for (const std::string_view member : {"timerel", "timeAt", "endTimeAt", "timeproperty"}) {
    if (object.has(member) && (!object[member].is_string() || object[member].count == 0)) return bad(member, "must be a text");
  }
  const tree::Value& last = object["lastN"];
  if (!last.is_null() && !last.is_number()) return bad("lastN", "must be a positive integer");
  return parse({object["timerel"].text(), object["timeAt"].text(), object["endTimeAt"].text(), object["timeproperty"].text(), last.text()}, timerel_needed);
}

std::string TemporalQuery::text() const {
  std::string out;
  if (from_us != kNoTime || until_us != TemporalQuery{}.until_us) {
    out = "timerel=" + std::string(kRels[static_cast<std::size_t>(rel)]) + "&timeAt=" + stamp_text(rel == Rel::before ? until_us : from_us) + "&";
    if (rel == Rel::between) out += "endTimeAt=" + stamp_text(until_us) + "&";
  }
  out += "timeproperty=" + std::string(kProperties[static_cast<std::size_t>(property)]);
  return last_n == 0 ? out : out + "&lastN=" + std::to_string(last_n);
}

}  // namespace machiya::sense
