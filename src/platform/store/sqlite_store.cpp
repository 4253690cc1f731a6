#include "platform/store/sqlite_store.h"

#include "platform/store/connection_pool.h"
#include "platform/store/migration.h"
#include "platform/store/sqlite_connection.h"
#include "platform/store/sqlite_tx.h"
#include "platform/store/sqlite_writer.h"

namespace machiya::store {

namespace {

class SqliteStore final : public Store {
 public:
  SqliteStore(const Options& options, const std::string& path)
      : path_(path), writer_(options, path),
        // In WAL mode readers never wait for the writer, nor the writer for them.
        readers_(options.readers, [this] { return SqliteConnection::open(path_, SqliteConnection::Role::reader, true); }) {}
  ~SqliteStore() override { SqliteStore::close(); }
  Result<void> start() { return writer_.start(); }

  Engine engine() const override { return Engine::sqlite; }
  Result<void> write_raw(const std::function<Result<void>(Tx&)>& work) override { return writer_.run(work); }
  Result<void> write_joined_raw(const std::function<Result<void>(Tx&)>& work) override { return writer_.run(work); }
  void write_later(std::function<Result<void>(Tx&)> work, std::function<void(Result<void>)> done) override {
    writer_.submit(std::move(work), std::move(done));
  }
  Result<void> read_raw(const std::function<Result<void>(ReadTx&)>& work) override {
    MACHIYA_TRY(auto connection, readers_.take());
    struct Ended {   // also when `work` throws; a connection that cannot end its transaction is closed
      ConnectionPool<SqliteConnection>::Loan& loan;
      ~Ended() {
        if (loan->in_transaction() && !loan->control("ROLLBACK").ok()) loan.drop();
      }
    } ended{connection};
    MACHIYA_CHECK(connection->control("BEGIN"));
    SqliteTx tx(*connection);
    MACHIYA_CHECK(work(tx));
    return connection->control("COMMIT");
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
  ConnectionPool<SqliteConnection> readers_;
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
