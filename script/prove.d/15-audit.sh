# The audit under attack: 10,000 byte flips and truncations of the stored chain on each database, all found; 1,000 of its copy.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release audit_tests
postgres_start
MACHIYA_AUDIT_ATTACKS=10000 build/release/src/platform/audit/audit_tests --gtest_filter='*every_flip*'
