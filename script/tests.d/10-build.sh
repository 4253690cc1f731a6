# One Release build of server, unit tests and test tools.
configure build/release -DCMAKE_BUILD_TYPE=Release
step "build (release)" ninja -C build/release -j "$JOBS"
