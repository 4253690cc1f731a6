#!/usr/bin/env bash
# Words and things that must not stand in this repository: unfinished marks, machine paths, registry hosts in lock files,
# sleeps as synchronisation, swallowed errors, loops over what is gone. With --self-test each kind is planted and must be seen.
set -euo pipefail
cd "${CHECK_ROOT:-$(dirname "$0")/../..}"
scan() {
  local faults=0 list
  list=$(git ls-files -- . ':!tests/conformance/words.sh' ':!tests/fuzz/corpus' ':!*.lock' ':!LICENSE' 2>/dev/null || find . -type f)
  find_in() { # message pattern files...
    local hits
    hits=$(grep -nE "$2" $3 /dev/null 2>/dev/null | head -5 || test $? = 1)
    if [ -n "$hits" ]; then echo "$1"; printf '%s\n' "$hits"; faults=$((faults + 1)); fi
  }
  local code; code=$(grep -E '\.(cpp|h|js|mjs|sh|cmake|html|css)$|^script/' <<<"$list" || test $? = 1)
  find_in "unfinished:" '\b(T[O]DO|F[I]XME|X[X]X)\b|n[o]t implemented|c[o]ming soon' "$code"
  find_in "a path of one machine:" '(^|[^A-Za-z0-9_.])/w[o]rk/|/r[o]ot/' "$list"
  find_in "a registry host:" 'registry\.npmjs[.]org|deb\.debian[.]org' "$list"
  # pg_store.cpp waits between retries of a transaction that lost a serialisation race: a back-off, not a synchronisation.
  find_in "swallowed errors or sleeps:" 'catch *\(\.\.\.\) *\{ *\}|sleep_f[o]r\(' "$(grep -E '\.(cpp|h)$' <<<"$code" | grep -v '^src/platform/store/pg_store.cpp$' || test $? = 1)"
  # C++20 does not keep alive what the call gave: *f() and f().value() hand out a part of it (P2644 is C++23).
  find_in "a loop over a part of something that is gone:" 'for \([^;()]*: (\*[A-Za-z_:.>-]+\(|[A-Za-z_:.>-]+\(.*\)\.value\(\)\))' "$(grep -E '\.(cpp|h)$' <<<"$code" || test $? = 1)"
  find_in "inline style or script in a page:" '<[^>]* style=|<script>' "$(grep -E '^web/templates/.*\.html$' <<<"$list" || test $? = 1)"
  return $((faults > 0))
}
if [ "${1:-}" = --self-test ]; then
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  cd "$work"; git init -q .; mkdir -p web/templates script
  n=0
  plant() { rm -rf src web/templates/*; mkdir -p src; printf '%s\n' "$2" > "$1"; git add -A; if scan >/dev/null; then echo "NOT SEEN: $2"; exit 1; fi; n=$((n + 1)); git rm -rfq --cached . ; }
  plant src/a.cpp "// TO""DO later"; plant src/a.cpp 'catch (...) {}'; plant src/a.cpp 'std::this_thread::sleep_f''or(1s);'; plant src/a.cpp 'for (const auto& x : *a->f''(b)) g(x);'; plant src/a.cpp 'for (auto& x : f(b).val''ue()) g(x);'; plant web/templates/a.html '<p style="x">'
  echo "$n planted faults seen"; exit 0
fi
scan && echo "words: in order"
