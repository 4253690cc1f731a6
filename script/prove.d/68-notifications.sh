# Notifications of the context broker: a million updates at 6,000 a second (5,000 must remain with all restarts) while broker and subscriber are killed 50 times
# (34 times one of them or both), after a run that shows that the harness can fail.
# Then notifications by MQTT beside mosquitto's relay. NOTIFY_UPDATES, NOTIFY_KILLS, NOTIFY_MESSAGES: smaller counts.
. "$(dirname "$0")/common.bash"
release notify_kill notify_child notifications_bench
kill_test=build/release/tests/faults/notify_kill
if "$kill_test" --kills 2 --updates 20000 --together 1 --lossy >/dev/null; then die "the lossy run was not noticed"; fi
echo "lossy run: found"
"$kill_test" --kills "${NOTIFY_KILLS:-34}" --updates "${NOTIFY_UPDATES:-1000000}" --rate 6000
for how in "--subscriptions 10" "--subscriptions 1 --together 50" "--subscriptions 1"; do
  # shellcheck disable=SC2086
  build/release/bench/sense/notifications/notifications_bench --messages "${NOTIFY_MESSAGES:-200000}" $how
done
