# A throw-away PostgreSQL 15 cluster for tests: socket only, in a temporary folder, as an unprivileged user.
# postgres_start sets MACHIYA_TEST_PG to a connection string; postgres_stop removes everything (also on exit).
PG_BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi; }
postgres_start() {
  [ -n "${MACHIYA_TEST_PG:-}" ] && return 0
  [ -n "$PG_BIN" ] || die "PostgreSQL is not installed"
  PG_DIR=$(mktemp -d /tmp/machiya-pg.XXXXXX)
  chmod 755 "$PG_DIR"
  [ "$(id -u)" = 0 ] && chown postgres: "$PG_DIR"
  (cd "$PG_DIR" && as_postgres "$PG_BIN/initdb" -D "$PG_DIR/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 >/dev/null)
  (cd "$PG_DIR" && as_postgres "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -w -l "$PG_DIR/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$PG_DIR -c fsync=on -c max_connections=300" start >/dev/null)
  export MACHIYA_TEST_PG="postgresql://postgres@/postgres?host=$PG_DIR"
  trap postgres_stop EXIT
}
postgres_stop() {
  [ -n "${PG_DIR:-}" ] && [ -d "$PG_DIR" ] || return 0
  (cd "$PG_DIR" && as_postgres "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m immediate stop >/dev/null 2>&1) || say "the test cluster had stopped already"
  rm -rf --one-file-system "$PG_DIR"
}
