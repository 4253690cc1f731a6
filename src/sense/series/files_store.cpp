#include "sense/series/files_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/log.h"
#include "sense/series/batch.h"
#include "sense/series/disk.h"
#include "sense/series/log_record.h"
#include "sense/series/names_file.h"

namespace machiya::sense::series {

namespace {
constexpr std::size_t kWaitingHeads = 3;         ///< full ones; then writers wait
}  // namespace

struct FilesStore::Batch {
  std::vector<Point> points;
  std::size_t too_old = 0;
  std::uint64_t epoch = 0;
  bool names = false;
  std::function<void(Result<Appended>)> done;
};

FilesStore::FilesStore(std::string folder, const Options& options) : folder_(std::move(folder)), options_(options) {}

FilesStore::~FilesStore() { close(); }

Result<std::unique_ptr<Store>> open_files(const std::string& folder, const Options& options) { return FilesStore::open(folder, options); }

Result<std::unique_ptr<Store>> FilesStore::open(const std::string& folder, const Options& options) {
  std::unique_ptr<FilesStore> out(new FilesStore(folder, options));
  MACHIYA_CHECK(out->load());
  if (options.background) out->thread_ = std::thread([store = out.get()] { store->keep(); });
  return std::unique_ptr<Store>(std::move(out));
}

Result<void> FilesStore::load() {
  std::error_code failed;
  std::filesystem::create_directories(folder_ + "/segments", failed);
  if (failed) return Error(ErrorCode::storage_failed, "cannot make the folder of a store of series: " + failed.message(), folder_);
  AppendLogOptions log_options;
  log_options.folder = folder_ + "/log";
  log_options.segment_bytes = std::size_t{8} << 20;   // the last file stays after a flush: small, so that the disk holds segments and little else
  bool loaded = false;
  // The log's lock comes first: another process may be changing the other files.
  const auto first = [&]() -> Result<void> {
    loaded = true;
    MACHIYA_TRY(const std::string text, read_file(folder_ + "/manifest"));
    if (!text.empty()) {
      MACHIYA_TRY(manifest_, read_manifest(text));
    }
    MACHIYA_CHECK(load_segments(manifest_));
    MACHIYA_CHECK(load_names(manifest_));
    head_ = std::make_shared<Head>(DayGrid{options_.day_origin_us});
    change_view([&](View& v) { v.heads.push_back(head_); });
    return {};
  };
  auto opened = AppendLog::open(log_options, [&](std::uint64_t number, std::string_view record) -> Result<void> {
    if (!loaded) MACHIYA_CHECK(first());
    return replay(number, record);
  });
  if (!opened.ok()) return std::move(opened).error();
  log_ = std::move(*opened);
  if (!loaded) MACHIYA_CHECK(first());
  if (const auto synced = log_->figures().synced; synced < manifest_.flushed)
    return Error(ErrorCode::integrity_broken, "the log of a store of series ends before what its segments hold", folder_);
  return {};
}

Result<void> FilesStore::load_segments(const Manifest& manifest) {
  auto v = std::make_shared<View>();
  v->grid.origin_us = options_.day_origin_us;
  v->floors = manifest.floors;
  std::set<std::string> known;
  for (const auto& line : manifest.segments) {
    known.insert(line.file);
    Day& day = v->days[line.day];
    day.whole = line.whole;
    day.files.push_back(line.file);
    auto segment = Segment::open(folder_ + "/segments/" + line.file);
    if (segment.ok()) {
      day.segments.push_back(*segment);
    } else {
      log(LogLevel::error, "series-segment-damaged", {{"file", line.file}, {"error", segment.error().to_string()}});
      day.damaged = Error(ErrorCode::integrity_broken, segment.error().detail, segment.error().where);
    }
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/segments", ignored))
    if (!known.contains(entry.path().filename().string())) std::filesystem::remove(entry.path(), ignored);   // of a flush that a crash ended
  view_ = std::move(v);
  return {};
}

Result<void> FilesStore::load_names(const Manifest& manifest) {
  MACHIYA_TRY(const std::string text, read_file(folder_ + "/names"));
  if (text.size() < manifest.catalogue_bytes) return Error(ErrorCode::integrity_broken, "the file of names of a store of series is too short", folder_ + "/names");
  MACHIYA_CHECK(unpack_names(std::string_view(text).substr(0, manifest.catalogue_bytes), [&](std::string_view names) {
    Reader in(names);
    return catalogue_.take_names(in);
  }));
  std::string ignored;
  catalogue_.put_names(written_names_, ignored);
  written_generation_ = catalogue_.generation();
  return {};
}

Result<void> FilesStore::replay(std::uint64_t number, std::string_view record) {
  if (number <= manifest_.flushed) return {};
  Reader in(record);
  const Error broken(ErrorCode::integrity_broken, "a record of the log of series cannot be read", std::to_string(number));
  if (in.byte() != kPointsRecord) return broken;
  MACHIYA_CHECK(catalogue_.take_names(in));
  std::vector<Point> points;
  if (!take_points(in, points)) return broken;
  // Points whose names were refused with the record before were never acknowledged.
  const std::size_t gone = std::erase_if(points, [&](const Point& p) { return number_of(p.series) >= catalogue_.count(measurement_of(p.series)); });
  if (gone > 0) log(LogLevel::warn, "series-points-without-name", {{"points", std::to_string(gone)}});
  if (!points.empty()) grow_head(points, number);
  return {};
}

std::shared_ptr<const View> FilesStore::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

void FilesStore::change_view(const std::function<void(View&)>& change) {
  const std::lock_guard lock(view_mutex_);
  auto next = std::make_shared<View>(*view_);
  change(*next);
  view_ = std::move(next);
}

Result<void> FilesStore::take_valid(std::vector<Point>& points, std::size_t& too_old) const {
  const auto now = view();
  return keep_valid(points, too_old, [&](MeasurementId m) { return catalogue_.count(m); }, [&](MeasurementId m) {
    const std::int64_t day = now->floors_of(m).raw;
    return day == kNoDay ? kFirstUs : now->grid.begin(day);
  });
}

Result<void> FilesStore::wait_for_room() {
  const auto crowded = [&] { return view()->heads.size() > kWaitingHeads; };
  if (!crowded()) return {};
  if (!options_.background) return flush();
  std::unique_lock lock(wake_mutex_);
  room_.wait(lock, [&] { return stopping_ || keep_failure_ || !crowded(); });
  if (keep_failure_) return *keep_failure_;
  return {};
}

void FilesStore::append_later(std::vector<Point> points, std::function<void(Result<Appended>)> done) {
  auto batch = std::make_shared<Batch>();
  batch->points = std::move(points);
  if (closed_) return done(Error(ErrorCode::unavailable, "the store of series is closed"));
  auto valid = take_valid(batch->points, batch->too_old);
  if (valid.ok()) valid = wait_for_room();
  if (!valid.ok()) return done(std::move(valid).error());
  batch->done = std::move(done);
  submit(std::move(batch));
}

void FilesStore::submit(std::shared_ptr<Batch> batch) {
  thread_local std::string points, record;
  points.clear();
  put_points(batch->points, points);
  const std::lock_guard lock(submit_mutex_);
  record.assign(1, static_cast<char>(kPointsRecord));
  if (names_lost_.exchange(false)) submitted_.clear(), submitted_generation_ = 0;
  const std::uint64_t generation = catalogue_.generation();
  if (generation != submitted_generation_) {
    catalogue_.put_names(submitted_, record);
    submitted_generation_ = generation;
    batch->names = true;
  } else {
    put_varint(record, 0);
  }
  record += points;
  batch->epoch = epoch_;
  log_->append_later(record, [this, batch](Result<std::uint64_t> number) { apply(*batch, std::move(number)); });
}

void FilesStore::apply(Batch& batch, Result<std::uint64_t> number) {
  if (!number.ok()) {
    if (batch.names) ++epoch_, names_lost_ = true;
    return batch.done(std::move(number).error());
  }
  // Its names may have been in a record that was refused: on disk its points have no meaning.
  if (batch.epoch != epoch_) return batch.done(Error(ErrorCode::storage_failed, "the names of new series could not be saved"));
  if (!batch.points.empty()) grow_head(batch.points, *number);
  points_ += batch.points.size(), ++batches_;
  batch.done(Appended{*number, batch.points.size(), batch.too_old});
}

void FilesStore::grow_head(std::span<const Point> points, std::uint64_t version) {
  const std::lock_guard lock(head_mutex_);
  head_->append(points, version);
  head_count_ += points.size();
  if (head_count_ >= options_.head_points) new_head();
}

void FilesStore::new_head() {
  head_ = std::make_shared<Head>(DayGrid{options_.day_origin_us});
  head_count_ = 0;
  change_view([&](View& v) { v.heads.push_back(head_); });
  const std::lock_guard lock(wake_mutex_);
  wake_.notify_one();
}

Result<std::size_t> FilesStore::erase(SeriesId series, Span span) {
  MACHIYA_TRY(const auto values, range(series, {span}));
  std::vector<Point> points;
  for (const Value& v : values) points.push_back({series, v.time_us, 0, static_cast<Quality>(kErased)});
  for (std::size_t from = 0; from < points.size(); from += kMostPoints) {
    const std::size_t n = std::min(kMostPoints, points.size() - from);
    auto done = append(std::span(points).subspan(from, n));
    if (!done.ok()) return std::move(done).error();
  }
  return points.size();
}

Stats FilesStore::stats() const {
  Stats s;
  const auto now = view();
  s.points = points_, s.batches = batches_;
  if (log_ != nullptr) {
    const auto figures = log_->figures();
    s.syncs = figures.syncs, s.log_bytes = figures.bytes;
  }
  s.series = catalogue_.series(), s.measurements = catalogue_.measurements().size();
  for (const auto& head : now->heads) s.head_points += head->published();
  for (const auto& [day, of] : now->days)
    for (const auto& segment : of.segments) ++s.segments, s.segment_bytes += segment->bytes();
  struct stat file {};
  if (::stat((folder_ + "/names").c_str(), &file) == 0) s.catalogue_bytes = static_cast<std::uint64_t>(file.st_size);
  return s;
}

void FilesStore::close() {
  if (closed_.exchange(true)) return;
  {
    const std::lock_guard lock(wake_mutex_);
    stopping_ = true;
    wake_.notify_all(), room_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(keep_mutex_);
  log_.reset();   // writes and syncs what waits
}

}  // namespace machiya::sense::series
