# Passkeys: the same ceremonies, right and wrong in a thousand ways, judged by this house and by npm @simplewebauthn/server.
webauthn_peer() { "$NODE" tests/conformance/webauthn_peer.mjs --check build/release/src/platform/webauthn/check/webauthn_check "$@"; }
step "webauthn, 1,000 ceremonies beside the peer" webauthn_peer
step "webauthn, one verdict turned: must be found" bash -c "! '$NODE' tests/conformance/webauthn_peer.mjs --check build/release/src/platform/webauthn/check/webauthn_check --count 50 --plant"
