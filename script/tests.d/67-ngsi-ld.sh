# The context broker over HTTP against our table of requests and answers, beside a store that only keeps JSON; and answers that are spoiled must be noticed.
step "NGSI-LD over HTTP, clause by clause" "$NODE" tests/conformance/ngsi_ld/run.mjs build/release
step "NGSI-LD, answers spoiled: each must be found" "$NODE" tests/conformance/ngsi_ld/run.mjs build/release --plant
step "brokers that answer together, and sources that do not" "$NODE" tests/faults/federation_drill.mjs
