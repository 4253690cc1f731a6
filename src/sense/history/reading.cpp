#include "sense/history/reading.h"

#include <algorithm>

namespace machiya::sense::history {

using Property = TemporalQuery::Property;

std::int64_t time_of(const Past& past, Property property) {
  switch (property) {
    case Property::observed_at: return past.instance.observed_at.us;
    case Property::created_at: return past.instance.created_us;
    case Property::modified_at: return past.instance.modified_us;
    default: return past.deleted_us;
  }
}

std::int64_t place_of(const Past& past, const HistoryWindow& window) {
  const std::int64_t at = time_of(past, window.when.property);
  return at == kNoTime && !window.bounded ? past.instance.created_us : at;
}

// What is asked for unbounded is everything but what says of a deletion; those come when deletedAt is asked for.
bool Reader::fits(const Past& past) const {
  if (window_.when.property == Property::deleted_at) return window_.bounded ? window_.when.holds(past.deleted_us) : past.deleted_us != kNoTime;
  if (!window_.bounded) return past.deleted_us == kNoTime;
  return window_.when.holds(time_of(past, window_.when.property));
}

std::size_t Reader::wanted() const {
  const std::size_t last = window_.when.last_n == 0 ? SIZE_MAX : window_.when.last_n;
  return std::min(last, window_.most == SIZE_MAX ? SIZE_MAX : window_.most + 1);
}

Result<void> Reader::from_column(const Track& track, std::size_t number, std::size_t most, std::vector<Past>& out) const {
  const Column& c = track.columns[number];
  if (window_.when.property == Property::deleted_at || (by_observed() && c.digits == kNoObservedAt)) return {};
  series::RangeQuery query;
  // Only the time of the column itself can be looked up; createdAt and modifiedAt are looked for.
  if (by_observed() || !window_.bounded) query.limit = most, query.newest_first = window_.when.last_n > 0;
  if (by_observed()) query.span = {window_.when.from_us, window_.when.until_us};
  MACHIYA_TRY(const auto values, in_.numbers.range(c.values, query));
  MACHIYA_TRY(const auto entered, in_.numbers.range(c.entered, query));
  const std::string_view unit = arena_.text(c.unit), dataset = arena_.text(track.dataset);
  MACHIYA_TRY(const auto sub, read_sub(c.sub, arena_));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool paired = i < entered.size() && entered[i].time_us == values[i].time_us;
    Past past;
    past.instance.created_us = past.instance.modified_us = values[i].time_us + (paired ? static_cast<std::int64_t>(entered[i].value) : 0);
    if (c.digits != kNoObservedAt) past.instance.observed_at.us = values[i].time_us;
    if (!fits(past)) continue;
    if (c.digits != kNoObservedAt) past.instance.observed_at.text = arena_.text(time_text(values[i].time_us, c.digits));
    past.instance.value = arena_.number(values[i].value), past.instance.unit_code = unit, past.instance.dataset_id = dataset;
    past.instance.sub = entered_at(sub, past.instance.created_us, arena_);
    past.instance.instance_id = arena_.text(in_.names.name({track.key, static_cast<int>(number), values[i].time_us}));
    out.push_back(past);
  }
  return {};
}

Result<void> Reader::from_rows(const Track& track, std::vector<Past>& out) const {
  if (track.rows == 0) return {};
  const std::int64_t from = by_observed() ? window_.when.from_us : kNoTime, to = by_observed() ? window_.when.until_us : std::numeric_limits<std::int64_t>::max();
  Result<void> state;
  MACHIYA_CHECK(dao::instances(tx_, track.key, from, to, [&](const dao::InstanceRow& row) {
    auto past = decode_past(row.body, arena_);
    if (!past.ok()) return state = past.error(), false;
    if (fits(*past)) out.push_back(*past);
    return true;
  }));
  return state;
}

Result<std::vector<Past>> Reader::instances(const Track& track) const {
  std::vector<Past> out;
  for (std::size_t i = 0; i < track.columns.size(); ++i) MACHIYA_CHECK(from_column(track, i, wanted(), out));
  MACHIYA_CHECK(from_rows(track, out));
  std::ranges::stable_sort(out, {}, [&](const Past& p) { return place_of(p, window_); });
  const std::size_t most = wanted();
  if (out.size() <= most) return out;
  if (window_.when.last_n > 0) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
  out.resize(most);
  return out;
}

// What the newest time alone tells, of a track that is numbers with observedAt: most queries ask for lately, and most entities then need no look at their values.
Result<std::optional<bool>> Reader::by_newest(const Track& track) const {
  const auto observed = [](const Column& c) { return c.digits != kNoObservedAt; };
  if (!by_observed() || track.rows > 0 || !std::ranges::all_of(track.columns, observed)) return std::optional<bool>();
  std::int64_t newest = track.newest;
  if (newest == kUnknown) {
    newest = kNoTime;
    for (const Column& c : track.columns) {
      MACHIYA_TRY(const auto value, in_.numbers.latest(c.values));
      if (value) newest = std::max(newest, value->time_us);
    }
    std::int64_t unknown = kUnknown;
    track.newest.compare_exchange_strong(unknown, newest);   // a writer knows better
  }
  if (newest == kNoTime || newest < window_.when.from_us) return std::optional(false);
  return newest < window_.when.until_us ? std::optional(true) : std::optional<bool>();
}

// The time of a column can be looked up with one value; createdAt and modifiedAt need a look at all.
Result<bool> Reader::any(const Track& track) const {
  MACHIYA_TRY(const auto told, by_newest(track));
  if (told) return *told;
  std::vector<Past> out;
  const bool by_time = by_observed() || (!window_.bounded && window_.when.property != Property::deleted_at);
  for (std::size_t i = 0; i < track.columns.size(); ++i) {
    const Column& c = track.columns[i];
    if (by_observed() && c.digits == kNoObservedAt) continue;
    if (!by_time) {
      MACHIYA_CHECK(from_column(track, i, SIZE_MAX, out));
    } else {
      const series::Span span = by_observed() ? series::Span{window_.when.from_us, window_.when.until_us} : series::Span{};
      MACHIYA_TRY(const auto values, in_.numbers.range(c.values, {span, 1, false}));
      if (!values.empty()) return true;
    }
    if (!out.empty()) return true;
  }
  MACHIYA_CHECK(from_rows(track, out));
  return !out.empty();
}

}  // namespace machiya::sense::history
