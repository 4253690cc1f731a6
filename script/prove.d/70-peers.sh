# The peers in the same run on the same machine: npm feelin beside our FEEL, npm parse-server beside our submissions.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release machiya machiya_load bench_feel
npm_folder "$ROOT/bench/feel"
"$NODE" bench/feel/run.mjs build/release/bench/feel/bench_feel
bench/submissions/run build/release
