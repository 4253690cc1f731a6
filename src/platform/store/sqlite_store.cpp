#include "platform/store/sqlite_store.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "platform/store/migration.h"
#include "platform/store/sqlite_connection.h"
#include "platform/store/sqlite_tx.h"
#include "platform/store/sqlite_writer.h"
#include "platform/store/transaction_guard.h"

namespace machiya::store {

namespace {

/// Reading connections, opened when first needed. In WAL mode they never wait for the writer.
class ReaderPool {
 public:
  ReaderPool(std::string path, int size) : path_(std::move(path)), free_slots_(size < 1 ? 1 : size) {}

  Result<std::unique_ptr<SqliteConnection>> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || free_slots_ > 0; });
    if (closed_) return Error(ErrorCode::unavailable, "the store is closed");
    --free_slots_;
    if (!idle_.empty()) {
      auto out = std::move(idle_.back());
      idle_.pop_back();
      return out;
    }
    lock.unlock();
    auto opened = SqliteConnection::open(path_, SqliteConnection::Role::reader, true);
    if (!opened.ok()) give_back(nullptr);
    return opened;
  }
  void give_back(std::unique_ptr<SqliteConnection> connection) {
    std::lock_guard lock(mutex_);
    ++free_slots_;
    if (connection && !closed_) idle_.push_back(std::move(connection));
    changed_.notify_one();
  }
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    idle_.clear();
    changed_.notify_all();
  }

 private:
  const std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  int free_slots_;
  bool closed_ = false;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(const Options& options, std::string path) : path_(path), writer_(options, path), readers_(path, options.readers) {}
  ~SqliteStore() override { SqliteStore::close(); }
  Result<void> start() { return writer_.start(); }

  Engine engine() const override { return Engine::sqlite; }
  Result<void> write_raw(const std::function<Result<void>(Tx&)>& work) override { return writer_.run(work); }
  void write_later(std::function<Result<void>(Tx&)> work, std::function<void(Result<void>)> done) override {
    writer_.submit(std::move(work), std::move(done));
  }
  Result<void> read_raw(const std::function<Result<void>(ReadTx&)>& work) override {
    struct Loan {   // gives the connection back even when `work` throws
      ReaderPool& pool;
      std::unique_ptr<SqliteConnection> connection;
      ~Loan() {
        // After a failed ROLLBACK the connection is closed instead of lent out again.
        if (connection && connection->in_transaction() && !connection->control("ROLLBACK").ok()) connection.reset();
        pool.give_back(std::move(connection));
      }
    };
    MACHIYA_TRY(auto connection, readers_.take());
    Loan loan{readers_, std::move(connection)};
    MACHIYA_CHECK(loan.connection->control("BEGIN"));
    SqliteTx tx(*loan.connection);
    MACHIYA_CHECK(work(tx));
    return loan.connection->control("COMMIT");
  }
  Result<void> migrate(const std::vector<Migration>& migrations) override {
    return write_raw([&](Tx& tx) {
      auto& own = static_cast<SqliteTx&>(tx);
      return apply_migrations(tx, migrations, [&](const std::string& text) { return own.script(text); });
    });
  }
  Result<void> backup_to(const std::string& path) override { return copy_sqlite(path_, path); }
  bool refusing_writes() const override { return writer_.refusing(); }
  Result<void> acquire_writer(int timeout_ms) override { return writer_.acquire(timeout_ms); }
  void yield_writer() override { writer_.yield(); }
  Stats stats() const override { return writer_.stats(); }
  void close() override {
    writer_.close();
    readers_.close();
  }

 private:
  const std::string path_;
  SqliteWriter writer_;
  ReaderPool readers_;
};

}  // namespace

std::string sqlite_path(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite:";
  return url.rfind(kScheme, 0) == 0 ? url.substr(kScheme.size()) : std::string();
}

Result<std::unique_ptr<Store>> open_sqlite(const Options& options, const std::string& path) {
  auto store = std::make_unique<SqliteStore>(options, path);
  MACHIYA_CHECK(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace machiya::store
