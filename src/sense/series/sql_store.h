// The store of series on a database: the same answers as the store of files, at the speed of a database. Inside series only.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "sense/series/named_store.h"
#include "sense/series/series_dao.h"

namespace machiya::sense::series {

/// One process at a time adds series and points. Batches that wait together are one transaction.
class SqlStore final : public NamedStore {
 public:
  static Result<std::unique_ptr<Store>> open(store::Store& database, const Options& options);
  ~SqlStore() override { close(); }

  void append_later(std::vector<Point> points, std::function<void(Result<Appended>)> done) override;
  Result<std::size_t> erase(SeriesId series, Span span) override;

  Result<std::vector<Value>> range(SeriesId series, const RangeQuery& query) const override;
  Result<std::vector<Version>> versions(SeriesId series, Span span) const override;
  Result<std::optional<Value>> latest(SeriesId series) const override;
  Result<std::vector<Period>> aggregate(SeriesId series, const AggregateQuery& query) const override;
  Result<void> aggregate_all(MeasurementId m, Span span, const std::function<void(SeriesId, const Aggregate&)>& each) const override;
  Result<void> latest_all(MeasurementId m, const std::function<void(SeriesId, const Value&)>& each) const override;

  Result<void> flush() override { return {}; }
  Result<void> compact() override;
  Result<void> retain(MeasurementId m, const Retention& rule, std::int64_t now_us) override;
  Stats stats() const override;
  void close() override;

 private:
  struct Batch {
    std::vector<Point> points;
    std::size_t too_old = 0;
    std::function<void(Result<Appended>)> done;
  };
  SqlStore(store::Store& database, const Options& options) : database_(database), grid_{options.day_origin_us} {}
  Result<void> load();
  void run();
  void write(std::deque<Batch>& batches);
  Result<void> write_names(store::Tx& tx, std::vector<Reached>& reached) const;
  Floors floors_of(MeasurementId m) const;
  std::int64_t begin(std::int64_t day) const { return day == kNoDay ? kFirstUs : grid_.begin(day); }
  /// What counts of the series first … last, in the order of series and time (or wholly against it).
  Result<void> counting(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, bool backwards, const std::function<bool(const Sample&)>& each) const;
  Result<void> rolled_up(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, const std::function<void(const RollUp&)>& each) const;

  store::Store& database_;
  const DayGrid grid_;
  mutable std::mutex mutex_;   ///< queue, floors
  std::condition_variable wake_, room_;
  std::deque<Batch> queue_;
  std::size_t waiting_ = 0;    ///< points
  bool stopping_ = false;
  std::map<MeasurementId, Floors> floors_;
  std::vector<Reached> written_;   ///< names in the database; the writing thread's
  std::uint64_t points_ = 0, batches_ = 0, commits_ = 0;
  std::thread thread_;
};

}  // namespace machiya::sense::series
