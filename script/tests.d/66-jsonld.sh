# What the payloads of the NGSI-LD suite expand and compact to, beside npm jsonld; without the shared data it says so and passes.
step "JSON-LD answers as npm jsonld does" "$NODE" bench/sense/jsonld.mjs build/release 0
if [ -d "${MACHIYA_SHARED:-../shared}/conformance/ngsi-ld-payloads" ]; then
  step "JSON-LD, one answer turned: must be found" bash -c "! '$NODE' bench/sense/jsonld.mjs build/release 0 --plant >/dev/null"
fi
