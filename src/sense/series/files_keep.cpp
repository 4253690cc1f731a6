// Flush, compaction and retention of the store of files.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "base/log.h"
#include "sense/log/replace_file.h"
#include "sense/series/batch.h"
#include "sense/series/disk.h"
#include "sense/series/files_store.h"
#include "sense/series/names_file.h"
#include "sense/series/roll_up.h"

namespace machiya::sense::series {

namespace {
constexpr std::size_t kSegmentsOfDay = 8;           ///< then they become one, without being asked
constexpr std::uint64_t kSamplesAtOnce = 2'000'000;   ///< in memory while days are rewritten
}  // namespace

struct FilesStore::DayFile {
  std::string file;
  std::unique_ptr<SegmentWriter> writer;
  std::shared_ptr<const Segment> segment;   ///< when it is whole
};

Result<FilesStore::DayFile*> FilesStore::file_of(std::int64_t day, DayFiles& files) {
  DayFile& of = files[day];
  if (of.writer == nullptr) {
    std::string number = std::to_string(manifest_.next_file++);
    of.file = std::string(12 - std::min<std::size_t>(12, number.size()), '0') + number + ".seg";
    MACHIYA_TRY(of.writer, SegmentWriter::create(folder_ + "/segments/" + of.file));
  }
  return &of;
}

Result<void> FilesStore::finish(DayFiles& files) {
  for (auto& [day, of] : files) {
    MACHIYA_CHECK(of.writer->finish());
    MACHIYA_TRY(of.segment, Segment::open(folder_ + "/segments/" + of.file));
  }
  return sync_folder(folder_ + "/segments");
}

void FilesStore::remove_files(const std::vector<std::string>& files) const {
  std::error_code ignored;
  for (const auto& file : files) std::filesystem::remove(folder_ + "/segments/" + file, ignored);   // what stays goes at the next opening
}

Result<void> FilesStore::install(DayFiles& files, Manifest next, bool instead, const std::function<void(View&)>& change) {
  std::vector<std::string> made, gone;
  for (const auto& [day, of] : files) made.push_back(of.file);
  auto done = finish(files);
  if (done.ok()) {
    next.next_file = manifest_.next_file;
    if (instead)
      std::erase_if(next.segments, [&](const auto& line) { return files.contains(line.day) && (gone.push_back(line.file), true); });
    for (const auto& [day, of] : files)
      if (!of.segment->entries().empty()) next.segments.push_back({day, instead, of.file});
    std::stable_sort(next.segments.begin(), next.segments.end(), [](const auto& a, const auto& b) { return a.day < b.day; });
    for (auto& line : next.segments)
      if (!instead && files.contains(line.day)) line.whole = false;
    done = replace_file(folder_ + "/manifest", write_manifest(next));
  }
  if (!done.ok()) return remove_files(made), done;
  manifest_ = std::move(next);
  change_view([&](View& v) {
    for (const auto& [day, of] : files) {
      Day& d = v.days[day];
      if (instead) d = Day{};
      d.whole = instead;
      if (!of.segment->entries().empty()) d.segments.push_back(of.segment), d.files.push_back(of.file);
      if (d.files.empty()) v.days.erase(day);
    }
    change(v);
  });
  remove_files(gone);
  return {};
}

Result<void> FilesStore::flush_samples(MeasurementId m, std::int64_t day, std::vector<Sample>& samples, DayFiles& files) {
  const auto floor = manifest_.floors.find(m);
  if (samples.empty() || (floor != manifest_.floors.end() && day < floor->second.raw)) return {};   // retention came in between
  MACHIYA_TRY(DayFile* const file, file_of(day, files));
  std::vector<Sample> replaced;
  keep_last(samples, false, &replaced);
  Result<void> done;
  Field field = Field::raw;
  const BlockSink sink = [&](const BlockFacts& facts, const std::string& bytes) {
    if (done.ok()) done = file->writer->add(m, field, facts, bytes);
  };
  encode_blocks(samples, true, sink);
  field = Field::replaced;
  if (!replaced.empty()) encode_runs(replaced, sink);
  return done;
}

Result<void> FilesStore::flush_head(const Head& head, DayFiles& files) {
  const DayGrid grid{options_.day_origin_us};
  std::vector<Sample> samples;
  for (const MeasurementId m : head.measurements()) {
    const std::uint32_t numbers = head.numbers(m);
    for (std::uint32_t first = 0; first < numbers; first += kChunk) {
      samples.clear();
      head.take(head.published(), m, first, first + kChunk - 1, {}, samples);
      if (samples.empty()) continue;
      const auto [least, most] = std::minmax_element(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.time_us < b.time_us; });
      const std::int64_t only = grid.day_of(least->time_us);
      if (only == grid.day_of(most->time_us)) {
        MACHIYA_CHECK(flush_samples(m, only, samples, files));
        continue;
      }
      std::map<std::int64_t, std::vector<Sample>> days;
      for (const Sample& s : samples) days[grid.day_of(s.time_us)].push_back(s);
      for (auto& [day, of_day] : days) MACHIYA_CHECK(flush_samples(m, day, of_day, files));
    }
  }
  return {};
}

Result<void> FilesStore::write_names(Manifest& next) {
  const std::uint64_t generation = catalogue_.generation();
  if (generation == written_generation_) return {};
  std::vector<Reached> reached = written_names_;
  std::string names;
  catalogue_.put_names(reached, names);
  const std::string bytes = pack_names(names);
  const std::string path = folder_ + "/names";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return disk_error("cannot open", path);
  Result<void> done;
  // Behind what the manifest counts there may be the rest of a write that failed.
  const auto end = static_cast<off_t>(manifest_.catalogue_bytes);
  if (::ftruncate(fd, end) != 0 || ::lseek(fd, end, SEEK_SET) != end) done = disk_error("cannot write", path);
  if (done.ok()) done = write_all(fd, bytes, path);
  if (done.ok() && ::fdatasync(fd) != 0) done = disk_error("cannot make durable", path);
  ::close(fd);
  MACHIYA_CHECK(std::move(done));
  next.catalogue_bytes = manifest_.catalogue_bytes + bytes.size();
  written_names_ = std::move(reached), written_generation_ = generation;
  return {};
}

Result<void> FilesStore::flush_heads(bool all) {
  if (all) {
    const std::lock_guard lock(head_mutex_);
    if (head_count_ > 0) new_head();
  }
  for (;;) {
    const auto heads = view()->heads;
    if (heads.size() <= 1) return {};
    const Head& head = *heads.front();
    DayFiles files;
    Manifest next = manifest_;
    next.flushed = head.last_version();
    const auto names_before = written_names_;
    const auto generation_before = written_generation_;
    auto done = flush_head(head, files);
    if (done.ok()) done = write_names(next);
    if (done.ok()) done = install(files, std::move(next), false, [](View& v) { v.heads.erase(v.heads.begin()); });
    if (!done.ok()) {
      written_names_ = names_before, written_generation_ = generation_before;
      std::vector<std::string> made;
      for (const auto& [day, of] : files) made.push_back(of.file);
      remove_files(made);
      return done;
    }
    MACHIYA_CHECK(log_->forget_before(manifest_.flushed + 1));
    const std::lock_guard lock(wake_mutex_);
    room_.notify_all();
  }
}

Result<void> FilesStore::rewrite_chunk(MeasurementId m, std::int64_t day, std::uint32_t chunk, const Snapshot& now, const Floors& floors, DayFile& out) {
  std::uint64_t count = 0;
  for (const auto& segment : now.view().days.at(day).segments)
    for (const BlockEntry& e : segment->blocks(m, Field::raw, chunk)) count += e.facts.count;
  std::uint32_t width = kChunk;
  while (width > 1 && count * width / kChunk > kSamplesAtOnce) width /= 2;
  std::vector<Sample> samples;
  const std::int64_t begin = now.view().grid.begin(day);
  for (std::uint32_t first = chunk * kChunk, end = first + kChunk; first != end; first += width) {
    samples.clear();
    MACHIYA_CHECK(now.take_day(day, m, first, first + width - 1, {}, false, samples));
    Result<void> done;
    if (day >= floors.raw) {
      encode_blocks(samples, false, [&](const BlockFacts& facts, const std::string& bytes) {
        if (done.ok()) done = out.writer->add(m, Field::raw, facts, bytes);
      });
    } else {
      if (day >= floors.hours) done = write_roll_ups(*out.writer, m, Field::hour_count, roll_up(samples, begin, kHourUs));
      if (done.ok() && day >= floors.days) done = write_roll_ups(*out.writer, m, Field::day_count, roll_up(samples, begin, kDayUs));
    }
    MACHIYA_CHECK(std::move(done));
  }
  return {};
}

Result<void> FilesStore::rewrite_day(std::int64_t day, const Snapshot& now, const std::map<MeasurementId, Floors>& floors, DayFiles& files) {
  const Day& of = now.view().days.at(day);
  if (of.damaged) return *of.damaged;
  MACHIYA_TRY(DayFile* const out, file_of(day, files));
  const auto floors_of = [&](MeasurementId m) {
    const auto at = floors.find(m);
    return at == floors.end() ? Floors{} : at->second;
  };
  std::set<std::pair<MeasurementId, std::uint32_t>> chunks;
  std::string buffer;
  for (const auto& segment : of.segments)
    for (const BlockEntry& e : segment->entries()) {
      const auto field = static_cast<std::uint8_t>(e.field);
      if (e.field == Field::raw) chunks.emplace(e.measurement, e.facts.first / kChunk);
      const Floors f = floors_of(e.measurement);
      const bool kept = e.field >= Field::day_count ? day >= f.days : e.field >= Field::hour_count && day >= f.hours;
      if (field < static_cast<std::uint8_t>(Field::hour_count) || !kept) continue;
      MACHIYA_TRY(const std::string_view bytes, segment->read(e, buffer));
      MACHIYA_CHECK(out->writer->add(e.measurement, e.field, e.facts, bytes));
    }
  for (const auto& [m, chunk] : chunks) MACHIYA_CHECK(rewrite_chunk(m, day, chunk, now, floors_of(m), *out));
  return {};
}

std::shared_ptr<const View> FilesStore::view_of_segments() const {
  auto copy = std::make_shared<View>(*view());
  copy->heads.clear();
  return copy;
}

Result<void> FilesStore::compact_days(std::size_t least_segments) {
  const Snapshot now(view_of_segments());
  Result<void> outcome;
  for (const auto& [day, of] : now.view().days) {
    if (of.whole || of.files.size() < least_segments) continue;
    DayFiles files;
    auto done = rewrite_day(day, now, manifest_.floors, files);
    if (done.ok()) done = install(files, manifest_, true, [](View&) {});
    if (done.ok()) continue;
    std::vector<std::string> made;
    for (const auto& [made_day, file] : files) made.push_back(file.file);
    remove_files(made);
    if (outcome.ok()) outcome = std::move(done);   // the other days go on
  }
  return outcome;
}

Result<void> FilesStore::flush() {
  const std::lock_guard lock(keep_mutex_);
  if (log_ == nullptr) return Error(ErrorCode::unavailable, "the store of series is closed");
  return flush_heads(true);
}

Result<void> FilesStore::compact() {
  const std::lock_guard lock(keep_mutex_);
  if (log_ == nullptr) return Error(ErrorCode::unavailable, "the store of series is closed");
  MACHIYA_CHECK(flush_heads(true));
  return compact_days(1);
}

Result<void> FilesStore::retain(MeasurementId m, const Retention& rule, std::int64_t now_us) {
  const std::lock_guard lock(keep_mutex_);
  if (log_ == nullptr) return Error(ErrorCode::unavailable, "the store of series is closed");
  MACHIYA_CHECK(flush_heads(true));
  const DayGrid grid{options_.day_origin_us};
  auto floors = manifest_.floors;
  Floors& f = floors[m];
  f.raw = raised(f.raw, rule.raw_us, now_us, grid), f.hours = raised(f.hours, rule.hours_us, now_us, grid), f.days = raised(f.days, rule.days_us, now_us, grid);
  const auto ended = [&](std::int64_t day, const BlockEntry& e) {
    return e.measurement == m && day < (e.field >= Field::day_count ? f.days : e.field >= Field::hour_count ? f.hours : f.raw);
  };
  const Snapshot now(view_of_segments());
  DayFiles files;
  for (const auto& [day, of] : now.view().days) {
    const bool changes = of.damaged || std::any_of(of.segments.begin(), of.segments.end(), [&, day = day](const auto& segment) {
      return std::any_of(segment->entries().begin(), segment->entries().end(), [&](const BlockEntry& e) { return ended(day, e); });
    });
    if (day < std::max({f.raw, f.hours, f.days}) && changes) MACHIYA_CHECK(rewrite_day(day, now, floors, files));
  }
  Manifest next = manifest_;
  next.floors = floors;
  return install(files, std::move(next), true, [&](View& v) { v.floors = floors; });
}

void FilesStore::keep() {
  std::unique_lock lock(wake_mutex_);
  while (!stopping_) {
    const auto work = [&] { return stopping_ || view()->heads.size() > 1; };
    if (keep_failure_) wake_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; });   // the disk may have room again
    else wake_.wait(lock, work);
    if (stopping_) return;
    lock.unlock();
    Result<void> done;
    {
      const std::lock_guard keeping(keep_mutex_);
      done = flush_heads(false);
      if (done.ok())
        if (auto compacted = compact_days(kSegmentsOfDay); !compacted.ok()) log(LogLevel::error, "series-compaction-failed", {{"error", compacted.error().to_string()}});
    }
    if (!done.ok()) log(LogLevel::error, "series-flush-failed", {{"error", done.error().to_string()}});
    lock.lock();
    keep_failure_ = done.ok() ? std::nullopt : std::optional(done.error());
    room_.notify_all();
  }
}

}  // namespace machiya::sense::series
