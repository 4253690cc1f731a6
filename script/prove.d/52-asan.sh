# Every unit test under AddressSanitizer (with leaks) and UndefinedBehaviorSanitizer, on SQLite and PostgreSQL. Not told: what lsan.supp names.
# MACHIYA_ASAN="store_tests jobs_tests" takes only these.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
read -ra targets <<<"${MACHIYA_ASAN:-all}"
sanitized_suite asan-suite address,undefined "ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS=suppressions=$ROOT/script/prove.d/lsan.supp UBSAN_OPTIONS=print_stacktrace=1" "${targets[@]}"
