#include <fcntl.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "platform/store/pg_store.h"

extern char** environ;

namespace machiya::store {

namespace {

/// The connection settings as environment for the tools: a password must not stand in the list of processes.
Result<std::vector<std::string>> tool_environment(const std::string& url) {
  std::vector<std::string> out;
  for (char** e = environ; *e; ++e)
    if (std::strncmp(*e, "PG", 2) != 0) out.emplace_back(*e);
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &message);
  if (!options) {
    PQfreemem(message);
    return Error(ErrorCode::invalid_input, "the PostgreSQL address cannot be read", "store.url");
  }
  for (const PQconninfoOption* o = options; o->keyword; ++o)
    if (o->val && o->envvar) out.push_back(std::string(o->envvar) + "=" + o->val);
  PQconninfoFree(options);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& t : texts) out.push_back(t.data());
  out.push_back(nullptr);
  return out;
}

/// Runs a program of PostgreSQL's client package; its own messages go to standard error.
Result<void> run_tool(const std::string& url, std::vector<std::string> argv, const char* standard_output) {
  MACHIYA_TRY(auto environment, tool_environment(url));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (standard_output) posix_spawn_file_actions_addopen(&actions, 1, standard_output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = 0;
  const int rc = posix_spawnp(&pid, argv[0].c_str(), &actions, nullptr, pointers(argv).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (rc != 0) return Error(ErrorCode::unavailable, argv[0] + ": " + std::strerror(rc) + " (package postgresql-client-15)");
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return Error(ErrorCode::internal, "waitpid failed");
  if (status != 0) return Error(ErrorCode::storage_failed, argv[0] + " failed");
  return {};
}

Result<void> sync_file(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const int rc = fd < 0 ? -1 : ::fsync(fd);
  if (fd >= 0) ::close(fd);
  if (rc != 0) return Error(errno == ENOSPC ? ErrorCode::storage_full : ErrorCode::storage_failed, std::strerror(errno));
  return {};
}

}  // namespace

Result<void> dump_postgres(const std::string& url, const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) return Error(ErrorCode::conflict, "the target of the copy exists already");
  const std::string part = path + ".part";
  auto done = run_tool(url, {"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password"}, part.c_str());
  if (done.ok()) done = run_tool(url, {"pg_restore", "--list", part}, "/dev/null");   // reads the whole table of contents
  if (done.ok()) done = sync_file(part, O_RDONLY);
  if (done.ok() && ::link(part.c_str(), path.c_str()) != 0) done = Error(ErrorCode::storage_failed, std::strerror(errno));
  std::remove(part.c_str());
  if (!done.ok()) return done;
  const std::size_t slash = path.rfind('/');
  return sync_file(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
}

Result<void> load_postgres(const std::string& url, const std::string& path) {
  Options options;
  options.url = url;
  options.readers = options.pg_writers = 1;
  MACHIYA_TRY(const auto target, open_postgres(options));
  MACHIYA_TRY(const auto tables, target->read([](ReadTx& tx) {
    return tx.query("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                    " WHERE n.nspname = 'public' AND c.relkind IN ('r','p','v','m','S')");
  }));
  if (tables[0].integer(0) != 0) return Error(ErrorCode::conflict, "the target database is not empty");
  MACHIYA_TRY(auto environment, tool_environment(url));
  std::string database;
  for (const std::string& e : environment)
    if (e.rfind("PGDATABASE=", 0) == 0) database = e.substr(11);
  MACHIYA_CHECK(run_tool(url, {"pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                               "--no-password", "--dbname=" + database, path}, nullptr));
  MACHIYA_TRY(const auto check, target->read([](ReadTx& tx) { return tx.query("SELECT count(*) FROM schema_migration"); }));
  if (check[0].integer(0) == 0) return Error(ErrorCode::integrity_broken, "the copy holds no database of this program");
  return {};
}

}  // namespace machiya::store
