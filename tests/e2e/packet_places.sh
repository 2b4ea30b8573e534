#!/bin/sh
# Records of an archive say in which capture the packets of their flow are, and from where to where; `flows --write-packets`
# then reads that and nothing else. Captures that were changed, moved, compressed or go on in another. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
needs python3

places() {
	python3 "$data/tests/e2e/places.py" "$@" >"$work/out" 2>"$work/err"
}

# archive NAME CAPTURE…: an archive of them, and all its flows with their places.
archive() {
	name=$1
	shift
	"$bin" analyze --progress never --summary none --archive "$work/$name" "$@" 2>"$work/err" &&
		"$bin" flows -a "$work/$name" -w -o ndjson --columns \
			flow,packets,start,end,input,first_offset,last_input,last_offset >"$work/$name.ndjson" 2>>"$work/err"
}

# column NAME FLOW FIELD: of what archive() wrote
column() {
	sed -n "/\"$2\"/s/.*\"$3\":\([0-9]*\).*/\1/p" "$work/$1.ndjson"
}

# packets NAME FLOW INPUT: as many as the record counts are written; what was said stays in $work/err.
packets() {
	"$bin" flows -a "$work/$1" "flow == $2" --write-packets "$work/some.pcapng" --input "$3" >"$work/out" 2>"$work/err" &&
		grep -q ": $(column "$1" "$2" network.packets) packets of 1 flow" "$work/err"
}

generate --scenario plain --seed 3 --retransmit 4 --double 3 --nanoseconds --out "$work/plain.pcap" 2>/dev/null
generate --scenario tunnels --seed 3 --fragment 30 --retransmit 4 --out "$work/tunnels.pcap" 2>/dev/null

archive plain "$work/plain.pcap"
places check "$work/plain.ndjson" "$work/plain.pcap"
check $? "of a pcap: $(cat "$work/out")"
archive tunnels "$work/tunnels.pcap"
places check "$work/tunnels.ndjson" "$work/tunnels.pcap"
check $? "tunnels in fragments: $(cat "$work/out")"
"$bin" analyze --progress never --summary none --write-packets "$work/plain.pcapng" "$work/plain.pcap" 2>"$work/err"
archive blocks --workers 1 "$work/plain.pcapng"
places check "$work/blocks.ndjson" "$work/plain.pcapng"
check $? "of a pcapng, by one worker: $(cat "$work/out")"

# Only the range is read: all before it may be gone, where no look-up of the flow's is there.
late=$("$bin" flows -a "$work/plain" -w -o csv --columns flow --sort=-start --limit 1 'packets > 5 and not domain' |
	sed -n 2p | tr -d '\r')
for name in plain blocks; do
	capture=$work/plain.pcap$([ $name = blocks ] && echo ng)
	mkdir "$work/$name.d"
	packets $name "$late" "$capture"
	check $? "$name: the packets of a late flow"
	cp "$work/some.pcapng" "$work/wanted.pcapng"
	places blot "$capture" "$(column $name "$late" borderflow.packets.first_offset)" "$work/$name.d/renamed${capture#*/plain}" &&
		packets $name "$late" "$work/$name.d" &&
		places same "$work/wanted.pcapng" "$work/some.pcapng"
	check $? "$name: the same from a capture of another name with nothing but zeros before the flow"
done

# Changed, grown, compressed, not there.
head -c 1000 "$work/plain.pcap" >"$work/plain.d/plain.pcap" && tail -c +1041 "$work/plain.pcap" >>"$work/plain.d/plain.pcap"
rm "$work/plain.d"/renamed*
packets plain "$late" "$work/plain.d/plain.pcap"
grep -q 'plain.d/plain.pcap is not what it was when it was analysed; the packets are looked for by their time' "$work/err"
check $? 'a capture that was changed since is said, and looked through by time'
places blot "$work/plain.pcap" "$(wc -c <"$work/plain.pcap")" "$work/plain.d/plain.pcap"
"$bin" flows -a "$work/plain" "flow == $late" --write-packets "$work/some.pcapng" --input "$work/plain.d/plain.pcap" 2>"$work/err"
grep -q 'the packets are not where the records say' "$work/err"
check $? 'as one that has the same beginning and length, once the packets are looked for'
mkdir "$work/grown.d" && cp "$work/plain.pcap" "$work/grown.d/ring.pcap" && tail -c +25 "$work/tunnels.pcap" >>"$work/grown.d/ring.pcap"
packets plain "$late" "$work/grown.d" && ! grep -q 'by their time' "$work/err"
check $? 'one that grew since is the same'
mkdir "$work/packed.d" && gzip -c "$work/plain.pcap" >"$work/packed.d/plain.pcap.gz"
packets plain "$late" "$work/packed.d" && grep -q 'is compressed, and is unpacked from its start' "$work/err"
check $? 'one that was compressed since is unpacked from its start, and that is said'
"$bin" flows -a "$work/plain" "flow == $late" --write-packets "$work/some.pcapng" --input "$work/tunnels.pcap" 2>"$work/err"
grep -q 'the capture plain.pcap, which the records name, is not in the input' "$work/err"
check $? 'one that is not there is named'
archive packed "$work/packed.d/plain.pcap.gz"
packets packed "$late" "$work/plain.pcap" && ! grep -q 'by their time' "$work/err"
check $? 'and one that was compressed may be unpacked since'

# A ring of captures that overlap: flows go on from one into the next.
mkdir "$work/ring"
places split "$work/plain.pcap" "$work/ring/1.pcap" "$work/ring/2.pcap"
archive rings "$work/ring/2.pcap" "$work/ring/1.pcap"
places check "$work/rings.ndjson" "$work/ring/1.pcap" "$work/ring/2.pcap"
check $? "of two captures that overlap: $(cat "$work/out")"
over=$(python3 -c '
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    if row["borderflow.packets.first_input"] != row["borderflow.packets.last_input"] and row["network.packets"] > 5:
        print(row["borderflow.flow.id"])
        break' "$work/rings.ndjson")
packets rings "$over" "$work/ring"
check $? "a flow that goes on in the other: $over"
rm "$work/ring/2.pcap"
"$bin" flows -a "$work/rings" "flow == $over" --write-packets "$work/some.pcapng" --input "$work/ring" 2>"$work/err"
grep -q 'the capture 2.pcap, which the records name, is not in the input' "$work/err" &&
	grep -q 'the input is not all that the archive was made from' "$work/err"
check $? 'of which one is missing'

# Nobody is led from a pseudonym to an address, and what cannot be read twice has no places.
"$bin" analyze --progress never --summary none --archive "$work/stdin" - <"$work/plain.pcap" 2>"$work/err"
looks_at "$work/stdin"
equal 'standard input has no places' 0 "$("$bin" flows -a "$work/stdin" -o csv --columns flow input 2>>"$work/err" | tail -n +2 | wc -l)"
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/key" && chmod 600 "$work/key"
"$bin" analyze --progress never --summary none --pseudonymize "$work/key" --archive "$work/hidden" "$work/plain.pcap" 2>"$work/err"
looks_at "$work/hidden"
equal 'nor have pseudonyms' 0 "$("$bin" flows -a "$work/hidden" -o csv --columns flow input 2>>"$work/err" | tail -n +2 | wc -l)"
says 2 'devices are pseudonyms in this archive, and packets hold their addresses' 'whose packets are not written' \
	"$bin" flows -a "$work/hidden" --limit 1 --write-packets "$work/none.pcapng" --input "$work/plain.pcap"
[ ! -e "$work/none.pcapng" ]
check $? 'and nothing is there'
"$bin" keys init --keys "$work/keys" >"$work/out" 2>&1
"$bin" analyze --progress never --summary none --keys "$work/keys" --archive "$work/sealed" "$work/plain.pcap" 2>"$work/err"
looks_at "$work/sealed"
equal 'nor have those of an organisation with keys' 0 \
	"$("$bin" flows -a "$work/sealed" -o csv --columns flow input 2>>"$work/err" | tail -n +2 | wc -l)"
# Whoever has the key gets them, and that is logged.
for archive in "hidden $work/key" "sealed $work/keys/pseudonym.key"; do
	name=${archive%% *}
	"$bin" flows -a "$work/$name" 'app == telegram' --write-packets "$work/some.pcapng" --input "$work/plain.pcap" \
		--key "${archive#* }" --reason case-7 >"$work/out" 2>"$work/err"
	grep -qE ": [1-9][0-9]* packets of [1-9][0-9]* flows" "$work/err" && ! grep -q 'the records count' "$work/err" &&
		tail -n 1 "$work/$name/lookups.tsv" | grep -q 'app == telegram.*case-7'
	check $? "whoever has the key has the packets, and stands in the log: $name"
done
says 3 'was analysed with other settings or keys' 'another key opens nothing' "$bin" flows -a "$work/hidden" 'app == telegram' \
	--write-packets "$work/some.pcapng" --input "$work/plain.pcap" --key "$work/keys/pseudonym.key"
finish
