#!/bin/sh
# A flood of half-finished hellos, and one of QUIC Initials: memory stays within its bound however long it lasts, what is
# given up is counted, and what comes after it is recognised as ever. Prints TAP.
bin=${BORDERFLOW_BIN:-./borderflow}
build=$(dirname "$bin")
tools=$build/tests/traffic
number=0
status=0

if [ ! -x "$bin" ] || [ ! -x "$build/tests/bench/pair" ]; then
	echo '1..0 # SKIP borderflow or tests/bench/pair is not built'
	exit 0
fi
if [ ! -x "$tools/traffic" ]; then
	echo '1..0 # SKIP the traffic generator is not built (libgnutls28-dev)'
	exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM

report() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		status=1
	fi
}

# count FILE NAME: a number of the summary.
count() {
	sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" "$1"
}

# flood SCENARIO PACKETS COUNTER: a short one and one four times as long take the same memory.
flood() {
	"$tools/traffic" --scenario "$1" --packets "$2" --out "$work/short.pcap" 2>"$work/log" &&
		"$tools/traffic" --scenario "$1" --packets "$((4 * $2))" --out "$work/long.pcap" 2>>"$work/log"
	report $? "$1: made"
	"$build/tests/bench/pair" 1 "$bin analyze --summary none --workers 1 --flow-limit 20000 $work/short.pcap" \
		"$bin analyze --summary none --workers 1 --flow-limit 20000 $work/long.pcap" >"$work/pair"
	[ "$(grep -c 'exit 0$' "$work/pair")" -eq 2 ]
	report $? "$1: analysed to the end"
	short=$(awk -F '\t' 'NR == 1 { print int($3) }' "$work/pair")
	long=$(awk -F '\t' 'NR == 2 { print int($3) }' "$work/pair")
	# The sanitizers keep what was freed.
	if nm -D "$bin" 2>/dev/null | grep -q __asan; then
		report 0 "$1: memory # SKIP under the address sanitizer"
	else
		[ "$long" -le "$((short + short / 10 + 8))" ]
		report $? "$1: four times as long, the same memory ($short and $long MiB)"
	fi
	"$bin" analyze --summary json --flow-limit 20000 "$work/long.pcap" >"$work/summary"
	[ "$(count "$work/summary" "$3")" -gt 0 ]
	report $? "$1: what was given up is counted ($3 $(count "$work/summary" "$3"))"
}

flood half-hellos 150000 evicted
flood half-initials 36000 initials_passed_over

# What people do in the midst of it is recognised, as far as the flood leaves it room.
"$tools/traffic" --scenario half-hellos --packets 160000 --out "$work/flood.pcap" 2>>"$work/log" &&
	"$tools/traffic" --scenario hellos --out "$work/hellos.pcap" 2>>"$work/log" &&
	"$bin" analyze --summary none --flows "$work/flows.ndjson" "$work/flood.pcap" "$work/hellos.pcap" 2>>"$work/log"
[ "$(grep -c '"application":"tiktok"' "$work/flows.ndjson")" -ge 128 ]
report $? "after a flood every hello is read ($(grep -c '"application":"tiktok"' "$work/flows.ndjson"))"
echo "1..$number"
exit $status
