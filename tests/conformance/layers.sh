#!/usr/bin/env bash
# Proves house.md's layers: reads every #include and every machiya_module() line and refuses what points upwards, sideways
# between wings, or at a heavy library from a header. With --self-test it plants one fault of each kind and must see it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

check() { # folder with src/
  local src=$1 faults=0
  # layer of a path below src/
  layer() {
    case $1 in
      base/*) echo 0 ;; feel/*) echo 1 ;; platform/*) echo 1 ;; city/*) echo 2 ;;
      ask/*|tell/*|sense/*|act/*|know/*) echo 3 ;; console/*) echo 4 ;; rooms/*) echo 4 ;; app/*) echo 5 ;; *) echo 9 ;;
    esac
  }
  wing() { case $1 in ask/*|tell/*|sense/*|act/*|know/*) echo "${1%%/*}" ;; *) echo - ;; esac; }
  while IFS=: read -r file line include; do
    local rel=${file#"$src"/} target
    target=$(sed -E 's/.*#include[ \t]+"([^"]+)".*/\1/' <<<"$include")
    [ -e "$src/$target" ] || continue
    local from to
    from=$(layer "$rel"); to=$(layer "$target")
    if [ "$to" -gt "$from" ]; then echo "$rel:$line: $target is above this layer"; faults=$((faults + 1)); fi
    if [ "$(wing "$rel")" != - ] && [ "$(wing "$target")" != - ] && [ "$(wing "$rel")" != "$(wing "$target")" ]; then
      echo "$rel:$line: wings never include each other"; faults=$((faults + 1))
    fi
    case $rel in feel/*) case $target in platform/*) echo "$rel:$line: feel is pure and knows base only"; faults=$((faults + 1)) ;; esac ;; esac
    case $rel in ask/interview/*_test.cpp) ;; ask/interview/*) case $target in base/*|feel/*|ask/interview/*) ;; *) echo "$rel:$line: interview is pure"; faults=$((faults + 1)) ;; esac ;; esac
  done < <(grep -rnE '^[ \t]*#include[ \t]+"' "$src" --include='*.h' --include='*.cpp' || test $? = 1)
  while IFS=: read -r file line text; do
    echo "${file#"$src"/}:$line: heavy library in a header: $text"; faults=$((faults + 1))
  done < <(grep -rnE '#include[ \t]*<(boost|sqlite3|libpq-fe|simdjson|yaml-cpp|unicode|fmt|openssl|sodium|curl|cairo|pango|qrencode|jpeglib|png|webp|brotli|zlib|expat)' "$src" --include='*.h' |
             grep -vE 'ask/apply/pdf_sheet\.h|platform/http/(loop|listener|connection|server_core|message_parser)[a-z_]*\.h|platform/store/(pg|sqlite)_[a-z_]*\.h|_impl\.h' || test $? = 1)
  while IFS=: read -r file line text; do
    echo "${file#"$src"/}:$line: SQL outside a dao or the platform's own tables"; faults=$((faults + 1))
  done < <(grep -rnE '"(SELECT|INSERT INTO|UPDATE|DELETE FROM) ' "$src/ask" "$src/tell" "$src/console" "$src/city" "$src/app" --include='*.cpp' 2>/dev/null |
             grep -vE '_dao\.cpp|_test\.cpp|migrations\.cpp|"SELECT 1"' || test $? = 1)
  while IFS=: read -r file line text; do
    echo "${file#"$src"/}:$line: the time comes from Clock&"; faults=$((faults + 1))
  done < <(grep -rnE 'system_clock::now|::time\(nullptr\)|gettimeofday' "$src" --include='*.cpp' | grep -vE "base/time\.cpp|_test\.cpp|/testing/|platform/worker/sandbox\.cpp" || test $? = 1)
  while IFS=: read -r file line text; do
    echo "${file#"$src"/}:$line: calls to other machines go through platform/outbound: $text"; faults=$((faults + 1))
  done < <(grep -rnE '#include[ \t]*<curl/|[^a-z_.](::)?connect\([a-z_]+, *reinterpret_cast|PkgConfig::CURL' "$src" --include='*.cpp' --include='*.h' --include=CMakeLists.txt |
             grep -vE '/platform/outbound/|_test\.cpp|/testing\.h|platform/http/handover\.cpp' || test $? = 1)
  return $((faults > 0))
}

if [ "${1:-}" = --self-test ]; then
  work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
  seen=0
  plant() { # name file content
    rm -rf "$work/src"; mkdir -p "$work/src"/{base,feel,platform/store,city,ask/interview,ask/cases,tell,console,app}
    touch "$work/src/platform/store/store.h" "$work/src/tell/x.h" "$work/src/app/house.h"
    printf '%s\n' "$3" > "$work/src/$2"
    if check "$work/src" >"$work/out"; then echo "NOT SEEN: $1"; exit 1; fi
    seen=$((seen + 1))
  }
  plant "upward include" city/a.cpp '#include "app/house.h"'
  plant "between wings" ask/cases/a.cpp '#include "tell/x.h"'
  plant "feel on the platform" feel/a.cpp '#include "platform/store/store.h"'
  plant "interview not pure" ask/interview/a.cpp '#include "platform/store/store.h"'
  plant "heavy header" base/a.h '#include <boost/asio.hpp>'
  plant "SQL in a handler" ask/cases/a_http.cpp 'auto s = "SELECT a FROM b";'
  plant "own time" city/a.cpp 'auto t = std::chrono::system_clock::now();'
  plant "a second door out" city/a.cpp '#include <curl/curl.h>'
  plant "a socket of its own" app/a.cpp '  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return;'
  echo "$seen planted faults seen"
  exit 0
fi
check "$root/src" && echo "layers: in order"
