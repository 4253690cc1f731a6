#include "platform/store/testing/cluster.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace machiya::store::testing {

namespace {

// The guardian: makes the cluster, says where it is, waits until its standard input ends (this process is gone), stops
// it and removes the folder. Root may not run PostgreSQL: it steps down to the user of the package.
constexpr const char* kGuardian = R"sh(
set -e
B=/usr/lib/postgresql/15/bin
D=$(mktemp -d /tmp/mpg.XXXXXX)
if [ "$(id -u)" = 0 ]; then
  chown postgres: "$D"; as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
else
  as() { "$@"; }
fi
cd "$D"; chmod 755 "$D"
trap '' INT TERM HUP
finish() { as $B/pg_ctl -D "$D/data" -m immediate -w stop >/dev/null 2>&1 || true; cd /; rm -rf "$D"; }
trap finish EXIT
as $B/initdb -D "$D/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$D/out" 2>&1 || { cat "$D/out" >&2; exit 1; }
as $B/pg_ctl -D "$D/data" -w -l "$D/log" -o "-c listen_addresses='' -c unix_socket_directories=$D -c fsync=off \
 -c max_connections=300 -c shared_buffers=32MB" start >>"$D/out" 2>&1 </dev/null || { cat "$D/out" "$D/log" >&2; exit 1; }
echo "postgresql://postgres@/%DB%?host=$D"
exec 1>&-
cat >/dev/null
)sh";

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "test fixture: %s (install postgresql-15, or set MACHIYA_TEST_PG)\n", what);
  std::exit(2);
}

std::string start_cluster() {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) give_up("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);   // Ctrl-C is for the tests; the guardian cleans up after them
  pid_t pid = 0;
  const char* argv[] = {"sh", "-c", kGuardian, nullptr};
  if (posix_spawn(&pid, "/bin/sh", &actions, &attributes, const_cast<char**>(argv), environ) != 0) give_up("cannot start a shell");
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(in[0]);
  ::close(out[1]);   // in[1] stays open as long as this process lives
  std::string line;
  char c = 0;
  while (::read(out[0], &c, 1) == 1 && c != '\n') line += c;
  ::close(out[0]);
  if (line.rfind("postgresql://", 0) != 0) give_up("cannot start PostgreSQL 15");
  ::setenv("MACHIYA_TEST_PG", line.c_str(), 1);   // processes that the tests start use the same one
  return line;
}

}  // namespace

const std::string& cluster_url() {
  static const std::string url = [] {
    const char* given = std::getenv("MACHIYA_TEST_PG");
    return given && *given ? std::string(given) : start_cluster();
  }();
  return url;
}

std::string database_url(const std::string& name) {
  std::string url = cluster_url();
  if (const std::size_t at = url.find("%DB%"); at != std::string::npos) return url.replace(at, 4, name);
  // "postgresql://user@host/database?settings": another name in the place of the database.
  const std::size_t host = url.find("://");
  const std::size_t slash = host == std::string::npos ? host : url.find('/', host + 3);
  if (slash == std::string::npos) give_up("MACHIYA_TEST_PG must be postgresql://user@/database?host=folder");
  const std::size_t end = std::min(url.find('?', slash), url.size());
  return url.replace(slash + 1, end - slash - 1, name);
}

}  // namespace machiya::store::testing
