#!/usr/bin/env bash
# Holds what the city publishes against the standards' own schemas, by xmllint: CAP 1.2 (also with the stricter patterns), EDXL-DE 1.0 with
# the alert inside, Atom and RSS. Then the reader of alerts: changed alerts are judged by read_cap() and by the schema; where they differ the
# reader must be the stricter one, for a reason that stands here. Planted faults come first: a checker that cannot fail proves nothing.
# usage: bulletins_schemas.sh PROGRAM [COUNT] [SEED]
set -euo pipefail
export LC_ALL=C
program=$(realpath "$1"); count=${2:-300}; seed=${3:-1}
cd "$(dirname "$0")/../.."
shared=$(realpath -m "${MACHIYA_SHARED:-../shared}")/conformance/cap
[ -d "$shared/xsd" ] || { echo "skipped: shared data absent"; exit 0; }
xsd=$shared/xsd
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
"$program" "$work" "$seed" "$count"
# The Atom schema is kept in RELAX NG's compact syntax, which xmllint does not read.
cp "$xsd/atom_rfc4287.rng" "$work/atom.rnc" && rnc2rng "$work/atom.rnc" "$work/atom.rng"

# EDXL-DE says "any" for what it carries: this names the alert's schema too, so that the alert inside is judged as well.
cat >"$work/both.xsd" <<XSD
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="urn:oasis:names:tc:emergency:EDXL:DE:1.0" schemaLocation="file://$xsd/edxlde-1_0.xsd"/>
  <xs:import namespace="urn:oasis:names:tc:emergency:cap:1.2" schemaLocation="file://$xsd/cap12_extended.xsd"/>
</xs:schema>
XSD
valid() { # kind, files…: xmllint's verdict on all of them in one run
  local kind=$1; shift
  case $kind in
    atom) xmllint --noout --relaxng "$work/atom.rng" "$@" ;;
    de) xmllint --noout --schema "$work/both.xsd" "$@" ;;
    *) xmllint --noout --schema "$xsd/$kind.xsd" "$@" ;;
  esac
}
must_fail() { # what, kind, file, sed expression
  sed -E "$4" "$3" >"$work/planted.xml"
  if cmp -s "$3" "$work/planted.xml"; then echo "nothing was planted: $1"; exit 1; fi
  if valid "$2" "$work/planted.xml" 2>/dev/null; then echo "NOT SEEN: $1"; exit 1; fi
  planted=$((planted + 1))
}
planted=0
first=$(ls "$work"/atom_*.xml | head -1); first=${first##*_}
must_fail "an element CAP does not know" cap12 "$work/cap_0.xml" 's#<scope>#<wrong>x</wrong><scope>#'
must_fail "a time in Z" cap12 "$work/cap_0.xml" 's#<sent>([^<]*)\+09:00#<sent>\1Z#'
must_fail "an identifier with a comma" cap12_extended "$work/cap_0.xml" 's#<identifier>#<identifier>a,b#'
must_fail "a distribution without a type" de "$work/de_0.xml" 's#<distributionType>[^<]*</distributionType>##'
must_fail "a wrong alert inside the envelope" de "$work/de_0.xml" 's#<scope>#<wrong>x</wrong><scope>#'
must_fail "a feed without id" atom "$work/atom_$first" 's#<id>tag:city.example,2026:feed</id>##'
must_fail "an entry without updated" atom "$work/atom_$first" 's#(<entry.*)<updated>[^<]*</updated>#\1#'
must_fail "a pubDate in ISO" rss-2_0 "$work/rss_$first" 's#<pubDate>[^<]*#<pubDate>2026-06-03#'

faults=0
judge() { # kind, files…
  if ! valid "$@" 2>"$work/log"; then grep -v ' validates$' "$work/log" | head -5; faults=$((faults + 1)); fi
}
judge cap12 "$work"/cap_*.xml
judge cap12_extended "$work"/cap_*.xml
judge de "$work"/de_*.xml
judge atom "$work"/atom_*.xml
judge rss-2_0 "$work"/rss_*.xml

# The reader beside the schema. Only these reasons may be the reader's alone: what CAP's text demands and its schema cannot say.
alone='refers to nothing|missing for|not sender,identifier,sent|no latitude,longitude|fewer than four pairs|does not end where it begins|no height in feet'
(cd "$work" && xmllint --noout --schema "$xsd/cap12_extended.xsd" mutant_*.xml 2>&1 || true) | grep -E '^mutant_[0-9]+\.xml (validates|fails to validate)$' |
  sed -E 's/ validates$/ yes/; s/ fails to validate$/ no/' | sort -k1,1 >"$work/schema"
differences() { # verdicts: lines where the two differ and no listed reason explains it; "$work/both" holds all
  sort -k1,1 "$1" | join -a1 -e none -o 0,1.2,2.2,1.3,1.4,1.5,1.6,1.7,1.8,1.9,1.10 - "$work/schema" >"$work/both"   # not well-formed: no verdict of the schema
  awk '$2 == "yes" && $3 != "yes" { print "read by us, refused by the schema:", $0 }' "$work/both"
  awk '$2 == "no" && $3 == "yes" { print "refused by us alone:", $0 }' "$work/both" | grep -vE "$alone" || true
}
for turn in 's/ no .*/ yes/' 's/ yes$/ no planted/'; do
  line=$(grep -nE "$([ "$turn" = 's/ no .*/ yes/' ] && echo ' no .*(missing|words)' || echo ' yes$')" "$work/verdicts" | grep -vE "$alone" | head -1 | cut -d: -f1)
  sed "${line}$turn" "$work/verdicts" >"$work/turned"
  [ -n "$(differences "$work/turned")" ] || { echo "NOT SEEN: a turned verdict"; exit 1; }
  planted=$((planted + 1))
done
found=$(differences "$work/verdicts")
[ -z "$found" ] || { head -5 <<<"$found"; faults=$((faults + 1)); }
refused=$(awk '$2 == "no"' "$work/both" | wc -l); taken=$((count - refused))
[ "$refused" -ge $((count / 3)) ] && [ "$taken" -ge 5 ] || { echo "the changed alerts prove nothing: $taken read, $refused refused"; faults=$((faults + 1)); }
by_us=$(awk '$2 == "no" && $3 == "yes"' "$work/both" | wc -l)

# Alerts of others: CAP 1.2 that is valid must be read, everything else refused with a reason.
for pair in australia.cap:yes canada.cap:yes canada_signed.cap:yes earthquake-iso8859-1.cap:yes wcatwc-warning.cap:yes cap_amber_alert_example.xml:yes \
            invalid.cap:no canada_errors.cap:no xee.cap:no noaa_errors.cap:no weather.cap:no earthquake.cap:no weather.atom:no bushfire_valid.edxlde:no; do
  said=$("$program" --read "$shared/alerts/${pair%:*}")
  case $said in *" ${pair##*:}"|*" ${pair##*:} "*) ;; *) echo "expected ${pair##*:}: $said"; faults=$((faults + 1)) ;; esac
done
[ "$faults" = 0 ] || exit 1
echo "bulletins: $planted planted faults seen; $count alerts, $count envelopes, $((count / 10)) Atom and $((count / 10)) RSS feeds valid; $count changed alerts: $taken read, $refused refused ($by_us by us alone, each for a listed reason), 14 alerts of others judged rightly"
