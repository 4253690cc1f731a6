# Sourced by the runs that measure servers: ports, waiting, memory and processor time of a process with its children.
free_port() { local p; for p in $(shuf -i "${MACHIYA_BENCH_PORTS:-8500-8599}"); do (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }; done; die "no free port"; }
wait_for() { local n=0; until "$@"; do n=$((n + 1)); [ $n -lt 1200 ] || die "waited in vain: $*"; sleep 0.1; done; }
tree() { local p; echo "$1"; for p in $(pgrep -P "$1" || true); do tree "$p"; done; }
rss_mb() { local p sum=0 one; for p in $(tree "$1"); do one=$(awk '/^VmRSS/ {print $2}' "/proc/$p/status"); sum=$((sum + ${one:-0})); done; echo $((sum / 1024)); }
# cpu_ms PID: processor time so far.
cpu_ms() { local p; for p in $(tree "$1"); do cat "/proc/$p/stat"; done | awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); sum += $12 + $13 } END { printf "%d\n", sum * 1000 / hz }'; }
