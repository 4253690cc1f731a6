# The city tells, long counts: the sender killed 100 times on each database while the channels misbehave (first that the checker can fail), mail and
# Web Push, which have no keys, against their stated bounds, then the whole house against the sandbox: rows for 2.75 million people while others read,
# rates, a full queue, cancelling.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release machiya tell_child ledger_bench
postgres_start; trap postgres_stop EXIT
kill_test="tests/faults/tell_kill.mjs --binary build/release/tests/faults/tell_child"
if "$NODE" $kill_test --kills 5 --people 2000 --forget-keys >/dev/null; then die "the run without keys was not noticed"; fi
echo "run without keys: found"
for store in sqlite "$MACHIYA_TEST_PG"; do
  "$NODE" $kill_test --kills 100 --people 12000 --store "$store"
  "$NODE" $kill_test --kills 20 --people 5000 --mail --store "$store"
  "$NODE" $kill_test --kills 20 --people 5000 --push --store "$store"
  for what in expand rates cancel; do "$NODE" bench/tell/house.mjs "$what" --store "$store"; done
  "$NODE" bench/tell/house.mjs urgent --people 130000 --store "$store"
done
