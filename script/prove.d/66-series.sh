# Series: 200 kills of a process that writes, flushes and compacts, first that the checker can fail; then a day of 1.7 M meters beside VictoriaMetrics and DuckDB.
# SERIES_KILLS, SERIES_METERS: smaller counts.
. "$(dirname "$0")/common.bash"
release series_kill series_child series_server series_feed series_day
kill_test=build/release/tests/faults/series_kill
if "$kill_test" --rounds 4 --sabotage 1 >/dev/null 2>&1; then die "the sabotaged run was not noticed"; fi
echo "a segment taken away: found"
"$kill_test" --rounds "${SERIES_KILLS:-200}"
install_packages victoria-metrics
npm_folder "$ROOT/bench/sense/series"
LIBDUCKDB=$ROOT/bench/sense/series/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so bench/sense/series/run build/release "${SERIES_METERS:-1700000}"
