// Numbers over time: what sensors measured, kept in columns. Two stores give the same answers: files of our own (open_files: log, head, segments;
// README.md) and any database of platform/store (open_sql). Thread-safe; readers see a snapshot and never wait for writers.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::store {
class Store;
}

namespace machiya::sense::series {

/// How far a value can be trusted (one byte in files). Bad values are kept and given by range(), never aggregated.
enum class Quality : std::uint8_t { good = 0, uncertain = 1, estimated = 2, bad = 3 };

/// What is measured for whom: one (tenant, name), for example ("", "water_meter\x1fvolume"). Numbered from 0, at most 65,535 of them. Series of one
/// measurement share blocks of columns, so what comes on one time grid belongs in one.
using MeasurementId = std::uint32_t;
/// One series of a measurement: measurement << 32 | number within it, counted from 0. For good: a series is never renumbered.
using SeriesId = std::uint64_t;
constexpr MeasurementId measurement_of(SeriesId id) { return static_cast<MeasurementId>(id >> 32); }
constexpr std::uint32_t number_of(SeriesId id) { return static_cast<std::uint32_t>(id); }
constexpr SeriesId series_id(MeasurementId m, std::uint32_t number) { return SeriesId{m} << 32 | number; }

/// One value to be written. A later write for the same series and time replaces an earlier one.
struct Point {
  SeriesId series = 0;
  std::int64_t time_us = 0;   ///< µs since 1970, UTC
  double value = 0;           ///< finite; times are of the years 1 to 9999
  Quality quality = Quality::good;
};
/// One value as it is kept.
struct Value {
  std::int64_t time_us = 0;
  double value = 0;
  Quality quality = Quality::good;
  friend bool operator==(const Value&, const Value&) = default;
};
/// A value with the number of the write that brought it: of two for the same time the greater one counts. Numbers grow with every durable batch; a
/// compaction may give older values one common number that still stands below every later correction.
struct Version {
  Value value;
  std::uint64_t number = 0;
  bool erased = false;   ///< the write took the value away
};

/// Half open: from ≤ t < to, µs.
struct Span {
  std::int64_t from_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_us = std::numeric_limits<std::int64_t>::max();
};

/// Of the values of one period that are not bad. Sums are added in the order of time.
struct Aggregate {
  std::uint64_t count = 0;
  double sum = 0, sum_of_squares = 0, min = 0, max = 0;
  double first = 0, last = 0;
  std::int64_t first_us = 0, last_us = 0;
  std::uint64_t distinct = 0;   ///< different values; 0 when it was not asked for or the values themselves are gone (rolled up)
  double average() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
  /// Of the population (divided by count).
  double standard_deviation() const {
    if (count == 0) return 0;
    const double n = static_cast<double>(count), mean = sum / n;
    return std::sqrt(std::max(0.0, sum_of_squares / n - mean * mean));
  }
  friend bool operator==(const Aggregate&, const Aggregate&) = default;
};
struct Period {
  std::int64_t from_us = 0;
  Aggregate of;
};

struct RangeQuery {
  Span span;
  std::size_t limit = std::numeric_limits<std::size_t>::max();
  bool newest_first = false;   ///< then the limit keeps the newest ones
};
struct AggregateQuery {
  Span span;
  std::int64_t period_us = 0;   ///< 0: one period, the whole span
  std::int64_t origin_us = 0;   ///< periods begin at origin + n × period
  bool distinct = false;        ///< count different values, too
};

/// What became of a batch.
struct Appended {
  std::uint64_t version = 0;   ///< number of the write
  std::size_t written = 0;
  std::size_t too_old = 0;     ///< points before what retention has taken away: not written
};

/// How long values of a measurement are kept, counted back from now; the largest number: for ever. When raw values end, their roll-ups per hour
/// begin, and after those the ones per day (days of the partition grid).
struct Retention {
  std::int64_t raw_us = std::numeric_limits<std::int64_t>::max();
  std::int64_t hours_us = std::numeric_limits<std::int64_t>::max();
  std::int64_t days_us = std::numeric_limits<std::int64_t>::max();
};

struct Options {
  std::int64_t day_origin_us = -9LL * 3'600'000'000;   ///< where days begin, against 1970-01-01T00:00Z: here midnight in Japan
  std::size_t head_points = 2'000'000;                ///< points in memory (about 40 bytes each) before they become a segment
  bool synchronous = true;                            ///< false only for demonstration seeding: acknowledged is then not durable
  bool background = true;                             ///< flush and compact in a thread of its own; false: only when asked (tests)
};

struct Stats {
  std::uint64_t points = 0;         ///< written since open
  std::uint64_t syncs = 0;          ///< group fsyncs
  std::uint64_t batches = 0;
  std::uint64_t series = 0, measurements = 0;
  std::uint64_t head_points = 0;    ///< in memory only (and in the log)
  std::uint64_t segments = 0, segment_bytes = 0, log_bytes = 0, catalogue_bytes = 0;
};

/// The store. All functions are thread-safe. Errors: storage_full, storage_failed (append), integrity_broken (a damaged segment is said, not served),
/// invalid_input (no finite number, unknown series, empty or over-long names).
class Store {
 public:
  virtual ~Store() = default;

  // The catalogue. New names become durable with the first points that use them.
  /// Names of at most 1,024 bytes; made when it is new.
  virtual Result<MeasurementId> measurement(std::string_view tenant, std::string_view name) = 0;
  virtual std::optional<MeasurementId> find_measurement(std::string_view tenant, std::string_view name) const = 0;
  /// The series of this key (at most 4,096 bytes, any); made when it is new.
  virtual Result<SeriesId> open(MeasurementId measurement, std::string_view key) = 0;
  virtual std::optional<SeriesId> find(MeasurementId measurement, std::string_view key) const = 0;
  /// open() for many keys at once: quick when they come in the order in which they were first opened. `out` has room for as many.
  virtual Result<void> open_many(MeasurementId measurement, std::span<const std::string_view> keys, SeriesId* out) = 0;
  virtual std::string key(SeriesId series) const = 0;
  virtual std::uint32_t series_count(MeasurementId measurement) const = 0;
  struct MeasurementName {
    std::string tenant, name;
  };
  /// By number.
  virtual std::vector<MeasurementName> measurements() const = 0;

  // Writing.
  /// Durable when it returns; batches that wait together share one fsync. Of two points for one series and time in a batch the later one counts.
  virtual Result<Appended> append(std::span<const Point> points) = 0;
  /// The same without waiting: `done` is called from the store's thread when the points are durable (or not), in the order of the calls.
  /// Blocks only while more than about 64 MB wait.
  virtual void append_later(std::vector<Point> points, std::function<void(Result<Appended>)> done) = 0;
  /// Takes the values of a series away (durable when it returns). Gives how many there were. They can be told by versions() until compaction.
  virtual Result<std::size_t> erase(SeriesId series, Span span) = 0;

  // Reading.
  /// In the order of time (or against it); roll-ups are no values and do not appear.
  virtual Result<std::vector<Value>> range(SeriesId series, const RangeQuery& query) const = 0;
  /// Every value that was ever written and is still kept, by time, then by number of the write.
  virtual Result<std::vector<Version>> versions(SeriesId series, Span span) const = 0;
  /// The value with the greatest time, whatever its quality.
  virtual Result<std::optional<Value>> latest(SeriesId series) const = 0;
  /// Periods with at least one value, in order.
  virtual Result<std::vector<Period>> aggregate(SeriesId series, const AggregateQuery& query) const = 0;
  /// One aggregate for each series of the measurement that has values in the span, by number. `each` is called from this thread.
  virtual Result<void> aggregate_all(MeasurementId measurement, Span span, const std::function<void(SeriesId, const Aggregate&)>& each) const = 0;
  virtual Result<void> latest_all(MeasurementId measurement, const std::function<void(SeriesId, const Value&)>& each) const = 0;

  // Keeping.
  /// What is in memory becomes segments.
  virtual Result<void> flush() = 0;
  /// flush(), then segments of one day become one; replaced and erased values go.
  virtual Result<void> compact() = 0;
  /// Ends whole days of raw values and of roll-ups that are older than the rule says.
  virtual Result<void> retain(MeasurementId measurement, const Retention& rule, std::int64_t now_us) = 0;
  virtual Stats stats() const = 0;
  /// Waits for what was handed over; afterwards writes are `unavailable`. The destructor does it, too.
  virtual void close() = 0;
};

/// A store of files in `folder` (made when missing); one process at a time (`conflict` otherwise). Reads its log again after a crash.
Result<std::unique_ptr<Store>> open_files(const std::string& folder, const Options& options = {});
/// The same answers from tables of a database whose migrations (sql_migrations_series) have run.
Result<std::unique_ptr<Store>> open_sql(machiya::store::Store& database, const Options& options = {});

}  // namespace machiya::sense::series
