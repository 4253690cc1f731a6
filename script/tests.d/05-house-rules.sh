# Rules of the house that a compiler does not see; each checker proves first that it can fail.
step "layers" bash -c 'tests/conformance/layers.sh --self-test && tests/conformance/layers.sh'
step "words" bash -c 'tests/conformance/words.sh --self-test && tests/conformance/words.sh'
