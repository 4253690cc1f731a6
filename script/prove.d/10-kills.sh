# 200 kills under load: 150 on SQLite, 50 on PostgreSQL; first that the checker can fail.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release machiya
postgres_start
kill_test="tests/faults/server_kill.js --binary build/release/machiya"
if "$NODE" $kill_test --rounds 1 --sabotage >/dev/null; then die "the sabotaged run was not noticed"; fi
echo "sabotaged run: found"
"$NODE" $kill_test --rounds 150 --store sqlite
"$NODE" $kill_test --rounds 50 --store "$MACHIYA_TEST_PG"
