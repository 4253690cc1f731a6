# Every unit test under AddressSanitizer (with leaks) and UndefinedBehaviorSanitizer, on SQLite and PostgreSQL.
# MACHIYA_ASAN="store_tests jobs_tests" takes only these.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
read -ra targets <<<"${MACHIYA_ASAN:-all}"
sanitized_suite asan-suite address,undefined "ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1" "${targets[@]}"
