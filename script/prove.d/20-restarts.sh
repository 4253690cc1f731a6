# 20 rolling restarts in mid-interview on each store, and the full disk.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release machiya
postgres_start
"$NODE" tests/faults/server_restart.js --binary build/release/machiya --restarts 20 --store sqlite
"$NODE" tests/faults/server_restart.js --binary build/release/machiya --restarts 20 --store "$MACHIYA_TEST_PG"
tests/faults/server_disk.sh build/release/machiya
