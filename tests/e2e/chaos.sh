#!/bin/sh
# A live sensor and everything that can go wrong between it and Redis: a real sensor on a wire of its own, real servers,
# real faults. After each the sums in Redis must be those of the generated traffic: nothing lost, nothing twice. Root
# only. Prints TAP.
#
#     chaos.sh [--long] [CASE…]     all cases unless some are named; --long: faults that last as long as they may
. "$(dirname "$0")/tap.sh"
needs redis-server redis-cli
needs_built
cases='redis-killed redis-rolled-back redis-emptied redis-stopped connection-cut failover cluster memory-full rights
	redis-hangs-at-end sensor-killed sensor-killed-alone disk-full spool-damaged'

# ---- what every case uses: a folder, a wire, traffic, a sensor, servers -----------------------------------------------

set_up() {
	. "$(dirname "$0")/wire.sh"
	pids=
	sensor=
	rounds=0
	mkdir "$work/kept" && chmod 777 "$work/kept"
	stop() {
		tear_down
	}
}

tear_down() {
	for pid in $sensor $pids; do
		kill -CONT "$pid" 2>/dev/null
		kill -KILL "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	remove_wire
	umount "$work/small" 2>/dev/null
}

server() { # server PORT OPTION…: a redis-server; its process is $server
	port=$1
	shift
	mkdir -p "$work/$port"
	ip netns exec "$netns" redis-server --port "$port" --bind 127.0.0.1 --dir "$work/$port" --logfile "$work/$port/log" --save '' \
		--hash-max-listpack-entries 300 "$@" >/dev/null 2>&1 &
	server=$!
	pids="$pids $server"
	wait_for 10 answers "$port"
}

answers() {
	ask "$1" PING >/dev/null 2>&1
}

kill_now() { # kill_now PROCESS: with -9, and gone with its ports and locks when this returns
	kill -KILL "$1"
	wait "$1" 2>/dev/null
}

ask() { # ask PORT COMMAND…
	port=$1
	shift
	inside redis-cli --no-auth-warning -p "$port" "$@"
}

start() { # start URL OPTION…
	url=$1
	shift
	: >"$work/log"
	ip netns exec "$netns" "$bin" capture -i tap0 -u nobody --ring-size 16 --flow-limit 20000 --idle-tcp 1s \
		--idle-other 1s --metrics-listen 9464 --sensor north --redis "$url" --redis-every 1s --redis-merge-every 2s \
		--spool "$work/kept/spool" --spool-size 8 "$@" 2>>"$work/log" &
	sensor=$!
	logged capturing
}

end_sensor() {
	kill -TERM "$sensor"
	wait "$sensor"
	ended=$?
	sensor=
	cp "$work/log" "$work/log.stopped"
	return $ended
}

send() { # the traffic once
	inside "$tools/sender" --interface send0 --pps "${1:-8000}" "$shared/traffic.pcap" >"$work/sent" || return 1
	rounds=$((rounds + 1))
}

send_beside() { # the same while something else happens
	send "$@" &
	beside=$!
}

sent() {
	wait "$beside" && rounds=$((rounds + 1))
}

all_metered() { # nothing is followed any more, and the feed has it
	becomes borderflow_flows 0 30 && sleep 1.5
}

arrived() { # all that was metered is in Redis
	all_metered && becomes borderflow_outbox_up 1 30 && becomes borderflow_outbox_waiting_batches 0 30
}

# Every byte of the traffic, once a round, in each dimension, by slot and by hour. expected: with what is known lost.
# Where nothing was sent nothing was seen, and nothing is right.
sums_are_right() { # sums_are_right PORT [BYTES [TAG]]
	[ "$rounds" -gt 0 ] || return 1
	expected=${2:-$(($(cat "$shared/bytes") * rounds))}
	ask "$1" --raw EVAL "local lines = {}
		for _, kind in ipairs({ 'm', 'h' }) do
			for _, dim in ipairs({ 'app', 'app-unit', 'unit', 'server', 'parent', 'zone', 'class', 'matrix' }) do
				local sum = 0
				for _, way in ipairs({ 'up', 'down' }) do
					for _, key in ipairs(redis.call('KEYS', 'bf:1:{' .. ARGV[1] .. '}:' .. kind .. ':' .. dim .. '.' .. way .. ':*')) do
						for _, value in ipairs(redis.call('HVALS', key)) do sum = sum + value end
					end
				end
				lines[#lines + 1] = string.format('%s %s %.0f', kind, dim, sum)
			end
		end
		return table.concat(lines, '\n')" 0 "${3:-north}" >"$work/sums"
	awk -v expected="$expected" '$3 != expected { print $0 ", not " expected; wrong = 1 } END { exit wrong || NR != 16 }' \
		"$work/sums"
}

report() { # what the sensor said when it ended
	sed -n 's/^Redis: /# /p' "$work/log" | tail -1
}

settle() { # settle PORT: all there, stopped cleanly, sums right
	ok 'everything arrives' arrived
	ok 'it stops cleanly' end_sensor
	report
	ok "sums equal the traffic's, $rounds rounds" sums_are_right "$1"
	ok '… and so do those of all sensors' sums_are_right "$1" '' all:default
}

# ---- the cases ------------------------------------------------------------------------------------------------------

case_redis_killed() { # with kill -9, while batches come; it loses its last second
	server 6390 --appendonly yes --appendfsync everysec
	ok 'it starts' start redis://127.0.0.1:6390
	for _ in 1 2; do
		send_beside 3000
		sleep 1.2
		kill_now "$server"
		sleep 1
		server 6390 --appendonly yes --appendfsync everysec
		sleep 1
		kill_now "$server"
		sent
		server 6390 --appendonly yes --appendfsync everysec
	done
	send
	settle 6390
}

case_redis_rolled_back() { # it comes back with what it had a while ago
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390
	send
	ok 'everything arrives' arrived
	ask 6390 SAVE >/dev/null
	send
	ok 'everything arrives' arrived
	kill_now "$server"
	server 6390
	send
	ok 'everything arrives' arrived
	ok 'what it had lost was sent again' [ "$(metric borderflow_outbox_replayed_total)" -gt 0 ]
	settle 6390
}

case_redis_emptied() { # it comes back with nothing, function and all
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390
	send
	ok 'everything arrives' arrived
	kill_now "$server"
	server 6390
	send
	settle 6390
}

case_redis_stopped() { # longer than a batch may take
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390
	send
	kill -STOP "$server"
	send
	sleep "$stop_seconds"
	send
	ok 'no packet waits for it' [ "$(metric borderflow_kernel_drops_total)" = 0 ]
	kill -CONT "$server"
	send
	settle 6390
}

case_redis_hangs_at_end() { # the sensor waits for it, says so, and not for long
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390
	send
	ok 'everything arrives' arrived
	kill -STOP "$server"
	send
	ended_at=$(date +%s)
	ok 'it stops cleanly' end_sensor
	ok 'it says what it waits for' grep -q 'waiting for Redis at 127.0.0.1:6390 to take the last batches' "$work/log"
	ok '… no longer than it must' [ $(($(date +%s) - ended_at)) -le 13 ]
	ok '… and what is left' grep -q 'wait in the spool for the next start' "$work/log"
	kill -CONT "$server"
	ok 'it starts again' start redis://127.0.0.1:6390
	settle 6390
}

interrupt() { # interrupt RULE SECONDS
	inside nft add rule inet chaos out "$1"
	sleep "$2"
	inside nft flush chain inet chaos out
}

case_connection_cut() { # requests, answers and the middle of batches
	command -v nft >/dev/null || {
		passed_over 'all of it' 'nft is not installed'
		return
	}
	inside nft add table inet chaos || {
		passed_over 'all of it' 'the kernel has no nftables'
		return
	}
	inside nft add chain inet chaos out '{ type filter hook output priority 0; }'
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390
	send_beside 1200
	# Answers that never come: what was applied must not be sent again.
	interrupt 'tcp sport 6390 drop' 6
	sent
	send_beside 2000
	# Full segments, so that batches get stuck half-way; then the connection is torn down.
	interrupt 'tcp dport 6390 ip length > 1400 drop' 1
	interrupt 'tcp dport 6390 reject with tcp reset' 0.5
	interrupt 'tcp sport 6390 reject with tcp reset' 0.5
	interrupt 'tcp dport 6390 ip length > 1400 drop' 1
	sent
	send
	settle 6390
}

sentinel_knows() {
	ask 26390 SENTINEL REPLICAS north | grep -qx 6392
}

case_failover() { # a sentinel makes the replica the primary
	server 6391
	primary=$server
	server 6392 --replicaof '127.0.0.1 6391' --repl-diskless-sync-delay 0
	printf 'port 26390\nbind 127.0.0.1\nsentinel monitor north 127.0.0.1 6391 1\nsentinel down-after-milliseconds north 1000
sentinel failover-timeout north 5000\n' >"$work/sentinel.conf"
	ip netns exec "$netns" redis-server "$work/sentinel.conf" --sentinel >"$work/sentinel.log" 2>&1 &
	pids="$pids $!"
	ok 'it starts' start sentinel://127.0.0.1:26390/north
	send
	ok 'the replica follows' wait_for 10 replica_is_linked 6392
	ok 'the sentinel has heard of it' wait_for 15 sentinel_knows
	send_beside 3000
	sleep 1
	kill -KILL "$primary"
	sent
	send
	ok 'everything arrives' arrived
	ok 'it stops cleanly' end_sensor
	report
	ok 'the replica became the primary' [ "$(ask 6392 --raw ROLE | head -1)" = master ]
	ok "sums equal the traffic's, $rounds rounds" sums_are_right 6392
	ok '… and so do those of all sensors' sums_are_right 6392 '' all:default
}

replica_is_linked() {
	ask "$1" --raw INFO replication | grep -q '^master_link_status:up'
}

# The node that has the sensor's slot now.
owner() {
	ask "$1" --raw CLUSTER SLOTS | awk -v slot="$slot" '
		state == 0 && /^[0-9]+$/ { from = $1; state = 1; next }
		state == 1 { to = $1; state = 2; next }
		state == 2 { state = 3; next }
		state == 3 { if (from <= slot && slot <= to && !found) { print $1; found = 1 } state = 4; next }
		state == 4 && /^[0-9]+$/ { from = $1; state = 1 }'
}

node_id() {
	ask "$1" --raw CLUSTER MYID
}

move_slot() { # move_slot FROM TO, slowly
	from_id=$(node_id "$1")
	to_id=$(node_id "$2")
	ask "$2" CLUSTER SETSLOT "$slot" IMPORTING "$from_id" >/dev/null
	ask "$1" CLUSTER SETSLOT "$slot" MIGRATING "$to_id" >/dev/null
	while key=$(ask "$1" --raw CLUSTER GETKEYSINSLOT "$slot" 100) && [ -n "$key" ]; do
		# shellcheck disable=SC2086
		ask "$1" MIGRATE 127.0.0.1 "$2" '' 0 5000 KEYS $key >/dev/null
		sleep 0.05
	done
	for port in "$2" "$1" 6403; do
		ask "$port" CLUSTER SETSLOT "$slot" NODE "$to_id" >/dev/null
	done
}

cluster_is_whole() {
	ask 6401 CLUSTER INFO | grep -q cluster_state:ok
}

case_cluster() { # a slot is moved, then the node that has it is killed
	for node in 6401 6402 6403 6404 6405 6406; do
		server $node --cluster-enabled yes --cluster-node-timeout 1500 --repl-diskless-sync-delay 0 \
			--cluster-port $((node + 10000))
		eval "server_$node=$server"
	done
	nodes=$(for node in 6401 6402 6403 6404 6405 6406; do printf '127.0.0.1:%s ' $node; done)
	# shellcheck disable=SC2086
	inside redis-cli --cluster create $nodes --cluster-replicas 1 --cluster-yes >"$work/cluster" 2>&1
	slot=$(ask 6401 CLUSTER KEYSLOT '{north}')
	wait_for 10 cluster_is_whole
	first=$(ask 6401 CLUSTER NODES | awk '/master/ { split($2, a, "[:@]"); print a[2] }' | while read -r port; do
		ask "$port" CLUSTER NODES | awk -v slot="$slot" '/myself/ { for (i = 9; i <= NF; i++) { split($i, a, "-")
			if (a[1] <= slot && slot <= (a[2] ? a[2] : a[1])) { split($2, b, "[:@]"); print b[2] } } }'
	done)
	second=$([ "$first" = 6401 ] && echo 6402 || echo 6401)
	ok 'it starts' start redis://127.0.0.1:6403,127.0.0.1:6401
	send
	send_beside 2500
	sleep 1
	move_slot "$first" "$second"
	sent
	send
	ok 'everything arrives' arrived
	ok 'the slot was moved' [ "$(ask "$second" CLUSTER COUNTKEYSINSLOT "$slot")" -gt 100 ]
	ok '… whole' [ "$(ask "$first" CLUSTER COUNTKEYSINSLOT "$slot")" = 0 ]
	ok "sums equal the traffic's, $rounds rounds" sums_are_right "$second"
	send_beside 2500
	sleep 1
	eval "kill -KILL \$server_$second"
	sent
	send
	ok 'everything arrives' arrived
	ok 'it stops cleanly' end_sensor
	report
	third=
	for node in 6403 6404 6405 6406; do
		[ "$(ask $node --raw ROLE | head -1)" = master ] && [ "$(ask $node CLUSTER COUNTKEYSINSLOT "$slot")" -gt 100 ] &&
			third=$node
	done
	ok 'another node has the slot' [ -n "$third" ]
	ok "sums equal the traffic's, $rounds rounds" sums_are_right "$third"
	for node in 6401 6402 6403 6404 6405 6406; do # the tag of all sensors is a slot of its own
		sums_are_right "$node" '' all:default >"$work/all-$node" 2>&1 && holds_all=$node
	done
	ok '… and so do those of all sensors, wherever they are' [ -n "${holds_all:-}" ]
	[ -n "${holds_all:-}" ] || tail -n 2 "$work"/all-* | sed 's/^/# /'
}

case_memory_full() {
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390
	send
	ask 6390 CONFIG SET maxmemory 1 >/dev/null
	send
	ok 'it says so' becomes borderflow_outbox_up 0 30
	ok '… and why' grep -q 'maxmemory' "$work/log"
	send
	ask 6390 CONFIG SET maxmemory 0 >/dev/null
	settle 6390
}

case_rights() { # taken away and given back; the user is the one of the file that comes with the program
	sed "s/CHANGE-ME/s3cret/; s/SENSOR/north/g" "$data/analyzer/share/redis/users.acl" >"$work/users.acl"
	echo 'user default on nopass ~* &* +@all' >>"$work/users.acl"
	printf 's3cret\n' >"$work/kept/password" && chmod 644 "$work/kept/password"
	server 6390 --aclfile "$work/users.acl"
	ok 'it starts' start "redis://127.0.0.1:6390?user=borderflow-north&password_file=$work/kept/password"
	send
	ok 'it may not load what all sensors run: it says what to do' becomes borderflow_outbox_up 0 30
	ok '… and how' grep -q 'lacks the function.*FUNCTION LOAD REPLACE' "$work/log"
	ask 6390 -x FUNCTION LOAD REPLACE <"$data/analyzer/share/redis/borderflow.lua" >/dev/null
	send
	ok 'once somebody has, the rights in the file are enough' arrived
	ask 6390 ACL SETUSER borderflow-north -hincrby >/dev/null
	send
	ok 'one less: it says so' becomes borderflow_outbox_up 0 30
	ok '… and which' grep -q 'NOPERM.*HINCRBY' "$work/log"
	ask 6390 ACL SETUSER borderflow-north +hincrby -fcall >/dev/null
	sleep 1
	ask 6390 ACL SETUSER borderflow-north off >/dev/null
	ask 6390 CLIENT KILL USER borderflow-north >/dev/null
	send
	ask 6390 ACL SETUSER borderflow-north on +fcall >/dev/null
	send
	settle 6390
}

case_sensor_killed() { # with batches in the spool and one on its way
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390
	send
	ok 'everything arrives' arrived
	kill -STOP "$server"
	send
	ok 'all is in the spool' all_metered
	kill_now "$sensor"
	kill -CONT "$server"
	ok 'it starts again' start redis://127.0.0.1:6390
	send
	settle 6390
}

case_sensor_killed_alone() { # Redis is gone when the sensor is killed, and still gone when it starts
	server 6390 --appendonly yes
	ok 'it starts' start redis://127.0.0.1:6390
	send
	sleep 1
	kill_now "$server"
	send
	ok 'all is in the spool' all_metered
	kill_now "$sensor"
	ok 'it starts without Redis' start redis://127.0.0.1:6390
	send
	server 6390 --appendonly yes
	settle 6390
}

case_disk_full() { # there is no room for a spool; then Redis goes away
	mkdir "$work/small"
	mount -t tmpfs -o size=1m,mode=1777 tmpfs "$work/small" || {
		passed_over 'all of it' 'no file system can be mounted here'
		return
	}
	server 6390
	ok 'it starts' start redis://127.0.0.1:6390 --spool "$work/small/spool"
	ok '… and says that there is no room' grep -q 'no room for a spool' "$work/log"
	send
	kill -STOP "$server"
	send
	send
	kill -CONT "$server"
	settle 6390
}

# The frame at or before an offset, and what it holds for the dimension "app".
bytes_of_frame() { # bytes_of_frame FILE OFFSET
	grep -abo bfbatch1 "$1" | cut -d: -f1 >"$work/frames"
	from=$(awk -v at="$2" '$1 <= at { from = $1 } END { print from + 0 }' "$work/frames")
	to=$(awk -v at="$2" '$1 > at { print $1; exit }' "$work/frames")
	[ "$from" -gt 0 ] || {
		echo 0
		return
	}
	dd if="$1" bs=1 skip=$((from + 64)) count=$((${to:-$(stat -c %s "$1")} - from - 64)) 2>/dev/null |
		tr -d '\000' | awk '/^c / { is_app = $2 == "app" }
			/^[+]/ && is_app { for (i = 3; i <= NF; i += 3) sum += $i + $(i + 1) } END { printf "%.0f", sum }'
}

case_spool_damaged() { # a byte, anywhere in what was written: its batch is lost, counted, and no other
	server 6390
	kill_now "$server"
	ok 'it starts without Redis' start redis://127.0.0.1:6390
	for _ in 1 2 3; do
		send 4000
	done
	ok 'all is in the spool' all_metered
	kill_now "$sensor"
	last=$(grep -abo bfbatch1 "$work/kept/spool" | tail -1 | cut -d: -f1)
	at=$((4096 + $(od -An -N4 -tu4 /dev/urandom) % (last - 4096)))
	expected=$(($(cat "$shared/bytes") * rounds - $(bytes_of_frame "$work/kept/spool" $at)))
	byte=$(dd if="$work/kept/spool" bs=1 skip=$at count=1 2>/dev/null | od -An -tu1)
	# shellcheck disable=SC2059
	printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$work/kept/spool" bs=1 seek=$at conv=notrunc 2>/dev/null
	echo "# byte $at of $last"
	server 6390
	ok 'it starts again' start redis://127.0.0.1:6390
	ok 'everything else arrives' arrived
	lost=$(metric borderflow_outbox_lost_total)
	ok 'it stops cleanly' end_sensor
	report
	if [ "$lost" = 0 ]; then # between two batches
		expected=$(($(cat "$shared/bytes") * rounds))
	fi
	ok 'at most one batch is lost, and counted' [ "$lost" -le 1 ]
	ok 'sums equal the rest' sums_are_right 6390 "$expected"
}

# ---- all of them, a few at a time -----------------------------------------------------------------------------------

stop_seconds=5
at_a_time=14
while :; do
	case $1 in
	--long)
		stop_seconds=300
		export CHAOS_LONG=--long
		shift
		;;
	--case) # one, for the parent
		case=$2
		shared=$3
		set_up
		began=$(date +%s)
		"case_$(echo "$case" | tr - _)"
		echo "# $case: $(($(date +%s) - began)) s"
		finish
		;;
	*) break ;;
	esac
done

needs_root
needs ip curl
[ -x "$tools/sender" ] || skip 'the sender is not built'
ip netns add borderflow-chaos-try-$$ 2>/dev/null || skip 'network namespaces are not to be had here'
ip netns del borderflow-chaos-try-$$
shared=$work
chmod 755 "$shared"
generate --scenario apps --packets 8000 --out "$shared/traffic.pcap" --truth "$shared/truth.tsv" 2>/dev/null ||
	broken 'the generator failed'
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	{ sum += $column["bytes_out"] + $column["bytes_in"] } END { printf "%.0f\n", sum }' "$shared/truth.tsv" >"$shared/bytes"

running=0
for name in ${*:-$cases}; do
	# shellcheck disable=SC2086
	"$0" $CHAOS_LONG --case "$name" "$shared" >"$shared/$name.out" 2>&1 &
	running=$((running + 1))
	if [ $running -ge $at_a_time ]; then
		wait
		running=0
	fi
done
wait
for name in ${*:-$cases}; do
	grep -qE '^(not )?ok' "$shared/$name.out" || echo 'not ok 1 - nothing came of it' >>"$shared/$name.out"
	sed -E '/^(ok|not ok|#|1\.\.)/!s/^/# /' "$shared/$name.out" >"$shared/$name.tap"
	retell "$name" "$shared/$name.tap"
done
finish
