// The store of files (README.md): log → head → segments. Inside series only.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sense/log/append_log.h"
#include "sense/series/manifest.h"
#include "sense/series/named_store.h"
#include "sense/series/view.h"

namespace machiya::sense::series {

class FilesStore final : public NamedStore {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& folder, const Options& options);
  ~FilesStore() override;

  void append_later(std::vector<Point> points, std::function<void(Result<Appended>)> done) override;
  Result<std::size_t> erase(SeriesId series, Span span) override;

  Result<std::vector<Value>> range(SeriesId series, const RangeQuery& query) const override;
  Result<std::vector<Version>> versions(SeriesId series, Span span) const override;
  Result<std::optional<Value>> latest(SeriesId series) const override;
  Result<std::vector<Period>> aggregate(SeriesId series, const AggregateQuery& query) const override;
  Result<void> aggregate_all(MeasurementId m, Span span, const std::function<void(SeriesId, const Aggregate&)>& each) const override;
  Result<void> latest_all(MeasurementId m, const std::function<void(SeriesId, const Value&)>& each) const override;

  Result<void> flush() override;
  Result<void> compact() override;
  Result<void> retain(MeasurementId m, const Retention& rule, std::int64_t now_us) override;
  Stats stats() const override;
  void close() override;

 private:
  struct Batch;
  FilesStore(std::string folder, const Options& options);

  // files_store.cpp
  Result<void> load();
  Result<void> load_segments(const Manifest& manifest);
  Result<void> load_names(const Manifest& manifest);
  Result<void> replay(std::uint64_t number, std::string_view record);
  Result<void> take_valid(std::vector<Point>& points, std::size_t& too_old) const;
  Result<void> wait_for_room();
  void submit(std::shared_ptr<Batch> batch);
  void apply(Batch& batch, Result<std::uint64_t> number);
  void grow_head(std::span<const Point> points, std::uint64_t version);
  void new_head();   // head_mutex_ is held
  std::shared_ptr<const View> view() const;
  void change_view(const std::function<void(View&)>& change);

  // files_keep.cpp; keep_mutex_ is held by whoever calls these
  struct DayFile;
  using DayFiles = std::map<std::int64_t, DayFile>;
  Result<DayFile*> file_of(std::int64_t day, DayFiles& files);
  Result<void> flush_heads(bool all);
  Result<void> flush_head(const Head& head, DayFiles& files);
  Result<void> flush_samples(MeasurementId m, std::int64_t day, std::vector<Sample>& samples, DayFiles& files);
  Result<void> write_names(Manifest& next);
  /// Index and fsync of all, their lines in the manifest, the manifest, then the view. On failure nothing has changed but files nobody names.
  Result<void> install(DayFiles& files, Manifest next, bool instead, const std::function<void(View&)>& change);
  Result<void> finish(DayFiles& files);
  Result<void> rewrite_day(std::int64_t day, const Snapshot& now, const std::map<MeasurementId, Floors>& floors, DayFiles& files);
  Result<void> rewrite_chunk(MeasurementId m, std::int64_t day, std::uint32_t chunk, const Snapshot& now, const Floors& floors, DayFile& out);
  Result<void> compact_days(std::size_t least_segments);
  std::shared_ptr<const View> view_of_segments() const;
  void remove_files(const std::vector<std::string>& files) const;
  void keep();   // the thread

  const std::string folder_;
  const Options options_;

  std::mutex submit_mutex_;
  std::vector<Reached> submitted_;             ///< names that have been handed to the log
  std::uint64_t submitted_generation_ = 0;
  std::atomic<bool> names_lost_{false};        ///< a record with names was refused: hand all of them over again
  std::atomic<std::uint64_t> epoch_{0};        ///< grows when names were lost

  std::mutex head_mutex_;                      ///< appending to the head, and changing heads
  std::shared_ptr<Head> head_;
  std::uint64_t head_count_ = 0;

  mutable std::mutex view_mutex_;              ///< only for taking and changing the pointer
  std::shared_ptr<const View> view_;

  std::mutex keep_mutex_;                      ///< flush, compact, retain: one at a time
  Manifest manifest_;
  std::vector<Reached> written_names_;
  std::uint64_t written_generation_ = 0;

  mutable std::mutex wake_mutex_;
  std::condition_variable wake_, room_;
  bool stopping_ = false;
  std::atomic<bool> closed_{false};
  std::optional<Error> keep_failure_;          ///< why heads cannot be flushed; guarded by wake_mutex_
  std::thread thread_;

  std::atomic<std::uint64_t> points_{0}, batches_{0};
  std::unique_ptr<AppendLog> log_;             ///< last: its thread ends first
};

}  // namespace machiya::sense::series
