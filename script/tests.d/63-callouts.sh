# Call-outs in the browser, on both databases.
step "call-outs in the browser (SQLite)" "$NODE" tests/browser/callout.js --binary build/release/machiya
step "call-outs in the browser (PostgreSQL)" "$NODE" tests/browser/callout.js --binary build/release/machiya --store "$MACHIYA_TEST_PG"
