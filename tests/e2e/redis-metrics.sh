#!/bin/sh
# `borderflow analyze --redis` on a generated working day, into a redis-server of our own: the sums there equal the
# flow records, alerts are in the stream, a second run changes nothing, and a server that is away is said. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
. "$(dirname "$0")/redis.sh"

analyze() {
	"$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" \
		--redis "$redis_url" "$@" "$work/day.pcap" 2>"$work/log"
}

generate --scenario day --out "$work/day.pcap" --truth "$work/truth.tsv" --alerts "$work/alerts.tsv" \
	2>/dev/null || broken 'the generator failed'
start_redis

ok 'the day is analysed' analyze --parts --flows "$work/flows.ndjson"
looks_at "$work/flows.ndjson"

# What our end sent and got, by app: the records say which end is ours by their direction.
jq -r 'select(.network.direction != null)
	| (if .network.direction == "inbound" then [.destination.bytes, .source.bytes]
	   else [.source.bytes, .destination.bytes] end) as [$up, $down]
	| [.network.application // "unknown", $up, $down] | @tsv' "$work/flows.ndjson" |
	awk -F '\t' '{ up[$1] += $2; down[$1] += $3; all_up += $2; all_down += $3 }
		END { for (app in up) printf "%s %d %d\n", app, up[app], down[app]; printf "* %d %d\n", all_up, all_down }' \
		>"$work/sums"
while read -r app up down; do
	ok "every byte that $app sent" [ "$(sum "bf:1:{file-*}:m:app.up:$app:*")" = "$up" ]
	ok "… and got" [ "$(sum "bf:1:{file-*}:m:app.down:$app:*")" = "$down" ]
done <"$work/sums"
read -r _ all_up all_down <<END
$(grep '^\* ' "$work/sums")
END
flows=$(sum 'bf:1:{file-*}:m:zone.flows:*')
ok 'flows are counted' [ "$flows" = "$(jq -r '.borderflow.flow | select((.part // 0) == 0) | .id' "$work/flows.ndjson" | wc -l)" ]
for dimension in app-unit unit server parent zone class matrix control rule action verdict \
	exception block hidden direction via protocol; do
	for whose in 'file-*' all:default; do
		ok "$dimension of $whose holds every byte up" [ "$(sum "bf:1:{$whose}:m:$dimension.up:*")" = "$all_up" ]
		ok "… and down" [ "$(sum "bf:1:{$whose}:m:$dimension.down:*")" = "$all_down" ]
		ok '… and every flow' [ "$(sum "bf:1:{$whose}:m:$dimension.flows:*")" = "$flows" ]
		ok '… and by the hour' [ "$(sum "bf:1:{$whose}:h:$dimension.up:*")" = "$all_up" ]
	done
done
ok 'one sensor, named by the input' [ "$(ask KEYS 'bf:1:{file-*}:seq' | grep -c .)" = 1 ]
ok 'one entry in the stream for each alert of the truth' \
	[ "$(ask XLEN bf:1:alerts)" = "$(($(wc -l <"$work/alerts.tsv") - 1))" ]
before=$(everything)
ok 'analysed again' analyze
ok 'a second run changes nothing' [ "$(everything)" = "$before" ]

# Long flows are booked where their packets were: each slot's bytes are those that tcpdump sees in it.
if command -v tcpdump >/dev/null; then
	generate --scenario plain --out "$work/plain.pcap" 2>/dev/null
	tcpdump -r "$work/plain.pcap" -tt -nn -v 2>/dev/null | awk '
		/^[0-9]+[.][0-9]+ .*[(]tos .*length [0-9]+[)]$/ { bytes = $NF; sub(/[)]/, "", bytes); slots[int($1 / 300)] += bytes }
		/^[0-9]+[.][0-9]+ .*payload length: / { bytes = $0; sub(/.*payload length: /, "", bytes); slots[int($1 / 300)] += bytes + 40 }
		END { for (slot in slots) print slot % 288, slots[slot] }' | sort -n >"$work/wire"
	ok 'flows over several slots' [ "$(wc -l <"$work/wire")" -gt 3 ]
	"$bin" analyze --summary none --redis "$redis_url?db=1" "$work/plain.pcap"
	ask -n 1 EVAL "local slots, lines = {}, {}
		for _, key in ipairs(redis.call('KEYS', 'bf:1:{file-*}:m:app.[ud]*')) do
			local all = redis.call('HGETALL', key)
			for i = 1, #all, 2 do slots[all[i]] = (slots[all[i]] or 0) + all[i + 1] end
		end
		for slot, bytes in pairs(slots) do lines[#lines + 1] = string.format('%s %.0f', slot, bytes) end
		return table.concat(lines, '\n')" 0 | sort -n >"$work/slots"
	ok '… are metered in each of them' diff "$work/wire" "$work/slots"
fi

stop_redis
ok 'without a server the exit status is 3' exits 3 analyze
ok '… and a sentence says why' grep -q 'Redis at .*redis.sock' "$work/log"
finish
