# Rules of the house that a compiler does not see; each checker proves first that it can fail.
step "layers" bash -c 'tests/conformance/layers.sh --self-test && tests/conformance/layers.sh'
step "words" bash -c 'tests/conformance/words.sh --self-test && tests/conformance/words.sh'
step "what must not be there" node_tests tests/conformance/absent_test.js
step "docs/security.md is what the program does" node_tests tests/conformance/security_facts_test.js
step "secrets" tests/conformance/secrets.sh --self-test
