# The city's messages as citizens meet them: a demonstration with channels, the real browser with and without script.
messages_channels() { # PORTS of a played LINE API and of an SMS gateway: writes build/servers/messages.channels
  local line_port=$1 sms_port=$2
  local dir="$ROOT/build/servers/messages-keys"
  mkdir -p "$dir"
  openssl ecparam -name prime256v1 -genkey -noout -out "$dir/push.pem" 2>/dev/null
  printf 'line-secret' >"$dir/line-secret"
  printf 'sandbox-sms-token' >"$dir/sms-token"
  cat >build/servers/messages.channels <<END
tell.push.key-file = $dir/push.pem
tell.push.subject = mailto:push@city.example
tell.line.url = http://127.0.0.1:$line_port
tell.line.token-file = $dir/line-secret
tell.line.secret-file = $dir/line-secret
tell.line.friend = https://line.example/friend
tell.sms.url = http://127.0.0.1:$sms_port/v1/messages
tell.sms.token-file = $dir/sms-token
tell.mail.url = smtp://127.0.0.1:9
tell.mail.from = no-reply@city.example
outbound = https://push.example
END
}
free_port() { "$NODE" -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
line_port=$(free_port)
sms_port=$(free_port)
messages_channels "$line_port" "$sms_port"
if server_start messages --channels build/servers/messages.channels; then
  step "messages for citizens in the browser" "$NODE" tests/browser/tell_citizen.js --base "$SERVER_URL" --line-port "$line_port" --sms-port "$sms_port"
  server_stop
else
  failed=$((failed + 1)); failures+=("server for the messages")
fi
