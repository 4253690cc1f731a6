// Queries of the store of series on a database.
#include <algorithm>

#include "sense/series/periods.h"
#include "sense/series/sql_store.h"

namespace machiya::sense::series {
namespace {
Value value_of(const Sample& s) { return {s.time_us, s.value, static_cast<Quality>(s.quality)}; }
}  // namespace

Result<void> SqlStore::counting(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, bool backwards, const std::function<bool(const Sample&)>& each) const {
  const Span kept{std::max(span.from_us, begin(floors_of(m).raw)), span.to_us};
  std::optional<Sample> held;   // forwards: the greatest version of a time comes last; backwards: first
  bool going = true;
  const auto give = [&](const Sample& s) { return s.quality == kErased || each(s); };
  MACHIYA_CHECK(dao::points(tx, m, first, last, kept, backwards, [&](const Sample& s) {
    const bool same = held && held->number == s.number && held->time_us == s.time_us;
    if (backwards && same) return true;
    if (backwards) return held = s, going = give(s);
    if (held && !same) going = give(*held);
    held = s;
    return going;
  }));
  if (!backwards && held && going) give(*held);
  return {};
}

Result<void> SqlStore::rolled_up(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, const std::function<void(const RollUp&)>& each) const {
  const Floors f = floors_of(m);
  const auto part = [&](int kind, std::int64_t from, std::int64_t to) {
    const Span of{std::max(span.from_us, from), std::min(span.to_us, to)};
    return dao::roll_ups(tx, m, first, last, kind, of, [&](const RollUp& r) { return each(r), true; });
  };
  const std::int64_t raw = begin(f.raw), hours = std::min(begin(f.hours), raw);
  MACHIYA_CHECK(part(1, begin(f.days), hours));
  return part(0, hours, raw);
}

Result<std::vector<Value>> SqlStore::range(SeriesId series, const RangeQuery& query) const {
  return database_.read([&](store::ReadTx& tx) -> Result<std::vector<Value>> {
    std::vector<Value> out;
    if (query.limit == 0) return out;
    MACHIYA_CHECK(counting(tx, measurement_of(series), number_of(series), number_of(series), query.span, query.newest_first, [&](const Sample& s) {
      out.push_back(value_of(s));
      return out.size() < query.limit;
    }));
    return out;
  });
}

Result<std::vector<Version>> SqlStore::versions(SeriesId series, Span span) const {
  return database_.read([&](store::ReadTx& tx) -> Result<std::vector<Version>> {
    std::vector<Version> out;
    const MeasurementId m = measurement_of(series);
    const Span kept{std::max(span.from_us, begin(floors_of(m).raw)), span.to_us};
    MACHIYA_CHECK(dao::points(tx, m, number_of(series), number_of(series), kept, false, [&](const Sample& s) {
      const bool erased = s.quality == kErased;
      out.push_back({{s.time_us, s.value, erased ? Quality::good : static_cast<Quality>(s.quality)}, s.version, erased});
      return true;
    }));
    return out;
  });
}

Result<std::optional<Value>> SqlStore::latest(SeriesId series) const {
  MACHIYA_TRY(const auto newest, range(series, {{}, 1, true}));
  return newest.empty() ? std::optional<Value>() : std::optional(newest.front());
}

Result<std::vector<Period>> SqlStore::aggregate(SeriesId series, const AggregateQuery& query) const {
  return database_.read([&](store::ReadTx& tx) -> Result<std::vector<Period>> {
    const MeasurementId m = measurement_of(series);
    const std::uint32_t n = number_of(series);
    Periods periods(query);
    MACHIYA_CHECK(rolled_up(tx, m, n, n, query.span, [&](const RollUp& r) { merge(periods.at(r.begin_us), r.of); }));
    MACHIYA_CHECK(counting(tx, m, n, n, query.span, false, [&](const Sample& s) { return periods.add(s), true; }));
    return periods.finish();
  });
}

Result<void> SqlStore::aggregate_all(MeasurementId m, Span span, const std::function<void(SeriesId, const Aggregate&)>& each) const {
  return database_.read([&](store::ReadTx& tx) -> Result<void> {
    const std::uint32_t series = catalogue_.count(m);
    std::vector<Aggregate> of(kChunk);
    for (std::uint32_t first = 0; first < series; first += kChunk) {
      std::fill(of.begin(), of.end(), Aggregate{});
      MACHIYA_CHECK(rolled_up(tx, m, first, first + kChunk - 1, span, [&](const RollUp& r) { merge(of[r.number - first], r.of); }));
      MACHIYA_CHECK(counting(tx, m, first, first + kChunk - 1, span, false, [&](const Sample& s) {
        if (s.quality < static_cast<std::uint8_t>(Quality::bad)) add(of[s.number - first], s.time_us, s.value);
        return true;
      }));
      for (std::uint32_t i = 0; i < kChunk; ++i)
        if (of[i].count > 0) each(series_id(m, first + i), of[i]);
    }
    return {};
  });
}

Result<void> SqlStore::latest_all(MeasurementId m, const std::function<void(SeriesId, const Value&)>& each) const {
  return database_.read([&](store::ReadTx& tx) -> Result<void> {
    std::optional<Sample> newest;
    MACHIYA_CHECK(counting(tx, m, 0, ~0u, {}, false, [&](const Sample& s) {
      if (newest && newest->number != s.number) each(series_id(m, newest->number), value_of(*newest));
      newest = s;
      return true;
    }));
    if (newest) each(series_id(m, newest->number), value_of(*newest));
    return {};
  });
}

}  // namespace machiya::sense::series
