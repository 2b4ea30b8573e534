#!/bin/sh
# `analyze --where --from --to`: a flow is judged when it is whole, and then all of it counts: records, parts in the
# archive, sums and alerts. Compared with the same question to an archive of everything. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built

generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1
all=$work/all
exits 0 "$bin" analyze --summary none --archive "$all" "$work/day.pcap"
check $? 'a generated day is archived'
[ $status -eq 0 ] || finish

# A question to the capture and to the archive: the same flows, whole and in parts.
same() {
	rm -rf "$work/some"
	"$bin" analyze --summary none --flows "$work/some.ndjson" --archive "$work/some" --where "$1" "$work/day.pcap" \
		2>"$work/err" || return
	"$bin" flows -a "$all" --whole -o ndjson "$1" 2>>"$work/err" | sort >"$work/wanted"
	sort "$work/some.ndjson" | cmp - "$work/wanted" >>"$work/err" || return
	grep -o '"flow":{"id":"[^"]*"' "$work/wanted" >"$work/ids"
	"$bin" flows -a "$all" -o ndjson | grep -F -f "$work/ids" | sort >"$work/wanted"
	"$bin" flows -a "$work/some" -o ndjson | sort | cmp - "$work/wanted" >>"$work/err"
}
for filter in 'transport == udp and bytes > 2kB' 'duration > 5m' 'zone == outside-eea'; do
	same "$filter"
	check $? "the capture and the archive give the same flows and parts: $filter"
done
[ "$("$bin" flows -a "$all" -o ndjson 'part > 0' | wc -l)" -gt 20 ]
check $? 'there were flows of several parts among them'

from=2026-03-17T10:00 to=2026-03-17T12:00
"$bin" analyze --summary none --flows - --from $from --to $to "$work/day.pcap" | sort >"$work/out"
"$bin" flows -a "$all" --whole -o ndjson --from $from --to $to | sort >"$work/wanted"
[ -s "$work/out" ] && cmp "$work/out" "$work/wanted" 2>"$work/err"
check $? '--from and --to keep flows that were alive in between, as flows --whole does'

"$bin" analyze --summary json --where 'app == tiktok' "$work/day.pcap" >"$work/summary.json"
"$bin" analyze --summary none --flows "$work/some.ndjson" --where 'app == tiktok' "$work/day.pcap"
sum=$(sed 's/.*"direction":"[a-z]*","bytes":\([0-9]*\).*/\1/' "$work/some.ndjson" | awk '{ s += $1 } END { print s }')
said=$(sed 's/.*"total":{"flows":\([0-9]*\),"packets":[0-9]*,"bytes_up":\([0-9]*\),"bytes_down":\([0-9]*\).*/\1 \2 \3/' \
	"$work/summary.json" | awk '{ print $1, $2 + $3 }')
equal 'the summary adds up what matches, and nothing else' "$(wc -l <"$work/some.ndjson") $sum" "$said"
# Whose flows, when, how much: as groups of the archive have it; where devices are pseudonyms nobody is told.
said=$(grep -o '"device":"[^"]*","first":"[^"]*","last":"[^"]*","sent":[0-9]*,"received":[0-9]*,"flows":[0-9]*' "$work/summary.json" |
	sed 's/"device":"\(.*\)","first".*"sent":\([0-9]*\),"received":\([0-9]*\),"flows":\(.*\)/\1 \2 \3 \4/' | sort)
"$bin" flows -a "$all" -g device --top 0 --sum source.bytes,destination.bytes -o csv 'app == tiktok' | tr -d '\r' >"$work/groups"
wanted=$(awk -F, 'NR > 1 { flows[$1] += $3; sent[$1] += $5; received[$1] += $6 }
	END { for (device in flows) print device, sent[device], received[device], flows[device] }' "$work/groups" | sort)
printf '%s\n' "$wanted" >"$work/out" && printf '%s\n' "$said" >"$work/err"
[ -n "$said" ] && [ "$wanted" = "$said" ]
check $? 'the devices of what matches, with what they sent and received'
"$bin" analyze --where 'app == tiktok' "$work/day.pcap" | sed -n '/^Devices/,/^$/p' >"$work/out"
[ "$(sed -n '3s/ .*//p' "$work/out")" = "$(sed -n '2s/,.*//p' "$work/groups")" ] && grep -qE '^[^ ]+ +03-17 [0-9:]{8}  03-17 [0-9:]{8} ' "$work/out"
check $? 'they stand in the summary, what sent most first'
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/key" && chmod 600 "$work/key"
for form in text json; do
	"$bin" analyze --summary $form --pseudonymize "$work/key" --where 'app == tiktok' "$work/day.pcap" >"$work/out"
	! grep -qE '^Devices|"devices":\[|10\.[0-9]+\.' "$work/out"
	check $? "but not where devices are pseudonyms: $form"
done
"$bin" analyze --workers 1 --summary none --flows "$work/one.ndjson" --where 'app == tiktok' "$work/day.pcap" &&
	cmp "$work/one.ndjson" "$work/some.ndjson"
check $? 'with one worker the records and their order are the same'

policy=$data/tests/traffic/day-policy.yaml
"$bin" analyze --summary none --policy "$policy" --alerts "$work/all.alerts" "$work/day.pcap" &&
	"$bin" analyze --summary none --policy "$policy" --alerts "$work/some.alerts" --where 'app == tiktok' "$work/day.pcap" &&
	"$bin" analyze --summary none --policy "$policy" --alerts "$work/no.alerts" --where 'app == netflix' "$work/day.pcap"
[ -s "$work/some.alerts" ] && [ ! -s "$work/no.alerts" ] &&
	[ "$(grep -c tiktok "$work/all.alerts")" -eq "$(grep -c tiktok "$work/some.alerts")" ]
check $? 'alerts are of what matches'

says 2 'found the end of the filter' 'what is wrong in a filter is said' "$bin" analyze --where 'app ==' "$work/day.pcap"
grep -qE '^ {8}\^$' "$work/err"
check $? 'and a mark stands below the place'
says 2 'did you mean tiktok' 'a name that is no app is said' "$bin" analyze --where 'app == tiktk' "$work/day.pcap"
says 2 'found "soon"' 'a time that is none is said' "$bin" analyze --from soon "$work/day.pcap"
says 2 'nothing lies between' 'an end before the beginning is said' \
	"$bin" analyze --from $to --to $from "$work/day.pcap"
says 2 'nothing lies between' 'to an archive as well' "$bin" flows -a "$all" --from $to --to $to
# Where nothing can match it is 2, where nothing does 0; the same by an archive and by captures.
says 2 'does not cover the time asked for: it holds [0-9,]* flows, from 2026' 'a time that a capture does not cover is said' \
	"$bin" analyze --summary none --from 2020-01-01 --to 2020-01-02 "$work/day.pcap"
says 0 'nothing matches; the input holds' 'that nothing is so large is an answer' \
	"$bin" analyze --summary none --where 'bytes > 900TB' "$work/day.pcap"
says 2 'no record has borderflow.flow.id "f0000000000000001"' 'a flow that is not there is said' \
	"$bin" analyze --summary none --where 'flow == f0000000000000001' "$work/day.pcap"
for way in '' '-g app' "--write-packets $work/none.pcapng --input $work/day.pcap"; do
	# shellcheck disable=SC2086
	says 2 'no record has borderflow.flow.id "f0000000000000001"' "the archive as well: ${way%% *}" \
		"$bin" flows -a "$all" 'flow == f0000000000000001' $way
	# shellcheck disable=SC2086
	says 0 'nothing matches; the archive holds' "and it has its answers: ${way%% *}" "$bin" flows -a "$all" 'bytes > 900TB' $way
done
says 2 'no record has borderflow.unit "nowhere"' '--compare as well' \
	"$bin" flows --compare "$all" "$work/day.pcap" 'unit == nowhere'
says 0 'nothing matches in either' 'and it has its answers' "$bin" flows --compare "$all" "$work/day.pcap" 'bytes > 900TB'
says 0 'started (Oslo)' 'a table goes by the clock that was asked for' \
	"$bin" flows -a "$all" --limit 1 -o table --time-zone Europe/Oslo
# An archive of which a run was stopped says that it holds a part.
cp -r "$all" "$work/part" && sed '$d' "$work/part/inputs" >"$work/part/inputs.new" && mv "$work/part/inputs.new" "$work/part/inputs"
says 3 '1 capture is not in it to the end' 'what a stopped run left is said to be a part' "$bin" flows -a "$work/part" -g app

says 2 'what all flows add up to' '--redis wants all flows' \
	"$bin" analyze --redis redis://localhost:1 --where 'app == tiktok' "$work/day.pcap"
finish
