# The scanner's door against Debian's clamd, with a database of one signature made here: found, clean, too large, and gone.
. "$(dirname "$0")/common.bash"
release blobs_tests
command -v clamd >/dev/null || skip "clamav-daemon is not installed"
work=$(mktemp -d "${TMPDIR:-/tmp}/machiya-clamd.XXXXXX")
clamd=""
finish() { [ -z "$clamd" ] || { kill "$clamd" 2>/dev/null && wait "$clamd" || true; }; rm -rf "$work"; }
trap finish EXIT
mkdir "$work/db"
printf 'Machiya.Test:0:*:%s\n' "$(printf 'machiya-test-signature' | od -An -tx1 | tr -d ' \n')" >"$work/db/test.ndb"
cat >"$work/conf" <<END
DatabaseDirectory $work/db
LocalSocket $work/clamd.ctl
Foreground yes
StreamMaxLength 25M
User $(id -un)
LogFile $work/log
END
clamd --config-file="$work/conf" >/dev/null 2>&1 & clamd=$!
n=0; until [ -S "$work/clamd.ctl" ]; do n=$((n + 1)); [ $n -lt 600 ] && kill -0 "$clamd" || { cat "$work/log"; die "clamd does not start"; }; sleep 0.1; done
MACHIYA_TEST_CLAMD="unix:$work/clamd.ctl" build/release/src/platform/blobs/blobs_tests --gtest_filter='*RealClamd*'
