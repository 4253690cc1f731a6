// Queries of the store of files.
#include <algorithm>

#include "sense/series/files_store.h"
#include "sense/series/periods.h"

namespace machiya::sense::series {
namespace {

Value value_of(const Sample& s) { return {s.time_us, s.value, static_cast<Quality>(s.quality)}; }

/// One series in a snapshot, day by day. What is in memory is taken once.
class OneSeries {
 public:
  OneSeries(std::shared_ptr<const View> view, SeriesId series, Span span) : now_(std::move(view)), m_(measurement_of(series)), number_(number_of(series)), span_(span) {
    now_.take_heads(m_, number_, number_, span, heads_);
    std::stable_sort(heads_.begin(), heads_.end(), [](const Sample& a, const Sample& b) { return a.time_us < b.time_us; });
    days_ = now_.days(m_, span);
  }
  const std::vector<std::int64_t>& days() const { return days_; }
  const Snapshot& now() const { return now_; }
  bool rolled_up(std::int64_t day) const { return day < now_.view().floors_of(m_).raw; }
  std::int64_t raw_floor() const { return now_.view().floors_of(m_).raw; }
  /// Valid until the next call.
  Result<std::span<const Sample>> day(std::int64_t day, bool all = false) {
    const Span of = now_.view().grid.span(day);
    const auto less = [](const Sample& s, std::int64_t t) { return s.time_us < t; };
    const auto from = std::lower_bound(heads_.begin(), heads_.end(), of.from_us, less), to = std::lower_bound(from, heads_.end(), of.to_us, less);
    part_.assign(from, to);
    samples_.clear();
    MACHIYA_CHECK(now_.take_day(day, m_, number_, number_, span_, all, samples_, &part_));
    return std::span<const Sample>(samples_);
  }
  Result<void> roll_ups(std::int64_t day, const std::function<Aggregate*(std::uint32_t, std::int64_t)>& into) const {
    return now_.take_roll_ups(day, m_, number_, number_, span_, into);
  }

 private:
  Snapshot now_;
  MeasurementId m_;
  std::uint32_t number_;
  Span span_;
  std::vector<Sample> heads_, part_, samples_;
  std::vector<std::int64_t> days_;
};

}  // namespace

Result<std::vector<Value>> FilesStore::range(SeriesId series, const RangeQuery& query) const {
  OneSeries one(view(), series, query.span);
  std::vector<Value> out;
  std::vector<std::int64_t> days = one.days();
  if (query.newest_first) std::reverse(days.begin(), days.end());
  for (const std::int64_t day : days) {
    if (out.size() >= query.limit) break;
    MACHIYA_TRY(const auto samples, one.day(day));
    const std::size_t n = std::min(samples.size(), query.limit - out.size());
    for (std::size_t i = 0; i < n; ++i) out.push_back(value_of(query.newest_first ? samples[samples.size() - 1 - i] : samples[i]));
  }
  return out;
}

Result<std::vector<Version>> FilesStore::versions(SeriesId series, Span span) const {
  OneSeries one(view(), series, span);
  std::vector<Version> out;
  for (const std::int64_t day : one.days()) {
    MACHIYA_TRY(const auto samples, one.day(day, true));
    for (const Sample& s : samples) {
      const bool erased = s.quality == kErased;
      out.push_back({{s.time_us, s.value, erased ? Quality::good : static_cast<Quality>(s.quality)}, s.version, erased});
    }
  }
  return out;
}

Result<std::optional<Value>> FilesStore::latest(SeriesId series) const {
  MACHIYA_TRY(const auto newest, range(series, {{}, 1, true}));
  return newest.empty() ? std::optional<Value>() : std::optional(newest.front());
}

Result<std::vector<Period>> FilesStore::aggregate(SeriesId series, const AggregateQuery& query) const {
  OneSeries one(view(), series, query.span);
  Periods periods(query);
  for (const std::int64_t day : one.days()) {
    if (one.rolled_up(day)) {
      MACHIYA_CHECK(one.roll_ups(day, [&](std::uint32_t, std::int64_t begin) { return &periods.at(begin); }));
      continue;
    }
    MACHIYA_TRY(const auto samples, one.day(day));
    for (const Sample& s : samples) periods.add(s);
  }
  return periods.finish();
}

Result<void> FilesStore::aggregate_all(MeasurementId m, Span span, const std::function<void(SeriesId, const Aggregate&)>& each) const {
  const Snapshot now(view());
  const auto days = now.days(m, span);
  const std::uint32_t series = catalogue_.count(m);
  std::vector<Aggregate> of(kChunk);
  for (std::uint32_t chunk = 0; std::uint64_t{chunk} * kChunk < series; ++chunk) {
    std::fill(of.begin(), of.end(), Aggregate{});
    for (const std::int64_t day : days) MACHIYA_CHECK(now.aggregate_day(day, m, chunk, span, std::span<Aggregate, kChunk>(of)));
    for (std::uint32_t i = 0; i < kChunk; ++i)
      if (of[i].count > 0) each(series_id(m, chunk * kChunk + i), of[i]);
  }
  return {};
}

Result<void> FilesStore::latest_all(MeasurementId m, const std::function<void(SeriesId, const Value&)>& each) const {
  const Snapshot now(view());
  auto days = now.days(m, {});
  std::reverse(days.begin(), days.end());
  const std::uint32_t series = catalogue_.count(m);
  std::vector<Sample> samples;
  for (std::uint32_t first = 0; first < series; first += kChunk) {
    const std::uint32_t last = std::min(first + kChunk, series) - 1;
    std::vector<std::optional<Value>> newest(kChunk);
    std::uint32_t missing = last - first + 1;
    for (const std::int64_t day : days) {
      if (missing == 0) break;
      samples.clear();
      MACHIYA_CHECK(now.take_day(day, m, first, last, {}, false, samples));
      for (std::size_t i = 0; i < samples.size(); ++i) {
        if (i + 1 < samples.size() && samples[i + 1].number == samples[i].number) continue;   // the last one of its series that day
        auto& of = newest[samples[i].number - first];
        if (!of) of = value_of(samples[i]), --missing;
      }
    }
    for (std::uint32_t i = 0; i <= last - first; ++i)
      if (newest[i]) each(series_id(m, first + i), *newest[i]);
  }
  return {};
}

}  // namespace machiya::sense::series
