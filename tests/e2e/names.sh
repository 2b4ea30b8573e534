#!/bin/sh
# Under pseudonyms nothing says which device it is: a capture of names and addresses that do, each in its own way, and
# everything that is written about it. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq python3 redis-server redis-cli
needs_built
. "$(dirname "$0")/redis.sh"
generate --scenario names --out "$work/names.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" keys init --keys "$work/keys" >/dev/null
cat >"$work/policy.yaml" <<'END'
organisation: Exempelstad kommun
own_networks: [10.0.0.0/8, "2001:db8::/32"]
units: {Kommunledning: {networks: [10.20.0.0/16, "2001:db8:20::/48"]}}
mode: allow-list
language: en
END

start_redis
redis-cli -s "$work/redis.sock" MONITOR >"$work/redis.said" &
monitor=$!
analyze() { # analyze FOLDER OPTION…: with everything that can be written
	folder=$work/$1
	shift
	mkdir "$folder"
	ask FLUSHALL >/dev/null
	for format in ndjson csv cbor; do
		"$bin" analyze --policy "$work/policy.yaml" "$@" --summary none --flows "$folder/flows.$format" "$work/names.pcap" || return 1
	done
	"$bin" analyze --policy "$work/policy.yaml" "$@" --archive "$folder/archive" --alerts "$folder/alerts.ndjson" \
		--report "$folder/report" --redis "$redis_url" --summary json "$work/names.pcap" >"$folder/summary.json" 2>"$folder/said" &&
		"$bin" analyze --policy "$work/policy.yaml" "$@" "$work/names.pcap" >"$folder/summary.txt" 2>>"$folder/said" &&
		"$bin" flows --archive "$folder/archive" -o ndjson >"$folder/from-archive.ndjson" &&
		"$bin" flows --archive "$folder/archive" -o csv >"$folder/from-archive.csv" &&
		"$bin" flows --archive "$folder/archive" >"$folder/from-archive.txt"
}

# What tells: the word in every name, an address of ours in any form, half of a MAC.
telling='annas|EBEOEOEB|10\.20\.1\.1[34]|10-20-1-13|1\.20\.10\.in-addr|0a14010d|0d01140a|169083149|1205000415|00100afffe|0210\.0a14|2001:db8:20::13|2a00:b0b0:77:1::1313|20010db80020000|kommun\.example|w129bba'
tells() {
	grep -rEaio "$telling" "$1" | sort | uniq -c | sort -rn | grep .
}

ok 'without a key' analyze open
ok 'everything is told' [ "$(tells "$work/open/flows.ndjson" | wc -l)" -ge 10 ]
: >"$work/redis.said"
ok 'under pseudonyms' analyze hidden --keys "$work/keys"
kill $monitor
cp "$work/redis.said" "$work/hidden/"
looks_at "$work/open/flows.ndjson" "$work/hidden/flows.ndjson" "$work/hidden/summary.txt" "$work/hidden/redis.said"
equal 'every flow is there' "$(wc -l <"$work/open/flows.ndjson")" "$(wc -l <"$work/hidden/flows.ndjson")"
ok 'Redis was told something' [ "$(wc -l <"$work/hidden/redis.said")" -gt 50 ]
none_tells() {
	! tells "$work/hidden"
}
ok 'nothing says which device it is' none_tells
# The same, of each flow: what its name or address told must be gone.
jq -r '[.destination.domain // "", .tls.client.server_name // ""] | .[] | select(. != "")' "$work/hidden/flows.ndjson" | sort -u >"$work/left"
equal 'the one name that tells nothing is left' www.weather.example "$(cat "$work/left")"
# A zone is our own from the packet on that says so, whoever exports records when.
python3 "$(dirname "$0")/zones.py" "$work/zones.pcap"
in_clear() { # in_clear OPTION…: the first labels of names that are left
	"$bin" analyze --policy "$work/policy.yaml" "$@" --summary none --flows - "$work/zones.pcap" |
		jq -r '.destination.domain // empty | split(".")[0]' | sort -u | tr '\n' ' '
} 2>"$work/said"
equal 'without a key each zone has its names' 51 "$(in_clear | grep -o 'annas-[0-9]*' | wc -l)"
left="pc $(seq -f 'plain-%g' 15 | sort | tr '\n' ' ')"
for workers in 1 2 4; do
	equal "names in zones of ours are withheld, and no others ($workers threads)" \
		"$left" "$(in_clear --keys "$work/keys" --workers $workers)"
done
ok 'a network that a router advertises is asked for' grep -q '2a00:b0b0:78:1::/64 is a network of ours.*advertises' "$work/said"
ok 'the forgotten network is asked for' grep -q '2a00:b0b0:77:1::/64 is a network of ours.*own_networks' "$work/hidden/said"
equal '… and lends nobody its pseudonym' 1 "$(jq -r 'select(.network.direction == "external") | .borderflow.device' \
	"$work/hidden/flows.ndjson" | sort -u | wc -l)"
equal '… nor shows an address' 0 "$(jq -r 'select(.network.direction == "external") | .source.ip // .destination.ip // empty' \
	"$work/hidden/flows.ndjson" | wc -l)"
ok 'declared, its flows have devices of their own' sh -c "'$bin' analyze --summary none --keys '$work/keys' \
	--networks 10.0.0.0/8,2001:db8::/32,2a00:b0b0:77::/48 --flows - '$work/names.pcap' 2>'$work/declared' |
	jq -es 'map(select(.network.direction == \"external\")) == [] and (map(.destination.ip) | index(\"2a02:26f0:3100::80\"))' &&
	[ ! -s '$work/declared' ]"
finish
