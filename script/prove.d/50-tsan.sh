# Unit tests of every module with threads, and of the wings above them, under ThreadSanitizer, on SQLite and PostgreSQL. Suppressed: what tsan.supp names.
# MACHIYA_TSAN="store_tests jobs_tests" takes only these.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
read -ra targets <<<"${MACHIYA_TSAN:-metrics_tests store_tests audit_tests events_tests jobs_tests http_tests identity_tests vault_tests worker_tests cases_tests apply_tests registers_tests channel_tests audiences_tests sending_tests campaigns_tests line_tests mail_tests webpush_tests sms_tests webhook_tests tell_citizen_tests outlets_tests returned_tests tell_scenarios_tests signage_tests callout_tests append_log_tests series_tests mqtt_tests broker_tests history_tests subscriptions_tests ngsild_tests app_tests}"
sanitized_suite tsan thread "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$ROOT/script/prove.d/tsan.supp" "${targets[@]}"
