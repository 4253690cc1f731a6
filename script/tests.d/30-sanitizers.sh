# The pure modules (they also run on tablets) under AddressSanitizer and UndefinedBehaviorSanitizer.
sanitized() {
  configure build/asan -DCMAKE_BUILD_TYPE=Debug -DMACHIYA_SANITIZE=address,undefined
  ninja -C build/asan -j "$JOBS" base_tests feel_tests interview_tests bulletins_tests plain_words_tests || return 1
  local t
  for t in base/base_tests feel/feel_tests ask/interview/interview_tests tell/bulletins/bulletins_tests tell/plain_words/plain_words_tests; do "build/asan/src/$t" --gtest_brief=1 || return 1; done
}
step "pure modules (ASan, UBSan)" sanitized
