# The live map in the browser, from a server of maps alone: tiles beside the format's own reader, figures beside a recount, keyboard, telephone, changes.
step "live map in the browser" "$NODE" tests/browser/livemap.js --server build/release/src/sense/livemap/check/livemap_server
