// One SQLite connection with its prepared statements. Used by one thread at a time.
#pragma once
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace machiya::store {

class SqliteConnection {
 public:
  enum class Role : std::uint8_t { writer, reader, copy };
  /// The writer and a copy's target create the file (mode 0600), the writer sets WAL; a reader only looks.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Role role, bool synchronous);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<void> stream(std::string_view sql, const Binds& binds, const std::function<bool(const Row&)>& each);
  Result<std::int64_t> execute(std::string_view sql, const Binds& binds);
  /// The key of the row that the last INSERT made.
  std::int64_t last_id() const;
  /// Several statements without parameters.
  Result<void> script(const std::string& sql);
  /// BEGIN, SAVEPOINT and the like: constant text, prepared once.
  Result<void> control(std::string_view sql);
  /// False after an error that rolled the whole transaction back (full disk, I/O error).
  bool in_transaction() const;
  sqlite3* handle() const { return db_; }

 private:
  struct Statement;
  class Use;
  explicit SqliteConnection(sqlite3* db);
  Result<Statement*> prepare(std::string_view sql);
  Result<void> bind(Statement& statement, const Binds& binds);
  void trim_cache();
  Error last_error(int rc) const;

  sqlite3* db_;
  std::list<Statement> statements_;   ///< most recently used first
  std::unordered_map<std::string_view, std::list<Statement>::iterator> index_;
};

/// What an SQLite result code means for the caller; `system_errno` tells a full disk from a broken one.
Error sqlite_error(int rc, const char* message, int system_errno);

}  // namespace machiya::store
