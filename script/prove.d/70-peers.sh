# The peers in the same run on the same machine: npm feelin beside our FEEL, npm parse-server and npm directus beside our submissions, npm directus beside our registers (about ten minutes more
# when Directus is installed for the first time; one that cannot be installed is named at the end). Unexpected answers of any of them fail the part.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release machiya machiya_load bench_feel registers_bench
npm_folder "$ROOT/bench/feel"
"$NODE" bench/feel/run.mjs build/release/bench/feel/bench_feel
bench/submissions/run build/release
bench/registers/run build/release
