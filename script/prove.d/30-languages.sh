# Every kind of page in every language, citizens' and staff's, in the real browser against a running server.
. "$(dirname "$0")/common.bash"
release machiya
work=$(mktemp -d "${TMPDIR:-/tmp}/machiya-prove.XXXXXX")
server=""
finish() { [ -z "$server" ] || { kill -TERM "$server" && wait "$server" || true; }; rm -rf "$work"; }
trap finish EXIT
port=0
for candidate in $(shuf -i 8500-8599); do (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { port=$candidate; break; }; done
build/release/machiya serve --data "$work/var" --listen "127.0.0.1:$port" --rate-scale 0 --quiet >/dev/null 2>"$work/log" & server=$!
n=0; until curl -sf -o /dev/null "http://127.0.0.1:$port/readyz"; do n=$((n + 1)); [ $n -lt 600 ] || { cat "$work/log"; die "the server does not start"; }; sleep 0.1; done
"$NODE" tests/browser/procedures_plain.js --base "http://127.0.0.1:$port" > "$work/samples" || { cat "$work/samples"; die "the procedures fail"; }
"$NODE" tests/browser/check_pages.js --base "http://127.0.0.1:$port" --languages all --staff "${MACHIYA_STAFF:-economy-clerk:machiya-demo-only}"
