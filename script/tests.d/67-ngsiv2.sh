# NGSIv2 with a client that is not ours, and the same with answers that are changed on the way.
step "NGSIv2: npm ngsijs against the broker" "$NODE" tests/conformance/ngsi_v2/ngsijs.mjs
step "NGSIv2: differences that were planted are found" "$NODE" tests/conformance/ngsi_v2/ngsijs.mjs --plant
