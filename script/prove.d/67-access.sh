# Access: 20,000 random questions to a broker with gates and to one that holds only what the asker may see, on each database; a planted leak is found first.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release sensing_tests
postgres_start
build/release/src/sense/component/sensing_tests --gtest_filter='*APlantedLeakIsFound*'
MACHIYA_LEAK_QUESTIONS=${LEAK_QUESTIONS:-20000} build/release/src/sense/component/sensing_tests --gtest_filter='*NothingTells*'
