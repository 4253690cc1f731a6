# Devices, on both databases: clients of MQTT and HTTP as they are against the whole server; then killed while they send, first that the check can fail.
for kind in sqlite postgres; do
  store=() kill_store=()
  if [ $kind = postgres ]; then
    psql "$MACHIYA_TEST_PG" -qc 'CREATE DATABASE devices' -c 'CREATE DATABASE devices_killed'
    store=(--store "$(sed "s#/postgres?#/devices?#" <<<"$MACHIYA_TEST_PG")")
    kill_store=(--store "$(sed "s#/postgres?#/devices_killed?#" <<<"$MACHIYA_TEST_PG")")
  fi
  mqtt_port=$((20000 + RANDOM % 10000))
  if server_start "devices-$kind" --mqtt-listen "127.0.0.1:$mqtt_port" "${store[@]}"; then
    step "devices by MQTT and HTTP ($kind)" "$NODE" tests/conformance/devices.mjs --base "$SERVER_URL" --mqtt "mqtt://127.0.0.1:$mqtt_port"
    server_stop
  else
    failed=$((failed + 1)); failures+=("server for devices ($kind)")
  fi
  step "devices are killed while they send ($kind)" "$NODE" tests/faults/device_kill.js --rounds 5 "${kill_store[@]}"
done
step "the check of killed devices can fail" bash -c '! '"$NODE"' tests/faults/device_kill.js --rounds 1 --sabotage >/dev/null'
