// Both stores of series against a plain model that keeps everything in maps: random writes, corrections, erasures, flushes, compactions, retention and
// restarts; every question must have the same answer everywhere.
#include "sense/series/series.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/temporary_folder.h"
#include "platform/store/store.h"
#include "platform/store/testing.h"
#include "sense/series/view.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

namespace machiya::sense::series {
namespace {

constexpr std::int64_t kStart = 1'775'000'000'000'000 / kHourUs * kHourUs;

/// A store under test that can be closed and opened again.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual void open() = 0;
  std::unique_ptr<Store> store;
};

class FilesSubject final : public Subject {
 public:
  explicit FilesSubject(std::size_t head_points) { options_.head_points = head_points, options_.background = false; }
  void open() override {
    store.reset();
    auto opened = open_files(folder_.path() + "/series", options_);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    store = std::move(*opened);
  }

 private:
  TemporaryFolder folder_{"series"};
  Options options_;
};

class SqlSubject final : public Subject {
 public:
  explicit SqlSubject(store::Engine engine) : database_(store::testing::make_database(engine)) {
    store::Options options;
    options.url = database_->url();
    auto opened = store::Store::open(options);
    EXPECT_TRUE(opened.ok());
    tables_ = std::move(*opened);
    EXPECT_TRUE(tables_->migrate(sql_migrations_series()).ok());
  }
  void open() override {
    store.reset();
    auto opened = open_sql(*tables_);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    store = std::move(*opened);
  }
  ~SqlSubject() override { store.reset(); }

 private:
  std::unique_ptr<store::testing::TestDatabase> database_;
  std::unique_ptr<store::Store> tables_;
};

/// What a store is meant to be.
class Model {
 public:
  struct Written {
    Value value;
    bool erased = false;
  };
  using Times = std::map<std::int64_t, std::vector<Written>>;
  std::map<SeriesId, Times> series;
  std::map<SeriesId, std::vector<std::pair<std::int64_t, Aggregate>>> hours, days;
  std::map<MeasurementId, Floors> floors;
  DayGrid grid{Options{}.day_origin_us};

  std::size_t append(const std::vector<Point>& points) {
    std::map<std::pair<SeriesId, std::int64_t>, Written> batch;
    std::size_t too_old = 0;
    for (const Point& p : points) {
      if (grid.day_of(p.time_us) < floors[measurement_of(p.series)].raw) ++too_old;
      else batch[{p.series, p.time_us}] = {{p.time_us, p.value, p.quality}, false};
    }
    for (const auto& [at, w] : batch) series[at.first][at.second].push_back(w);
    return too_old;
  }
  std::vector<Value> range(SeriesId id, Span span) const {
    std::vector<Value> out;
    const auto at = series.find(id);
    if (at == series.end()) return out;
    for (const auto& [t, list] : at->second)
      if (t >= span.from_us && t < span.to_us && !list.empty() && !list.back().erased) out.push_back(list.back().value);
    return out;
  }
  std::size_t erase(SeriesId id, Span span) {
    const auto gone = range(id, span);
    for (const Value& v : gone) series[id][v.time_us].push_back({{v.time_us, 0, Quality::good}, true});
    return gone.size();
  }
  void compact() {
    for (auto& [id, times] : series)
      for (auto& [t, list] : times) {
        if (!list.empty()) list = {list.back()};
        if (!list.empty() && list.back().erased) list.clear();
      }
  }
  void retain(MeasurementId m, Floors next) {
    Floors& f = floors[m];
    f = {std::max(f.raw, next.raw), std::max(f.hours, next.hours), std::max(f.days, next.days)};
    for (auto& [id, times] : series) {
      if (measurement_of(id) != m) continue;
      const std::int64_t end = f.raw == kNoDay ? kFirstUs : grid.begin(f.raw);
      for (const Value& v : range(id, {kFirstUs, end})) {
        if (v.quality == Quality::bad) continue;
        add_to(hours[id], grid.origin_us + floor_div(v.time_us - grid.origin_us, kHourUs) * kHourUs, v);
        add_to(days[id], grid.begin(grid.day_of(v.time_us)), v);
      }
      std::erase_if(times, [&](const auto& one) { return one.first < end; });
      std::erase_if(hours[id], [&](const auto& one) { return grid.day_of(one.first) < f.hours; });
      std::erase_if(days[id], [&](const auto& one) { return grid.day_of(one.first) < f.days; });
    }
  }
  std::vector<Period> aggregate(SeriesId id, const AggregateQuery& q) const {
    std::vector<Period> out;
    std::set<double> seen;
    const auto at = [&](std::int64_t t) -> Aggregate& {
      const std::int64_t from = q.period_us <= 0 ? q.span.from_us : q.origin_us + floor_div(t - q.origin_us, q.period_us) * q.period_us;
      if (out.empty() || out.back().from_us != from) out.push_back({from, {}}), seen.clear();
      return out.back().of;
    };
    const auto roll_ups = [&](const auto& of, bool take_hours) {
      if (const auto list = of.find(id); list != of.end())
        for (const auto& [begin, a] : list->second) {
          const auto f = floors.find(measurement_of(id));
          const bool in_hours = f == floors.end() || grid.day_of(begin) >= f->second.hours;
          if (in_hours == take_hours && begin >= q.span.from_us && begin < q.span.to_us) merge(at(begin), a);
        }
    };
    roll_ups(days, false), roll_ups(hours, true);
    for (const Value& v : range(id, q.span)) {
      if (v.quality == Quality::bad) continue;
      Aggregate& a = at(v.time_us);
      add(a, v.time_us, v.value);
      if (q.distinct) seen.insert(v.value), a.distinct = seen.size();
    }
    return out;
  }

 private:
  static void add_to(std::vector<std::pair<std::int64_t, Aggregate>>& list, std::int64_t begin, const Value& v) {
    if (list.empty() || list.back().first != begin) list.push_back({begin, {}});
    add(list.back().second, v.time_us, v.value);
  }
};

std::string text(const Aggregate& a) {
  return std::to_string(a.count) + " values, sum " + std::to_string(a.sum) + ", " + std::to_string(a.min) + " to " + std::to_string(a.max) + ", distinct " + std::to_string(a.distinct);
}

class Walk {
 public:
  Walk(Subject& subject, unsigned seed, std::uint32_t wide) : subject_(subject), random_(seed), wide_(wide) {
    subject_.open();
    open_series();
  }
  void step() {
    const int what = below(100);
    if (what < 55) append();
    else if (what < 62) erase();
    else if (what < 72) EXPECT_TRUE(store().flush().ok());
    else if (what < 76) compact();
    else if (what < 79) retain();
    else if (what < 83) subject_.open(), open_series();
    compare();
  }
  void compare_all() {
    for (const SeriesId id : ids_) compare_series(id, {});
    compare_measurements({});
  }

 private:
  Store& store() { return *subject_.store; }
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  void open_series() {
    const std::uint32_t counts[] = {wide_, 3, 40};
    std::vector<SeriesId> ids;
    for (std::uint32_t m = 0; m < 3; ++m) {
      auto measurement = store().measurement(m == 1 ? "ward" : "", "measure" + std::to_string(m));
      ASSERT_TRUE(measurement.ok());
      ASSERT_EQ(*measurement, m);
      for (std::uint32_t n = 0; n < counts[m]; ++n) {
        auto id = store().open(m, "meter=" + std::to_string(100000 + n * 7));
        ASSERT_TRUE(id.ok());
        ids.push_back(*id);
      }
    }
    if (!ids_.empty()) EXPECT_EQ(ids, ids_);   // never renumbered
    ids_ = ids;
  }
  SeriesId any() { return ids_[random_() % ids_.size()]; }
  std::int64_t any_time() { return kStart + below(4 * 24) * kHourUs + (below(3) == 0 ? below(3600) * 1'000'000LL : 0); }
  Span any_span() {
    if (below(4) == 0) return {};
    const std::int64_t a = any_time(), b = any_time();
    return {std::min(a, b), std::max(a, b) + 1};
  }
  double any_value() {
    switch (below(8)) {
      case 0: return std::bit_cast<double>((random_() & 0x000fffffffffffffu) | 0x4010000000000000u);
      case 1: return below(100000) / 100.0 - 300;
      case 2: return below(2) ? 1e300 : -1e-300;
      case 3: return -static_cast<double>(below(1'000'000'000)) * 1e6;
      default: return below(40);
    }
  }
  Quality any_quality() { return below(10) == 0 ? static_cast<Quality>(below(4)) : Quality::good; }

  void append() {
    std::vector<Point> points;
    if (below(2) == 0) {   // an hour of all meters of a measurement, some missing
      const auto m = static_cast<MeasurementId>(below(3));
      const std::int64_t t = kStart + below(4 * 24) * kHourUs;
      for (const SeriesId id : ids_)
        if (measurement_of(id) == m && below(20) != 0) points.push_back({id, t, static_cast<double>(below(40)), any_quality()});
    } else {
      for (int n = below(60); n > 0; --n) points.push_back({any(), any_time(), any_value(), any_quality()});
      if (below(4) == 0)
        for (int n = 0; n < 200; ++n) points.push_back({ids_.back(), kStart + n * 1'000'000LL, any_value(), Quality::good});
    }
    const std::size_t too_old = model_.append(points);
    auto done = store().append(points);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
    EXPECT_EQ(done->too_old, too_old);
    EXPECT_EQ(done->written, points.size() - too_old);
    EXPECT_GT(done->version, last_version_);
    last_version_ = done->version;
  }
  void erase() {
    const SeriesId id = any();
    const Span span = any_span();
    auto gone = store().erase(id, span);
    ASSERT_TRUE(gone.ok());
    EXPECT_EQ(*gone, model_.erase(id, span));
  }
  void compact() {
    EXPECT_TRUE(store().compact().ok());
    model_.compact();
  }
  void retain() {
    const auto m = static_cast<MeasurementId>(below(3));
    const std::int64_t now = kStart + 5 * kDayUs;
    Retention rule;
    rule.raw_us = (4 + below(3)) * kDayUs;
    if (below(2) == 0) rule.hours_us = (4 + below(4)) * kDayUs;
    if (below(3) == 0) rule.days_us = (5 + below(3)) * kDayUs;
    auto done = store().retain(m, rule, now);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
    Floors f{model_.grid.day_of(now - rule.raw_us), kNoDay, kNoDay};
    if (rule.hours_us != Retention{}.hours_us) f.hours = model_.grid.day_of(now - rule.hours_us);
    if (rule.days_us != Retention{}.days_us) f.days = model_.grid.day_of(now - rule.days_us);
    // Retention rewrites the days that end only, so what was replaced elsewhere may or may not stay: begin alike again.
    EXPECT_TRUE(store().compact().ok());
    model_.compact();
    model_.retain(m, f);
  }

  void compare() {
    for (int n = 0; n < 4; ++n) compare_series(any(), any_span());
    if (below(5) == 0) compare_measurements(any_span());
  }
  void compare_series(SeriesId id, Span span) {
    const auto expected = model_.range(id, span);
    auto all = store().range(id, {span});
    ASSERT_TRUE(all.ok()) << all.error().to_string();
    ASSERT_EQ(all->size(), expected.size());
    EXPECT_EQ(*all, expected);
    auto newest = store().range(id, {span, 3, true});
    ASSERT_TRUE(newest.ok());
    const std::vector<Value> backwards(expected.rbegin(), expected.rbegin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, expected.size())));
    EXPECT_EQ(*newest, backwards);
    const auto whole = model_.range(id, {});
    auto latest = store().latest(id);
    ASSERT_TRUE(latest.ok());
    EXPECT_EQ(*latest, whole.empty() ? std::optional<Value>() : std::optional(whole.back()));
    compare_aggregates(id, span);
    compare_versions(id, span);
  }
  void compare_aggregates(SeriesId id, Span span) {
    const std::int64_t periods[] = {0, kHourUs, 6 * kHourUs, kDayUs};
    const AggregateQuery q{span, periods[below(4)], Options{}.day_origin_us, below(2) == 0};
    const auto expected = model_.aggregate(id, q);
    auto got = store().aggregate(id, q);
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(got->size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ((*got)[i].from_us, expected[i].from_us);
      EXPECT_EQ((*got)[i].of, expected[i].of) << text((*got)[i].of) << " where " << text(expected[i].of);
    }
  }
  void compare_versions(SeriesId id, Span span) {
    std::vector<std::pair<Value, bool>> expected, got;
    for (const auto& [t, list] : model_.series[id])
      for (const auto& w : list)
        if (t >= span.from_us && t < span.to_us) expected.push_back({w.value, w.erased});
    auto versions = store().versions(id, span);
    ASSERT_TRUE(versions.ok());
    for (std::size_t i = 0; i < versions->size(); ++i) {
      const Version& v = (*versions)[i];
      got.push_back({v.value, v.erased});
      if (i > 0 && (*versions)[i - 1].value.time_us == v.value.time_us) EXPECT_GT(v.number, (*versions)[i - 1].number);
    }
    EXPECT_EQ(got, expected);
  }
  void compare_measurements(Span span) {
    for (MeasurementId m = 0; m < 3; ++m) {
      std::map<SeriesId, Aggregate> got;
      ASSERT_TRUE(store().aggregate_all(m, span, [&](SeriesId id, const Aggregate& a) { got[id] = a; }).ok());
      std::map<SeriesId, Value> latest;
      ASSERT_TRUE(store().latest_all(m, [&](SeriesId id, const Value& v) { latest[id] = v; }).ok());
      for (const SeriesId id : ids_) {
        if (measurement_of(id) != m) continue;
        const auto expected = model_.aggregate(id, {span, 0, 0, false});
        ASSERT_EQ(got.contains(id), !expected.empty());
        if (!expected.empty()) EXPECT_EQ(got[id], expected[0].of) << text(got[id]) << " where " << text(expected[0].of);
        const auto whole = model_.range(id, {});
        ASSERT_EQ(latest.contains(id), !whole.empty());
        if (!whole.empty()) EXPECT_EQ(latest[id], whole.back());
      }
    }
  }

  Subject& subject_;
  std::mt19937_64 random_;
  std::uint32_t wide_;
  std::vector<SeriesId> ids_;
  Model model_;
  std::uint64_t last_version_ = 0;
};

void walk(Subject& subject, unsigned seed, std::uint32_t wide, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Walk w(subject, seed, wide);
  for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) w.step();
  if (!::testing::Test::HasFailure()) w.compare_all();
}

TEST(Series, files_answer_like_the_model) {
  for (unsigned seed = 1; seed <= 6 && !HasFailure(); ++seed) {
    FilesSubject subject(seed % 2 ? 2'000'000 : 3'000);
    walk(subject, seed, 300, 120);
  }
}

TEST(Series, files_answer_like_the_model_over_more_than_one_chunk) {
  FilesSubject subject(20'000);
  walk(subject, 77, 2'100, 60);
}

TEST(Series, tables_of_sqlite_answer_like_the_model) {
  SqlSubject subject(store::Engine::sqlite);
  walk(subject, 11, 60, 80);
}

TEST(Series, tables_of_postgres_answer_like_the_model) {
  SqlSubject subject(store::Engine::postgres);
  walk(subject, 12, 60, 80);
}

}  // namespace
}  // namespace machiya::sense::series
