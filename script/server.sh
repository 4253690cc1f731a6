# A server of the demonstration for tests: server_start NAME [options…] sets SERVER_URL; all end with server_stop (also on exit).
SERVER_PIDS=()
server_start() {
  local name=$1; shift
  local dir="build/servers/$name"
  rm -rf "$dir"; mkdir -p "$dir"; : >"$dir/out"   # the server's own shell may open it later than tail does
  build/release/machiya serve --data "$dir/var" --listen 127.0.0.1:0 --rate-scale 0 --quiet "$@" >"$dir/out" 2>"$dir/err" &
  SERVER_PIDS+=($!)
  # It says its address once it listens; it is dead when the process is gone.
  SERVER_URL=$(timeout 120 tail -n +1 -f --pid=$! "$dir/out" | sed -n 's#^  citizens *\(http://[^ ]*[0-9]\)/$#\1#p; /^  citizens/q')
  [ -n "$SERVER_URL" ] || { cat "$dir/err" >&2; return 1; }
}
server_stop() {
  local pid
  for pid in "${SERVER_PIDS[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" || say "a test server had already ended"; done
  SERVER_PIDS=()
}
