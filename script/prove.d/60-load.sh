# Signed-in case pages under load, every view in the audit rows within a second.
. "$(dirname "$0")/common.bash"
release machiya machiya_load
bench/pages/run build/release
# Healthy clients beside 2,000 slow ones and 5,000 readers of idle event streams.
release machiya_siege
bench/siege/run build/release
