# The DMN TCK from the wasm32 build, compared with the native run.
. "$(dirname "$0")/common.bash"
release feel_tck_main
[ -d "${MACHIYA_SHARED:-../shared}/conformance/dmn-tck" ] || skip "shared data absent"
NODE=$NODE script/wasm
