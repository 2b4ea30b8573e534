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

looks_at "$work/exact.json" "$work/shown.json"

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
# few CSV…: the counts of devices that are 1 to 4, and how many counts there are.
few() {
	python3 - "$@" <<'END'
import csv, sys
counts = [value for name in sys.argv[1:] for row in csv.DictReader(open(name, encoding="utf-8-sig"))
          for column, value in row.items() if column == "Devices" and value]
print(sum(value in ("1", "2", "3", "4") for value in counts), "of more" if len(counts) > 20 else "of few")
END
}
equal 'the CSV says the same' '0 of more' "$(few "$work/report/csv/en"/*.csv)"

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
server=
stop() {
	kill_hard $server
}
serve() { # ARCHIVE POLICY
	kill_hard $server
	archive=$1
	: >"$work/said"
	"$bin" serve --archive "$archive" --policy "$2" --access "$work/access" --listen 127.0.0.1:0 >"$work/said" 2>&1 &
	server=$!
	wait_for 20 grep -q 'serves at' "$work/said"
	origin=http://$(sed -n 's/^borderflow serves at //p' "$work/said")
	curl -s -c "$work/cookie" -o /dev/null -d "{\"token\":\"$token\"}" "$origin/api/1/session"
}
told_by_page() { # FROM TO: bytes that a viewer is told
	curl -s -b "$work/cookie" "$origin/api/1/table?from=$1&to=$2" | jq '.total | .bytes_up + .bytes_down'
}
told_by_flows() { # FROM TO [OPTION…]
	from=$1 to=$2
	shift 2
	"$bin" flows -a "$archive" --top 0 -o ndjson -g zone --from "$from" --to "$to" "$@" 2>>"$work/log" | sum | sed 's/null/0/'
}
devices_of() { # FROM TO: how many devices had a part of a flow that began then
	"$bin" flows -a "$archive" --key "$work/key" --reason test --from "$1" --to "$2" -o ndjson 2>/dev/null |
		jq -r --arg from "$1" --arg to "$2" 'select(.event.start >= $from and .event.start < $to) | .borderflow.device // empty' | sort -u | wc -l
}
told=0 withheld=0
ask_window() { # K FROM TO
	page=$(told_by_page "$2" "$3") devices=$(devices_of "$2" "$3")
	equal "$2 to $3: the page and flows tell the same" "$page" "$(told_by_flows "$2" "$3")"
	ok "… and nothing where fewer than $1 devices were active ($devices: $page bytes)" \
		eval "[ $page = 0 ] || [ $devices -ge $1 ]"
	told=$((told + (page > 0))) withheld=$((withheld + (page == 0)))
}
token=$("$bin" serve token add viewer --role viewer --access "$work/access" 2>/dev/null)
serve "$work/archive" "$policy"
begin=
for window in 00:00 06:00 07:00 09:00 08:00 08:10 08:05 08:10 03:00 03:30 22:00 23:00 12:00 12:05; do
	[ -n "$begin" ] || { begin=2026-03-17T${window}:00Z; continue; }
	ask_window 5 "$begin" "2026-03-17T${window}:00Z"
	begin=
done
ok 'some windows are told of, and some are not' [ "$told" -gt 0 -a "$withheld" -gt 0 ]

# Where the policy has a clock and a k of its own, an archive says so to whoever asks it without the policy: else what one
# tells of a day less what the other does would be of its edges.
sed '1i timezone: Europe/Stockholm' "$policy" | sed 's/^k: 5$/k: 9/' >"$work/stockholm.yaml"
"$bin" analyze --summary none --policy "$work/stockholm.yaml" --pseudonymize "$work/key" --archive "$work/stockholm" "$work/day.pcap" \
	2>>"$work/log"
serve "$work/stockholm" "$work/stockholm.yaml"
for window in 16T23 17T23 16T22 17T23 17T04 17T07 17T07 17T08 17T21 17T22; do
	[ -n "$begin" ] || { begin=2026-03-${window}:00:00Z; continue; }
	ask_window 9 "$begin" "2026-03-${window}:00:00Z"
	begin=
done
equal 'a day is that of the archive' "$(told_by_page 2026-03-17 2026-03-18)" "$(told_by_flows 2026-03-17 2026-03-18)"
curl -s -b "$work/cookie" "$origin/api/1/table?from=2026-03-17&to=2026-03-18&by=unit,app&most=5000" |
	jq -r '.rows[] | select(.is_remainder | not) | [.values[0], .values[1], (.total.bytes_up + .total.bytes_down)] | @tsv' | sort >"$work/units.page"
units_by_flows() { # OPTION…
	"$bin" flows -a "$archive" --top 0 -o ndjson -g unit,app --from 2026-03-17 --to 2026-03-18 "$@" 2>>"$work/log" |
		jq -r 'select(.["borderflow.unit"] | startswith("(") | not) | [.["borderflow.unit"], .["network.application"], .["network.bytes"]] | @tsv' |
		sort | cksum
}
looks_at "$work/units.page"
equal '… and so are its units' "$(cksum <"$work/units.page")" "$(units_by_flows)"
equal '… whichever way they are read' "$(cksum <"$work/units.page")" "$(units_by_flows --from-records)"
ok '… of which some are told' test -s "$work/units.page"
finish
