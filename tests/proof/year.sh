#!/bin/sh
# A municipality's year in an archive: size, speed, and sums against the generator's truth. YEAR_RECORDS says how many
# (10 million). Prints TAP.
program=./tests/bench/bench_year
[ -x "$program" ] || {
	echo "1..0 # SKIP $program is not built"
	exit 0
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$program" "$work/year" "${YEAR_RECORDS:-10000000}"
