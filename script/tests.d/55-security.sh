# What an attacker or auditor sees from outside: servers behind a proxy that speaks TLS for them, one each (a TOTP code serves once).
mkdir -p build/servers
printf 'demonstration = yes\ntrusted-proxy-hops = 1\n' >build/servers/behind-proxy.conf
outside() { # NAME FILE: a server of this name, and the tests of the file against it
  if server_start "$1" --config build/servers/behind-proxy.conf; then
    export MACHIYA_BASE=$SERVER_URL MACHIYA_DATABASE="$ROOT/build/servers/$1/var/machiya.db"
    step "security: $1" node_tests "tests/security/$2"
    unset MACHIYA_BASE MACHIYA_DATABASE
    server_stop
  else
    failed=$((failed + 1)); failures+=("server for security: $1")
  fi
}
outside answers answers_test.js
outside hostile-requests hostile_test.js
