# What the city publishes (CAP, EDXL-DE, Atom, RSS) against the standards' own schemas, and the reader of others' alerts beside them.
step "bulletins against their schemas" tests/conformance/bulletins_schemas.sh build/release/src/tell/bulletins/sample/bulletins_sample_main
