# Signs in the browser, on both databases: players with and without script, take-overs, no network, reports.
for kind in sqlite postgres; do
  store=()
  if [ $kind = postgres ]; then
    psql "$MACHIYA_TEST_PG" -qc 'CREATE DATABASE signs'
    store=(--store "$(sed "s#/postgres?#/signs?#" <<<"$MACHIYA_TEST_PG")")
  fi
  if server_start "signs-$kind" "${store[@]}"; then
    step "signs in the browser ($kind)" "$NODE" tests/browser/signage.js --base "$SERVER_URL"
    server_stop
  else
    failed=$((failed + 1)); failures+=("server for the signs ($kind)")
  fi
done
