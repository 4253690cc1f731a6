# Unit and scenario tests on both databases: one throw-away PostgreSQL cluster for all of them.
. script/postgres.sh
postgres_start
# The results of each test go to build/logs/gtest: docs/asvs.yml counts only what ran and passed.
step "unit tests" env GTEST_OUTPUT="xml:$ROOT/build/logs/gtest/" ctest --test-dir build/release --output-on-failure -j "$JOBS" --timeout 600
