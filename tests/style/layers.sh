#!/bin/sh
# Includes go downwards only: dashboards > analyzer, layer by layer > geo, collector > simd, base; Makefiles name all there
# is, and no name stands for two things. Prints TAP.
cd "${BORDERFLOW_DATA:-.}" || exit 1
number=0
status=0

# allow FOLDER 'PATTERN of our own headers it may include'
allow() {
	[ -d "$1" ] || return
	number=$((number + 1))
	wrong=$(grep -rnE '^#include "' "$1" --include='*.c' --include='*.h' --include='*.inc' |
		grep -vE "#include \"($2)" | grep -v '#include "config.h"')
	if [ -z "$wrong" ]; then
		echo "ok $number - $1 includes only what is below it"
	else
		echo "not ok $number - $1 includes only what is below it"
		echo "$wrong" | sed 's/^/# /'
		status=1
	fi
}

allow base 'base/'
allow collector/simd 'collector/simd/|collector/packet.h|base/'
allow collector 'collector/|base/'
allow geo 'geo/|base/'

# Inside analyzer: layer NUMBER FOLDER... may include itself and every layer above it in this list.
below='geo/|collector/|base/'
largest=0
lines_in() {
	find "$@" -name node_modules -prune -o -name '*.[ch]' -exec cat {} + | wc -l
}
layer() {
	beside='' lines=0
	for folder in "$@"; do
		allow "analyzer/$folder" "analyzer/$folder/|$beside$below"
		beside="${beside}analyzer/$folder/|"
		lines=$((lines + $(lines_in "analyzer/$folder")))
	done
	below="$beside$below"
	[ "$lines" -le "$largest" ] || largest=$lines largest_is=$*
}
layer record catalogue messages
layer classify attribute device policy
layer format rollup redact drafting
layer output archive redis resolver
layer detect alert vantage
layer engine
layer view

allow dashboards/report 'dashboards/report/|analyzer/|geo/|collector/|base/'
allow dashboards 'dashboards/|analyzer/|geo/|collector/|base/'

# A layer that grows past a fifth has another one in it.
number=$((number + 1))
all=$(lines_in base collector geo analyzer dashboards)
if [ $((5 * largest)) -le "$all" ]; then
	echo "ok $number - no layer is more than a fifth of the code"
else
	echo "not ok $number - no layer is more than a fifth of the code"
	echo "# $largest_is: $largest of $all lines"
	status=1
fi

# What no Makefile names is in no distribution, and a script that none names is no test.
number=$((number + 1))
rooms='base collector geo analyzer dashboards tests'
named=$(find Makefile.am $rooms -name node_modules -prune -o \( -name Makefile.inc -o -name Makefile.am \) -exec cat {} +)
unnamed=$(find $rooms \( -name node_modules -o -path tests/fuzz/corpus \) -prune -o \
	-type f \( -name '*.[ch]' -o -name '*.sh' \) -print | while read -r file; do
	case $named in
	*"$file"*) ;;
	*) echo "$file" ;;
	esac
done)
if [ -z "$unnamed" ]; then
	echo "ok $number - each source and script is named in a Makefile"
else
	echo "not ok $number - each source and script is named in a Makefile"
	echo "$unnamed" | sed 's/^/# /'
	status=1
fi

# Libraries are linked one by one, and of two functions of one name the linker takes the first it meets.
number=$((number + 1))
twice=$(find base collector geo analyzer dashboards -name '*.h' -exec grep -hoE '^[a-z][a-z0-9_ ]* \*?[a-z0-9_]+\(' {} + |
	grep -v '^static' | sed -E 's/.*[ *]([a-z0-9_]+)\($/\1/' | sort | uniq -d)
if [ -z "$twice" ]; then
	echo "ok $number - each function has a name of its own"
else
	echo "not ok $number - each function has a name of its own"
	echo "$twice" | sed 's/^/# /'
	status=1
fi
echo "1..$number"
exit $status
