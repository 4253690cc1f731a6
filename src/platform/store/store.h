// One SQL layer over SQLite (embedded, the default) and PostgreSQL 15. A write is a function of a transaction,
// retryable and without other I/O; reads use their own connections and never wait for the writer.
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace machiya::store {

enum class Engine : std::uint8_t { sqlite, postgres };

/// Bytes, to tell a BLOB from text.
struct Bytes {
  std::string data;
};

/// One bound value: NULL, integer (also booleans as 0/1, instants as microseconds UTC), real, text or bytes.
class Param {
 public:
  using Variant = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;
  Param() = default;
  Param(std::nullptr_t) {}
  Param(bool b) : v_(std::int64_t{b}) {}
  Param(int i) : v_(std::int64_t{i}) {}
  Param(unsigned i) : v_(std::int64_t{i}) {}
  Param(long i) : v_(std::int64_t{i}) {}
  Param(long long i) : v_(std::int64_t{i}) {}
  Param(unsigned long i) : v_(static_cast<std::int64_t>(i)) {}
  Param(unsigned long long i) : v_(static_cast<std::int64_t>(i)) {}
  Param(double d) : v_(d) {}
  Param(std::string s) : v_(std::move(s)) {}
  Param(std::string_view s) : v_(std::string(s)) {}
  Param(const char* s) : v_(std::string(s)) {}
  Param(Bytes b) : v_(std::move(b)) {}
  template <class T>
  Param(const std::optional<T>& o) {
    if (o) v_ = Param(*o).v_;
  }
  const Variant& get() const { return v_; }

 private:
  Variant v_;
};

/// A named parameter: written ":name" in the SQL text. Every parameter of the text must be bound and every bind must
/// stand in the text. Text must be UTF-8 without NUL (both engines then store the same).
struct Bind {
  std::string_view name;
  Param value;
};
using Binds = std::vector<Bind>;

/// One result row, copied out of the driver. Columns by position; the accessors give 0 / "" for NULL.
class Row {
 public:
  explicit Row(std::vector<Param::Variant> cells) : cells_(std::move(cells)) {}
  std::size_t size() const { return cells_.size(); }
  bool is_null(std::size_t i) const { return cells_[i].index() == 0; }
  std::int64_t integer(std::size_t i) const;
  double real(std::size_t i) const;
  const std::string& text(std::size_t i) const;   ///< text or bytes
  std::optional<std::int64_t> optional_integer(std::size_t i) const;
  std::optional<std::string> optional_text(std::size_t i) const;

 private:
  std::vector<Param::Variant> cells_;
};
using Rows = std::vector<Row>;

/// A consistent snapshot for reading. Statements are prepared once per connection.
class ReadTx {
 public:
  virtual ~ReadTx() = default;
  virtual Engine engine() const = 0;
  virtual Result<Rows> query(std::string_view sql, const Binds& binds = {}) = 0;
  /// The first row, if any.
  virtual Result<std::optional<Row>> query_one(std::string_view sql, const Binds& binds = {});
  /// Streams rows to `each`; stops early when it returns false. For exports and listings that must not be held in memory.
  virtual Result<void> stream(std::string_view sql, const Binds& binds, const std::function<bool(const Row&)>& each) = 0;
};

/// A write transaction. An error returned by the function rolls back everything that it did and
/// nothing else, whoever shares the commit. The function may run more than once, so it must leave what it captured as it was. On both engines a failed statement ends the transaction: all
/// later calls give the same error and nothing is committed, even if the function returns success (use UPSERT, not
/// "try and see"). Unique and foreign key violations are ErrorCode::conflict.
class Tx : public ReadTx {
 public:
  /// INSERT, UPDATE, DELETE; gives the number of rows changed.
  virtual Result<std::int64_t> execute(std::string_view sql, const Binds& binds = {}) = 0;
  /// The same when nobody needs the number of rows: on PostgreSQL it travels with the statements behind it, so that a whole
  /// transaction may cost one round trip. A failure shows at the next call that waits, or at the commit.
  virtual Result<void> execute_later(std::string_view sql, const Binds& binds = {}) = 0;
  /// Inserts one row into `table`, which has an ID column "id", and gives its key. The text names it as ":id" and nobody else
  /// binds it. Sent like execute_later(). A row that must not fail on a key that exists needs query() and "RETURNING id".
  virtual Result<std::int64_t> insert(std::string_view table, std::string_view sql, Binds binds) = 0;
  /// Runs after the commit is durable, on the committing thread: short work only (waking a queue, an SSE signal).
  virtual void after_commit(std::function<void()> action) = 0;
};

/// One migration of one module, in order. `sql` may use the macros ID (identity primary key), TS (instant, BIGINT
/// microseconds), BOOL, JSON (text), BYTES, INT (64 bits), REAL; `pg_sql` replaces it on PostgreSQL when not empty.
struct Migration {
  std::string_view module;
  int number = 0;
  std::string_view name;
  std::string_view sql;
  std::string_view pg_sql;
};

struct Options {
  std::string url;        ///< "sqlite:/path/file.db" or "postgresql://…"
  int readers = 4;        ///< reading connections
  int pg_writers = 16;    ///< writing connections on PostgreSQL
  bool synchronous = true;  ///< false only for tests and demonstration seeding: commits are then not durable
  bool every_write_twice = false;   ///< for tests, on SQLite: each write is undone and run again, as it may happen to any
  int writer_wait_s = 60;   ///< SQLite: how long writes wait while another process still holds the writer lease
};

/// Counters since open, for metrics and benchmarks.
struct Stats {
  std::int64_t writes = 0;    ///< acknowledged
  std::int64_t failed = 0;    ///< rolled back or refused
  std::int64_t commits = 0;   ///< durable commits (groups on SQLite)
  std::int64_t retries = 0;   ///< re-runs after a serialisation failure or a lost group
  std::int64_t queued = 0;    ///< waiting now
};

/// The database. Thread-safe.
class Store {
 public:
  static Result<std::unique_ptr<Store>> open(const Options& options);
  virtual ~Store() = default;
  virtual Engine engine() const = 0;

  /// Runs `work` in a write transaction and returns when it is durable (or failed). It may be called again after a
  /// serialisation failure, so it must not have effects outside the transaction. Blocks; never call it on an I/O thread.
  virtual Result<void> write_raw(const std::function<Result<void>(Tx&)>& work) = 0;
  /// The same for short work that mostly inserts and seldom fails: on PostgreSQL such writes share a transaction and its commit
  /// while others are being committed, as all writes do on SQLite. A failing one is run again alone and fails alone.
  virtual Result<void> write_joined_raw(const std::function<Result<void>(Tx&)>& work) = 0;
  /// Queues `work` and returns at once; `done` (may be empty) gets the outcome after the commit, on the writer's thread.
  virtual void write_later(std::function<Result<void>(Tx&)> work, std::function<void(Result<void>)> done = {}) = 0;
  /// Runs `work` on a reading connection in one snapshot.
  virtual Result<void> read_raw(const std::function<Result<void>(ReadTx&)>& work) = 0;

  template <class F>
  auto write(F work) -> decltype(work(std::declval<Tx&>())) {
    return answered<Tx>([this](const auto& run) { return write_raw(run); }, work);
  }
  template <class F>
  auto write_joined(F work) -> decltype(work(std::declval<Tx&>())) {
    return answered<Tx>([this](const auto& run) { return write_joined_raw(run); }, work);
  }
  template <class F>
  auto read(F work) -> decltype(work(std::declval<ReadTx&>())) {
    return answered<ReadTx>([this](const auto& run) { return read_raw(run); }, work);
  }

  /// Applies what is missing, in order, each with a checksum; refuses when an applied one has changed since (drift).
  virtual Result<void> migrate(const std::vector<Migration>& migrations) = 0;
  /// A consistent copy of a running database into `path`, which must not exist yet (SQLite: online backup; PostgreSQL:
  /// a pg_dump archive). Writing goes on meanwhile. The copy is checked and durable when this returns.
  virtual Result<void> backup_to(const std::string& path) = 0;
  /// Fills an empty database (no file, or no tables) from such a copy and checks it. `conflict` when it is not empty.
  static Result<void> restore(const Options& target, const std::string& path);
  /// True while writes are refused because the disk is full or failing; clears by itself when a probe write succeeds.
  virtual bool refusing_writes() const = 0;
  /// SQLite: one process at a time writes to a file (a kernel lock beside it, gone with the process). Opening never
  /// waits for it; the first write does. This waits at most `timeout_ms` for it. Always at once on PostgreSQL.
  virtual Result<void> acquire_writer(int timeout_ms) = 0;
  /// Rolling restart: finishes the queued writes, refuses later ones (`unavailable`) and lets the next process write.
  /// Reads go on. Nothing to do on PostgreSQL.
  virtual void yield_writer() = 0;
  virtual Stats stats() const = 0;
  /// Waits for queued writes and closes.
  virtual void close() = 0;

 private:
  /// Carries the typed answer of `work` past the untyped door `through`.
  template <class T, class Through, class F>
  static auto answered(const Through& through, F& work) -> decltype(work(std::declval<T&>())) {
    std::optional<decltype(work(std::declval<T&>()))> out;
    Result<void> state = through([&](T& tx) -> Result<void> {
      out.emplace(work(tx));
      if (!out->ok()) return Error(out->error());
      return {};
    });
    if (!state.ok()) return std::move(state).error();
    return std::move(*out);
  }
};

}  // namespace machiya::store
