#!/bin/sh
# What a sensor keeps of single devices: nothing without a key or without stated grounds. Everything that `borderflow
# capture` writes, sends and shows is searched for own addresses and what stands for them. Root only. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq tcpdump
needs_built
. "$(dirname "$0")/redis.sh"
. "$(dirname "$0")/wire.sh"
needs_sender
sensor=
monitor=
end_run() {
	kill_hard $sensor $monitor
	sensor=
	monitor=
}
stop() {
	end_run
	stop_redis
	remove_wire
}

# Every device of ours in many spellings, and whatever stands for one.
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" --flows "$work/open.ndjson" "$work/day.pcap"
jq -r '.source.ip, .destination.ip' "$work/open.ndjson" | sort -u | grep -E '^(10\.(2|30)|2001:db8:)' >"$work/own"
jq -r '.network.community_id // empty' "$work/open.ndjson" | sort -u >"$work/telling"
tcpdump -e -n -r "$work/day.pcap" 2>/dev/null | awk '{ print $2; sub(/,/, "", $4); print $4 }' | sort -u |
	awk '/^02:/ { print; dashed = $1; gsub(":", "-", dashed); print dashed }' >>"$work/telling"
awk -F. '/^10\./ {
	print " " $0; print "\"" $0 "\""; print $1 "-" $2 "-" $3 "-" $4; print $4 "." $3 "." $2 "." $1 ".in-addr"
	printf "%03d%03d%03d%03d\n%s\n", $1, $2, $3, $4, (($1 * 256 + $2) * 256 + $3) * 256 + $4
	printf "ffff%02x%02x%02x%02x\n", $1, $2, $3, $4
	printf "0x%02x%02x%02x%02x\n", $1, $2, $3, $4
}
/:/ { print; dashed = $0; gsub(":", "-", dashed); print dashed }' "$work/own" >>"$work/telling"
ok 'there is something to look for' [ "$(wc -l <"$work/telling")" -gt 1000 ]

# Files as text and as hexadecimal digits: an address in a struct is no text.
gather() { # gather KIND: all that the sensor of that kind has left
	for file in $(find "$work/$1" -type f); do
		cat "$file"
		od -An -v -tx1 "$file" | tr -d ' \n'
		echo
	done >"$work/$1.all"
	"$bin" flows --archive "$work/$1/archive" --format ndjson >>"$work/$1.all" 2>&1
	cat "$work/$1.shown" "$work/$1.redis" "$work/log" >>"$work/$1.all"
}

tells_none() { # tells_none KIND LIST
	[ "$(wc -c <"$work/$1.all")" -gt 1000000 ] || return 1 # nothing was searched
	if grep -F -o -f "$2" "$work/$1.all" | sort | uniq -c | sort -rn | head -n 5 | grep .; then
		grep -F -f "$2" "$work/$1.all" | cut -c -300 | head -n 3
		return 1
	fi
}

# A policy without the lines named.
policy_without() { # policy_without KIND LINE…
	cp "$data/tests/traffic/day-policy.yaml" "$work/$1.yaml"
	kind=$1
	shift
	for line; do
		case $line in
		purpose) sed -i '/^purpose:/,/^legal_basis/{/^legal_basis/!d}' "$work/$kind.yaml" ;;
		*) sed -i "/^$line:/d" "$work/$kind.yaml" ;;
		esac
	done
}

show() {
	kind=$1
	inside curl -s http://127.0.0.1:9464/metrics
	inside curl -s http://127.0.0.1:9464/health
	curl -s --http0.9 --max-time 1 --unix-socket "$work/$kind/sensor.sock" http://sensor/
	for view in apps units servers control alerts sensors; do
		"$bin" top --once --lines 100 --socket "$work/$kind/sensor.sock" --view $view
	done
}

holds_sums() { # flows ended, and were sent on
	"$bin" top --once --lines 100 --socket "$work/$kind/sensor.sock" 2>"$work/err" | grep -qE '^Microsoft' &&
		[ "$(ask KEYS 'bf:1:*:m:app.up:*' | wc -l)" -gt 10 ]
}

captures() { # captures KIND OPTION…: the day, with every output there is
	kind=$1
	today=$(date +%Y-%m-%d)
	shift
	end_run # the one before, where it was left in the middle
	mkdir -p "$work/$kind" && chmod 777 "$work/$kind"
	ask FLUSHALL >/dev/null
	redis-cli -s "$work/redis.sock" MONITOR >"$work/$kind.redis" &
	monitor=$!
	: >"$work/log"
	ip netns exec "$netns" "$bin" capture -i tap0 --user nobody --policy "$work/$kind.yaml" --flows "$work/$kind/flows.ndjson" \
		--archive "$work/$kind/archive" --alerts "$work/$kind/alerts.ndjson" --redis "$redis_url" --redis-every 1s --heartbeat 1s \
		--spool "$work/$kind/spool" --spool-size 1 --socket "$work/$kind/sensor.sock" --state "$work/$kind/state" \
		--metrics-listen 9464 --idle-tcp 1s --idle-other 1s --log-level debug "$@" 2>"$work/log" &
	sensor=$!
	logged capturing || return 1
	inside "$tools/sender" --interface send0 --pps 60000 "$work/day.pcap" >"$work/sent"
	becomes borderflow_frames_total "$(cut -d' ' -f1 "$work/sent")" || return 1
	wait_for 20 holds_sums || return 1
	kill -USR1 $sensor
	show $kind >"$work/$kind.shown" 2>&1
	kill -TERM $sensor
	wait $sensor || return 1
	sensor=
	kill $monitor
	wait $monitor 2>/dev/null
	monitor=
	"$bin" report --archive "$work/$kind/archive" --policy "$work/$kind.yaml" --from "$today" --to "$today" \
		--out "$work/$kind/report" >>"$work/$kind.shown" 2>&1
	gather $kind
}

keeps_sums() { # keeps_sums KIND: and nothing else
	looks_at "$work/$1.all"
	ok "$1: no address, MAC or Community ID of ours" tells_none "$1" "$work/telling"
	ok "$1: no pseudonym" tells_none "$1" "$work/pseudonyms"
	ok "$1: no flow" [ ! -s "$work/$1/flows.ndjson" ]
	ok "$1: none in the archive" [ "$("$bin" flows --archive "$work/$1/archive" --format ndjson 2>/dev/null | wc -l)" = 0 ]
	ok "$1: sums by app go on" grep -qE '^Microsoft' "$work/$1.shown"
	ok "$1: … and in Redis" [ "$(ask KEYS 'bf:1:*:m:app.up:*' | wc -l)" -gt 10 ]
	jq -c 'select(.rule)' "$work/$1/alerts.ndjson" >"$work/$1.cases"
	ok "$1: alerts go on" [ -s "$work/$1.cases" ]
	looks_at "$work/$1.cases"
	ok "$1: … without devices, flows or a device's name" jq -es 'all(.[]; (.source.ip or .borderflow.device) == false and
		(.borderflow.alert.evidence | (.devices + .flow_ids + .names) == []))' "$work/$1.cases"
	ok "$1: … and speak of units" jq -es 'all(.[]; .borderflow.unit != null and (.message | test("[Ee]nheter i |[Dd]evices in ")))' \
		"$work/$1.cases"
	looks_at
}

"$bin" keys init --keys "$work/keys" >/dev/null
for kind in complete keyless unasked aimless; do
	policy_without $kind
done
policy_without unasked consultation_date
policy_without aimless purpose legal_basis
ok 'redis-server' start_redis

# With all of it: pseudonyms, and still no address.
ok 'with a key and stated grounds' captures complete --keys "$work/keys"
looks_at "$work/complete.all"
ok 'complete: nothing is said to be missing' sh -c "! grep 'only sums are kept' '$work/log'"
ok 'complete: flows are kept' [ "$(wc -l <"$work/complete/flows.ndjson")" -gt 5000 ]
ok 'complete: no address, MAC or Community ID of ours' tells_none complete "$work/telling"
ok 'complete: the heartbeat is an output like the others' grep -q '_up{.*heartbeat.*} 1$' "$work/complete.shown"
ok 'complete: open cases are kept for the next run' [ -s "$work/complete/state/alerts.state" ]
jq -r '.borderflow.device // empty' "$work/complete/flows.ndjson" | sort -u >"$work/pseudonyms"
ok 'complete: under pseudonyms' [ "$(wc -l <"$work/pseudonyms")" -gt 50 ]

looks_at
ok 'without a key' captures keyless
ok 'keyless: the start says so, and what to do' grep -q 'only sums are kept.*borderflow keys init' "$work/log"
keeps_sums keyless
ok 'without a consultation' captures unasked --keys "$work/keys"
ok 'unasked: the start names the line' grep -q 'only sums are kept.*does not state "consulted"' "$work/log"
keeps_sums unasked

ok 'without purpose and legal basis' captures aimless --keys "$work/keys"
ok 'aimless: the start names both' grep -q 'does not state "purpose", "legal_basis"' "$work/log"
keeps_sums aimless
finish
