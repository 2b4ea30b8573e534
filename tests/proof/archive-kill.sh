#!/bin/sh
# A writer of the archive is killed with -9 at 200 random moments. Prints TAP.
program=./tests/unit/test_archive_kill
[ -x "$program" ] || {
	echo "1..0 # SKIP $program is not built"
	exit 0
}
KILLS=200 "$program"
