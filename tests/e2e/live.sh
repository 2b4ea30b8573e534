#!/bin/bash
# How fast live is, and that it is exact: on a veth pair in a network namespace, with our own sender.
#
#   live.sh rates [PROGRAM...]   each program alone, with 64 MB of buffer: the highest rate at which it loses nothing
#   live.sh exact                one long run at full speed into Redis: nothing lost, and the sums there are the generator's
#
# LIVE_SECONDS (60) is how long a rate must hold, LIVE_EXACT_SECONDS (600) how long the long run takes, LIVE_PPS (0: as fast as
# it goes) its rate. LIVE_RUN may be a command that runs another with precedence on a busy machine. Root only. Prints TAP: exit
# status 1 where something was lost or wrong.
set -uo pipefail
must_run=yes
. "$(dirname "$0")/tap.sh"
needs_built
. "$(dirname "$0")/redis.sh"
. "$(dirname "$0")/wire.sh"
needs_sender
seconds=${LIVE_SECONDS:-60}
exact_seconds=${LIVE_EXACT_SECONDS:-600}
exact_pps=${LIVE_PPS:-0}
read -ra precedence <<<"${LIVE_RUN:-}"
pid=
stop() {
	kill_hard $pid
	stop_redis
	remove_wire
}

fail() {
	cat "$work/log" >&2
	skip "$1"
}

mkdir -m 777 "$work/kept"
: >"$work/log"
: >"$work/empty.yaml"
"$bin" keys init --keys "$work/keys" >"$work/log" || fail 'no keys were made'
generate --scenario day --out "$work/day.pcap" --truth "$work/truth.tsv" >/dev/null 2>&1 || fail 'the generator failed'

# Starts a program; its process is $pid, what it says goes to log.
launch() {
	ip netns exec "$netns" "${precedence[@]}" "$@" >"$work/log" 2>&1 &
	pid=$!
	sleep 2
	kill -0 "$pid" 2>/dev/null || fail "$1 does not start"
}

# User and system time so far, in hundredths of a second.
cpu_time() {
	awk '{ sub(/.*\) /, ""); print $12, $13 }' "/proc/$pid/stat"
}

run_borderflow() {
	launch "$bin" capture -i tap0 --config "$work/empty.yaml" --user nobody --socket none --ring-size 64 \
		--policy "$data/tests/traffic/day-policy.yaml" --alerts "$work/kept/alerts.ndjson" \
		--archive "$work/kept/archive" --keys "$work/keys" --metrics-listen 9464
}
end_borderflow() {
	sleep 2
	lost=$((sent - $(metric borderflow_frames_total)))
	dropped=$(metric borderflow_kernel_drops_total)
	kill -TERM "$pid"
	wait "$pid"
	rm -rf "$work/kept/archive"
}
run_tcpdump() {
	launch tcpdump -i tap0 -n -B 65536 -w /dev/null
}
end_tcpdump() {
	sleep 1
	kill -INT "$pid"
	wait "$pid"
	lost=$((sent - $(sed -n 's/^\([0-9]*\) packets captured/\1/p' "$work/log")))
	dropped=$(sed -n 's/^\([0-9]*\) packets dropped by kernel/\1/p' "$work/log")
}
run_softflowd() {
	launch softflowd -i tap0 -d -B 67108864 -m 2000000 -n 127.0.0.1:9 -p "$work/pid" -c "$work/control"
}
end_softflowd() {
	sleep 1
	softflowctl -c "$work/control" statistics >"$work/said" 2>&1
	softflowctl -c "$work/control" exit >/dev/null 2>&1
	wait "$pid"
	dropped=$(sed -n 's/^Packets dropped by libpcap: //p' "$work/said")
	lost=$((sent - $(sed -n 's/^Packets received by libpcap: //p' "$work/said") + dropped))
}
run_nfpcapd() {
	mkdir -p "$work/nf"
	launch nfpcapd -i tap0 -b 64 -w "$work/nf"
}
end_nfpcapd() {
	sleep 1
	kill -INT "$pid"
	wait "$pid"
	lost=$((sent - $(sed -n 's/^Total: Processed: \([0-9]*\),.*/\1/p' "$work/log")))
	dropped=$(sed -n 's/^Stat: .*dropped by OS.Buffer: \([0-9]*\),.*/\1/p' "$work/log" | awk '{ s += $1 } END { print s + 0 }')
	rm -rf "$work/nf"
}

# One run of a program: measure PROGRAM SECONDS PPS. Sets sent, rate, lost and the time it took.
measure() {
	local before after
	"run_$1"
	before=$(cpu_time)
	inside "${precedence[@]}" "$tools/sender" --interface send0 --pps "$3" --seconds "$2" "$work/day.pcap" >"$work/sent" ||
		fail 'the sender failed'
	after=$(cpu_time)
	sent=$(cut -d' ' -f1 "$work/sent")
	rate=$(sed -n 's/.* \([0-9]*\) packets a second.*/\1/p' "$work/sent")
	read -r user system < <(echo "$before $after" | awk -v n="$sent" '{ printf "%.0f %.0f", ($3 - $1) * 1e7 / n, ($4 - $2) * 1e7 / n }')
	"end_$1"
	pid=
	printf '# %-11s %4d s at %7d packets/s: %9d sent, %8d lost (%s by the kernel), %4d + %4d ns CPU a packet\n' \
		"$1" "$2" "$rate" "$sent" "$lost" "${dropped:-?}" "$user" "$system"
}

# The highest rate that holds: full speed, else by halves of the interval that is left.
rates() {
	local program least most middle short=$((seconds / 4 + 1))
	printf '# Highest rate with nothing lost, %s s, 64 MB of buffer, one queue, %s\n' "$seconds" "$(nproc) cores"
	for program in "$@"; do
		command -v $program >/dev/null || [ $program = borderflow ] || { echo "# $program is not installed"; continue; }
		measure $program "$seconds" 0
		if [ "$lost" -eq 0 ]; then
			printf '# = %-11s %7d packets/s, where the sender is the limit\n' $program "$rate"
			continue
		fi
		least=0 most=$rate
		while [ $((most - least)) -gt $((most / 20)) ]; do
			middle=$(((least + most) / 2))
			measure $program "$short" "$middle"
			[ "$lost" -eq 0 ] && least=$middle || most=$middle
		done
		measure $program "$seconds" "$least"
		printf '# = %-11s %7d packets/s%s\n' $program "$least" "$([ "$lost" -eq 0 ] || echo ', and not for so long')"
	done
}

exact() {
	local times unit id up down
	start_redis
	launch "$bin" capture -i tap0 --config "$work/empty.yaml" --user nobody --socket none --ring-size 64 \
		--policy "$data/tests/traffic/day-policy.yaml" --redis "$redis_url" --sensor live --metrics-listen 9464
	inside "${precedence[@]}" "$tools/sender" --interface send0 --pps "$exact_pps" --seconds "$exact_seconds" "$work/day.pcap" >"$work/sent" ||
		fail 'the sender failed'
	sed 's/^/# /' "$work/sent"
	sent=$(cut -d' ' -f1 "$work/sent")
	times=$(sed -n 's/.*, \([0-9]*\) times$/\1/p' "$work/sent")
	sleep 3
	equal 'packets read' "$sent" "$(metric borderflow_frames_total)"
	equal 'packets lost' 0 "$(metric borderflow_kernel_drops_total)"
	kill -TERM "$pid"
	ok 'it ends cleanly' wait "$pid"
	pid=
	sed 's/^/# /' "$work/log"
	# bytes_out are the initiator's; every unit of the sample policy is ours, and what it does begins there.
	awk -F '\t' -v times="$times" 'NR > 1 { up[$15] += $8; down[$15] += $9 }
		END { for (unit in up) printf "%s\t%.0f\t%.0f\n", unit, up[unit] * times, down[unit] * times }' \
		"$work/truth.tsv" | sort >"$work/units"
	equal 'bytes' "$(awk -F '\t' '{ s += $2 + $3 } END { printf "%.0f", s }' "$work/units")" \
		"$(($(sum 'bf:1:{live}:m:zone.up:*') + $(sum 'bf:1:{live}:m:zone.down:*')))"
	equal '… by the hour' "$(awk -F '\t' '{ s += $2 + $3 } END { printf "%.0f", s }' "$work/units")" \
		"$(($(sum 'bf:1:{live}:h:zone.up:*') + $(sum 'bf:1:{live}:h:zone.down:*')))"
	while IFS=$'\t' read -r unit up down; do
		id=$(ask HGETALL 'bf:1:{live}:dict' | awk -v unit="$unit" 'NR % 2 { id = $0; next } $0 == unit { print id }' | head -1)
		[ "$unit" != - ] || id=none
		equal "up from unit $unit" "$up" "$(sum "bf:1:{live}:m:unit.up:$id:*")"
		equal "down to unit $unit" "$down" "$(sum "bf:1:{live}:m:unit.down:$id:*")"
	done <"$work/units"
}

case ${1-} in
rates)
	shift
	rates "${@:-borderflow}"
	;;
exact) exact ;;
'')
	rates borderflow tcpdump softflowd nfpcapd
	exact
	;;
*) skip 'rates, exact, or nothing for both' ;;
esac
finish
