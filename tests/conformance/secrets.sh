#!/usr/bin/env bash
# Every context that something is sealed with under the master key (seal_secret) must stand in a secret_columns() list, or an exchange of the master key would
# leave it behind. With --self-test one that stands nowhere is planted and must be seen.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

check() { # folder with src/
  local faults=0 file line context lists
  lists=$(grep -rhA 12 'secret_columns() {' "$1" --include='*.cpp')
  while IFS=: read -r file line context; do
    if ! grep -qw -- "$context" <<<"$lists"; then
      echo "${file#"$1"/}:$line: sealed under the master key as $context, which no secret_columns() names"; faults=$((faults + 1))
    fi
  done < <(grep -rnE 'seal_secret\(' "$1" --include='*.cpp' | grep -vE '_test\.cpp|platform/vault/' | sed -E 's/^([^:]+):([0-9]+):.*seal_secret\(([A-Za-z_:"\/-]+).*/\1:\2:\3/')
  return $((faults > 0))
}

if [ "${1:-}" = --self-test ]; then
  copy=$(mktemp -d); trap 'rm -rf "$copy"' EXIT
  cp -r "$root/src" "$copy/src"
  echo 'void planted() { vault.seal_secret(kForgottenContext, text); }' >"$copy/src/app/planted.cpp"
  if check "$copy/src" >/dev/null; then echo "the planted secret was not seen"; exit 1; fi
  echo "planted secret: seen"
fi
check "$root/src"
echo "sealed secrets: every context is exchanged with the master key"
