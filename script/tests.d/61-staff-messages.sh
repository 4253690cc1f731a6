# Messages as staff write them, on both databases: the whole walk in the real browser with the sandbox as every channel, reports, the calendar, and mails
# that come back.
for store in sqlite "$MACHIYA_TEST_PG"; do
  step "messages of staff in the browser (${store%%:*})" "$NODE" tests/browser/staff_messages.js --binary build/release/machiya --store "$store"
done
