# The whole server under faults, few rounds of each (script/prove: 200 kills, 40 rolling restarts). The kills prove first that they can fail.
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "kill -9 under load (${store%%:*})" "$NODE" tests/faults/server_kill.js --binary build/release/machiya --rounds 3 --store "$store"
done
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "rolling restarts in mid-interview (${store%%:*})" "$NODE" tests/faults/server_restart.js --binary build/release/machiya --restarts 3 --store "$store"
done
step "kill -9, sabotaged: must be found" bash -c "! '$NODE' tests/faults/server_kill.js --binary build/release/machiya --rounds 1 --sabotage"
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "master key exchanged under load (${store%%:*})" "$NODE" tests/faults/server_rotate.js --binary build/release/machiya --rounds 1 --kills 1 --cases 200 --store "$store"
done
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "secrets and personal data in no log (${store%%:*})" "$NODE" tests/faults/server_canary.js --binary build/release/machiya --store "$store"
done
step "a planted canary: must be found" bash -c "! '$NODE' tests/faults/server_canary.js --binary build/release/machiya --sabotage"
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "restore drill, sound and broken (${store%%:*})" "$NODE" tests/faults/server_drill.js --binary build/release/machiya --store "$store"
done
step "TLS by setting, from outside" tests/faults/server_tls.sh build/release/machiya
step "full disk under the server" tests/faults/server_disk.sh build/release/machiya
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "messages: the sender killed (${store%%:*})" "$NODE" tests/faults/tell_kill.mjs --kills 8 --people 2000 --mail --store "$store"
done
step "messages: keys forgotten: must be found" bash -c "! '$NODE' tests/faults/tell_kill.mjs --kills 5 --people 2000 --forget-keys"
