#!/bin/bash
# A sensor that does not stop: replay at speed, new rules every minute, and every few seconds a look at what it says of
# itself. Memory must stay flat once it is warm, counters must agree with each other, nothing may be lost.
#
#   SOAK_SECONDS (3600), SOAK_PPS (0: as fast as it goes). Root only. Prints TAP.
set -uo pipefail
must_run=yes
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
. "$(dirname "$0")/redis.sh"
. "$(dirname "$0")/wire.sh"
needs_sender
seconds=${SOAK_SECONDS:-3600}
pps=${SOAK_PPS:-0}
reload_every=60
[ "$seconds" -ge 600 ] || reload_every=$((seconds / 10 + 1))
pid=
sender=
stop() {
	kill_hard $sender $pid
	stop_redis
	remove_wire
}

read_metrics() { # one page, so that its numbers belong together
	inside curl -s --max-time 5 http://127.0.0.1:9464/metrics >"$work/metrics"
}

read_metric() { # read_metric NAME: from the page that was read last
	awk -v name="$1" '$1 ~ "^" name "([{]|$)" { sum += $2 } END { printf "%.0f", sum }' "$work/metrics"
}
mkdir -m 777 "$work/kept"
mkdir -m 755 "$work/rules"
: >"$work/empty.yaml"
cp "$data/tests/traffic/day-policy.yaml" "$work/rules/policy.yaml"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" keys init --keys "$work/keys" >"$work/out"
start_redis
ip netns exec "$netns" "$bin" capture -i tap0 --config "$work/empty.yaml" --user nobody --policy "$work/rules/policy.yaml" --keys "$work/keys" \
	--redis "$redis_url" --sensor soak --spool "$work/kept/spool" --spool-size 64 --socket "$work/kept/socket" \
	--alerts "$work/kept/alerts.ndjson" --archive "$work/kept/archive" --metrics-listen 9464 2>"$work/log" &
pid=$!
ok 'it starts' logged capturing
inside "$tools/sender" --interface send0 --pps "$pps" --seconds "$seconds" "$work/day.pcap" >"$work/sent" &
sender=$!

# One line every few seconds: time, resident kB, frames, kernel drops, packets in records, refused.
started=$SECONDS
next_reload=$reload_every
failed=
reloads=0
while kill -0 $sender 2>/dev/null; do
	sleep 5
	read_metrics || failed="$failed metrics"
	"$bin" top --once --socket "$work/kept/socket" >"$work/page" || failed="$failed top"
	printf '%d %d %s %s %s %s\n' $((SECONDS - started)) "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" \
		"$(read_metric borderflow_frames_total)" "$(read_metric borderflow_kernel_drops_total)" \
		"$(read_metric borderflow_record_packets_total)" "$(read_metric borderflow_refused_frames_total)" >>"$work/samples"
	if [ $((SECONDS - started)) -ge $next_reload ]; then
		printf '# edited after %s s\n' $((SECONDS - started)) >>"$work/rules/policy.yaml"
		kill -HUP "$pid"
		reloads=$((reloads + 1))
		next_reload=$((next_reload + reload_every))
	fi
	if [ $(((SECONDS - started) % 300)) -lt 5 ]; then
		tail -n 1 "$work/samples" | awk '{ printf "# %d s: %.1f MB resident, %d packets, %d lost\n", $1, $2 / 1000, $3, $4 }'
	fi
done
wait $sender
sender=
sent=$(cut -d' ' -f1 "$work/sent")
sleep 3
read_metrics
printf '# %s; %s reloads\n' "$(cat "$work/sent")" "$reloads"
ok "every look at it worked$failed" [ -z "$failed" ]
ok "every packet was read ($sent)" [ "$(read_metric borderflow_frames_total)" = "$sent" ]
ok 'the kernel dropped none' [ "$(read_metric borderflow_kernel_drops_total)" = 0 ]
ok 'no flow was evicted' [ "$(sed -n 's/^borderflow_flow_parts_total{.*end="evicted"} //p' "$work/metrics")" = 0 ]
ok "each reload was taken ($reloads)" [ "$(read_metric borderflow_reloads_total)" = "$reloads" ]
ok 'every output is up' [ -z "$(grep '^borderflow_sink_up.* 0$' "$work/metrics")" ]
ok 'counters never went back' awk '{ for (i = 3; i <= 6; i++) { if ($i < last[i]) exit 1; last[i] = $i } }' "$work/samples"
# Warm after a third (the first flows have timed out, tables have their size): from there on less than a tenth more.
ok "memory is flat: $(awk -v s="$seconds" '$1 > s / 3 { n++; sum[n > 0 ? int(n) : 0] = $2 }
	END { printf "%.1f MB after a third, %.1f MB at the end", sum[1] / 1000, sum[n] / 1000 }' "$work/samples")" \
	awk -v s="$seconds" '$1 > s / 3 { if (!first) first = $2; last = $2 } END { exit !(first && last < first * 1.1) }' "$work/samples"
kill -TERM "$pid"
ok 'it ends cleanly' wait "$pid"
pid=
# In the end every packet is in a record or was refused.
records=$("$bin" flows --archive "$work/kept/archive" -o ndjson | jq .network.packets | awk '{ s += $1 } END { printf "%.0f", s }')
refused=$(sed -n 's/.* dropped by the kernel, \([0-9]*\) refused.*/\1/p' "$work/log" | tail -n 1)
ok "every packet is in a record or was refused: $records + $refused" [ $((records + refused)) = "$sent" ]
tail -n 8 "$work/log" | sed 's/^/# /'
finish
