# Nothing of a drill leaves the house, by what reached the outside services; and the search for it can find.
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "drills of messages: 0 bytes leave (${store%%:*})" "$NODE" tests/faults/tell_drill.mjs --binary build/release/machiya --store "$store"
done
step "a drill without its mark: must be found" bash -c "! '$NODE' tests/faults/tell_drill.mjs --binary build/release/machiya --sabotage"
