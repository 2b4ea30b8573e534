#!/bin/sh
# A flood of half-finished hellos, and one of QUIC Initials: memory stays within its bound however long it lasts, what is
# given up is counted, and what comes after it is recognised as ever. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
pair=${tools%/*}/bench/pair
[ -x "$pair" ] || skip 'tests/bench/pair is not built'

# count FILE NAME: a number of the summary.
count() {
	sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" "$1"
}

# flood SCENARIO PACKETS COUNTER: a short one and one four times as long take the same memory.
flood() {
	generate --scenario "$1" --packets "$2" --out "$work/short.pcap" 2>"$work/err" &&
		generate --scenario "$1" --packets "$((4 * $2))" --out "$work/long.pcap" 2>>"$work/err"
	check $? "$1: made"
	"$pair" 1 "$bin analyze --summary none --workers 1 --flow-limit 20000 $work/short.pcap" \
		"$bin analyze --summary none --workers 1 --flow-limit 20000 $work/long.pcap" >"$work/pair"
	[ "$(grep -c 'exit 0$' "$work/pair")" -eq 2 ]
	check $? "$1: analysed to the end"
	short=$(awk -F '\t' 'NR == 1 { print int($3) }' "$work/pair")
	long=$(awk -F '\t' 'NR == 2 { print int($3) }' "$work/pair")
	if is_sanitized; then
		passed_over "$1: memory" 'under the address sanitizer'
	else
		[ "$short" -gt 4 ] && [ "$long" -le "$((short + short / 10 + 8))" ]
		check $? "$1: four times as long, the same memory ($short and $long MiB)"
	fi
	"$bin" analyze --summary json --flow-limit 20000 "$work/long.pcap" >"$work/summary"
	[ "$(count "$work/summary" "$3")" -gt 0 ]
	check $? "$1: what was given up is counted ($3 $(count "$work/summary" "$3"))"
}

flood half-hellos 150000 evicted
flood half-initials 36000 initials_passed_over

# What people do in the midst of it is recognised, as far as the flood leaves it room.
generate --scenario half-hellos --packets 160000 --out "$work/flood.pcap" 2>>"$work/err" &&
	generate --scenario hellos --out "$work/hellos.pcap" 2>>"$work/err" &&
	"$bin" analyze --summary none --flows "$work/flows.ndjson" "$work/flood.pcap" "$work/hellos.pcap" 2>>"$work/err"
[ "$(grep -c '"application":"tiktok"' "$work/flows.ndjson")" -ge 128 ]
check $? "after a flood every hello is read ($(grep -c '"application":"tiktok"' "$work/flows.ndjson"))"
finish
