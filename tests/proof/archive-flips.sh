#!/bin/sh
# Every byte of a small archive is changed, one at a time, and found by --verify. Prints TAP.
program=./tests/proof/archive_flips
[ -x "$program" ] || {
	echo "1..0 # SKIP $program is not built"
	exit 0
}
"$program"
