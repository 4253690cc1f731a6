# The parts of the pages in the real browser, rendered without a server; languages rotate (script/prove: all).
step "plain client" "$NODE" --test tests/browser/plain_client_test.js
step "live list keeps what was typed" "$NODE" --test tests/browser/live_test.js
step "preview of the pages" bash -c "ninja -C build/release -j $JOBS pages_preview && build/release/src/platform/pages/pages_preview . build/preview"
step "pages in the browser (parts)" "$NODE" tests/browser/check_pages.js --preview build/preview --languages rotate
