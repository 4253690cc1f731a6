# The restore drill of a million cases, on both databases: backup, restore elsewhere, proof of the audit chain and of every key.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release machiya machiya_load
postgres_start
bench/drill/run build/release 1000000
