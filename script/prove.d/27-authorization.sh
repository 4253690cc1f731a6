# Authorization: 100,000 random pairs of people and objects on each database against the oracle that reads policy.yaml by itself. The matrix
# of all routes and the walk over identifiers are unit tests already; they run here once more for their figures.
. "$(dirname "$0")/common.bash"
. script/postgres.sh
release app_tests
postgres_start
MACHIYA_AUTHORIZATION_PAIRS=100000 build/release/src/app/app_tests --gtest_filter='*Matrix*:*RandomPairs*:ServerRole.*'
