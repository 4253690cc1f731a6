#!/usr/bin/env bash
# scanners: wapiti and sqlmap of Debian against a running demonstration, as a visitor, a citizen and members of staff; every finding must
# be explained in tests/security/explained.json, every explanation must still be needed. And: no part of the server is behind Debian's archive.
. "$(dirname "$0")/common.bash"
. script/server.sh
. bench/lib.sh
release machiya
work=build/scanners; rm -rf "$work"; mkdir -p "$work/wapiti" "$work/sqlmap"
SECONDS_EACH=${SCAN_SECONDS:-150}   # of one wapiti run; all runs are bounded
printf 'demonstration = yes\ntrusted-proxy-hops = 1\n' >"$work/behind-proxy.conf"
server_start scanners --config "$work/behind-proxy.conf" || die "no server to scan"
"$NODE" tests/security/scan_targets.js --base "$SERVER_URL" --out "$work" >"$work/targets.log" 2>&1 &
PROXY=$!
trap 'kill "$PROXY" 2>/dev/null || true; server_stop' EXIT
wait_for test -f "$work/targets.json" -o ! -d "/proc/$PROXY"
[ -f "$work/targets.json" ] || die "the samples could not be made: $(tail -3 "$work/targets.log")"

# field AT NAME: of one target, a list one a line; field "" base: the address to scan.
field() { "$NODE" -e 'const all=JSON.parse(require("fs").readFileSync(process.argv[1])); const t=process.argv[2]===""?all:all.targets[process.argv[2]]; const v=t[process.argv[3]]; console.log(Array.isArray(v)?v.join("\n"):v)' "$work/targets.json" "$@"; }
BASE=$(field "" base)
# Modules that stay on this machine: no endpoints of others are asked (ssrf, xxe), no word lists (buster, nikto).
MODULES=blindsql,cookieflags,crlf,csp,exec,file,http_headers,methods,permanentxss,redirect,sql,xss,htaccess,backup,shellshock
for at in 0 1 2 3 4; do
  name=$(field "$at" name); say "wapiti as $name"
  mapfile -t starts < <(field "$at" start)
  options=(); for address in "${starts[@]}"; do options+=(-s "$address"); done
  # Its own bound of attacks is one for each module.
  result=0
  timeout $((SECONDS_EACH * 4 + 300)) wapiti -u "$BASE/" "${options[@]}" --scope domain -d 3 -m "$MODULES" -H "Cookie: $(field "$at" cookie)" \
    --max-scan-time "$SECONDS_EACH" --max-attack-time "$SECONDS_EACH" -t 10 -v 1 -f json -o "$work/wapiti/$at.json" --flush-session --store-session "$work/wapiti" --no-bugreport \
    >"$work/wapiti/$at.log" 2>&1 || result=$?
  [ $result = 0 ] || { tail -5 "$work/wapiti/$at.log"; die "wapiti as $name ended with $result"; }
done
for at in 0 1 2 3; do
  name=$(field "$at" name); say "sqlmap as $name"
  n=0
  while read -r address; do
    n=$((n + 1))
    timeout 240 sqlmap -u "$address" --batch --level 2 --risk 1 --technique BEU --dbms SQLite --threads 2 --timeout 10 --retries 1 --cookie "$(field "$at" cookie)" --param-exclude lang \
      --disable-coloring --output-dir "$work/sqlmap/$at-$n" >"$work/sqlmap/$at-$n.log" 2>&1 </dev/null || die "sqlmap on $address ended with $?"
  done < <(field "$at" parameters)
done
"$NODE" tests/security/judge_scans.js --self-test
"$NODE" tests/security/judge_scans.js --work "$work" --base "$BASE" --explained tests/security/explained.json

say "parts against Debian's archive, after the upgrade that an operator makes"
as_root apt-get update -qq
script/sbom "$work/machiya.spdx.json"
mapfile -t parts < <("$NODE" -e 'for (const p of JSON.parse(require("fs").readFileSync(process.argv[1])).packages) if (p.SPDXID.startsWith("SPDXRef-deb-")) console.log(p.name)' "$work/machiya.spdx.json")
as_root apt-get install -y --only-upgrade --no-install-recommends -qq "${parts[@]}" >/dev/null
script/sbom "$work/machiya.spdx.json"
"$NODE" tests/security/judge_parts.js "$work/machiya.spdx.json"
