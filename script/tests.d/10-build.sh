# One Release build of server, unit tests and test tools.
configure build/release -DCMAKE_BUILD_TYPE=Release
step "build (release)" ninja -C build/release -j "$JOBS"
step "list of parts (SPDX)" node_tests tests/conformance/sbom_test.js
