# The city's messages as citizens meet them: a demonstration with channels, the real browser with and without script.
messages_channels() { # PORT of a played LINE API: writes build/servers/messages.channels
  local line_port=$1
  local dir="$ROOT/build/servers/messages-keys"
  mkdir -p "$dir"
  openssl ecparam -name prime256v1 -genkey -noout -out "$dir/push.pem" 2>/dev/null
  printf 'line-secret' >"$dir/line-secret"
  cat >build/servers/messages.channels <<END
tell.push.key-file = $dir/push.pem
tell.push.subject = mailto:push@city.example
tell.line.url = http://127.0.0.1:$line_port
tell.line.token-file = $dir/line-secret
tell.line.secret-file = $dir/line-secret
tell.line.friend = https://line.example/friend
tell.mail.url = smtp://127.0.0.1:9
tell.mail.from = no-reply@city.example
outbound = https://push.example
END
}
line_port=$("$NODE" -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
messages_channels "$line_port"
if server_start messages --channels build/servers/messages.channels; then
  step "messages for citizens in the browser" "$NODE" tests/browser/tell_citizen.js --base "$SERVER_URL" --line-port "$line_port"
  server_stop
else
  failed=$((failed + 1)); failures+=("server for the messages")
fi
