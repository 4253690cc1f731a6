# Shared by the scripts of this folder: where the house stands, what it needs, how to build it.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
JOBS=${JOBS:-$(nproc)}

# Debian 12 packages that build and run the server; docs/dependencies.md says what each is for.
PACKAGES_BUILD=(
  ca-certificates g++ cmake ninja-build pkg-config ccache mold
  libboost-dev libsqlite3-dev libpq-dev libfmt-dev libyaml-cpp-dev libsodium-dev libargon2-dev libssl-dev
  libcurl4-openssl-dev libqrencode-dev libpango1.0-dev libcairo2-dev zlib1g-dev libbrotli-dev libexpat1-dev
  libjpeg-dev libpng-dev libwebp-dev libqpdf-dev libgeos-dev libicu-dev libgtest-dev libgmock-dev fonts-noto-cjk
)
# What the tests need besides.
PACKAGES_TEST=(
  git postgresql postgresql-client sqlite3 clang-14 libclang-rt-14-dev lld-14 wasi-libc libc++-14-dev-wasm32 libc++abi-14-dev-wasm32
  libclang-rt-14-dev-wasm32 chromium postfix strace qpdf poppler-utils util-linux procps curl openssl sslscan
  softhsm2 opensc libengine-pkcs11-openssl pcscd vsmartcard-vpcd opendkim opendkim-tools libxml2-utils python3-rnc2rng
)
# Only for script/prove and script/bench.
PACKAGES_PROVE=( make python3 wrk nginx-light valgrind oathtool debootstrap time wapiti sqlmap testssl.sh clamav-daemon mosquitto victoria-metrics postgresql-15-postgis-3 )

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else die "root rights are needed to install: $*"; fi; }

# install_packages NAME...: installs what is missing, in one call; asks nobody when nothing is missing.
install_packages() {
  local missing=() name
  local have
  have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | awk '$1 == "ii" { print $2 }' || true)
  for name in "$@"; do grep -qxF "$name" <<<"$have" || missing+=("$name"); done
  [ ${#missing[@]} = 0 ] && return 0
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root apt-get install -y --no-install-recommends -qq "${missing[@]}" >/dev/null
}

# Node is a tool of build (data packages) and test, never of the running server.
install_node() {
  command -v node >/dev/null && command -v npm >/dev/null && return 0
  install_packages nodejs npm
}

# npm_folder DIR: brings node_modules of a folder up to its lock file.
npm_folder() {
  local stamp="$1/node_modules/.machiya-lock"
  [ -f "$stamp" ] && cmp -s "$stamp" "$1/package-lock.json" && return 0
  install_node
  say "Installing npm packages of ${1#"$ROOT"/}"
  (cd "$1" && npm ci --silent)
  cp "$1/package-lock.json" "$stamp"
}

# build DIR TARGET...: configures once, then builds with ninja (which shows its own progress).
configure() {
  local dir=$1; shift
  [ -f "$dir/build.ninja" ] || cmake -S "$ROOT" -B "$dir" -G Ninja "$@" >"$ROOT/build/$(basename "$dir").configure.log" 2>&1 ||
    { cat "$ROOT/build/$(basename "$dir").configure.log" >&2; die "cmake failed"; }
}
