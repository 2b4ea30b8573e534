#!/bin/sh
# The thread through the whole house, on the sample day and with every output at once: alerts equal the ground truth,
# TikTok from a cache inside the EEA keeps its four countries, Redis holds the sums of the records per zone and per pair
# of countries, the archive gives the records back, the report names no device. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
. "$(dirname "$0")/redis.sh"

analyze() {
	"$bin" analyze --policy "$data/tests/traffic/day-policy.yaml" --summary none "$@" "$work/day.pcap"
}

# Sums by series of one dimension, as Redis holds them: series, then bytes.
stored() {
	ask EVAL "local sums, lines = {}, {}
		for _, key in ipairs(redis.call('KEYS', 'bf:1:{file-*}:m:' .. ARGV[1] .. ':*')) do
			local series = key:match(':m:[^:]*:(.*):%d+\$')
			for _, value in ipairs(redis.call('HVALS', key)) do sums[series] = (sums[series] or 0) + value end
		end
		for series, sum in pairs(sums) do lines[#lines + 1] = string.format('%s %.0f', series, sum) end
		return lines" 0 "$1" | LC_ALL=C sort
}

# The same from the records: recorded up|down JQ-EXPRESSION-OF-THE-SERIES
recorded() {
	jq -r --arg way "$1" 'select(.network.direction != null)
		| (.network.direction == "inbound") as $turned
		| (if ($way == "up") == $turned then .destination.bytes else .source.bytes end) as $bytes
		| ('"$2"') + " " + ($bytes | tostring)' "$work/parts.ndjson" |
		awk '{ sums[$1] += $2 } END { for (series in sums) printf "%s %.0f\n", series, sums[series] }' | LC_ALL=C sort
}

same_sums() { # same_sums DIMENSION SERIES: both ways
	for way in up down; do
		stored "$1.$way" >"$work/stored"
		recorded "$way" "$2" >"$work/recorded"
		[ -s "$work/stored" ] && diff "$work/recorded" "$work/stored" || return 1
	done
}

generate --scenario day --out "$work/day.pcap" --truth "$work/truth.tsv" --alerts "$work/alerts.tsv" \
	2>/dev/null || broken 'the generator failed'
start_redis

ok 'the day goes to every output at once' analyze --flows "$work/flows.ndjson" --alerts "$work/alerts.ndjson" \
	--redis "$redis_url" --archive "$work/archive" --report "$work/report"
ok 'flows and alerts equal the ground truth' "$tools/compare" --truth "$work/truth.tsv" --flows "$work/flows.ndjson" \
	--alerts-truth "$work/alerts.tsv" --alerts "$work/alerts.ndjson"

# TikTok by its names from somebody else's caches inside the EEA.
jq -c 'select(.network.application == "tiktok" and (.borderflow.zone == "eu" or .borderflow.zone == "eea")
	and (.destination.as.organization.name // "" | test("akamai"; "i")))' "$work/flows.ndjson" >"$work/tiktok"
if [ -n "$("$bin" geo info 2>/dev/null | grep -i networks)" ]; then
	ok 'TikTok comes from a CDN inside the EEA' [ -s "$work/tiktok" ]
	ok '… and each record says server, operator, owner and China as parent' jq -e -n \
		'[inputs | .borderflow | (.server_country | length == 2) and (.operator_country == "US")
			and (.app.owner_country == "IE") and (.app.parent_country == "CN") and (.control == "third")] | all' \
		"$work/tiktok"
	ok '… in the report as well' jq -e '.matrix | map(select((.zone == "eu" or .zone == "eea") and .parent_country == "CN"))
		| length > 0' "$work/report/report.json"
else
	passed_over 'TikTok comes from a CDN inside the EEA' 'no geo databases (tools/fetch-geo)'
fi

k=$(sed -n 's/^k: *//p' "$data/tests/traffic/day-policy.yaml")
for language in en sv nb nn da fi; do
	page=$work/report/report.$language.html
	ok "$language: the denied app and its rule are on the page" grep -q neka-tiktok "$page"
	ok "$language: no address of a device" exits 1 grep -E '10\.[0-9]+\.[0-9]+\.[0-9]+|2001:db8:' "$page"
	ok "$language: no group of fewer than $k devices" exits 1 grep -E "<td[^>]*>[1-$((k - 1))]</td></tr>" "$page"
done
ok 'json: no address of a device' exits 1 grep -E '10\.[0-9]+\.[0-9]+\.[0-9]+|2001:db8:' "$work/report/report.json"
ok "json: no group of fewer than $k devices" jq -e --argjson k "$k" \
	'[.. | objects | .devices? | numbers | select(. > 0 and . < $k)] | length == 0' "$work/report/report.json"

# What is the same in the whole run is not stored with each record.
sed 's/,"organization":{"id":"Exempelstad kommun"}}$/}/' "$work/flows.ndjson" | LC_ALL=C sort >"$work/written"
"$bin" flows --archive "$work/archive" --whole -o ndjson | LC_ALL=C sort >"$work/read"
ok 'the archive gives the same records back, byte for byte' cmp "$work/written" "$work/read"

before=$(everything)
ok 'a second run, with parts' analyze --parts --flows "$work/parts.ndjson" --redis "$redis_url"
ok '… changes nothing in Redis' [ "$(everything)" = "$before" ]
ok 'bytes per app' same_sums app '.network.application // "unknown"'
ok 'bytes per zone' same_sums zone .borderflow.zone
ok 'bytes per pair of server country and parent country' same_sums matrix \
	'(if .borderflow.zone == "internal" then "internal" else .borderflow.server_country // "unknown" end)
	+ "-" + (.borderflow.app.parent_country // if .borderflow.control == "internal" then "internal" else "unknown" end)'
ok 'one entry in the stream for each alert' \
	[ "$(ask XLEN bf:1:alerts)" = "$(($(wc -l <"$work/alerts.tsv") - 1))" ]

ok 'a violation is an exit status for whoever asks' exits 1 analyze --fail-on violation
ok '… and not without asking' analyze
finish
