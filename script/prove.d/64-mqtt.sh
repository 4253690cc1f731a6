# MQTT: 50 kills of the listener with 10,000 connections (after each the files lose what was not synced), first that the planted fault is
# found, then mosquitto with persistence in the same harness for comparison; then messages per CPU-second beside mosquitto.
# MQTT_KILLS, MQTT_CONNECTIONS, MQTT_MESSAGES, MQTT_ROUNDS: smaller counts.
. "$(dirname "$0")/common.bash"
release mqtt_kill mqtt_bench
ulimit -n "$(ulimit -Hn)"
kill_test=build/release/tests/faults/mqtt_kill
kills=${MQTT_KILLS:-50} connections=${MQTT_CONNECTIONS:-10000}
if "$kill_test" --rounds 4 --connections 200 --child build/release/tests/faults/mqtt_child_planted >/dev/null; then die "the planted fault was not noticed"; fi
echo "acknowledging before the sync, planted: found"
"$kill_test" --rounds "$kills" --connections "$connections"
"$kill_test" --rounds "$kills" --connections "$connections" --broker mosquitto || echo "(that is mosquitto, saving once a second)"
build/release/bench/sense/mqtt/mqtt_bench --child build/release/tests/faults/mqtt_child --rounds "${MQTT_ROUNDS:-5}" --connections "$connections" --messages "${MQTT_MESSAGES:-500000}"
