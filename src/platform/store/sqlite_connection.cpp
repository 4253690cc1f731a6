#include "platform/store/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "platform/store/sql_text.h"

namespace machiya::store {

namespace {

constexpr std::size_t kStatementCache = 256;

Row read_row(sqlite3_stmt* s) {
  const int n = sqlite3_column_count(s);
  std::vector<Param::Variant> cells;
  cells.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    switch (sqlite3_column_type(s, i)) {
      case SQLITE_INTEGER: cells.emplace_back(std::int64_t{sqlite3_column_int64(s, i)}); break;
      case SQLITE_FLOAT: cells.emplace_back(sqlite3_column_double(s, i)); break;
      case SQLITE_TEXT: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, i));
        cells.emplace_back(std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(s, i))));
        break;
      }
      case SQLITE_BLOB: {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(s, i));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s, i));
        cells.emplace_back(Bytes{size ? std::string(data, size) : std::string()});
        break;
      }
      default: cells.emplace_back(std::monostate{});
    }
  }
  return Row(std::move(cells));
}

int bind_value(sqlite3_stmt* s, int i, const Param::Variant& v) {
  if (const auto* n = std::get_if<std::int64_t>(&v)) return sqlite3_bind_int64(s, i, *n);
  if (const auto* d = std::get_if<double>(&v)) return sqlite3_bind_double(s, i, *d);
  if (const auto* t = std::get_if<std::string>(&v))
    return sqlite3_bind_text64(s, i, t->data(), t->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* b = std::get_if<Bytes>(&v))
    return b->data.empty() ? sqlite3_bind_zeroblob(s, i, 0)
                           : sqlite3_bind_blob64(s, i, b->data.data(), b->data.size(), SQLITE_STATIC);
  return sqlite3_bind_null(s, i);
}

/// Creates the file for its owner only: -wal and -shm take over its mode.
Result<void> create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error(errno == ENOSPC ? ErrorCode::storage_full : ErrorCode::storage_failed,
                           std::string("cannot open the database file: ") + std::strerror(errno));
  ::close(fd);
  return {};
}

}  // namespace

Error sqlite_error(int rc, const char* message, int system_errno) {
  const std::string detail = std::string("sqlite ") + std::to_string(rc) + ": " + (message ? message : "");
  switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
      if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_FOREIGNKEY ||
          rc == SQLITE_CONSTRAINT_ROWID)
        return Error(ErrorCode::conflict, detail);
      return Error(ErrorCode::internal, detail);
    case SQLITE_FULL: return Error(ErrorCode::storage_full, detail);
    case SQLITE_IOERR:
      return Error(system_errno == ENOSPC || system_errno == EDQUOT ? ErrorCode::storage_full : ErrorCode::storage_failed, detail);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Error(ErrorCode::unavailable, detail);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Error(ErrorCode::integrity_broken, detail);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM: return Error(ErrorCode::storage_failed, detail);
    case SQLITE_TOOBIG: return Error(ErrorCode::too_large, detail);
    default: return Error(ErrorCode::internal, detail);
  }
}

struct SqliteConnection::Statement {
  std::string sql;
  std::vector<std::string> names;
  sqlite3_stmt* handle = nullptr;
  bool in_use = false;
};

/// Marks a statement as running; resets it and forgets its values at the end.
class SqliteConnection::Use {
 public:
  explicit Use(Statement& s) : s_(s) { s_.in_use = true; }
  ~Use() {
    sqlite3_reset(s_.handle);
    sqlite3_clear_bindings(s_.handle);
    s_.in_use = false;
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  Statement& s_;
};

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Role role, bool synchronous) {
  if (role != Role::reader) MACHIYA_CHECK(create_private(path));
  sqlite3* db = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteConnection> out(new SqliteConnection(db));
  if (rc != SQLITE_OK) return sqlite_error(rc, db ? sqlite3_errmsg(db) : "out of memory", db ? sqlite3_system_errno(db) : 0);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 5000);
  // temp_store: a full /tmp must not fail a statement. trusted_schema: a planted view must not call functions.
  MACHIYA_CHECK(out->script("PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"));
  if (role == Role::copy) {
    MACHIYA_CHECK(out->script("PRAGMA journal_mode=OFF; PRAGMA cache_size=-2000;"));
    return out;
  }
  if (role == Role::reader) {
    MACHIYA_CHECK(out->script("PRAGMA query_only=ON; PRAGMA cache_size=-8000;"));
    return out;
  }
  MACHIYA_CHECK(out->script(std::string("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=12000; PRAGMA journal_size_limit=67108864; "
                                        "PRAGMA cache_size=-8000; PRAGMA synchronous=") + (synchronous ? "FULL;" : "NORMAL;")));
  return out;
}

SqliteConnection::SqliteConnection(sqlite3* db) : db_(db) {}

SqliteConnection::~SqliteConnection() {
  for (Statement& s : statements_) sqlite3_finalize(s.handle);
  sqlite3_close(db_);
}

std::int64_t SqliteConnection::last_id() const { return sqlite3_last_insert_rowid(db_); }

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

Error SqliteConnection::last_error(int rc) const {
  return sqlite_error(rc, sqlite3_errmsg(db_), sqlite3_system_errno(db_));
}

Result<SqliteConnection::Statement*> SqliteConnection::prepare(std::string_view sql) {
  if (const auto found = index_.find(sql); found != index_.end() && !found->second->in_use) {
    statements_.splice(statements_.begin(), statements_, found->second);
    return &statements_.front();
  }
  NumberedSql numbered = number_parameters(sql, Engine::sqlite);
  sqlite3_stmt* handle = nullptr;
  const char* tail = nullptr;
  const int rc = sqlite3_prepare_v3(db_, numbered.text.c_str(), static_cast<int>(numbered.text.size() + 1),
                                    SQLITE_PREPARE_PERSISTENT, &handle, &tail);
  if (rc != SQLITE_OK) return last_error(rc);
  if (!handle) return Error(ErrorCode::internal, "empty statement");
  if (tail && std::string_view(tail).find_first_not_of("; \t\r\n") != std::string_view::npos) {
    sqlite3_finalize(handle);
    return Error(ErrorCode::internal, "one statement at a time");
  }
  trim_cache();
  statements_.push_front(Statement{std::string(sql), std::move(numbered.names), handle});
  // A statement that runs inside itself (a query in the callback of the same query) gets a second, unnamed copy.
  index_.try_emplace(statements_.front().sql, statements_.begin());
  return &statements_.front();
}

void SqliteConnection::trim_cache() {
  auto at = statements_.end();
  while (statements_.size() >= kStatementCache && at != statements_.begin()) {
    --at;
    if (at->in_use) continue;
    if (const auto found = index_.find(at->sql); found != index_.end() && found->second == at) index_.erase(found);
    sqlite3_finalize(at->handle);
    at = statements_.erase(at);
  }
}

Result<void> SqliteConnection::bind(Statement& statement, const Binds& binds) {
  MACHIYA_TRY(const auto values, arrange(statement.names, binds));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (const int rc = bind_value(statement.handle, static_cast<int>(i + 1), *values[i]); rc != SQLITE_OK) return last_error(rc);
  return {};
}

Result<void> SqliteConnection::stream(std::string_view sql, const Binds& binds, const std::function<bool(const Row&)>& each) {
  MACHIYA_TRY(Statement * statement, prepare(sql));
  Use use(*statement);
  MACHIYA_CHECK(bind(*statement, binds));
  for (;;) {
    const int rc = sqlite3_step(statement->handle);
    if (rc == SQLITE_DONE) return {};
    if (rc != SQLITE_ROW) return last_error(rc);
    if (!each(read_row(statement->handle))) return {};
  }
}

Result<std::int64_t> SqliteConnection::execute(std::string_view sql, const Binds& binds) {
  MACHIYA_TRY(Statement * statement, prepare(sql));
  Use use(*statement);
  MACHIYA_CHECK(bind(*statement, binds));
  int rc = SQLITE_ROW;
  while (rc == SQLITE_ROW) rc = sqlite3_step(statement->handle);
  if (rc != SQLITE_DONE) return last_error(rc);
  return std::int64_t{sqlite3_stmt_readonly(statement->handle) ? 0 : sqlite3_changes64(db_)};
}

Result<void> SqliteConnection::control(std::string_view sql) {
  if (auto done = execute(sql, {}); !done.ok()) return std::move(done).error();
  return {};
}

Result<void> SqliteConnection::script(const std::string& sql) {
  const int rc = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return last_error(rc);
  return {};
}

}  // namespace machiya::store
