#!/bin/bash
# A full disk under the running server: the data folder lies on a small tmpfs (needs root) that is filled to the last byte.
#   tests/faults/server_disk.sh BINARY
# Submissions are refused with 507 (API: problem+json; pages: a page), reading goes on, nothing acknowledged is lost; when there is room again,
# submissions work without a restart.
set -euo pipefail
binary=${1:-build/release/machiya}
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 0; }
work=$(mktemp -d /tmp/machiya-disk.XXXXXX)
mount -t tmpfs -o size=24m machiya-disk "$work" 2>/dev/null || { rmdir "$work"; echo "skipped: cannot mount a tmpfs here"; exit 0; }
server=""
cleanup() {
  [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  umount "$work" && rmdir "$work"
}
trap cleanup EXIT
fail() { echo "FAILED: $*"; [ ! -s /tmp/machiya-disk.$$.log ] || tail -n 20 "/tmp/machiya-disk.$$.log"; rm -f "/tmp/machiya-disk.$$.log"; exit 1; }

port=0
for candidate in $(shuf -i 8500-8599); do
  (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { port=$candidate; break; }
done
base=http://127.0.0.1:$port
"$binary" serve --data "$work/var" --listen "127.0.0.1:$port" --rate-scale 0 --quiet >/dev/null 2>"/tmp/machiya-disk.$$.log" & server=$!
# until_status STATUS SECONDS COMMAND…: asks again until the command prints this status.
until_status() {
  local wanted=$1 end=$((SECONDS + $2)) got=""; shift 2
  while [ $SECONDS -le $end ]; do
    got=$("$@") || true
    [ "$got" = "$wanted" ] && return 0
    kill -0 "$server" 2>/dev/null || fail "the server ended"
    sleep 0.1   # between two questions; nothing rests on its length
  done
  fail "wanted $wanted, got '$got' from: $*"
}
get() { curl -s -o "$out" -w '%{http_code}' "$base$1"; }
out=$(mktemp)
jar=$(mktemp)
trap 'rm -f "$out" "$jar" "/tmp/machiya-disk.$$.log"; cleanup' EXIT
answers='{"answers":{"industry":"manufacturing","size":"s50","ward":"yodogawa","key_vision":3,"key_urgency":3,"key_commitment":3,"key_culture":2,"key_structure":2,"key_people":2,"key_business":3,"key_systems":2,"key_governance":2,"needs":["advice"]}}'
submit() {
  curl -s -o "$out" -w '%{http_code}' -X POST "$base/api/v1/procedures/sme-digital-check/applications" -H 'Content-Type: application/json' -H "Idempotency-Key: $1" -d "$answers"
}
# As a browser: the page with its form is open (its token is in hand) when the disk becomes full.
start_page() {
  curl -s -o "$out" -w '%{http_code}' -b "$jar" -H 'Accept: text/html' --data-urlencode "csrf=$token" "$base/procedures/dog-registration/start"
}

until_status 200 120 get /readyz
[ "$(submit before)" = 201 ] || fail "the first submission: $(cat "$out")"
first=$(sed -E 's/.*"number":"([^"]+)".*/\1/' "$out")

curl -s -c "$jar" -o "$out" -H 'Accept: text/html' "$base/procedures/dog-registration"
token=$(grep -oE 'name="csrf" value="[^"]+"' "$out" | head -n 1 | sed -E 's/.*value="([^"]+)"/\1/')
[ -n "$token" ] || fail "the procedure's page has no form"
head -c 100M /dev/zero >"$work/filler" 2>/dev/null && fail "the tmpfs took 100 MB"
# What the write-ahead log has left of its room is used up first.
n=0
until [ "$(submit "full-$n")" = 507 ]; do
  grep -q '"number"' "$out" || fail "neither a receipt nor 507: $(cat "$out")"
  n=$((n + 1)); [ $n -lt 20000 ] || fail "the full disk was never felt"
done
grep -q '"type"' "$out" && grep -q '"status":507' "$out" || fail "507 without a problem document: $(cat "$out")"
echo "full after $n more submissions: refused with 507, problem document"
[ "$(start_page)" = 507 ] || fail "a page that writes did not answer 507: $(head -c 300 "$out")"
grep -q '<h1' "$out" && grep -q '</html>' "$out" || fail "507 without a page"
grep -qiE 'sqlite|terminate|exception|\.cpp' "$out" && fail "the page shows the inside of the house"
for page in / /procedures /procedures/dog-registration /initiatives /healthz; do [ "$(get $page)" = 200 ] || fail "$page cannot be read on a full disk"; done
echo "refused page is a page; reading goes on"
rm "$work/filler"
until_status 201 60 submit after
[ "$(start_page)" = 303 ] || fail "the page that was refused does not work again: $(head -c 300 "$out")"
echo "submissions work again without a restart"
[ "$(submit before)" = 200 ] && grep -q "$first" "$out" || fail "the first submission is lost"
have=$(sqlite3 -cmd '.timeout 20000' "$work/var/machiya.db" 'SELECT count(*) FROM record')
[ "$have" = $((n + 2)) ] || fail "$have cases for $((n + 2)) receipts"
"$binary" audit verify --data "$work/var" | grep -q ' intact$' || fail "the audit chain is not intact"
kill -TERM "$server"; wait "$server" || fail "the server ended with $?"
server=""
echo "full disk: $((n + 2)) acknowledged, 0 lost, refusal and recovery clean"
