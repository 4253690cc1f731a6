# Last: which requirements of OWASP ASVS 5.0.0 (levels 1 and 2) the tests above have verified in this very run.
step "asvs: its own faults are seen" "$NODE" tests/conformance/asvs.js --self-test
step "asvs: verified by tests that ran" "$NODE" tests/conformance/asvs.js
sed -n '$p' build/logs/asvs--verified-by-tests-that-ran.log >&2
step "guideline: its tests ran and passed" "$NODE" tests/conformance/guideline.js
