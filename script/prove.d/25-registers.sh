# Registers: 10,000 random (role, column, action) triples through pages, API, exports and imports against an oracle, on both databases;
# then 400 kills during imports and bulk edits, 200 on each database, after a run that shows that the checker of the kills can fail.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release registers_tests register_kill register_child
postgres_start
MACHIYA_RIGHTS_TRIPLES=10000 build/release/src/ask/registers/registers_tests --gtest_filter='*RightsChannels*'
kill_test=build/release/tests/faults/register_kill
if "$kill_test" --rounds 1 --engine sqlite --sabotage 1 >/dev/null; then die "the sabotaged run was not noticed"; fi
echo "sabotaged run: found"
"$kill_test" --rounds 200
