# Unit tests of every module with threads, and of the wings above them, under ThreadSanitizer, on SQLite and PostgreSQL.
# MACHIYA_TSAN="store_tests jobs_tests" takes only these.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
mkdir -p build
configure build/tsan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMACHIYA_SANITIZE=thread
read -ra targets <<<"${MACHIYA_TSAN:-metrics_tests store_tests audit_tests events_tests jobs_tests http_tests identity_tests vault_tests worker_tests cases_tests apply_tests registers_tests app_tests}"
ninja -C build/tsan -j "$JOBS" --quiet "${targets[@]}" || die "the build failed"
postgres_start
failed=0
for target in "${targets[@]}"; do
  binary=$(find build/tsan/src -type f -name "$target" -perm -u+x | head -n 1)
  if TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" "$binary" --gtest_brief=1 >"build/tsan/$target.log" 2>&1; then
    echo "$target: $(grep -oE '[0-9]+ tests? ran|PASSED.*tests' "build/tsan/$target.log" | tail -n 1), no race"
  else
    echo "$target: FAILED"; tail -n 60 "build/tsan/$target.log"; failed=1
  fi
done
exit $failed
