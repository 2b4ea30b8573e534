#!/bin/sh
# `borderflow flows` reads back what `analyze --archive` wrote: the same records, filters, groups, the chain; and what it
# says of a filter with a mistake and of a damaged segment. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built

archive=$work/archive
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1
exits 0 "$bin" analyze --summary none --flows "$work/flows.ndjson" --archive "$archive" "$work/day.pcap" &&
	[ -s "$work/flows.ndjson" ]
check $? 'a generated day is archived'
[ $status -eq 0 ] || finish

"$bin" flows -a "$archive" --whole -o ndjson | sort >"$work/read"
sort "$work/flows.ndjson" | cmp -s - "$work/read"
check $? 'whole flows come back byte for byte as analyze wrote them'

wanted=$(grep -c '"transport":"tcp"' "$work/flows.ndjson")
[ "$("$bin" flows -a "$archive" --whole -o ndjson transport == tcp and port '!=' 0 | wc -l)" -eq "$wanted" ]
check $? 'a filter finds what grep finds'

sum=$("$bin" flows -a "$archive" -g transport --top 0 -o csv | tr -d '\r' | awk -F, 'NR > 1 { s += $4 } END { print s }')
all=$(sed 's/.*"direction":"[a-z]*","bytes":\([0-9]*\).*/\1/' "$work/flows.ndjson" | awk '{ s += $1 } END { print s }')
[ "$sum" = "$all" ]
check $? "groups add up to the whole: $sum bytes"

# The middle of a long flow as the end of the time asked for: its record ends after that, and began before.
to=$(sed -n 's/.*"event":{.*"start":"\([^"]*\)","end":"\([^"]*\)","duration":\([0-9]*\).*/\3 \1/p' "$work/flows.ndjson" |
	sort -rn | head -1 | cut -d' ' -f2)
to=$(date -u -d "$to + 1 second" +%Y-%m-%dT%H:%M:%SZ)
awk -v to="$to" '{ match($0, /"start":"[^"]*"/); if (substr($0, RSTART + 9, 20) < to) print }' "$work/flows.ndjson" |
	sort >"$work/wanted"
"$bin" flows -a "$archive" --whole --to "$to" -o ndjson | sort | cmp -s - "$work/wanted"
check $? "--whole --to keeps flows that began before $to and ended after it"

"$bin" flows -a "$archive" -g bytes --top 3 -o ndjson >"$work/out"
[ "$(head -1 "$work/out" | grep -o '"network.bytes":' | wc -l)" -eq 1 ] && grep -q '"network.bytes.sum":' "$work/out"
check $? 'grouped and summed by the same field, each key stands once'
"$bin" flows -a "$archive" -g app --sum flows --top 0 -o csv | tr -d '\r' >"$work/out"
[ "$(head -1 "$work/out")" = 'network.application,flows,records' ] &&
	tail -n +2 "$work/out" | cut -d, -f2 | sort -rnc
check $? '--sum flows sorts by flows'
exits 2 "$bin" flows -a "$archive" -g app,app && grep -q 'twice' "$work/err"
check $? 'a field that stands twice is refused, exit status 2'

exits 2 "$bin" flows -a "$archive" -g ip && grep -q 'two fields, source.ip and destination.ip' "$work/err"
check $? 'a short name of two fields is said to be that, exit status 2'

[ "$(find "$archive" -type f ! -perm 0640 | wc -l)" -eq 0 ]
check $? 'no file of the archive is readable by everybody'

"$bin" flows -a "$archive" -g day --top 0 -o csv >"$work/out" && grep -qE '^event.start.day,' "$work/out" &&
	[ "$(tail -n +2 "$work/out" | awk -F, '{ s += $4 } END { print s }')" = "$all" ]
check $? 'groups by day add up to the whole'
utc=$("$bin" flows -a "$archive" -g hour --top 1 -o csv | tail -1 | cut -d, -f1)
oslo=$("$bin" flows -a "$archive" -g hour --top 1 -o csv --time-zone Asia/Tokyo | tail -1 | cut -d, -f1)
equal 'an hour is one of the zone asked for' "$(TZ=Asia/Tokyo date -d "$utc:00:00Z" +%Y-%m-%dT%H)" "$oslo"
exits 2 "$bin" flows -a "$archive" --last soon && grep -q '24h' "$work/err"
check $? 'a span that is none is said'

# Nothing is no answer: which word stands in no record, what is near, and what the archive covers.
exits 2 "$bin" flows -a "$archive" 'app == tictoc' && grep -q 'did you mean tiktok' "$work/err"
check $? 'an app that is not known is said, with the nearest one'
exits 0 "$bin" flows -a "$archive" 'country == SX' && grep -q 'no record has borderflow.server_country "SX"' "$work/err"
check $? 'a country that no record has is said'
for country in Sweden sverige se; do
	equal "a country by its name: $country" "$("$bin" flows -a "$archive" -o csv 'country == SE' | wc -l)" \
		"$("$bin" flows -a "$archive" -o csv "country == $country" | wc -l)"
done
says 2 'there is no country "Sweeden" (did you mean "Sweden"?)' 'a country that there is not' \
	"$bin" flows -a "$archive" 'country == Sweeden'
says 2 'there is no country "XX"; expected a code' 'nor one of that code' "$bin" flows -a "$archive" 'parent in (XX, CN)'
says 2 'no record has borderflow.unit "Skoola"' 'a unit that no record has' "$bin" flows -a "$archive" 'unit == Skoola'
says 2 'no record has borderflow.unit "Skoola"' 'also in sums' "$bin" flows -a "$archive" -g app 'unit == Skoola'
says 2 'did you mean "tcp"' 'a word that is nearly one' "$bin" flows -a "$archive" 'transport == tpc'
says 0 'no record has network.transport "sctp"' 'one that only did not occur is no mistake' "$bin" flows -a "$archive" 'transport == sctp'
says 2 'no record has borderflow.device "10.99.9.9"; there are' 'a device that is not there' "$bin" flows -a "$archive" --device 10.99.9.9
says 0 'nothing matches' 'one that is, and did nothing of the kind' \
	"$bin" flows -a "$archive" --device "$("$bin" flows -a "$archive" -o csv --limit 1 --columns device | sed -n '2s/\r//p')" 'port == 1'
for time in '--since 2031-01-01' '--to 2020-01-01'; do
	# shellcheck disable=SC2086
	says 2 'the archive does not cover the time asked for: it holds .* UTC' "a time outside the archive: $time" \
		"$bin" flows -a "$archive" $time
done
inside=$("$bin" flows -a "$archive" -o ndjson 'zone in (eu, eea, internal)' | wc -l)
outside=$("$bin" flows -a "$archive" -o ndjson 'zone == outside-eea' | wc -l)
all=$("$bin" flows -a "$archive" -o ndjson | wc -l)
[ "$outside" -gt 0 ] && [ $((inside + outside)) -eq "$all" ]
check $? "outside-eea is every other zone: $inside + $outside = $all"
"$bin" flows -a "$archive" -o table --limit 3 | grep -qE '^[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} '
check $? 'a table on a pipe keeps whole times'
"$bin" flows -a "$archive" -o table --limit 2000 >"$work/table"
ok 'a table says how many it shows' grep -q "the first $(grep -cE '^[0-9]{2}-' "$work/table") (a table holds no more" "$work/table"

records=$("$bin" flows -a "$archive" -o ndjson | wc -l)
exits 0 "$bin" analyze --summary none --archive "$archive" "$work/day.pcap" && grep -q 'already' "$work/err"
check $? 'the same capture a second time is not added, and that is said'
[ "$("$bin" flows -a "$archive" -o ndjson | wc -l)" -eq "$records" ]
check $? '… the archive holds what it held'
generate --scenario plain --seed 4 --out "$work/other.pcap" >/dev/null 2>&1
exits 2 "$bin" analyze --summary none --archive "$archive" "$work/day.pcap" "$work/other.pcap" &&
	grep -q 'day.pcap.*twice' "$work/err"
check $? 'together with another one it is refused by name, exit status 2'

exits 0 "$bin" flows -a "$archive" --verify && grep -q 'whole' "$work/out"
check $? 'the chain holds'

exits 2 "$bin" flows -a "$archive" 'app = tiktok and zone == europe' && grep -q 'column 26' "$work/err"
check $? 'a mistake in a filter is shown at its column, exit status 2'
exits 2 "$bin" flows -a "$work/nothing" && grep -q "$work/nothing" "$work/err"
check $? 'an archive that is not there is named, exit status 2'

"$bin" analyze --summary none --archive "$archive" "$work/other.pcap" 2>/dev/null
twice=$("$bin" flows -a "$archive" -o ndjson | wc -l)
segment=$(find "$archive" -name '*.bfa' | sort | head -1)
printf 'X' | dd of="$segment" bs=1 seek=400 conv=notrunc 2>/dev/null
exits 3 "$bin" flows -a "$archive" -o ndjson && grep -q "$segment:0: .*damaged" "$work/err"
check $? 'a damaged block is named with file and offset, exit status 3'
[ -s "$work/out" ] && [ "$(wc -l <"$work/out")" -lt "$twice" ]
check $? '… and the others are still read'
exits 1 "$bin" flows -a "$archive" --verify
check $? '… --verify says so, exit status 1'
cp -R "$archive" "$work/ruined" && find "$work/ruined" -name '*.bfa' | while read -r one; do
	tr '\000-\377' X <"$one" >"$work/x" && cp "$work/x" "$one"
done
says 3 'no record of the archive can be read: it is damaged' 'an archive of which nothing can be read is not called empty' \
	"$bin" flows -a "$work/ruined" -g app
says 3 'no record of the archive can be read' '… nor is a word said to be in no record' "$bin" flows -a "$work/ruined" 'unit == North'
says 3 'no record of the archive can be read' '… nor an address' "$bin" flows -a "$work/ruined" 'ip == 192.0.2.1'
# Half of a capture that was added before, and the whole of it after: the same time counts once, and as much as the whole says.
head -c "$(($(wc -c <"$work/day.pcap") / 2))" "$work/day.pcap" >"$work/half.pcap"
head -c "$(($(wc -c <"$work/day.pcap") * 2 / 3))" "$work/day.pcap" >"$work/more.pcap"
for part in half more; do # cut in a packet: status 3
	"$bin" analyze --summary none --archive "$work/halves" "$work/$part.pcap" >"$work/out" 2>&1
done
says 0 'are in the archive already.*count once' 'the whole after its half says what was left out' \
	"$bin" analyze --summary none --archive "$work/halves" "$work/day.pcap"
"$bin" analyze --summary none --archive "$work/wholes" "$work/day.pcap" >"$work/out" 2>&1
says 0 'are in the archive already' 'the half after the whole adds nothing' sh -c "
	'$bin' analyze --summary none --archive '$work/wholes' '$work/half.pcap'; [ \$? = 3 ]"
count_records() {
	"$bin" flows -a "$work/$1" -o ndjson | jq -s 'map(.network.packets) | add'
}
equal 'every packet once' "$(count_records wholes)" "$("$bin" analyze --summary none --parts --flows - "$work/day.pcap" |
	jq -s 'map(.network.packets) | add')"
equal 'of half, more and whole every packet once' "$(count_records wholes)" "$(count_records halves)"
sums() { "$bin" flows -a "$work/$1" -g app --sum flows,bytes -o csv 2>/dev/null | cut -d, -f1,2,4 | cksum; }
equal '… and every flow, in what hours add up to' "$(sums wholes)" "$(sums halves)"
whole_sum() { "$bin" flows -a "$work/$1" --whole -o ndjson | jq -s 'map(.network.bytes) | add'; }
equal '… nor do whole flows lose or double a byte' "$(whole_sum wholes)" "$(whole_sum halves)"

# Files whose ends overlap, and a second half before the whole: flows begin elsewhere, and that is said.
if command -v python3 >"$work/out"; then
	cut_out() { # FILE FIRST LAST: those thousandths of the day's packets
		python3 -c 'import struct, sys
day, at, packets = open(sys.argv[1], "rb").read(), 24, []
while at < len(day):
    end = at + 16 + struct.unpack("<I", day[at + 8:at + 12])[0]
    packets.append(day[at:end])
    at = end
first, last = (int(place) * len(packets) // 1000 for place in sys.argv[3:])
open(sys.argv[2], "wb").write(day[:24] + b"".join(packets[first:last]))' "$work/day.pcap" "$work/$1.pcap" "$2" "$3"
	}
	said='overlap .* in the archive with another beginning.*may count twice.*analyzed together'
	cut_out before 0 500 && cut_out after 500 1000 && cut_out around 450 1000
	for one in seam ends; do
		"$bin" analyze --summary none --archive "$work/$one" "$work/before.pcap" >"$work/out" 2>&1
	done
	says 0 "$said" 'ends that overlap are said to count twice' \
		"$bin" analyze --summary none --archive "$work/ends" "$work/around.pcap"
	"$bin" analyze --summary none --archive "$work/seam" "$work/after.pcap" >"$work/out" 2>&1
	ok 'halves that meet are not' sh -c "! grep -q 'may count twice' '$work/out'"
	"$bin" analyze --summary none --archive "$work/backwards" "$work/after.pcap" >"$work/out" 2>&1
	says 0 "$said" '… so is a second half that was added before the whole' \
		"$bin" analyze --summary none --archive "$work/backwards" "$work/day.pcap"
fi

finish
