# The MQTT listener with a client that is not ours (its kills and failing disks are unit tests of tests/faults; script/prove mqtt: the long counts).
step "npm mqtt, both versions, TCP and TLS" "$NODE" tests/faults/mqtt_clients.mjs build/release/tests/faults/mqtt_child
