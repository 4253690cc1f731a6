#include "platform/store/sqlite_writer.h"

#include <sys/stat.h>

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "platform/store/sqlite_tx.h"
#include "platform/store/transaction_guard.h"

namespace machiya::store {

namespace {

constexpr std::size_t kGroup = 512;        // bounds the time a single commit may take
// A group that took everybody who writes would leave the other processors idle while it runs, and the writer idle while they think
// of their next write. So a group ends when its work is about this many times its commit: the fsync is still shared by many.
constexpr std::int64_t kWorkPerCommit = 2;
constexpr std::size_t kLeast = 8;
constexpr std::size_t kQueue = 50'000;     // beyond this the caller is told to come back later
constexpr std::chrono::milliseconds kLeasePoll{20};
constexpr std::chrono::milliseconds kProbeMin{200}, kProbeMax{2000};

bool is_storage(const Error& e) {
  return e.code == ErrorCode::storage_full || e.code == ErrorCode::storage_failed || e.code == ErrorCode::integrity_broken;
}

}  // namespace

SqliteWriter::SqliteWriter(const Options& options, std::string path)
    : path_(std::move(path)), synchronous_(options.synchronous), twice_(options.every_write_twice), lease_wait_(options.writer_wait_s), lease_(path_ + ".writer") {}

Error SqliteWriter::refusal() const {
  return refusing_.load() == Refusal::full ? Error(ErrorCode::storage_full, "the disk is full")
                                           : Error(ErrorCode::storage_failed, "the disk failed");
}

void SqliteWriter::submit(Work work, Done done) {
  std::optional<Error> refused;
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::open) refused = Error(ErrorCode::unavailable, "the store no longer takes writes");
    else if (refusing()) refused = refusal();
    else if (queue_.size() >= kQueue) refused = Error(ErrorCode::unavailable, "too many writes are waiting");
    else queue_.push_back(Item{std::move(work), std::move(done), {}, {}});
    if (!refused && queue_.size() == 1) changed_.notify_all();
  }
  if (!refused) return;
  failed_ += 1;
  if (done) done(std::move(*refused));
}

Result<void> SqliteWriter::run(const Work& work) {
  return write_and_wait(work, [this](Work w, Done d) { submit(std::move(w), std::move(d)); });
}

Result<void> SqliteWriter::acquire(int timeout_ms) {
  std::unique_lock lock(mutex_);
  ++acquiring_;
  changed_.notify_all();
  lease_changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return has_lease_ || state_ != State::open; });
  --acquiring_;
  if (has_lease_) return {};
  return Error(ErrorCode::unavailable, "another process holds the writer lease");
}

void SqliteWriter::yield() {
  std::unique_lock lock(mutex_);
  if (state_ == State::open) state_ = State::yielding;
  changed_.notify_all();
  lease_changed_.wait(lock, [&] { return state_ == State::yielded || state_ == State::closed; });
}

void SqliteWriter::close() {
  yield();
  {
    std::lock_guard lock(mutex_);
    state_ = State::closed;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Stats SqliteWriter::stats() const {
  std::lock_guard lock(mutex_);
  return {writes_, failed_, commits_, retries_, static_cast<std::int64_t>(queue_.size())};
}

Result<void> SqliteWriter::open_connection() {
  connection_.reset();
  MACHIYA_TRY(connection_, SqliteConnection::open(path_, SqliteConnection::Role::writer, synchronous_));
  return {};
}

Result<void> SqliteWriter::start() {
  struct stat file {};
  const bool empty = ::stat(path_.c_str(), &file) != 0 || file.st_size == 0;
  MACHIYA_TRY(const bool mine, empty ? lease_.try_acquire() : Result<bool>(false));
  if (mine) {
    MACHIYA_CHECK(open_connection());
    has_lease_ = true;
  }
  thread_ = std::thread([this] { loop(); });
  return {};
}

/// Gives up after the configured time, or when the store is being closed.
Result<void> SqliteWriter::wait_for_lease() {
  const auto until = std::chrono::steady_clock::now() + lease_wait_;
  for (bool told = false;; told = true) {
    MACHIYA_TRY(const bool mine, lease_.try_acquire());
    if (mine) break;
    if (!told) log(LogLevel::info, "writer-lease-waiting");
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLeasePoll, [&] { return state_ != State::open; });
    const bool wanted = !queue_.empty() || acquiring_ > 0;
    if (state_ != State::open || !wanted || std::chrono::steady_clock::now() >= until)
      return Error(ErrorCode::unavailable, "another process holds the writer lease");
  }
  if (auto opened = open_connection(); !opened.ok()) refuse(opened.error());   // the probe tries again
  std::lock_guard lock(mutex_);
  has_lease_ = true;
  lease_changed_.notify_all();
  return {};
}

void SqliteWriter::take_group(Group& group) {
  group.clear();
  const auto affordable = static_cast<std::size_t>(kWorkPerCommit * commit_ns_ / std::max<std::int64_t>(item_ns_, 1));
  const std::size_t most = std::clamp(affordable, kLeast, kGroup);
  while (!queue_.empty() && group.size() < most) {
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
}

/// Answers everything that waits with `error`. False when the thread should end.
bool SqliteWriter::fail_queue(const Error& error) {
  Group group;
  std::unique_lock lock(mutex_);
  if (queue_.empty()) changed_.wait_for(lock, kLeasePoll, [&] { return state_ != State::open; });
  take_group(group);
  const bool go_on = state_ == State::open || !queue_.empty();
  lock.unlock();
  for (Item& item : group) item.result = error;
  answer(group);
  return go_on;
}

void SqliteWriter::loop() {
  Group group;
  for (;;) {
    if (!lease_.held()) {
      // Only who wants to write asks for the lease: a long backup or check beside the server never stands in its way.
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !queue_.empty() || acquiring_ > 0 || state_ != State::open; });
      if (queue_.empty() && state_ != State::open) break;
    }
    if (!lease_.held())
      if (auto leased = wait_for_lease(); !leased.ok()) {
        if (!fail_queue(leased.error())) break;
        continue;
      }
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return !queue_.empty() || state_ != State::open; };
    if (refusing()) changed_.wait_for(lock, probe_pause_, ready);
    else changed_.wait(lock, ready);
    if (queue_.empty() && state_ != State::open) break;
    take_group(group);
    lock.unlock();
    if (refusing()) probe();
    if (!group.empty()) run_group(group);
    answer(group);
  }
  connection_.reset();
  lease_.release();
  std::lock_guard lock(mutex_);
  has_lease_ = false;
  if (state_ != State::closed) state_ = State::yielded;
  lease_changed_.notify_all();
}

void SqliteWriter::run_group(Group& group) {
  if (refusing()) {
    for (Item& item : group) item.result = refusal();
    return;
  }
  auto done = run_transaction(group, 0, group.size());
  if (done.ok()) {
    // A write that found no room while its neighbours did: the disk may be full, or the write too large for it.
    for (const Item& item : group)
      if (!item.result.ok() && is_storage(item.result.error())) return probe();
    return;
  }
  const Error first = std::move(done).error();
  // A full disk took the whole transaction with it. Alone, the small ones may still fit. A failed fsync is no reason
  // to try again: nothing of this group is acknowledged.
  const bool alone = group.size() > 1 && first.code == ErrorCode::storage_full;
  for (std::size_t i = 0; i < group.size(); ++i) {
    Error error = first;
    if (alone && !refusing()) {
      retries_ += 1;
      auto again = run_transaction(group, i, i + 1);
      if (again.ok()) continue;
      error = std::move(again).error();
      // One row that fits nowhere must not stop the others; the probe tells a full disk from a huge write.
      if (error.code == ErrorCode::storage_full) probe();
    }
    group[i].actions.clear();
    group[i].result = error;
  }
  if (!alone && is_storage(first)) refuse(first);
}

/// A SAVEPOINT makes SQLite copy every page before a write touches it. Hardly any write fails after it wrote, so the group runs without,
/// and again with them when one did.
Result<void> SqliteWriter::run_transaction(Group& group, std::size_t from, std::size_t to) {
  Kept kept;
  const auto begun = std::chrono::steady_clock::now();
  auto ran = connection_->control("BEGIN IMMEDIATE");
  if (ran.ok()) ran = run_items(group, from, to, Guard::none, kept);
  if (ran.ok() && (kept.remains || twice_)) {
    retries_ += 1;
    ran = connection_->control("ROLLBACK");
    if (ran.ok()) ran = connection_->control("BEGIN IMMEDIATE");
    if (ran.ok()) ran = run_items(group, from, to, Guard::savepoints, kept);
  }
  const auto worked = std::chrono::steady_clock::now();
  if (ran.ok()) ran = connection_->control(kept.anything ? "COMMIT" : "ROLLBACK");
  if (ran.ok() && kept.anything) note_times(worked - begun, std::chrono::steady_clock::now() - worked, to - from);
  if (ran.ok()) {
    if (kept.anything) commits_ += 1;
    return {};
  }
  if (connection_->in_transaction())
    if (auto undone = connection_->control("ROLLBACK"); !undone.ok())
      log(LogLevel::error, "rollback-failed", {{"error", undone.error().to_string()}});
  return ran;
}

/// Running means over some sixteen commits.
void SqliteWriter::note_times(std::chrono::nanoseconds work, std::chrono::nanoseconds commit, std::size_t items) {
  item_ns_ += (work.count() / static_cast<std::int64_t>(items) - item_ns_) / 16;
  commit_ns_ += (commit.count() - commit_ns_) / 16;
}

Result<void> SqliteWriter::run_items(Group& group, std::size_t from, std::size_t to, Guard guard, Kept& kept) {
  kept = {};
  const bool guarded = guard == Guard::savepoints;
  for (std::size_t i = from; i < to; ++i) {
    if (guarded) MACHIYA_CHECK(connection_->control("SAVEPOINT w"));
    group[i].result = {};
    const bool wrote = run_one(group[i]);
    if (!connection_->in_transaction()) {
      if (!group[i].result.ok()) return Error(group[i].result.error());
      return Error(ErrorCode::internal, "a write ended the transaction of its group");
    }
    const bool failed = !group[i].result.ok();
    kept.anything = kept.anything || !failed;
    if (guarded && failed) MACHIYA_CHECK(connection_->control("ROLLBACK TO w"));
    if (guarded) MACHIYA_CHECK(connection_->control("RELEASE w"));
    if (guarded || !failed || !wrote) continue;
    if (to - from == 1) return {};   // nobody else's work is lost with it
    kept.remains = true;
    return {};
  }
  return {};
}

/// True when it tried a statement.
bool SqliteWriter::run_one(Item& item) {
  SqliteTx tx(*connection_);
  {
    InsideWrite guard;
    try {
      item.result = item.work(tx);
    } catch (const std::exception& bug) {
      log(LogLevel::error, "exception-in-write", {{"what", bug.what()}});
      item.result = Error(ErrorCode::internal, "exception in a write");
    }
  }
  if (item.result.ok() && tx.failed()) item.result = *tx.failed();
  if (item.result.ok()) item.actions = tx.take_actions();
  else item.actions.clear();
  return tx.used();
}

void SqliteWriter::answer(Group& group) {
  InsideWrite guard;   // callbacks may queue writes, not wait for them
  for (Item& item : group) {
    (item.result.ok() ? writes_ : failed_) += 1;
    if (item.result.ok())
      for (auto& action : item.actions) action();
    if (item.done) item.done(std::move(item.result));
  }
  group.clear();
}

void SqliteWriter::refuse(const Error& error) {
  if (!refusing()) log(LogLevel::error, "writes-refused", {{"error", error.to_string()}});
  refusing_ = error.code == ErrorCode::storage_full ? Refusal::full : Refusal::failed;
  probe_pause_ = kProbeMin;
}

/// Writes 64 KiB and takes it away again. Clears the refusal when both commits are durable, sets it when they are not.
void SqliteWriter::probe() {
  auto tried = [&]() -> Result<void> {
    // A broken disk may have left anything in this connection's cache: begin with a new one.
    if (refusing_ == Refusal::failed || !connection_) MACHIYA_CHECK(open_connection());
    MACHIYA_CHECK(connection_->script("CREATE TABLE IF NOT EXISTS store_probe (id INTEGER PRIMARY KEY, pad BLOB) STRICT;"
                                      "INSERT OR REPLACE INTO store_probe (id, pad) VALUES (1, zeroblob(65536));"));
    return connection_->script("DELETE FROM store_probe");
  }();
  if (tried.ok()) {
    if (refusing()) log(LogLevel::info, "writes-accepted-again");
    refusing_ = Refusal::none;
    return;
  }
  // After the try, for it may itself take what little there is: pages that only change in place make room in the log.
  if (connection_)
    if (auto trimmed = connection_->script("PRAGMA wal_checkpoint(PASSIVE)"); !trimmed.ok() && !is_storage(trimmed.error()))
      log(LogLevel::warn, "checkpoint-failed", {{"error", trimmed.error().to_string()}});
  if (!refusing()) refuse(tried.error());
  else probe_pause_ = std::min(probe_pause_ * 2, kProbeMax);
}

}  // namespace machiya::store
