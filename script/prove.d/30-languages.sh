# Every kind of page in every language, citizens' and staff's, in the real browser; and the twelve procedures by the client that reads only
# HTML, in the browser with every page through axe, and by keyboard alone. All of it on SQLite and on PostgreSQL (there the languages of the
# kinds of page rotate: the pages are the same, their rows are not). A part that fails does not hide the next one.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
. script/server.sh
release machiya
postgres_start
trap 'server_stop; postgres_stop' EXIT
psql "$MACHIYA_TEST_PG" -qc 'CREATE DATABASE prove_plain' -c 'CREATE DATABASE prove_pages'
pg_url() { sed "s#/postgres?#/$1?#" <<<"$MACHIYA_TEST_PG"; }
failed=0
browse() { echo "-- $store: $*"; "$NODE" "tests/browser/$1" --base "$SERVER_URL" "${@:2}" || failed=1; }
# on STORE LANGUAGES PLAIN_STORE PAGES_STORE. Two servers: a TOTP code serves once, and the clerks of the first have just used theirs.
on() {
  store=$1
  server_start "prove-plain-$1" --store "$3" || die "the server does not start"
  browse procedures_plain.js
  server_stop
  server_start "prove-pages-$1" --store "$4" || die "the server does not start"
  browse check_pages.js --languages "$2"
  browse procedures_browser.js --axe
  browse procedures_browser.js --keyboard
  browse report_taps.js
  server_stop
}
on sqlite all sqlite sqlite
on postgresql rotate "$(pg_url prove_plain)" "$(pg_url prove_pages)"
exit $failed
