# The city's services on both databases: definitions, scenarios, the twelve procedures by a client that reads only HTML, and every
# kind of page in the browser.
. script/server.sh
step "definitions (machiya check)" build/release/machiya check --no-warnings
step "scenarios (SQLite)" build/release/machiya scenario
psql "$MACHIYA_TEST_PG" -qc 'CREATE DATABASE scenario' -c 'CREATE DATABASE services'
pg_url() { sed "s#/postgres?#/$1?#" <<<"$MACHIYA_TEST_PG"; }
step "scenarios (PostgreSQL)" build/release/machiya scenario --store "$(pg_url scenario)"
step "a register by definition alone (SIGHUP, next request)" "$NODE" tests/browser/register_reload.js --binary build/release/machiya
if server_start sqlite; then
  step "twelve procedures, HTML only (SQLite)" "$NODE" tests/browser/procedures_plain.js --base "$SERVER_URL"
else
  failed=$((failed + 1)); failures+=("server on SQLite")
fi
# A server of its own: a TOTP code serves once, and the clerks of the run above have just used theirs.
if server_start pages; then
  # The languages turn with the page and the procedure here; script/prove takes all six.
  step "every kind of page in the browser" "$NODE" tests/browser/check_pages.js --base "$SERVER_URL"
  step "twelve procedures in the browser" "$NODE" tests/browser/procedures_browser.js --base "$SERVER_URL"
  step "twelve procedures by keyboard alone" "$NODE" tests/browser/procedures_browser.js --base "$SERVER_URL" --keyboard
  step "a report in four screens and twelve taps" "$NODE" tests/browser/report_taps.js --base "$SERVER_URL"
else
  failed=$((failed + 1)); failures+=("server for the browser")
fi
if server_start registers; then
  step "registers as a spreadsheet in the browser" "$NODE" tests/browser/registers_browser.js --base "$SERVER_URL"
else
  failed=$((failed + 1)); failures+=("server for the registers")
fi
if server_start passkeys; then
  step "passkeys in the browser" "$NODE" tests/browser/passkeys_browser.js --base "$SERVER_URL"
else
  failed=$((failed + 1)); failures+=("server for passkeys")
fi
if server_start postgres --store "$(pg_url services)"; then
  step "twelve procedures, HTML only (PostgreSQL)" "$NODE" tests/browser/procedures_plain.js --base "$SERVER_URL"
else
  failed=$((failed + 1)); failures+=("server on PostgreSQL")
fi
server_stop
