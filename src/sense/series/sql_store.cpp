#include "sense/series/sql_store.h"

#include <algorithm>

#include "sense/series/batch.h"
#include "sense/series/periods.h"

namespace machiya::sense::series {

namespace {
constexpr std::size_t kMostWaiting = 2'000'000;   ///< points; then writers wait
constexpr std::size_t kMostInOne = 100'000;       ///< points of one transaction
}  // namespace

Result<std::unique_ptr<Store>> open_sql(machiya::store::Store& database, const Options& options) { return SqlStore::open(database, options); }

Result<std::unique_ptr<Store>> SqlStore::open(store::Store& database, const Options& options) {
  std::unique_ptr<SqlStore> out(new SqlStore(database, options));
  MACHIYA_CHECK(out->load());
  out->thread_ = std::thread([store = out.get()] { store->run(); });
  return std::unique_ptr<Store>(std::move(out));
}

Result<void> SqlStore::load() {
  return database_.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const auto rows, dao::measurements(tx));
    for (const auto& row : rows) {
      MACHIYA_TRY(const MeasurementId m, catalogue_.measurement(row.name.tenant, row.name.name));
      if (m != row.id) return Error(ErrorCode::integrity_broken, "measurements of series are not numbered without gaps");
      floors_[m] = row.floors;
      bool fits = true;
      MACHIYA_CHECK(dao::keys(tx, m, [&](std::uint32_t number, std::string_view key) {
        SeriesId id = 0;
        fits = catalogue_.open_many(m, {&key, 1}, &id).ok() && number_of(id) == number;
        return fits;
      }));
      if (!fits) return Error(ErrorCode::integrity_broken, "series of a measurement are not numbered without gaps");
    }
    std::string ignored;
    catalogue_.put_names(written_, ignored);
    return {};
  });
}

Floors SqlStore::floors_of(MeasurementId m) const {
  const std::lock_guard lock(mutex_);
  const auto at = floors_.find(m);
  return at == floors_.end() ? Floors{} : at->second;
}

void SqlStore::append_later(std::vector<Point> points, std::function<void(Result<Appended>)> done) {
  Batch batch{std::move(points), 0, {}};
  auto valid = keep_valid(batch.points, batch.too_old, [&](MeasurementId m) { return catalogue_.count(m); }, [&](MeasurementId m) { return begin(floors_of(m).raw); });
  if (!valid.ok()) return done(std::move(valid).error());
  batch.done = std::move(done);
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return stopping_ || waiting_ < kMostWaiting; });
    if (!stopping_) {
      waiting_ += batch.points.size();
      queue_.push_back(std::move(batch));
      wake_.notify_one();
      return;
    }
  }
  batch.done(Error(ErrorCode::unavailable, "the store of series is closed"));
}

void SqlStore::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::deque<Batch> taken;
    std::size_t points = 0;
    while (!queue_.empty() && (taken.empty() || points + queue_.front().points.size() <= kMostInOne)) {
      points += queue_.front().points.size();
      taken.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    lock.unlock();
    write(taken);
    lock.lock();
    waiting_ -= points;
    room_.notify_all();
  }
}

Result<void> SqlStore::write_names(store::Tx& tx, std::vector<Reached>& reached) const {
  const auto names = catalogue_.measurements();
  reached.resize(names.size());
  for (std::size_t m = 0; m < names.size(); ++m) {
    const auto id = static_cast<MeasurementId>(m);
    if (!reached[m].named) MACHIYA_CHECK(dao::add_measurement(tx, id, names[m]));
    reached[m].named = true;
    std::vector<dao::KeyRow> rows;
    for (const std::uint32_t end = catalogue_.count(id); reached[m].series < end; ++reached[m].series)
      rows.push_back({reached[m].series, catalogue_.key(series_id(id, reached[m].series))});
    MACHIYA_CHECK(dao::add_keys(tx, id, rows));
  }
  return {};
}

void SqlStore::write(std::deque<Batch>& batches) {
  std::vector<std::uint64_t> versions;
  std::vector<Reached> reached;
  auto done = database_.write([&](store::Tx& tx) -> Result<void> {
    versions.clear();
    reached = written_;
    MACHIYA_CHECK(write_names(tx, reached));
    for (const Batch& batch : batches) {
      MACHIYA_TRY(const std::uint64_t version, dao::next_version(tx));
      versions.push_back(version);
      std::vector<dao::PointRow> rows;
      for (const Point& p : batch.points) rows.push_back({measurement_of(p.series), {p.time_us, p.value, version, number_of(p.series), static_cast<std::uint8_t>(p.quality)}});
      const auto less = [](const dao::PointRow& a, const dao::PointRow& b) { return a.measurement != b.measurement ? a.measurement < b.measurement : before(a.sample, b.sample); };
      std::stable_sort(rows.begin(), rows.end(), less);
      std::size_t kept = 0;   // of two for one series and time the later one counts
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (i + 1 == rows.size() || less(rows[i], rows[i + 1])) rows[kept++] = rows[i];
      rows.resize(kept);
      MACHIYA_CHECK(dao::add_points(tx, rows));
    }
    return {};
  });
  if (done.ok()) written_ = std::move(reached);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (!done.ok()) {
      batches[i].done(done.error());
      continue;
    }
    {
      const std::lock_guard lock(mutex_);
      points_ += batches[i].points.size(), ++batches_, commits_ += i == 0;
    }
    batches[i].done(Appended{versions[i], batches[i].points.size(), batches[i].too_old});
  }
}

Result<std::size_t> SqlStore::erase(SeriesId series, Span span) {
  MACHIYA_TRY(const auto values, range(series, {span}));
  std::vector<Point> points;
  for (const Value& v : values) points.push_back({series, v.time_us, 0, static_cast<Quality>(kErased)});
  for (std::size_t from = 0; from < points.size(); from += kMostPoints) {
    auto done = append(std::span(points).subspan(from, std::min(kMostPoints, points.size() - from)));
    if (!done.ok()) return std::move(done).error();
  }
  return points.size();
}

Result<void> SqlStore::compact() {
  return database_.write([](store::Tx& tx) { return dao::remove_replaced(tx); });
}

Result<void> SqlStore::retain(MeasurementId m, const Retention& rule, std::int64_t now_us) {
  Floors f = floors_of(m);
  const Floors old = f;
  f.raw = raised(f.raw, rule.raw_us, now_us, grid_), f.hours = raised(f.hours, rule.hours_us, now_us, grid_), f.days = raised(f.days, rule.days_us, now_us, grid_);
  const std::uint32_t count = catalogue_.count(m);
  auto done = database_.write([&](store::Tx& tx) -> Result<void> {
    std::vector<Sample> samples;
    for (std::uint32_t first = 0; first < count && f.raw > old.raw; first += kChunk) {
      samples.clear();
      MACHIYA_CHECK(counting(tx, m, first, first + kChunk - 1, {begin(old.raw), begin(f.raw)}, false, [&](const Sample& s) { return samples.push_back(s), true; }));
      auto hours = roll_up(samples, grid_.origin_us, kHourUs), days = roll_up(samples, grid_.origin_us, kDayUs);
      std::erase_if(hours, [&](const RollUp& r) { return r.begin_us < begin(f.hours); });
      std::erase_if(days, [&](const RollUp& r) { return r.begin_us < begin(f.days); });
      MACHIYA_CHECK(dao::add_roll_ups(tx, m, 0, hours));
      MACHIYA_CHECK(dao::add_roll_ups(tx, m, 1, days));
    }
    MACHIYA_CHECK(dao::remove_points_before(tx, m, begin(f.raw)));
    MACHIYA_CHECK(dao::remove_roll_ups_before(tx, m, 0, begin(f.hours)));
    MACHIYA_CHECK(dao::remove_roll_ups_before(tx, m, 1, begin(f.days)));
    return dao::set_floors(tx, m, f);
  });
  if (!done.ok()) return done;
  const std::lock_guard lock(mutex_);
  floors_[m] = f;
  return {};
}

Stats SqlStore::stats() const {
  Stats s;
  s.series = catalogue_.series(), s.measurements = catalogue_.measurements().size();
  const std::lock_guard lock(mutex_);
  s.points = points_, s.batches = batches_, s.syncs = commits_;
  return s;
}

void SqlStore::close() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all(), room_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace machiya::sense::series
