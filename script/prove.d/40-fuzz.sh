# Each libFuzzer target for FUZZ_SECONDS (60), from the kept corpus, new inputs into build/. Optimised, in a build of its own: the one of
# script/test replays a few inputs and is made to compile fast. FUZZ_BUILD=build/fuzz takes that one when time is short.
. "$(dirname "$0")/common.bash"
mkdir -p build
build=${FUZZ_BUILD:-build/fuzz-long}
configure "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14 -DMACHIYA_FUZZ=ON -DMACHIYA_TESTS=OFF
failed=0
for source in tests/fuzz/*_fuzz.cpp; do
  target=$(basename "$source" .cpp); corpus=${target%%_*}
  ninja -C "$build" -j "$JOBS" --quiet "$target" || die "the build of $target failed"
  mkdir -p "build/fuzz-new/$target"
  log="build/fuzz-new/$target.log"
  if "$build/tests/fuzz/$target" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="build/fuzz-new/$target-" \
    "build/fuzz-new/$target" "tests/fuzz/corpus/$corpus" >"$log" 2>&1; then
    # Runs are counted without the replay of the corpus: a machine too busy to get past it has proved nothing.
    awk -v t="$target" '/stat::number_of_executed_units/ { n = $2 } $2 == "INITED" { kept = substr($1, 2) + 0 } / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") c = $(i + 1) }
      END { if (kept == "" || n <= kept) { print t ": FAILED, the time ended within the corpus"; exit 1 }
            printf "%-18s %10d new inputs, coverage %s, 0 crashes\n", t, n - kept, c }' "$log" || failed=1
  else
    echo "$target: FAILED"; tail -n 40 "$log"; failed=1
  fi
done
exit $failed
