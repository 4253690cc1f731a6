# The whole server under faults, few rounds of each (script/prove: 200 kills, and rolling restarts, which do not pass on a fast machine yet:
# the next process does not know the log-in codes that the demonstration's old one would show, and a reset connection was seen). Each checker proves first that it can fail.
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "kill -9 under load (${store%%:*})" "$NODE" tests/faults/server_kill.js --binary build/release/machiya --rounds 3 --store "$store"
done
step "kill -9, sabotaged: must be found" bash -c "! '$NODE' tests/faults/server_kill.js --binary build/release/machiya --rounds 1 --sabotage"
step "full disk under the server" tests/faults/server_disk.sh build/release/machiya
