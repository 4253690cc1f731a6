# Log-in with real providers (npm oidc-provider as processes of their own), honest and cheating, against the running server; a server whose
# nonce check is out must be found.
planted_sign_in() {
  ninja -C build/release -j "$JOBS" --quiet machiya_planted || return 1
  "$NODE" tests/oidc/sign_in_test.js --binary build/release/machiya_planted --planted nonce --only nonce
}
signing() { ninja -C build/release -j "$JOBS" --quiet signing_client && "$NODE" tests/oidc/signing_test.js; }
step "log-in with providers: every cheat is refused" "$NODE" tests/oidc/sign_in_test.js --binary build/release/machiya
step "log-in with providers: a planted fault is found" planted_sign_in
step "log-in with providers in the browser" "$NODE" tests/oidc/sign_in_browser.js --binary build/release/machiya
step "signatures through a provider" signing
step "applications signed through a provider" "$NODE" tests/oidc/signed_application_test.js --binary build/release/machiya
# Applications signed with a virtual card through the pages; a server that does not look whether the signature fits must be found.
planted_signature() {
  ninja -C build/release -j "$JOBS" --quiet machiya_planted_signature || return 1
  "$NODE" tests/cards/card_test.js --binary build/release/machiya_planted_signature --planted
}
step "applications signed with a virtual card" "$NODE" tests/cards/card_test.js --binary build/release/machiya
step "applications signed with a virtual card: a planted fault is found" planted_signature
