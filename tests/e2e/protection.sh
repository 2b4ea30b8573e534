#!/bin/sh
# Small groups, as an outsider sees them: nothing that the summary, the report or groups of flows say of a unit has fewer
# than five devices behind it, or follows by subtraction; what the whole body did is exact. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq curl python3
needs_built

head -c 32 /dev/urandom >"$work/key"
chmod 600 "$work/key"
policy=$data/tests/traffic/day-policy.yaml
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1
analyze() {
	"$bin" analyze --policy "$policy" "$@" "$work/day.pcap"
}
analyze --summary json >"$work/exact.json"
analyze --summary json --pseudonymize "$work/key" --archive "$work/archive" --report "$work/report" >"$work/shown.json"
ok 'the day is analysed, with addresses and with pseudonyms' \
	jq -es '.[0].total.devices > 100 and .[1].total.devices > 100' "$work/exact.json" "$work/shown.json"

# What the whole body did.
same() { # same TITLE FILTER
	equal "$1" "$(jq -Sc "$2" "$work/exact.json" | cksum)" "$(jq -Sc "$2" "$work/shown.json" | cksum)"
}
same 'bytes by app are exact' '[.apps[] | [.id, .bytes_up, .bytes_down, .flows, .flows_denied]]'
same '… by zone and control' '[.zones, .control] | map(map_values([.bytes_up, .bytes_down, .flows]))'
same '… by pair of countries' '[.matrix[] | [.server_country, .parent_country, .bytes_up, .bytes_down]]'
same '… by rule' '[.rules[] | {rule, app, verdict, block, flows, bytes_up}] | group_by([.rule, .app, .verdict, .block])
	| map([.[0].rule, .[0].app, .[0].verdict, .[0].block, (map(.flows) | add), (map(.bytes_up) | add)])'
ok 'counts of devices below five are no numbers' eval "! jq -e '.. | objects | select(.devices? != null and .packets != 0
	and .devices > 0 and .devices < 5)' '$work/shown.json' >/dev/null"
ok '… though there are such' eval "jq -e '.apps[] | select(.devices < 5)' '$work/exact.json' >/dev/null"

# A unit that is named has five devices behind its row, and its column never lacks just one row.
unsafe=$(jq -n --slurpfile exact "$work/exact.json" --slurpfile shown "$work/shown.json" '
	def key: [.rule, .app, .action, .verdict, .block];
	[$shown[0].rules[] | select(.other_units != true) as $row
		| $exact[0].rules[] | select(key == ($row | key) and .unit == $row.unit) | select(.devices < 5)] | length')
equal 'control minus one app, rule by rule: no unit of fewer than five' 0 "$unsafe"
alone=$(jq -n --slurpfile exact "$work/exact.json" --slurpfile shown "$work/shown.json" '
	def key: [.rule, .app, .action, .verdict, .block];
	[$exact[0].rules | group_by(key)[] as $column
		| ($shown[0].rules | map(select(key == ($column[0] | key) and .other_units != true)) | length) as $named
		| select(($column | length) - $named == 1 and $named > 0)] | length')
equal '… and none that is the only one left out' 0 "$alone"
alone=$(jq -n --slurpfile exact "$work/exact.json" --slurpfile shown "$work/shown.json" '
	[$exact[0].hidden_by_unit | group_by(.zone)[] as $column
		| ($shown[0].hidden_by_unit | map(select(.zone == $column[0].zone and .other_units != true)) | length) as $named
		| select(($column | length) - $named == 1 and $named > 0)] | length')
equal 'nor of units by zone' 0 "$alone"
ok 'the CSV says the same' eval "! grep -E '^\"(rule|verdict by class)\"' '$work/report'/*.csv | grep -qE ',[1-4],,,$'"

flows() {
	"$bin" flows -a "$work/archive" --top 0 -o ndjson "$@"
}
sum() { jq -s 'map(.["network.bytes"]) | add'; }
flows -g unit >"$work/units"
equal '… and no byte is lost' "$(jq '.total.bytes_up + .total.bytes_down' "$work/exact.json")" "$(sum <"$work/units")"
flows -g unit,app >"$work/pairs"
flows -g unit --key "$work/key" >"$work/exact.units"
ok 'whoever has the key sees each unit' [ "$(wc -l <"$work/exact.units")" -gt "$(wc -l <"$work/units")" ]
# parent CN minus TikTok: no table may tell the owner of a unit's traffic apart from its apps.
for groups in unit,parent unit,zone class,unit unit,class,app unit,app,borderflow.app.id device source.ip port unit,rule; do
	says 2 'could single out a device\|stands for two fields' "groups by $groups are refused" \
		"$bin" flows -a "$work/archive" -g $groups
done
says 2 'could single out a device' 'and units with a filter' \
	"$bin" flows -a "$work/archive" -g unit app == tiktok
says 2 'could single out a device' '… within a day' \
	"$bin" flows -a "$work/archive" -g unit --from 2026-03-17T08:00
says 2 'could single out a device' '… to its evening' \
	"$bin" flows -a "$work/archive" -g unit --from 2026-03-17 --to 2026-03-17T20:00
says 2 'could single out a device' '… apps by a port' \
	"$bin" flows -a "$work/archive" -g app port == 443
ok '… by a zone they are not' flows -g app zone == eu

# The page and the command line tell of the same time: of a window the pieces in which five devices were active, and of no
# other. Over all windows of five minutes that is told of more than one, and of some nothing.
: >"$work/said"
"$bin" serve --archive "$work/archive" --policy "$policy" --access "$work/access" --listen 127.0.0.1:0 >"$work/said" 2>&1 &
server=$!
stop() {
	kill_hard "$server"
}
wait_for 20 grep -q 'serves at' "$work/said"
origin=http://$(sed -n 's/^borderflow serves at //p' "$work/said")
curl -s -c "$work/cookie" -o /dev/null -d "{\"token\":\"$("$bin" serve token add viewer --role viewer --access "$work/access" 2>/dev/null)\"}" \
	"$origin/api/1/session"
told_by_page() { # FROM TO: bytes that a viewer is told
	curl -s -b "$work/cookie" "$origin/api/1/table?from=$1&to=$2" | jq '.total | .bytes_up + .bytes_down'
}
told_by_flows() {
	flows -g zone --from "$1" --to "$2" 2>>"$work/log" | sum | sed 's/null/0/'
}
devices_of() { # FROM TO: how many devices had a part of a flow that began then
	"$bin" flows -a "$work/archive" --key "$work/key" --reason test --from "$1" --to "$2" -o ndjson 2>/dev/null |
		jq -r --arg from "$1" --arg to "$2" 'select(.event.start >= $from and .event.start < $to) | .borderflow.device // empty' | sort -u | wc -l
}
told=0 withheld=0 from=
for window in 00:00 06:00 07:00 09:00 08:00 08:10 08:05 08:10 03:00 03:30 22:00 23:00 12:00 12:05; do
	[ -n "$from" ] || { from=2026-03-17T${window}:00Z; continue; }
	to=2026-03-17T${window}:00Z
	page=$(told_by_page "$from" "$to") devices=$(devices_of "$from" "$to")
	equal "$from to $to: the page and flows tell the same" "$page" "$(told_by_flows "$from" "$to")"
	ok "… and nothing where fewer than five devices were active ($devices: $page bytes)" \
		eval "[ $page = 0 ] || [ $devices -ge 5 ]"
	told=$((told + (page > 0))) withheld=$((withheld + (page == 0))) from=
done
ok 'some windows are told of, and some are not' [ "$told" -gt 0 -a "$withheld" -gt 0 ]

# Of the day that runs nothing is told yet, however many were active: twenty minutes of that day, as if they were the last ones.
python3 - "$work/day.pcap" "$work/running.pcap" <<'END'
import struct, sys, time
content, wanted = open(sys.argv[1], "rb").read(), range(9 * 3600, 9 * 3600 + 1200)
now = int(time.time())
shift = now - 1300 if now % 86400 >= 1300 else now // 86400 * 86400
with open(sys.argv[2], "wb") as out:
    out.write(content[:24])
    at = 24
    while at < len(content):
        seconds, part, captured, wire = struct.unpack_from("<IIII", content, at)
        if seconds % 86400 in wanted:
            out.write(struct.pack("<IIII", shift + seconds % 86400 - wanted[0], part, captured, wire))
            out.write(content[at + 16:at + 16 + captured])
        at += 16 + captured
END
"$bin" analyze --policy "$policy" --pseudonymize "$work/key" --archive "$work/running" --summary none "$work/running.pcap" 2>>"$work/log"
says 2 'no figure is shown yet' 'of the day that runs no unit is told' "$bin" flows -a "$work/running" -g unit
says 2 'no figure is shown yet' '… nor an app' "$bin" flows -a "$work/running" -g app
finish
