# Signed-in case pages under load, every view in the audit rows within a second.
. "$(dirname "$0")/common.bash"
release machiya machiya_load
bench/pages/run build/release
