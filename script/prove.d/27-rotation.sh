# 12 exchanges of the master key under load with 36 kills, half on each database; first that the checker can fail; then how fast keys are wrapped anew.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release machiya rotation_bench
postgres_start
rotate_test="tests/faults/server_rotate.js --binary build/release/machiya"
if "$NODE" $rotate_test --rounds 1 --kills 0 --sabotage >/dev/null; then die "the sabotaged run was not noticed"; fi
echo "sabotaged run: found"
"$NODE" $rotate_test --rounds 6 --kills 3 --cases 2000 --store sqlite
"$NODE" $rotate_test --rounds 6 --kills 3 --cases 2000 --store "$MACHIYA_TEST_PG"
folder=$(mktemp -d); trap 'rm -rf "$folder"; postgres_stop' EXIT
for url in "sqlite:$folder/keys.db" "$MACHIYA_TEST_PG"; do build/release/bench/vault/rotation_bench "$url" "$folder/${url%%:*}.key" 200000; done
