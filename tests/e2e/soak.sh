#!/bin/bash
# A sensor that does not stop: replay at speed, new rules every minute, and every few seconds a look at what it says of
# itself. Memory must stay flat once it is warm, counters must agree with each other, nothing may be lost.
#
#   SOAK_SECONDS (3600), SOAK_PPS (0: as fast as it goes). Root only. Exit status 1 where something did not hold.
set -uo pipefail
bin=${BORDERFLOW_BIN:-./borderflow}
tools=$(dirname "$bin")/tests/traffic
data=${BORDERFLOW_DATA:-.}
seconds=${SOAK_SECONDS:-3600}
pps=${SOAK_PPS:-0}
reload_every=60
[ "$seconds" -ge 600 ] || reload_every=$((seconds / 10 + 1))
netns=borderflow-soak-$$
work=$(mktemp -d) || exit 1
pid=
server=
sender=
wrong=0

fail() {
	printf 'soak: %s\n' "$*" >&2
	exit 2
}
finish() {
	for process in $sender $pid $server; do
		kill -KILL "$process" 2>/dev/null
	done
	ip netns del $netns 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 2' INT TERM

[ "$(id -u)" -eq 0 ] || fail 'root is needed'
[ -x "$bin" ] && [ -x "$tools/sender" ] && [ -x "$tools/traffic" ] || fail 'run make borderflow tests/traffic/traffic tests/traffic/sender first'
ip netns add $netns || fail 'network namespaces are not to be had here'
inside() {
	ip netns exec $netns "$@"
}
metric() { # metric NAME: from the page that was read last
	awk -v name="$1" '$1 ~ "^" name "([{]|$)" { sum += $2 } END { printf "%.0f", sum }' "$work/metrics"
}
hold() { # hold WHAT COMMAND…
	local what=$1
	shift
	"$@" && printf '  holds: %s\n' "$what" && return
	printf '  DOES NOT HOLD: %s\n' "$what"
	wrong=1
}

inside sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
inside ip link set lo up
inside ip link add send0 type veth peer name tap0
inside ip link set send0 mtu 9000 up
inside ip link set tap0 mtu 9000 up
chmod 755 "$work"
mkdir -m 777 "$work/out"
mkdir -m 755 "$work/rules"
: >"$work/empty.yaml"
cp "$data/tests/traffic/day-policy.yaml" "$work/rules/policy.yaml"
"$tools/traffic" --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || fail 'the generator failed'
redis-server --port 0 --unixsocket "$work/redis.sock" --unixsocketperm 777 --save '' --dir "$work" >/dev/null &
server=$!
sleep 1
ip netns exec $netns "$bin" capture -i tap0 --config "$work/empty.yaml" --user nobody --policy "$work/rules/policy.yaml" \
	--redis "unix://$work/redis.sock" --sensor soak --spool "$work/out/spool" --spool-size 64 --socket "$work/out/socket" \
	--alerts "$work/out/alerts.ndjson" --archive "$work/out/archive" --metrics-listen 9464 2>"$work/log" &
pid=$!
for _ in $(seq 50); do
	grep -q capturing "$work/log" && break
	sleep 0.2
done
inside "$tools/sender" --interface send0 --pps "$pps" --seconds "$seconds" "$work/day.pcap" >"$work/sent" &
sender=$!

# One line every few seconds: time, resident kB, frames, kernel drops, packets in records, refused.
started=$SECONDS
next_reload=$reload_every
reloads=0
while kill -0 $sender 2>/dev/null; do
	sleep 5
	inside curl -s --max-time 5 http://127.0.0.1:9464/metrics >"$work/metrics" || wrong=1
	"$bin" top --once --socket "$work/out/socket" >"$work/page" || wrong=1
	printf '%d %d %s %s %s %s\n' $((SECONDS - started)) "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" \
		"$(metric borderflow_frames_total)" "$(metric borderflow_kernel_drops_total)" \
		"$(metric borderflow_record_packets_total)" "$(metric borderflow_refused_frames_total)" >>"$work/samples"
	if [ $((SECONDS - started)) -ge $next_reload ]; then
		printf '# edited after %s s\n' $((SECONDS - started)) >>"$work/rules/policy.yaml"
		kill -HUP "$pid"
		reloads=$((reloads + 1))
		next_reload=$((next_reload + reload_every))
	fi
	if [ $(((SECONDS - started) % 300)) -lt 5 ]; then
		tail -n 1 "$work/samples" | awk '{ printf "  %d s: %.1f MB resident, %d packets, %d lost\n", $1, $2 / 1000, $3, $4 }'
	fi
done
wait $sender
sender=
sent=$(cut -d' ' -f1 "$work/sent")
sleep 3
inside curl -s --max-time 5 http://127.0.0.1:9464/metrics >"$work/metrics"
printf '%s; %s reloads\n' "$(cat "$work/sent")" "$reloads"
hold "every packet was read ($sent)" [ "$(metric borderflow_frames_total)" = "$sent" ]
hold 'the kernel dropped none' [ "$(metric borderflow_kernel_drops_total)" = 0 ]
hold 'no flow was evicted' [ "$(sed -n 's/^borderflow_flow_parts_total{.*end="evicted"} //p' "$work/metrics")" = 0 ]
hold "each reload was taken ($reloads)" [ "$(metric borderflow_reloads_total)" = "$reloads" ]
hold 'every output is up' [ -z "$(grep '^borderflow_sink_up.* 0$' "$work/metrics")" ]
hold 'counters never went back' awk '{ for (i = 3; i <= 6; i++) { if ($i < last[i]) exit 1; last[i] = $i } }' "$work/samples"
# Warm after a third (the first flows have timed out, tables have their size): from there on less than a tenth more.
hold "memory is flat: $(awk -v s="$seconds" '$1 > s / 3 { n++; sum[n > 0 ? int(n) : 0] = $2 }
	END { printf "%.1f MB after a third, %.1f MB at the end", sum[1] / 1000, sum[n] / 1000 }' "$work/samples")" \
	awk -v s="$seconds" '$1 > s / 3 { if (!first) first = $2; last = $2 } END { exit !(first && last < first * 1.1) }' "$work/samples"
kill -TERM "$pid"
wait "$pid"
hold 'it ends cleanly' [ $? -eq 0 ]
pid=
# In the end every packet is in a record or was refused.
records=$("$bin" flows --archive "$work/out/archive" -o ndjson | jq .network.packets | awk '{ s += $1 } END { printf "%.0f", s }')
refused=$(sed -n 's/.* dropped by the kernel, \([0-9]*\) refused.*/\1/p' "$work/log" | tail -n 1)
hold "every packet is in a record or was refused: $records + $refused" [ $((records + refused)) = "$sent" ]
sed 's/^/  /' "$work/log" | tail -n 8
exit $wrong
