#!/bin/bash
# Many sensors, one Redis: real processes, each with an interface of its own, small traffic of its own, and the sums of all
# of them together. Some are killed: they fall silent, and an alert says so for each. Then what it costs, a sensor.
#
#   MANY_SENSORS (50), MANY_KILLED (3), MANY_WATCH (30): seconds over which commands are counted. Root only. Prints TAP.
set -uo pipefail
must_run=yes
. "$(dirname "$0")/tap.sh"
needs_built
. "$(dirname "$0")/redis.sh"
. "$(dirname "$0")/wire.sh"
needs_sender
count=${MANY_SENSORS:-50}
killed=${MANY_KILLED:-3}
watch=${MANY_WATCH:-30}
declare -a pids
stop() {
	kill_hard ${pids[*]:-}
	stop_redis
	remove_wire
}

info() { # info SECTION FIELD
	ask INFO "$1" | tr -d '\r' | sed -n "s/^$2://p"
}
until_says() { # until_says SECONDS WANTED COMMAND…: what it says in the end
	local end=$((SECONDS + $1)) wanted=$2 said
	shift 2
	while :; do
		said=$("$@")
		[ "$said" != "$wanted" ] && [ $SECONDS -lt $end ] || break
		sleep 0.5
	done
	printf '%s' "$said"
}
top() {
	"$bin" top --once --lines 2000 --redis "$redis_url" --view "$@"
}
sensors_up() {
	top sensors | grep -cE '^s[0-9]+ +up '
}
sensors_silent() {
	top sensors | grep -cE '^s[0-9]+ +SILENT'
}
silent_alerts() {
	ask XRANGE bf:1:alerts - + | grep -c '^sensor.silent$'
}

: >"$work/empty.yaml"
start_redis
empty=$(info memory used_memory)

started=$SECONDS
for i in $(seq "$count"); do
	add_veth "$i"
	ip netns exec "$netns" "$bin" capture -i "tap$i" --config "$work/empty.yaml" --user nobody --socket none --ring-size 16 \
		--flow-limit 20000 --policy "$data/tests/traffic/day-policy.yaml" --redis "$redis_url" \
		--sensor "s$i" --heartbeat 2s 2>"$work/log$i" &
	pids[i]=$!
done
equal 'sensors that show themselves' "$count" "$(until_says 120 "$count" sensors_up)"
printf '# all up after %s s, %s MB resident each\n' $((SECONDS - started)) \
	"$(for pid in "${pids[@]}"; do awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; done | awk '{ s += $1 } END { printf "%.0f", s / NR / 1000 }')"

# Traffic: another seed for each, so that no two see the same.
truth=0
for i in $(seq "$count"); do
	generate --scenario plain --seed "$i" --out "$work/$i.pcap" --truth "$work/$i.tsv" >/dev/null 2>&1 ||
		broken 'the generator failed'
	truth=$((truth + $(awk -F '\t' 'NR > 1 { s += $8 + $9 } END { printf "%.0f", s }' "$work/$i.tsv")))
done
for i in $(seq "$count"); do
	inside "$tools/sender" --interface "send$i" --pps 500 "$work/$i.pcap" >"$work/sent$i" &
	senders="${senders-} $!"
done
for sender in $senders; do
	wait "$sender"
done
sent=$(cat "$work"/sent* | awk '{ s += $1 } END { print s }')

# What it costs while it runs.
before=$(info stats total_commands_processed)
cpu_before=$(info cpu used_cpu_user_main_thread)
sleep "$watch"
after=$(info stats total_commands_processed)
cpu_after=$(info cpu used_cpu_user_main_thread)
per_sensor=$(awk -v a="$before" -v b="$after" -v s="$watch" -v n="$count" 'BEGIN { printf "%.2f", (b - a) / s / n }')
cpu=$(awk -v a="$cpu_before" -v b="$cpu_after" -v s="$watch" -v n="$count" 'BEGIN { printf "%.3f", (b - a) / s / n * 100 }')
began=$(date +%s%N)
top apps >"$work/page"
ended=$(date +%s%N)

# Silence.
for i in $(seq "$killed"); do
	kill -KILL "${pids[i]}"
	wait "${pids[i]}" 2>/dev/null
done
equal 'sensors that are silent' "$killed" "$(until_says 40 "$killed" sensors_silent)"
equal 'alerts about silence' "$killed" "$(until_says 15 "$killed" silent_alerts)"
for i in $(seq $((killed + 1)) "$count"); do
	kill -TERM "${pids[i]}"
done
lost=0
read=0
ended_badly=
for i in $(seq $((killed + 1)) "$count"); do
	wait "${pids[i]}" || ended_badly="$ended_badly s$i"
	pids[i]=
	read=$((read + $(sed -n 's/.* queue 0: \([0-9]*\) frames.*/\1/p' "$work/log$i")))
	lost=$((lost + $(sed -n 's/.* frames, \([0-9]*\) dropped.*/\1/p' "$work/log$i")))
done
ok "all end cleanly$ended_badly" [ -z "$ended_badly" ]
equal 'packets lost' 0 "$lost"
# Those that were killed took their last flows with them; all others must be whole.
for i in $(seq "$killed"); do
	truth=$((truth - $(awk -F '\t' 'NR > 1 { s += $8 + $9 } END { printf "%.0f", s }' "$work/$i.tsv")))
	sent=$((sent - $(cut -d' ' -f1 "$work/sent$i")))
done
equal 'packets read' "$sent" "$read"
all=0
for i in $(seq $((killed + 1)) "$count"); do
	all=$((all + $(sum "bf:1:{s$i}:m:zone.up:*") + $(sum "bf:1:{s$i}:m:zone.down:*")))
done
equal 'bytes, of all sensors together' "$truth" "$all"
equal 'alerts about silence, after the others left' "$killed" "$(silent_alerts)"
memory=$(info memory used_memory)
keys=$(ask DBSIZE)
cat <<END
# What a sensor costs Redis here: $((keys / count)) keys and $(((memory - empty) / count / 1000)) kB with traffic of one day's start,
# $per_sensor commands a second and $cpu % of the server's core. A look with top at $count sensors: $(((ended - began) / 1000000)) ms.
END
finish
