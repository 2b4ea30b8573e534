#!/bin/sh
# New reference data every second while a sensor is under load and five readers ask: its socket, all sensors in Redis, its
# metrics, its health, its archive. Nothing is lost: every packet is read, and archive, the sensor's own sums and those of
# all sensors say the same. Root only. Prints TAP.
#
#     BORDERFLOW_SECONDS     for how long (8)
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
. "$(dirname "$0")/redis.sh"
. "$(dirname "$0")/wire.sh"
needs_sender
seconds=${BORDERFLOW_SECONDS:-8}
sensor=
readers=
stop() {
	kill_hard $readers $sensor
	stop_redis
	remove_wire
}

mkdir "$work/kept" && chmod 777 "$work/kept"
cp "$data/tests/traffic/day-policy.yaml" "$work/rules.yaml"
: >"$work/empty.yaml"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" keys init --keys "$work/keys" >"$work/out" || broken 'no keys were made'
chmod 755 "$work/keys"
start_redis

ip netns exec "$netns" "$bin" capture -i tap0 --config "$work/empty.yaml" --user nobody --policy "$work/rules.yaml" \
	--keys "$work/keys" --archive "$work/kept/archive" --redis "$redis_url" --redis-every 1s --redis-merge-every 1s \
	--sensor north --socket "$work/kept/north.sock" --spool "$work/kept/spool" --spool-size 16 --idle-tcp 1s \
	--idle-other 1s --metrics-listen 9464 2>"$work/log" &
sensor=$!
ok 'it starts' logged capturing

# Each reader asks again and again, and notes what it was refused.
reader() { # reader NAME COMMAND…
	name=$1
	shift
	while [ -d "$work" ] && [ ! -e "$work/over" ]; do
		"$@" >"$work/$name.out" 2>"$work/$name.err" && echo ok || { echo refused && cat "$work/$name.err"; }
	done >"$work/$name.said" 2>/dev/null &
	readers="$readers $!"
}
reader socket "$bin" top --once --socket "$work/kept/north.sock"
reader redis "$bin" top --once --redis "$redis_url" --view control
reader metrics inside curl -sf --max-time 5 http://127.0.0.1:9464/metrics
reader health inside curl -sf --max-time 5 http://127.0.0.1:9464/health
# A block is written once a minute: a short run has none to read before its end.
archive_answers() {
	sleep 0.2
	[ -z "$(find "$work/kept/archive" -name '*.bfa' -size +0 2>/dev/null)" ] ||
		"$bin" flows --archive "$work/kept/archive" --limit 1000
}
reader archive archive_answers

sent=0 rounds=0 reloads=0
end=$(($(date +%s) + seconds))
(
	while [ -d "$work" ] && [ ! -e "$work/sent-all" ]; do
		sleep 1
		echo "# another line" >>"$work/rules.yaml"
		kill -HUP "$sensor" && echo >>"$work/reloads"
	done
) &
reloader=$!
while [ "$(date +%s)" -lt "$end" ]; do
	inside "$tools/sender" --interface send0 --pps 60000 "$work/day.pcap" >"$work/out"
	sent=$((sent + $(cut -d' ' -f1 "$work/out"))) rounds=$((rounds + 1))
done
touch "$work/sent-all"
wait "$reloader"
reloads=$(wc -l <"$work/reloads")
echo "# $sent packets in $rounds rounds, $reloads reloads"
ok 'every packet is read' becomes borderflow_frames_total "$sent" 30
ok 'the kernel dropped none' [ "$(metric borderflow_kernel_drops_total)" = 0 ]
loaded=$(metric borderflow_reloads_total)
ok "it loaded anew about each second ($loaded of $reloads)" [ "$loaded" -ge $((reloads / 2)) ]
ok '… and never failed to' [ "$(metric borderflow_reloads_failed_total)" = 0 ]
touch "$work/over"
wait_for 10 test -s "$work/archive.said"
for name in socket redis metrics health archive; do
	ok "$name answers ($(grep -c '^ok' "$work/$name.said") times)" grep -q '^ok' "$work/$name.said"
	ok '… each time' sh -c "! grep -A2 refused '$work/$name.said'"
done
kill -TERM "$sensor"
wait "$sensor"
ok 'it ends cleanly' [ $? -eq 0 ]
sensor=

# What each of them holds of all that was sent.
bytes_in_archive() {
	"$bin" flows --archive "$work/kept/archive" --format ndjson | jq -s 'map(.network.bytes) | add'
}
held=$(sum 'bf:1:{north}:m:zone.[ud]*')
ok 'bytes were seen' [ "$held" -gt 0 ]
ok 'the sums of all sensors are those of this one' [ "$(sum 'bf:1:{all:default}:m:zone.[ud]*')" = "$held" ]
ok '… flows too' [ "$(sum 'bf:1:{all:default}:m:zone.flows*')" = "$(sum 'bf:1:{north}:m:zone.flows*')" ]
equal 'and those of the archive' "$held" "$(bytes_in_archive)"
"$bin" flows --archive "$work/kept/archive" --verify >"$work/verified" 2>&1
ok 'which is whole' [ $? -eq 0 ]
finish
