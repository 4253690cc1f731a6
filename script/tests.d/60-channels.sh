# The outside services that the city tells through: the sandbox that plays them judges itself first, then what leaves this house and what comes in.
step "sandbox of the channels" node_tests tests/sandbox/sandbox_test.mjs
channel_test() { "$NODE" "tests/conformance/$1.mjs" --check build/release/src/tell/check/channel_check "${@:2}"; }
step "LINE webhooks, 1,000 mutated beside the peer" channel_test line_peer
step "LINE webhooks, one verdict turned: must be found" bash -c "! '$NODE' tests/conformance/line_peer.mjs --count 20 --plant"
step "LINE requests, by the official document" channel_test line_requests
step "LINE's rich menu, placed by the command" node_tests tests/sandbox/line_menu.mjs
step "LINE's quota before a release" "$NODE" tests/faults/tell_quota.mjs
for bug in alt stray key; do
  step "LINE requests, $bug planted: must be found" bash -c "! '$NODE' tests/conformance/line_requests.mjs --count 20 --plant $bug"
done
step "SMS and webhooks by their interfaces" channel_test gateways_requests
step "SMS and webhooks, keys forgotten: must be found" bash -c "! '$NODE' tests/conformance/gateways_requests.mjs --count 20 --plant"
push_peer() { "$NODE" tests/conformance/webpush_peer.mjs --bench build/release/bench/tell/webpush_bench "$@"; }
step "Web Push, 1,000 messages opened by the peer" push_peer
step "Web Push, a bit turned: must not open" push_peer --count 50 --plant
step "mail over STARTTLS into postfix itself" tests/conformance/mail_postfix.sh build/release/bench/tell/mail_bench
