#!/bin/sh
# What an investigator asks `flows`: what other tools take of a flow, columns and order, one device's time line, filters
# that were saved, what changed. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built

generate --scenario plain --seed 3 --out "$work/plain.pcap" >/dev/null 2>&1
generate --scenario tiktok --seed 3 --out "$work/tiktok.pcap" >/dev/null 2>&1
flows="$bin flows -a $work/archive"
exits 0 "$bin" analyze --summary none --archive "$work/archive" --flows "$work/flows.ndjson" "$work/plain.pcap"
check $? 'a generated capture is archived'
[ $status -eq 0 ] || finish

# shellcheck disable=SC2086
$flows --pivot --format ndjson 'transport == tcp and app' >"$work/pivot" 2>"$work/err"
equal '--pivot has a row a flow' "$($flows --whole -o ndjson 'transport == tcp and app' | wc -l)" "$(wc -l <"$work/pivot")"
value() { # of a key in the first line
	sed -n "1s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$work/pivot"
}
id=$(value borderflow.flow.id) capture=$(value pivot.capture_filter) display=$(value pivot.display_filter)
community=$(value network.community_id)
packets=$(grep "\"id\":\"$id\"" "$work/flows.ndjson" | sed 's/.*"direction":"[a-z]*","bytes":[0-9]*,"packets":\([0-9]*\).*/\1/')
if command -v tshark >/dev/null; then
	equal "tshark's filter finds the packets of the flow" "$packets" \
		"$(tshark -n -r "$work/plain.pcap" -Y "$display" 2>/dev/null | wc -l)"
	equal 'and its Community ID is the same' "$packets" "$(tshark -n --enable-protocol communityid -r "$work/plain.pcap" \
		-Y "communityid == \"$community\" && $display" 2>/dev/null | wc -l)"
else
	passed_over "tshark's filter finds the packets of the flow" 'tshark is not installed'
fi
"$bin" analyze --summary none --flows "$work/captured.ndjson" --filter "$capture" "$work/plain.pcap"
grep -q "\"id\":\"$id\"" "$work/captured.ndjson" && [ "$(wc -l <"$work/captured.ndjson")" -lt 4 ]
check $? "the capture filter finds it as well: $capture"

# Behind pseudonyms the other end tells which address it is.
"$bin" keys init --keys "$work/keys" >/dev/null
"$bin" analyze --summary none --keys "$work/keys" --archive "$work/hidden" "$work/plain.pcap"
"$bin" flows -a "$work/hidden" --key "$work/keys/pseudonym.key" --reason test --pivot --format ndjson 'transport == tcp and app' >"$work/pivot"
ok 'behind pseudonyms IPv4 is asked for as such' grep -qE '&& ip\.addr == [0-9.]+[" ]' "$work/pivot"
ok '… IPv6 as IPv6' sh -c "! grep -E 'ipv6\.addr == [0-9.]+[\" ]|[ \"]ip\.addr == [0-9a-f]*:' '$work/pivot'"

# shellcheck disable=SC2086
{
	$flows --columns app,bytes --sort bytes -o csv --limit 5 >"$work/out"
	[ "$(head -1 "$work/out" | tr -d '\r')" = network.application,network.bytes ] &&
		[ "$(wc -l <"$work/out")" -eq 6 ] && tail -n +2 "$work/out" | tr -d '\r' | cut -d, -f2 | sort -rnc
	check $? 'columns in the order that was asked for, the largest first'
	largest=$($flows --columns bytes -o csv | tail -n +2 | tr -d '\r' | sort -rn | head -1)
	equal 'and they are the largest of all' "$largest" "$(sed -n 2p "$work/out" | tr -d '\r' | cut -d, -f2)"
	$flows --columns start,app --sort=-start -o csv | tail -n +2 | cut -d, -f1 | sort -rc
	check $? 'a minus turns the order round'
	says 2 'did you mean "start"' 'and which was meant' $flows --columns strat
	says 2 'there is no field "nix"' 'a column that is no field is said' $flows --columns nix
	device=$(sed -n '1s/.*"source":{"ip":"\([^"]*\)".*/\1/p' "$work/flows.ndjson")
	$flows --device "$device" --columns start,source.ip,destination.ip -o csv >"$work/out"
	[ "$(wc -l <"$work/out")" -gt 10 ] && tail -n +2 "$work/out" | sort -t, -k1,1 -c &&
		[ "$(tail -n +2 "$work/out" | grep -vc "$device")" -eq 0 ]
	check $? '--device is the time line of one device'
	equal '-g device and a filter name it by its address, where it has no pseudonym' "$device" \
		"$($flows -g device "device == $device" -o ndjson | sed -n 's/.*"borderflow.device":"\([^"]*\)".*/\1/p')"
	equal '… and so do columns' "$device" "$($flows --columns device --limit 1 -o csv "device == $device" | sed -n 2p | tr -d '\r')"
	says 2 'expected an address' 'a device that is none is said' $flows --device 'a) or (b'
}

printf '# ours\nlarge = bytes > 100kB\nvideo = @large and app in (tiktok, youtube)\n' >"$work/filters"
export BORDERFLOW_FILTERS="$work/filters"
# shellcheck disable=SC2086
{
	equal 'a saved filter means what it stands for' \
		"$($flows --whole -o ndjson 'bytes > 100kB and app in (tiktok, youtube)' | sort | md5sum)" \
		"$($flows --whole -o ndjson @video | sort | md5sum)"
	says 0 '' 'several names in one filter' $flows '@large and @video'
	says 2 'there are: large, video' 'a name that nothing was saved under is said' $flows @nothing
	says 2 'an @ alone' 'an @ without a name is said' $flows 'bytes > 1 and @'
	says 2 'no field "x"' 'a mistake behind it is shown in the filter that it stands for' $flows '@large and x == 1'
	says 0 '' 'an @ inside quotes is no name' $flows 'domain == "@large"'
}
"$bin" analyze --summary none --flows "$work/video.ndjson" --where @video "$work/plain.pcap" &&
	[ -s "$work/video.ndjson" ]
check $? 'analyze knows saved filters, too'

"$bin" flows --compare "$work/archive" "$work/tiktok.pcap" -g app --top 0 -o csv >"$work/out" 2>"$work/err"
before=$($flows --whole -g app -o csv --from-records 2>/dev/null | sed -n 's/^m365,.*,\([0-9]*\)\r*$/\1/p')
grep -q "^gone,m365,$before,0," "$work/out" && grep -qE '^(grown|shrunk),tiktok,' "$work/out"
check $? 'an archive and a capture: what is gone, grown or shrunk'
[ "$(grep -c 'of the bytes with an app that was seen' "$work/err")" -eq 2 ]
check $? 'and what was seen of each'
"$bin" flows --compare "$work/tiktok.pcap" "$work/archive" -g app --top 0 -o csv 2>/dev/null | grep -q "^new,m365,0,$before,"
check $? 'the other way round it is new'
# shellcheck disable=SC2086
says 0 '"change":"' 'two times of one archive' $flows --compare 2026-03-17T09:00..2026-03-17T09:30 \
	2026-03-17T09:30..2026-03-17T10:00 -g app -o ndjson
says 0 '([1-9][0-9.]* min)' 'how long was looked is said, below an hour in minutes' $flows \
	--compare 2026-03-17T09:00..2026-03-17T09:30 2026-03-17T09:30..2026-03-17T10:00 -g app -o ndjson
says 0 '^[.][.][.] [1-9][0-9]* more groups' 'a table says how many changes it does not show' $flows \
	--compare 2026-03-17T09:00..2026-03-17T09:30 2026-03-17T09:30..2026-03-17T10:00 --top 2 -o table
says 0 '^[.][.][.] [1-9][0-9]* more groups' '… nor groups, also where hours add up to them' $flows -g app --top 2 -o table
says 2 'nothing matches in either' 'two times that the archive does not cover are no answer' $flows \
	--compare 2025-03-17 2025-03-18 -g app -o ndjson
printf 'one = @two\ntwo = @one\n' >"$work/circle"
says 2 'stands for itself, or is used above its own line' 'a saved filter of itself is told from one that is not there' \
	env BORDERFLOW_FILTERS="$work/circle" "$bin" flows -a "$work/archive" @two
says 2 'ends before it begins' 'a time that ends before it begins is said' $flows \
	--compare 2026-03-18..2026-03-17 2026-03-17..2026-03-18 -g app
says 2 'the earlier first' 'what is missing is said' "$bin" flows --compare "$work/archive"
finish
