# The whole server under faults, few rounds of each (script/prove: 200 kills, 40 rolling restarts). The kills prove first that they can fail.
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "kill -9 under load (${store%%:*})" "$NODE" tests/faults/server_kill.js --binary build/release/machiya --rounds 3 --store "$store"
done
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "rolling restarts in mid-interview (${store%%:*})" "$NODE" tests/faults/server_restart.js --binary build/release/machiya --restarts 3 --store "$store"
done
step "kill -9, sabotaged: must be found" bash -c "! '$NODE' tests/faults/server_kill.js --binary build/release/machiya --rounds 1 --sabotage"
step "full disk under the server" tests/faults/server_disk.sh build/release/machiya
