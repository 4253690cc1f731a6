# Every fuzz target replays its kept corpus (clang with sanitizers); script/prove fuzz runs them for 60 seconds each.
replay() {
  CC=clang-14 CXX=clang++-14 configure build/fuzz -DCMAKE_BUILD_TYPE=Debug -DMACHIYA_FUZZ=ON -DMACHIYA_TESTS=OFF
  ninja -C build/fuzz -j "$JOBS" fuzz_targets || return 1
  ctest --test-dir build/fuzz -L fuzz --output-on-failure --timeout 300
}
step "fuzz corpora" replay
