#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "platform/store/sqlite_connection.h"
#include "platform/store/sqlite_store.h"

namespace machiya::store {

namespace {

constexpr int kPagesAStep = 512;   // 2 MiB between two looks at the clock of other threads

Error system_error(const char* what) {
  return Error(errno == ENOSPC ? ErrorCode::storage_full : ErrorCode::storage_failed, std::string(what) + ": " + std::strerror(errno));
}

Result<void> sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return system_error("cannot open the copy");
  const int rc = ::fsync(fd);
  ::close(fd);
  if (rc != 0) return system_error("cannot sync the copy");
  return {};
}

/// All pages of the snapshot that `source` holds.
Result<void> copy_pages(SqliteConnection& source, sqlite3* target) {
  sqlite3_backup* job = sqlite3_backup_init(target, "main", source.handle(), "main");
  if (!job) return sqlite_error(sqlite3_extended_errcode(target), sqlite3_errmsg(target), sqlite3_system_errno(target));
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK) rc = sqlite3_backup_step(job, kPagesAStep);
  sqlite3_backup_finish(job);
  if (rc != SQLITE_DONE) return sqlite_error(rc, sqlite3_errmsg(target), sqlite3_system_errno(target));
  return {};
}

Result<void> check_integrity(SqliteConnection& copy) {
  std::string verdict;
  MACHIYA_CHECK(copy.stream("PRAGMA integrity_check(1)", {}, [&](const Row& row) {
    verdict = row.text(0);
    return true;
  }));
  if (verdict != "ok") return Error(ErrorCode::integrity_broken, "the copy failed its check: " + verdict);
  return {};
}

Result<void> copy_into(const std::string& from, const std::string& part) {
  MACHIYA_TRY(const auto source, SqliteConnection::open(from, SqliteConnection::Role::reader, true));
  // An open snapshot: in WAL mode the copy is of one moment, however long it takes and whatever is written meanwhile.
  MACHIYA_CHECK(source->control("BEGIN"));
  MACHIYA_CHECK(source->stream("SELECT count(*) FROM sqlite_schema", {}, [](const Row&) { return true; }));
  MACHIYA_TRY(const auto target, SqliteConnection::open(part, SqliteConnection::Role::copy, true));
  MACHIYA_CHECK(copy_pages(*source, target->handle()));
  MACHIYA_CHECK(source->control("ROLLBACK"));
  return check_integrity(*target);
}

}  // namespace

Result<void> copy_sqlite(const std::string& from, const std::string& to) {
  if (::access(to.c_str(), F_OK) == 0) return Error(ErrorCode::conflict, "the target of the copy exists already");
  const std::string part = to + ".part";
  std::remove(part.c_str());
  auto done = copy_into(from, part);
  if (done.ok()) done = sync_path(part, O_RDWR);
  if (done.ok() && ::link(part.c_str(), to.c_str()) != 0) done = system_error("cannot place the copy");
  std::remove(part.c_str());
  if (!done.ok()) return done;
  const std::size_t slash = to.rfind('/');
  return sync_path(slash == std::string::npos ? "." : to.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
}

Result<void> restore_sqlite(const std::string& from, const std::string& to) {
  for (const char* rest : {"", "-wal", "-shm"})
    if (::access((to + rest).c_str(), F_OK) == 0) return Error(ErrorCode::conflict, "the target of the restore is not empty");
  {
    MACHIYA_TRY(const auto source, SqliteConnection::open(from, SqliteConnection::Role::reader, true));
    MACHIYA_CHECK(check_integrity(*source));
    std::int64_t applied = 0;
    MACHIYA_CHECK(source->stream("SELECT count(*) FROM schema_migration", {}, [&](const Row& row) {
      applied = row.integer(0);
      return true;
    }));
    if (applied == 0) return Error(ErrorCode::integrity_broken, "the copy holds no database of this program");
  }
  return copy_sqlite(from, to);
}

}  // namespace machiya::store
