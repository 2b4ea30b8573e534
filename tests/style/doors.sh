#!/bin/sh
# Each foreign library has one door: the files that include its header. Prints TAP.
cd "${BORDERFLOW_DATA:-.}" || exit 1
number=0
status=0

# door HEADER-PATTERN COUNT 'FOLDERS': at most COUNT files in those folders, and none elsewhere
door() {
	number=$((number + 1))
	files=$(grep -rlE "^#include <$1>" base collector geo analyzer dashboards)
	elsewhere=$(echo "$files" | grep -v "^\($3\)/" | grep .)
	if [ -z "$elsewhere" ] && [ "$(echo "$files" | grep -c .)" -le "$2" ]; then
		echo "ok $number - $1 has $2 door(s) in $3"
	else
		echo "not ok $number - $1 has $2 door(s) in $3"
		echo "$files" | sed 's/^/# /'
		status=1
	fi
}

door 'pcap.*\.h' 1 collector
door 'maxminddb\.h' 1 geo
door '(hiredis/)?hiredis\.h' 1 analyzer
door 'cbor\.h' 0 analyzer
door 'yaml\.h' 1 analyzer
door 'nettle/.*\.h' 3 analyzer
door 'microhttpd\.h' 1 dashboards
door 'seccomp\.h' 1 dashboards
door 'n?cursesw?/?.*\.h' 1 dashboards
door 'jansson\.h' 1 analyzer
door 'curl/.*\.h' 1 analyzer
door '(immintrin|arm_neon|[a-z]mmintrin)\.h' 8 'collector/simd'

# What people read has one door as well (base/print.h): nothing is written past it but records, a full-screen view and a
# line of progress.
number=$((number + 1))
past=$(grep -rnE '\b(dprintf|perror|psignal)\(|\bwrite\((1|2|STD(OUT|ERR)_FILENO),|print_raw\(|= STD(OUT|ERR)_FILENO|fdopen\(|/dev/(tty|std)' \
	--include='*.c' base collector geo analyzer dashboards |
	grep -vE '^(base/print|base/progress|dashboards/top/screen|analyzer/output/out_file)\.c:' | grep -vE '^[^:]*:[0-9]*:(/\*| \*|.*\.help|\s*")')
if [ -z "$past" ]; then
	echo "ok $number - everything printed passes base/print.h"
else
	echo "not ok $number - everything printed passes base/print.h"
	echo "$past" | sed 's/^/# /'
	status=1
fi
echo "1..$number"
exit $status
