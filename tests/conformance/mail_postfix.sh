#!/usr/bin/env bash
# mail_postfix.sh MAIL_BENCH: the mail channel against postfix's own smtpd on loopback, over STARTTLS with a certificate that must be right: every mail is
# counted in postfix's queue. Then with a certificate for another name: not one mail may arrive. Needs root (postfix's master does); skipped otherwise.
set -euo pipefail
bench=$(realpath "$1")
[ "$(id -u)" = 0 ] && [ -x /usr/lib/postfix/sbin/master ] || { echo "skipped: no root or no postfix"; exit 0; }
work=$(mktemp -d /tmp/machiya-postfix-XXXXXX); chmod 755 "$work"
pid=
finish() { [ -z "$pid" ] || kill "$pid" 2>/dev/null || true; [ -z "$pid" ] || wait "$pid" 2>/dev/null || true; rm -rf --one-file-system "$work"; }
trap finish EXIT
port=$(shuf -i 8700-8799 -n 1)

serve() { # NAME-IN-CERTIFICATE
  rm -rf "$work"/{conf,queue,data,tls}; mkdir -p "$work"/{conf,queue,data,tls}
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/tls/key.pem" -out "$work/tls/cert.pem" -days 2 -subj /CN=relay -addext "subjectAltName=$1" 2>/dev/null
  chown postfix "$work/data"
  cat >"$work/conf/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
maillog_file = $work/log
maillog_file_prefixes = $work
myhostname = relay.example
mydestination = x.example
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_recipient_maps =
alias_maps =
alias_database =
smtpd_tls_cert_file = $work/tls/cert.pem
smtpd_tls_key_file = $work/tls/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_loglevel = 1
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_client_connection_rate_limit = 0
default_transport = discard
local_transport = discard
CONF
  cat >"$work/conf/master.cf" <<CONF
127.0.0.1:$port inet n - n - 20 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
discard unix - - n - - discard
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
CONF
  for folder in active bounce corrupt defer deferred flush hold incoming private saved trace; do install -d -o postfix -m 700 "$work/queue/$folder"; done
  install -d -o postfix -g postdrop -m 730 "$work/queue/maildrop"; install -d -o postfix -g postdrop -m 710 "$work/queue/public"; install -d -m 755 "$work/queue/pid"
  : >"$work/log"
  MAIL_CONFIG="$work/conf" setsid /usr/lib/postfix/sbin/master -c "$work/conf" -d >"$work/out" 2>&1 &
  pid=$!
  # It says so once its sockets listen; when it ends, so does tail.
  until_logged 1 'postfix/master.*daemon started' || { cat "$work/out" "$work/log"; echo "postfix does not listen"; exit 1; }
}
# until_logged COUNT PATTERN: as soon as that many lines of the log are such; fails when postfix ends before. The limit only ends a test that would hang.
until_logged() { [ "$(grep -cm "$1" -- "$2" < <(exec timeout 60 tail -n +1 -f --pid="$pid" "$work/log" 2>/dev/null))" = "$1" ]; }
logged() { awk -v pattern="$1" '$0 ~ pattern { seen++ } END { print seen + 0 }' "$work/log"; }
# On SIGTERM master ends its process group, which setsid gave it, and then itself by the same signal.
stop() {
  local ended=0
  kill "$pid"; wait "$pid" || ended=$?
  pid=
  [ "$ended" = 143 ] || { tail -5 "$work/log"; echo "postfix ended with $ended"; exit 1; }
}

serve IP:127.0.0.1
out=$("$bench" "smtp://127.0.0.1:$port" 4 2 "ca=$work/tls/cert.pem")
echo "$out"
sent=$(sed -E 's/.*"mails":([0-9]+).*/\1/' <<<"$out")
until_logged "$sent" 'postfix/cleanup.*message-id=<' || { tail -20 "$work/log"; echo "postfix did not take all of $sent"; exit 1; }
stop
taken=$(logged 'postfix/cleanup.*message-id=<'); tls=$(logged 'TLS connection established')
echo "$sent mails sent, $taken taken by postfix, $tls TLS connections"
[ "$sent" -gt 100 ] && [ "$taken" = "$sent" ] && [ "$tls" -ge 1 ] || { tail -20 "$work/log"; exit 1; }

serve DNS:other.example
if "$bench" "smtp://127.0.0.1:$port" 2 0.2 "ca=$work/tls/cert.pem" >"$work/other" 2>&1; then cat "$work/other"; echo "a certificate for another name was taken"; exit 1; fi
stop
taken=$(logged 'postfix/cleanup')
[ "$taken" = 0 ] && echo "a certificate for another name: refused, nothing sent"
