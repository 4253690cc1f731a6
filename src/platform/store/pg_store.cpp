#include "platform/store/pg_store.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <random>
#include <thread>

#include "base/log.h"
#include "platform/store/connection_pool.h"
#include "platform/store/migration.h"
#include "platform/store/pg_connection.h"
#include "platform/store/pg_joined.h"
#include "platform/store/pg_tx.h"
#include "platform/store/transaction_guard.h"

namespace machiya::store {

namespace {

constexpr int kAttempts = 24;          // of one write; about two seconds with the pauses below
constexpr int kReadAttempts = 8;
constexpr int kJoinedThreads = 2;      // one fills a transaction while the other commits
constexpr int kJoinedAttempts = 3;     // of a whole group, before its writes run alone
constexpr std::size_t kPgQueue = 50'000;
constexpr const char* kBeginWrite = "BEGIN ISOLATION LEVEL SERIALIZABLE";
constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Waits a little, with jitter so that two transactions do not meet again.
void pause_before(int attempt) {
  static thread_local std::minstd_rand random(std::random_device{}());
  const int most_us = std::min(200 << std::min(attempt, 10), 150'000);
  std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<int>(most_us / 2, most_us)(random)));
}

using Pool = ConnectionPool<PgConnection>;

/// Ends what is left of a transaction, also when the work throws; a connection in doubt is closed.
struct Ended {
  Pool& pool;
  Pool::Loan& loan;
  ~Ended() {
    if (!loan.holds()) return;
    if (!loan->alive()) pool.forget_idle();   // the server restarted: the others are dead too
    if (loan->alive() && loan->in_transaction() && loan->rollback().ok()) return;
    if (!loan->alive() || loan->in_transaction()) loan.drop();
  }
};

class PgStore final : public Store {
 public:
  explicit PgStore(const Options& options)
      : url_(options.url),
        writers_(options.pg_writers, [this, s = options.synchronous] { return PgConnection::open(url_, s, plans_); }),
        readers_(options.readers, [this] { return PgConnection::open(url_, true, plans_); }) {
    for (int i = 0; i < std::clamp(options.pg_writers / 2, 1, 8); ++i) threads_.emplace_back([this, i] { later_loop(i == 0); });
  }
  ~PgStore() override { PgStore::close(); }

  Engine engine() const override { return Engine::postgres; }
  Result<void> write_raw(const std::function<Result<void>(Tx&)>& work) override {
    if (InsideWrite::here()) return Error(ErrorCode::internal, "a write inside a write");
    return count(write_retrying(work));
  }
  Result<void> write_joined_raw(const Work& work) override {
    return write_and_wait(work, [this](Work w, Done d) { joined_.submit(std::move(w), std::move(d)); });
  }
  void write_later(std::function<Result<void>(Tx&)> work, std::function<void(Result<void>)> done) override;
  Result<void> read_raw(const std::function<Result<void>(ReadTx&)>& work) override;
  Result<void> migrate(const std::vector<Migration>& migrations) override {
    return write_raw([&](Tx& tx) {
      auto& own = static_cast<PgTx&>(tx);
      return apply_migrations(tx, migrations, [&](const std::string& text) { return own.script(text); });
    });
  }
  Result<void> backup_to(const std::string& path) override { return dump_postgres(url_, path); }
  bool refusing_writes() const override { return refusing_; }
  Result<void> acquire_writer(int) override { return {}; }
  void yield_writer() override {}
  Stats stats() const override {
    std::lock_guard lock(mutex_);
    return {writes_, failed_, commits_, retries_, static_cast<std::int64_t>(queue_.size()) + joined_.queued()};
  }
  void close() override;

 private:
  struct Later {
    std::function<Result<void>(Tx&)> work;
    std::function<void(Result<void>)> done;
  };
  struct Attempt {
    Result<void> result;
    bool retry = false;
    bool unknown = false;   ///< whether it was committed
  };
  Result<void> write_retrying(const std::function<Result<void>(Tx&)>& work);
  Attempt write_once(const std::function<Result<void>(Tx&)>& work);
  Attempt commit(Pool::Loan& connection, PgTx& tx);
  void run_joined(PgJoined::Group& group);
  Result<void> count(Result<void> r);
  void later_loop(bool probes);
  void probe();

  const std::string url_;
  PgPlans plans_;
  PgKeys keys_;
  Pool writers_, readers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Later> queue_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
  std::atomic<bool> refusing_{false};
  std::atomic<std::int64_t> writes_{0}, failed_{0}, commits_{0}, retries_{0};
  PgJoined joined_{kJoinedThreads, [this](PgJoined::Group& group) { run_joined(group); }};
};

PgStore::Attempt PgStore::commit(Pool::Loan& connection, PgTx& tx) {
  auto committed = connection->commit();
  if (!committed.ok()) {
    if (connection->alive()) return {std::move(committed), connection->last_failure_retryable()};
    // Nobody knows whether the server had committed: never run it again, never acknowledge it.
    return {Error(ErrorCode::storage_failed, "the connection was lost during the commit; the outcome is unknown"), false, true};
  }
  commits_ += 1;
  InsideWrite guard;   // callbacks may queue writes, not wait for them
  for (auto& action : tx.take_actions()) action();
  return {{}, false};
}

PgStore::Attempt PgStore::write_once(const std::function<Result<void>(Tx&)>& work) {
  auto taken = writers_.take();
  if (!taken.ok()) return {taken.error(), taken.error().detail != "the store is closed"};
  Pool::Loan& connection = *taken;
  Ended ended{writers_, connection};
  connection->begin(kBeginWrite);
  PgTx tx(*connection, keys_);
  Result<void> done;
  {
    InsideWrite guard;
    done = work(tx);
  }
  if (tx.failed() && tx.may_retry()) return {*tx.failed(), true};
  if (done.ok() && tx.failed()) done = *tx.failed();
  if (!done.ok()) return {std::move(done), false};
  return commit(connection, tx);
}

Result<void> PgStore::write_retrying(const std::function<Result<void>(Tx&)>& work) {
  for (int attempt = 1;; ++attempt) {
    Attempt a = write_once(work);
    if (a.result.ok() || !a.retry || attempt >= kAttempts) return std::move(a.result);
    retries_ += 1;
    pause_before(attempt);
  }
}

/// All writes of a group in `tx`. One that gives up before its first statement leaves nothing behind; any other failure ends the group.
Result<void> work_together(PgJoined::Group& group, PgTx& tx) {
  for (PgJoined::Item& item : group) {
    const std::int64_t statements = tx.statements();
    const std::size_t actions = tx.actions();
    item.result = item.work(tx);
    if (item.result.ok() && !tx.failed()) continue;
    if (tx.failed() || tx.statements() != statements) return tx.failed() ? *tx.failed() : item.result.error();
    tx.keep_actions(actions);
  }
  return {};
}

void PgStore::run_joined(PgJoined::Group& group) {
  bool alone = group.size() == 1;
  for (int attempt = 1; !alone; ++attempt) {
    const Attempt a = write_once([&](Tx& tx) { return work_together(group, static_cast<PgTx&>(tx)); });
    if (a.unknown)
      for (auto& item : group) item.result = a.result;
    if (a.unknown || a.result.ok()) break;
    retries_ += 1;
    alone = !a.retry || attempt == kJoinedAttempts;
    if (!alone) pause_before(attempt);
  }
  for (auto& item : group) {
    if (alone) item.result = write_retrying(item.work);
    item.result = count(std::move(item.result));
  }
}

Result<void> PgStore::read_raw(const std::function<Result<void>(ReadTx&)>& work) {
  for (int attempt = 1;; ++attempt) {
    Result<void> failed;
    auto taken = readers_.take();
    if (taken.ok()) {
      Pool::Loan& connection = *taken;
      Ended ended{readers_, connection};
      connection->begin(kBeginRead);
      PgTx tx(*connection, keys_);
      auto done = work(tx);
      if (!tx.failed() || !tx.may_retry() || tx.touched()) {
        if (!tx.failed()) connection->end_read();
        return done;
      }
      failed = *tx.failed();   // the connection was dead before it gave anything
    } else {
      failed = taken.error();
      if (failed.error().detail == "the store is closed") return failed;
    }
    if (attempt >= kReadAttempts) return failed;
    pause_before(attempt);
  }
}

Result<void> PgStore::count(Result<void> r) {
  (r.ok() ? writes_ : failed_) += 1;
  const bool full = !r.ok() && r.error().code == ErrorCode::storage_full;
  if (full && !refusing_.exchange(true)) {
    log(LogLevel::error, "writes-refused", {{"error", r.error().to_string()}});
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  return r;
}

void PgStore::write_later(std::function<Result<void>(Tx&)> work, std::function<void(Result<void>)> done) {
  std::optional<Error> refused;
  {
    std::lock_guard lock(mutex_);
    if (closing_) refused = Error(ErrorCode::unavailable, "the store is closed");
    else if (queue_.size() >= kPgQueue) refused = Error(ErrorCode::unavailable, "too many writes are waiting");
    else queue_.push_back(Later{std::move(work), std::move(done)});
    changed_.notify_one();
  }
  if (!refused) return;
  failed_ += 1;
  if (done) done(std::move(*refused));
}

void PgStore::later_loop(bool probes) {
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return closing_ || !queue_.empty(); };
    if (probes && refusing_) changed_.wait_for(lock, std::chrono::milliseconds(500), ready);
    else changed_.wait(lock, [&] { return ready() || (probes && refusing_); });
    if (queue_.empty() && closing_) return;
    if (queue_.empty()) {
      lock.unlock();
      if (probes && refusing_) probe();
      continue;
    }
    Later item = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Result<void> done;
    try {
      done = count(write_retrying(item.work));
    } catch (const std::exception& bug) {
      log(LogLevel::error, "exception-in-write", {{"what", bug.what()}});
      done = count(Error(ErrorCode::internal, "exception in a write"));
    }
    if (item.done) {
      InsideWrite guard;
      item.done(std::move(done));
    }
  }
}

/// Takes 64 KiB of the server's disk and gives it back.
void PgStore::probe() {
  const Attempt tried = write_once([](Tx& tx) -> Result<void> {
    auto& own = static_cast<PgTx&>(tx);
    // A role that may make no table finds it made (roles.h). Random text: it does not compress to nothing.
    MACHIYA_TRY(const auto there, tx.query_one("SELECT CASE WHEN to_regclass('store_probe') IS NULL THEN 0 ELSE 1 END"));
    if (there->integer(0) == 0) MACHIYA_CHECK(own.script("CREATE TABLE store_probe (pad TEXT)"));
    return own.script("INSERT INTO store_probe SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 2048); DELETE FROM store_probe;");
  });
  if (!tried.result.ok()) return;
  refusing_ = false;
  log(LogLevel::info, "writes-accepted-again");
}

void PgStore::close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  for (auto& t : threads_)
    if (t.joinable()) t.join();
  joined_.close();
  writers_.close();
  readers_.close();
}

}  // namespace

bool is_postgres_url(const std::string& url) { return url.rfind("postgresql://", 0) == 0 || url.rfind("postgres://", 0) == 0; }

Result<std::unique_ptr<Store>> open_postgres(const Options& options) {
  auto store = std::make_unique<PgStore>(options);
  MACHIYA_CHECK(store->read_raw([](ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const auto row, tx.query_one("SELECT current_setting('server_encoding'), current_setting('server_version_num')"));
    if (row->text(0) != "UTF8") return Error(ErrorCode::definition_error, "the database must have encoding UTF8", "store.url");
    if (std::stoi(row->text(1)) < 150000) return Error(ErrorCode::definition_error, "PostgreSQL 15 or newer is needed", "store.url");
    return {};
  }));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace machiya::store
