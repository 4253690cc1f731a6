# The outside services that the city tells through: the sandbox that plays them judges itself first, then what leaves this house.
step "sandbox of the channels" node_tests tests/sandbox/sandbox_test.mjs
