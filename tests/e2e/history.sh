#!/bin/sh
# An archive that can be proved: any flipped byte is found and located, one that was made anew without the key is found,
# what was deleted is not zero, sums are the records', and a past month's pseudonym takes two people. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq python3
needs_built
BORDERFLOW_DATA=$data
export BORDERFLOW_DATA

"$bin" keys init --keys "$work/keys" >/dev/null
for name in soc officer; do
	"$bin" keys holder $name --keys "$work/$name" >/dev/null
done
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1
policy=$data/tests/traffic/day-policy.yaml
ok 'a day goes into an archive' exits 0 "$bin" analyze --summary none --archive "$work/a" --keys "$work/keys" \
	--policy "$policy" "$work/day.pcap"
signer=$work/keys/signing.pub
says 0 'whole, every digest' 'it is whole' "$bin" flows -a "$work/a" --verify --signer "$signer"
says 0 'signed by the key that was given' 'and signed' "$bin" flows -a "$work/a" --verify --signer "$signer"
says 0 ' 0 NOT' 'its hours are its records, byte for byte' "$bin" archive rebuild -a "$work/a"

# One bit of a byte anywhere: every file of it, at places all over.
found=0 tried=0 located=0
for file in $(cd "$work/a" && find . -name '*.bfa' | sort); do
	size=$(stat -c %s "$work/a/$file")
	for place in 9 $((size / 2)) $((size - 1)); do
		rm -rf "$work/b" && cp -R "$work/a" "$work/b"
		byte=$(od -An -tu1 -j "$place" -N 1 "$work/b/$file" | tr -d ' ')
		printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$work/b/$file" bs=1 seek="$place" conv=notrunc 2>/dev/null
		tried=$((tried + 1))
		"$bin" flows -a "$work/b" --verify >"$work/out" 2>"$work/err" || found=$((found + 1))
		grep -q "$(basename "$file"):[0-9]" "$work/err" && located=$((located + 1))
	done
done
ok 'bits were flipped' [ "$tried" -gt 3 ]
looks_at "$work/a"
equal 'every flipped bit is found' "$tried" "$found"
equal '… and located, by file and offset' "$tried" "$located"

# Made anew by somebody with the flows and the pseudonyms, but without the signing key.
"$bin" keys init --keys "$work/other" >/dev/null
ok 'an archive is made anew with another key' exits 0 "$bin" analyze --summary none --archive "$work/forged" \
	--keys "$work/other" --policy "$policy" "$work/day.pcap"
says 1 'NOT hold' 'and found by its signature' "$bin" flows -a "$work/forged" --verify --signer "$signer"
cp "$work/a/head" "$work/forged/head"
says 1 'NOT whole' 'also with the true head put into it' "$bin" flows -a "$work/forged" --verify --signer "$signer"
anchor=$(sed -n 's/^flows [0-9]* //p' "$work/a/head")
says 1 'NOT whole' 'or by a digest that was noted elsewhere' "$bin" flows -a "$work/forged" --verify --anchor "$anchor"
whole_anchor=$("$bin" flows -a "$work/a" --verify | sed -n 's/^head //p')
says 0 'noted elsewhere is in it' 'all of a line of digests, as it is printed, is in the true one' \
	"$bin" flows -a "$work/a" --verify --anchor "$whole_anchor"
says 1 'NOT whole' '… and not in the other' "$bin" flows -a "$work/forged" --verify --anchor "$whole_anchor"
says 2 '64 hexadecimal digits' 'what is no digest is said to be none' "$bin" flows -a "$work/a" --verify --anchor 00ff
says 0 'whole' 'which the true one has' "$bin" flows -a "$work/a" --verify --anchor "$anchor"

# Cut short: the latest segment and what it adds to the head.
cp -R "$work/a" "$work/cut"
rm "$(find "$work/cut" -name 'flows-*' | sort | tail -n 1)"
says 1 'NOT whole' 'an end that was cut off is found' "$bin" flows -a "$work/cut" --verify

# Sums of hours are sums of records.
for group in app unit,zone class verdict; do
	"$bin" flows -a "$work/a" --key "$work/keys/pseudonym.key" -g $group --top 0 -o ndjson 2>/dev/null |
		jq -c 'del(.records)' >"$work/hours"
	"$bin" flows -a "$work/a" --key "$work/keys/pseudonym.key" -g $group --top 0 -o ndjson --from-records |
		jq -c 'del(.records)' >"$work/records"
	looks_at "$work/records"
	ok "by $group hours say what records do" cmp -s "$work/hours" "$work/records"
done
"$bin" flows -a "$work/a" --from 2026-03-17T10:00 --to 2026-03-17T11:00 -o csv --explain >/dev/null 2>"$work/said"
ok 'what was read can be asked for, and what was passed over' grep -q 'passed over unread' "$work/said"

# Pseudonyms change with the month (UTC): whoever's flow runs over its border is one device before it and one after it. The
# two hours around midnight, once on a month's border and once a day earlier, where nothing changes.
python3 - "$work/day.pcap" "$work/inside.pcap" 13 "$work/border.pcap" 14 <<'END'
import struct, sys
content = open(sys.argv[1], "rb").read()
endian = "<" if content[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
noon = struct.unpack_from(endian + "I", content, 24)[0] // 86400 * 86400 + 43200
for path, days in zip(sys.argv[2::2], map(int, sys.argv[3::2])):
    at = 24
    with open(path, "wb") as out:
        out.write(content[:24])
        while at < len(content):
            seconds, part, captured, wire = struct.unpack_from(endian + "IIII", content, at)
            if abs(seconds - noon) < 3600:
                seconds += days * 86400 + 43200
                out.write(struct.pack(endian + "IIII", seconds, part, captured, wire) + content[at + 16:at + 16 + captured])
            at += 16 + captured
END
for name in inside border; do
	for sensor in one two; do
		"$bin" analyze --summary none --archive "$work/$name.$sensor" --keys "$work/keys" --policy "$policy" "$work/$name.pcap"
	done
done
looks_at "$work/inside.one" "$work/border.one"
devices() { # devices NAME PERIOD…: how many there were, by records and by the pages of both sensors
	name=$1
	shift
	"$bin" flows -a "$work/$name.one" "$@" -g device --top 0 --key "$work/keys/pseudonym.key" -o ndjson --from-records | wc -l
}
equal 'the month that ends counts each device once' "$(devices inside --to 2026-03-31)" "$(devices border --to 2026-04-01)"
equal '… and so does the month that begins' "$(devices inside --from 2026-03-31)" "$(devices border --from 2026-04-01)"
ok '… though flows run over its border' [ "$("$bin" flows -a "$work/border.one" -w --from 2026-04-01 -o ndjson \
	"borderflow.flow.start < 2026-04-01T00:00" | wc -l)" -gt 0 ]

# Two sensors that saw the same are read as one; two whose clocks differ are said to.
groups() { "$bin" flows "$@" -g app,zone --top 0 --key "$work/keys/pseudonym.key" -o ndjson --from-records 2>"$work/said"; }
groups -a "$work/border.one" >"$work/one.groups"
groups -a "$work/border.one" -a "$work/border.two" >"$work/two.groups"
looks_at "$work/one.groups" "$work/two.groups"
ok 'what two sensors saw is read as one' cmp -s "$work/one.groups" "$work/two.groups"
ok '… without a word about their clocks' test ! -s "$work/said"
groups -a "$work/inside.one" -a "$work/border.two" >"$work/two.groups"
ok 'a clock that is a day off is said to be' grep -q 'is 1 day ahead of .* count twice; the clock' "$work/said"
bytes() { jq -s 'map(."network.bytes") | add' "$1"; }
equal '… and nothing is left out' "$(($(bytes "$work/one.groups") * 2))" "$(bytes "$work/two.groups")"
for key in '' "$work/foreign"; do
	[ -z "$key" ] || "$bin" keys init --keys "$key" >/dev/null
	"$bin" analyze --summary none --archive "$work/foreign.a" ${key:+--keys "$key"} --policy "$policy" "$work/border.pcap"
	if [ -z "$key" ]; then
		groups -a "$work/border.one" -a "$work/foreign.a" >/dev/null
	else # to which no one key is the right one
		"$bin" flows -a "$work/border.one" -a "$work/foreign.a" -g app -o ndjson --from-records >/dev/null 2>"$work/said"
	fi
	ok "beside an archive with $([ -n "$key" ] && echo another || echo no) key it is said that flows count twice" grep -q 'counts\? twice' "$work/said"
	rm -rf "$work/foreign.a"
done
says 2 'one is expected, found' 'where one archive is asked for, a second one is refused' \
	"$bin" alerts export a-1 --archive "$work/border.one" --archive "$work/border.two"

looks_at "$work/a"
# Retention: by a command here; capture does it by itself.
cp -R "$work/a" "$work/old"
says 0 'deleted [1-9]' 'what is too old is deleted' "$bin" archive prune -a "$work/old" --keep-records 30d --keys "$work/keys"
ok 'hours still say what there was' exits 0 "$bin" flows -a "$work/old" --to 2026-03-17T03:00 -g app \
	--key "$work/keys/pseudonym.key"
"$bin" flows -a "$work/old" --to 2026-03-17T03:00 -o ndjson >/dev/null 2>"$work/said"
equal 'a question about single flows has its own status' 3 $?
ok '… and is answered: past retention' grep -q 'past retention' "$work/said"
sums() { "$bin" report -a "$1" -a "$2" --month 2026-03 -p "$policy" -o "$work/sums" --language en 2>"$work/said" >/dev/null; }
sums "$work/a" "$work/old"
ok 'a report over it and another one says that flows count twice' grep -q 'as they are: what another .* twice' "$work/said"
ok '… and so does its page' grep -q 'has sums alone' "$work/sums/report.en.html"
says 0 'whole, every digest' 'the rest is whole' "$bin" flows -a "$work/old" --verify --signer "$signer"
sed -i 's/why age/why size/' "$work/old/deleted"
ok 'a tombstone that was changed is found' exits 1 "$bin" flows -a "$work/old" --verify --signer "$signer"

# Who was it? The running month by the sensor's key.
device=$("$bin" flows -a "$work/a" -o ndjson --limit 1 --reason 'a test' | jq -r '.borderflow.device')
says 2 'say why' 'nobody asks without a reason' "$bin" reveal "$device" --keys "$work/keys" --log "$work"
while read -r asked wanted; do
	says 2 "$wanted" "of $asked it is not said that its key is sealed" "$bin" reveal "$device" --month "$asked" --reason why \
		--keys "$work/keys" --log "$work"
done <<'M'
2026-03 no key of 2026-03 is sealed here; .*keys seal
9998-01 has not begun
2026-13 expected a month such as
M
cp "$work/keys/pseudonym.key" "$work/keys/pseudonym.2026-03.key"
looks_at "$work/keys"
says 0 'sealed to both holders' 'a month that is over is sealed' "$bin" keys seal --keys "$work/keys" \
	--soc "$work/soc/soc.pub" --officer "$work/officer/officer.pub"
ok '… and its key is gone' test ! -e "$work/keys/pseudonym.2026-03.key"
says 2 'is over' 'the sensor cannot say who it was' "$bin" reveal "$device" --month 2026-03 --reason why \
	--keys "$work/keys" --log "$work"
says 2 'is sealed or yet to come' '… nor what an address was called then' "$bin" reveal --address 10.20.1.2 --at 2026-03-17 \
	--reason why --keys "$work/keys" --log "$work"
# Ids of flows have a key a month, the same on all sensors; nobody gets back to the one before.
now=$(date -u +%Y-%m) next=$(date -u -d "$(date -u +%Y-%m-15) +1 month" +%Y-%m)
ok 'the next month has a key for ids of flows' test -s "$work/keys/flow.$next.key"
ok '… and this one goes on' test -s "$work/keys/flow.key"
cp -R "$work/keys" "$work/sensor" && mv "$work/sensor/flow.key" "$work/sensor/flow.$now.key"
cp "$work/sensor/flow.$now.key" "$work/first" && cp "$work/sensor/flow.$now.key" "$work/sensor/flow.key"
rm "$work/sensor/flow.$next.key"
ok 'another sensor with the same key' exits 0 "$bin" keys seal --keys "$work/sensor" --soc "$work/soc/soc.pub" \
	--officer "$work/officer/officer.pub"
ok '… gets the same' cmp "$work/sensor/flow.$next.key" "$work/keys/flow.$next.key"
ok '… and the key of all months is gone' test ! -e "$work/sensor/flow.key"
says 0 "flow *good, of $now" '… which check knows' "$bin" keys check --keys "$work/sensor"
ids() { "$bin" analyze --summary none --policy "$policy" --keys "$1" --flows - "$work/day.pcap" | jq -r .borderflow.flow.id | sort | cksum; }
equal "the month's key makes the same ids as the key it was" "$(ids "$work/keys")" "$(ids "$work/sensor")"
past=$(date -u -d "$(date -u +%Y-%m-15) -2 month" +%Y-%m)
mv "$work/sensor/flow.$now.key" "$work/sensor/flow.$past.key" && rm "$work/sensor/flow.$next.key"
ok 'a sensor that was off for two months' exits 0 "$bin" keys seal --keys "$work/sensor" --soc "$work/soc/soc.pub" \
	--officer "$work/officer/officer.pub"
ok '… has gone on, and the past is gone' sh -c "test -s '$work/sensor/flow.$now.key' && test ! -e '$work/sensor/flow.$past.key'"
cp "$work/keys/"*.sealed "$work/soc/"
ok 'the SOC asks' exits 0 "$bin" reveal "$device" --month 2026-03 --request "$work/ask" --keys "$work/soc" \
	--log "$work" --reason 'case 17'
says 2 'officer.key' 'and cannot answer itself' "$bin" reveal --approve "$work/ask" --answer "$work/own" \
	--keys "$work/soc" --log "$work" --reason mine
# What a switch and the DHCP server would list: the generator makes a MAC of each address. A device goes by its address
# until its MAC was seen with it.
"$bin" analyze --summary none --policy "$policy" --flows - "$work/day.pcap" |
	jq -r '.source.ip, .destination.ip | select(startswith("10."))' | sort -u |
	awk -F . '{ print; printf "02:10:%02x:%02x:%02x:%02x\n", $1, $2, $3, $4 }' >"$work/stations"
says 2 'whose request' 'the officer is to say whom to answer' "$bin" reveal --approve "$work/ask" --answer "$work/answer" \
	--keys "$work/officer" --log "$work" --reason approved
"$bin" keys holder soc --keys "$work/stranger" >/dev/null
sed "s/^soc .*/soc $(grep -oE '[0-9a-f]{64}' "$work/stranger/soc.pub")/" "$work/ask" >"$work/changed"
says 2 'another key' 'a request that wants the answer for another is refused' "$bin" reveal --approve "$work/changed" \
	--answer "$work/answer" --keys "$work/officer" --soc "$work/soc/soc.pub" --log "$work" --reason approved
ok '… and not answered' test ! -e "$work/answer"
cp "$work/soc/soc.pub" "$work/officer/"
ok 'the officer answers' exits 0 "$bin" reveal --approve "$work/ask" --answer "$work/answer" --keys "$work/officer" \
	--log "$work" --reason approved --networks 192.0.2.0/24 --list "$work/stations"
looks_at "$work/answer"
ok '… not in clear' sh -c "! grep -qE '02:10|10(\.[0-9]+){3}' '$work/answer'"
says 0 "$device: \(02:10:\|10\.\)" 'and the SOC knows' "$bin" reveal --open "$work/answer" --keys "$work/soc" --log "$work" \
	--reason 'case 17'
says 2 'no glass' 'there is no glass to break' "$bin" reveal "$device" --month 2026-03 --break-glass \
	--keys "$work/soc" --log "$work" --reason hurry
says 0 'records' 'what is held about one' "$bin" reveal "$device" --subject -a "$work/a" --keys "$work/keys" --reason 'art. 15'
equal 'all of it is logged' 'approve request reveal' "$(cut -f 3 "$work/lookups.tsv" | sort -u | tr '\n' ' ' | sed 's/ $//')"
equal '… what archives were asked as well' 'read subject' "$(cut -f 3 "$work/a/lookups.tsv" | sort -u | tr '\n' ' ' | sed 's/ $//')"
finish
