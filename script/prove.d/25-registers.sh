# Registers: 10,000 random (role, column, action) triples through pages, API, exports and imports against an oracle, on both databases.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release registers_tests
postgres_start
MACHIYA_RIGHTS_TRIPLES=10000 build/release/src/ask/registers/registers_tests --gtest_filter='*RightsChannels*'
