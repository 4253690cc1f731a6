# Unit and scenario tests on both databases: one throw-away PostgreSQL cluster for all of them.
. script/postgres.sh
postgres_start
step "unit tests" ctest --test-dir build/release --output-on-failure -j "$JOBS" --timeout 600
