#include "sense/log/append_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "sense/log/segment.h"

namespace machiya::sense {
namespace {

using segments::kRecordHead;

struct Waiting {
  struct Item {
    std::size_t size;
    AppendLog::Done done;
  };
  std::string bytes;   ///< room for each head, then the payload
  std::vector<Item> items;
  void clear() {
    constexpr std::size_t kKept = std::size_t{8} << 20;   // a burst's memory is given back
    if (bytes.capacity() > kKept) bytes = std::string();
    bytes.clear();
    items.clear();
  }
};

struct SegmentFile {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
};

int write_all(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0 ? ENOSPC : errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return 0;
}

}  // namespace

struct AppendLog::Impl {
  AppendLogOptions options;
  int lock_fd = -1, fd = -1;
  std::thread thread;
  std::function<void()> group_ended;  // set before the first append

  mutable std::mutex mutex;
  std::condition_variable work, room;
  Waiting waiting;                    // under mutex
  bool stop = false;                  // under mutex
  std::optional<Error> failure;       // under mutex
  Figures figures;                    // under mutex; written by the thread alone
  std::vector<SegmentFile> files;     // under mutex; at least one
  mutable std::shared_mutex reading;  // shared: somebody reads the files; alone: some are removed

  ~Impl() {
    if (thread.joinable()) {
      {
        std::lock_guard guard(mutex);
        stop = true;
      }
      work.notify_all();
      thread.join();
    }
    if (fd >= 0) ::close(fd);
    if (lock_fd >= 0) ::close(lock_fd);
  }

  Result<void> lock_folder();
  Result<void> read_all(const Visitor& visit);
  Result<void> open_last(const segments::Scan& scan);
  void run();
  Result<Number> write_group(Waiting& group);
  Result<void> rotate(Number next);
  void fail(const Error& error, bool for_good);
};

Result<void> AppendLog::Impl::lock_folder() {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return segments::storage_error(error.value(), "cannot make " + options.folder);
  const std::string path = options.folder + "/lock";
  lock_fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd < 0) return segments::storage_error(errno, "cannot open " + path);
  if (::flock(lock_fd, LOCK_EX | LOCK_NB) != 0) return Error(ErrorCode::conflict, options.folder + " is in use by another process");
  return {};
}

Result<void> AppendLog::Impl::read_all(const Visitor& visit) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(options.folder, error), end; !error && it != end; it.increment(error))
    if (const auto first = segments::first_of_name(it->path().filename().string()); first != 0) files.push_back({first, 0});
  if (error) return segments::storage_error(error.value(), "cannot list " + options.folder);
  std::sort(files.begin(), files.end(), [](const SegmentFile& a, const SegmentFile& b) { return a.first < b.first; });
  if (files.empty()) {
    MACHIYA_TRY(fd, segments::create(options.folder, 1));
    files.push_back({1, segments::kFileHead});
  }
  figures.first = files.front().first;
  for (std::size_t i = 0; i < files.size(); ++i) {
    MACHIYA_TRY(const auto scan, segments::scan(options.folder, files[i].first, 0, std::numeric_limits<Number>::max(), visit));
    const bool last = i + 1 == files.size();
    // A later segment is begun only when all of this one is on disk.
    if (!last && (scan.next != files[i + 1].first || scan.end != scan.size))
      return Error(ErrorCode::integrity_broken, options.folder + "/" + segments::file_name(files[i].first) + ": records from " + std::to_string(scan.next) + " are missing or broken");
    files[i].bytes = scan.end;
    figures.synced = scan.next - 1;
    if (last) MACHIYA_CHECK(open_last(scan));
  }
  return {};
}

/// Cuts off what a crash left half written, and makes sure that what was read is on disk: a crash of the process alone leaves records that
/// only the page cache has.
Result<void> AppendLog::Impl::open_last(const segments::Scan& scan) {
  SegmentFile& file = files.back();
  if (fd < 0 && scan.end == 0) {
    MACHIYA_TRY(fd, segments::create(options.folder, file.first));
    file.bytes = segments::kFileHead;
    return {};
  }
  const std::string path = options.folder + "/" + segments::file_name(file.first);
  if (fd < 0) fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return segments::storage_error(errno, "cannot open " + path);
  if (scan.size > scan.end) {
    log(LogLevel::warn, "log-tail-cut", {{"file", path}, {"bytes", std::to_string(scan.size - scan.end)}});
    if (::ftruncate(fd, static_cast<off_t>(scan.end)) != 0) return segments::storage_error(errno, "cannot cut " + path);
  }
  if (::fdatasync(fd) != 0) return segments::storage_error(errno, "cannot sync " + path);
  return {};
}

void AppendLog::Impl::run() {
  Waiting group;
  for (;;) {
    {
      std::unique_lock guard(mutex);
      work.wait(guard, [&] { return stop || !waiting.items.empty(); });
      if (waiting.items.empty()) return;
      std::swap(group, waiting);
    }
    room.notify_all();
    std::optional<Error> refused;
    {
      std::lock_guard guard(mutex);
      refused = failure;
    }
    Result<Number> first = refused ? Result<Number>(*refused) : write_group(group);
    if (!first.ok() && !refused) fail(first.error(), first.error().code != ErrorCode::storage_full);
    Number number = first.ok() ? *first : 0;
    for (auto& item : group.items)
      if (item.done) item.done(first.ok() ? Result<Number>(number++) : Result<Number>(first.error()));
    if (group_ended) group_ended();
    group.clear();
  }
}

void AppendLog::Impl::fail(const Error& error, bool for_good) {
  log(LogLevel::error, for_good ? "log-failed" : "log-full", {{"folder", options.folder}, {"why", error.detail}});
  if (!for_good) return;
  std::lock_guard guard(mutex);
  failure = error;
}

/// Gives the number of the group's first record.
Result<AppendLog::Number> AppendLog::Impl::write_group(Waiting& group) {
  Number number;
  std::uint64_t offset;
  {
    std::lock_guard guard(mutex);
    number = figures.synced + 1;
    offset = files.back().bytes;
  }
  if (offset >= options.segment_bytes) {
    MACHIYA_CHECK(rotate(number));
    offset = segments::kFileHead;
  }
  char* at = group.bytes.data();
  for (std::uint32_t i = 0; i < group.items.size(); ++i) {
    segments::fill_head(at, group.items[i].size, number + i, i);
    at += kRecordHead + group.items[i].size;
  }
  if (const int error = write_all(fd, group.bytes, offset); error != 0) {
    const Error why = segments::storage_error(error, "cannot write to the log in " + options.folder);
    // What stands behind the last good record must not be taken for one later.
    if (::ftruncate(fd, static_cast<off_t>(offset)) != 0) return Error(ErrorCode::storage_failed, why.detail);
    return why;
  }
  if (::fdatasync(fd) != 0) return Error(ErrorCode::storage_failed, segments::storage_error(errno, "cannot sync the log in " + options.folder).detail);
  std::lock_guard guard(mutex);
  files.back().bytes = offset + group.bytes.size();
  figures.synced = number + group.items.size() - 1;
  figures.syncs += 1;
  figures.appended += group.bytes.size();
  return number;
}

Result<void> AppendLog::Impl::rotate(Number next) {
  MACHIYA_TRY(const int fresh, segments::create(options.folder, next));
  ::close(fd);
  fd = fresh;
  std::lock_guard guard(mutex);
  files.push_back({next, segments::kFileHead});
  return {};
}

AppendLog::AppendLog() : impl_(std::make_unique<Impl>()) {}
AppendLog::~AppendLog() = default;

Result<std::unique_ptr<AppendLog>> AppendLog::open(const AppendLogOptions& options, const Visitor& visit) {
  std::unique_ptr<AppendLog> made(new AppendLog);
  Impl& impl = *made->impl_;
  impl.options = options;
  impl.options.max_record = std::min<std::size_t>(options.max_record, std::numeric_limits<std::uint32_t>::max());
  MACHIYA_CHECK(impl.lock_folder());
  MACHIYA_CHECK(impl.read_all(visit));
  impl.thread = std::thread([&impl] { impl.run(); });
  return made;
}

void AppendLog::append_later(std::string_view record, Done done) {
  if (record.size() > impl_->options.max_record) {
    if (done) done(Error(ErrorCode::too_large, "a record of " + std::to_string(record.size()) + " bytes"));
    return;
  }
  {
    std::unique_lock guard(impl_->mutex);
    const bool own_thread = std::this_thread::get_id() == impl_->thread.get_id();   // it would wait for itself
    impl_->room.wait(guard, [&] { return own_thread || impl_->waiting.bytes.size() <= impl_->options.max_waiting; });
    impl_->waiting.bytes.append(kRecordHead, '\0').append(record);
    impl_->waiting.items.push_back({record.size(), std::move(done)});
  }
  impl_->work.notify_one();
}

void AppendLog::after_group(std::function<void()> call) {
  std::lock_guard guard(impl_->mutex);
  impl_->group_ended = std::move(call);
}

Result<AppendLog::Number> AppendLog::append(std::string_view record) {
  std::promise<Result<Number>> promise;
  append_later(record, [&promise](Result<Number> result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

Result<void> AppendLog::replay(Number from, const Visitor& visit) const {
  std::shared_lock reading(impl_->reading);
  std::vector<SegmentFile> files;
  Number until;
  {
    std::lock_guard guard(impl_->mutex);
    files = impl_->files;
    until = impl_->figures.synced + 1;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i + 1 < files.size() && files[i + 1].first <= from) continue;
    MACHIYA_TRY(const auto scan, segments::scan(impl_->options.folder, files[i].first, from, until, visit));
    const Number wanted = i + 1 < files.size() ? files[i + 1].first : until;
    if (scan.next < wanted) return Error(ErrorCode::integrity_broken, "record " + std::to_string(scan.next) + " of the log in " + impl_->options.folder + " is broken");
  }
  return {};
}

Result<void> AppendLog::forget_before(Number needed) {
  std::unique_lock reading(impl_->reading);
  std::vector<SegmentFile> gone;
  {
    std::lock_guard guard(impl_->mutex);
    auto& files = impl_->files;
    std::size_t n = 0;
    while (n + 1 < files.size() && files[n + 1].first <= needed) ++n;
    gone.assign(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(n));
    files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(n));
    impl_->figures.first = files.front().first;
  }
  // Oldest first: a crash in between leaves no hole.
  for (const auto& file : gone)
    if (const std::string path = impl_->options.folder + "/" + segments::file_name(file.first); ::unlink(path.c_str()) != 0)
      return segments::storage_error(errno, "cannot remove " + path);
  return {};
}

AppendLog::Figures AppendLog::figures() const {
  std::lock_guard guard(impl_->mutex);
  Figures result = impl_->figures;
  for (const auto& file : impl_->files) result.bytes += file.bytes;
  return result;
}

std::optional<Error> AppendLog::failure() const {
  std::lock_guard guard(impl_->mutex);
  return impl_->failure;
}

}  // namespace machiya::sense
