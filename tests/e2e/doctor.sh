#!/bin/sh
# borderflow doctor on an office that lacks one thing at a time: each fault is named, and on a whole capture nothing is.
# BORDERFLOW_FAULTS names the faults; some unless given, all of them in tests/proof/doctor.sh. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs python3
needs_built
policy=$data/tests/traffic/vantage-policy.yaml
faults=${BORDERFLOW_FAULTS:-one-way routed translated snaplen clock-apart nat proxy-found intercepted}

examine() {
	"$bin" doctor --policy "$policy" --format ndjson "$@" 2>"$work/err"
}

# What is found beside what is so wherever there is no inventory, no proof, or old data.
codes() {
	sed -n 's/.*"code":"\([a-z0-9-]*\)".*/\1/p' "$1" |
		grep -vE '^(inventory-none|unproven|unproven-unknown|geo-none|geo-old|catalogue-old)$' | tr '\n' ' '
}

names() { # CODE FILE
	case " $(codes "$2")" in
	*" $1 "*) ;;
	*)
		echo "found: $(codes "$2")" >"$work/err"
		return 1
		;;
	esac
}

generate --scenario vantage --out "$work/whole.pcap" 2>/dev/null
examine "$work/whole.pcap" >"$work/found"
equal "a whole capture: exit status" 0 $?
looks_at "$work/found" # what is so of any capture
equal "and nothing is found" "" "$(codes "$work/found")"
looks_at

bytes_of() {
	"$bin" analyze --policy "$policy" --summary json "$1" | sed -n 's/.*"bytes_up":\([0-9]*\).*/\1/p' | head -n 1
}
generate --scenario vantage --fault routed --out "$work/routed.pcap" 2>/dev/null
whole=$(bytes_of "$work/whole.pcap")
ok "both sides of a router: $whole bytes are counted once" test "$whole" -gt 0 -a "$whole" = "$(bytes_of "$work/routed.pcap")"

# The same frames again from a mirror that is slower than any switch's buffer.
late() { # late CAPTURE MILLISECONDS
	python3 - "$1" "$2" <<'END'
import struct, sys
content, frames, at = open(sys.argv[1], "rb").read(), [], 24
unit = 10**9 if content[:4] == b"\x4d\x3c\xb2\xa1" else 10**6
while at < len(content):
    seconds, part, captured, wire = struct.unpack_from("<IIII", content, at)
    time, frame = seconds * unit + part, content[at + 16:at + 16 + captured]
    frames += (time, wire, frame), (time + int(sys.argv[2]) * unit // 1000, wire, frame)
    at += 16 + captured
frames.sort(key=lambda frame: frame[0])
with open(sys.argv[1] + ".late", "wb") as out:
    out.write(content[:24])
    for time, wire, frame in frames:
        out.write(struct.pack("<IIII", time // unit, time % unit, len(frame), wire) + frame)
END
}
for apart in 6 20; do
	late "$work/whole.pcap" "$apart"
	examine "$work/whole.pcap.late" >"$work/found"
	ok "copies that come $apart ms late are named" names doubled-late "$work/found"
	ok "… and how late" grep -q "\"ms\":$apart\b" "$work/found"
done

for fault in $faults; do
	generate --scenario vantage --fault "$fault" --out "$work/fault.pcap" 2>/dev/null
	first=
	[ "$fault" = clock-apart ] && first=$work/whole.pcap
	# shellcheck disable=SC2086
	examine $first "$work/fault.pcap" >"$work/found"
	seen=$?
	wanted=1
	[ "$fault" = proxy ] && wanted=0 # a limit to know
	equal "$fault: exit status" $wanted $seen
	ok "$fault is named" names "$fault" "$work/found"
done

generate --scenario vantage --fault one-way --out "$work/fault.pcap" 2>/dev/null
"$bin" doctor --policy "$policy" --language sv "$work/fault.pcap" >"$work/text"
ok "in Swedish, with a figure" grep -q 'one-way · kritiskt:.*100.*% av' "$work/text"
ok "and what helps" grep -q 'Vad som hjälper: Spegla' "$work/text"

"$bin" analyze --summary none --policy "$policy" --archive "$work/archive" "$work/fault.pcap"
examine --archive "$work/archive" >"$work/found"
equal "the same out of an archive" "one-way " "$(codes "$work/found")"
"$bin" keys init --keys "$work/keys" >"$work/out"
"$bin" analyze --summary none --policy "$policy" --keys "$work/keys" --archive "$work/pseudonyms" --state "$work/state" "$work/fault.pcap"
examine --archive "$work/pseudonyms" >"$work/found"
equal 'of an archive of pseudonyms alone it is not said which units are proven' 'unproven-unknown' \
	"$(jq -r '.code | select(startswith("unproven"))' "$work/found")"
examine --archive "$work/pseudonyms" --state "$work/state" >"$work/found"
equal '… but with its state it is' 'unproven' "$(jq -r '.code | select(startswith("unproven"))' "$work/found")"
for order in '' --sort=start; do
	# shellcheck disable=SC2086
	"$bin" flows --archive "$work/archive" --format table $order 'borderflow.seen == out-only and network.transport == tcp' \
		>"$work/table"
	ok "flows${order:+ }$order: what came back is not known of any" awk '
		NR > 1 && !/^\.\.\./ { rows++; unknown += $NF == "?" }
		END { exit !(rows > 0 && unknown == rows) }' "$work/table"
done

examine "$work/whole.pcap" --archive "$work/archive" >"$work/found"
equal "two kinds of source at once: exit status" 2 $?
head -c 300000 "$work/whole.pcap" >"$work/cut.pcap"
examine --fail-on none "$work/cut.pcap" >"$work/found"
equal "a damaged capture: exit status" 3 $?
examine --socket "$work/none.sock" >"$work/found"
equal "no sensor there: exit status" 2 $?
finish
