# A network of its own for a live sensor: what is sent on send0 is seen on tap0. Sourced after tap.sh; root only.
#
#     netns                  the namespace; remove_wire() in stop() of a test takes it away
#     needs_sender           an error where what sends captures is not built: nothing would be sent, and nothing be lost
#     inside COMMAND…        runs in it (as a child of ours: ip netns exec itself is what $! and kill mean)
#     add_veth NUMBER        another pair: sendNUMBER, tapNUMBER
#     metric NAME            of the sensor there, summed over its labels; nothing where nobody answers
#     becomes NAME VALUE [SECONDS]    waits for a metric; says what it is where it does not
#     logged TEXT            waits until the sensor has said so in $work/log
needs_root
needs ip curl
netns=borderflow-$(basename "$0" .sh)-$$
# Several at once get in each other's way now and then.
wait_for 3 ip netns add "$netns" 2>/dev/null || skip 'network namespaces are not to be had here'
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0}"

remove_wire() {
	ip netns del "$netns" 2>/dev/null
}

stop() {
	remove_wire
}

needs_sender() {
	[ -x "$tools/sender" ] || broken 'tests/traffic/sender is not built'
}

inside() {
	ip netns exec "$netns" "$@"
}

add_veth() {
	inside ip link add "send$1" type veth peer name "tap$1" && inside ip link set "send$1" mtu 9000 up &&
		inside ip link set "tap$1" mtu 9000 up
}

metric() {
	inside curl -s --max-time 2 http://127.0.0.1:9464/metrics | awk -v name="$1" '
		$1 ~ "^" name "([{]|$)" { sum += $2; found = 1 } END { if (found) printf "%.0f", sum }'
}

metric_is() {
	[ "$(metric "$1")" = "$2" ]
}

becomes() {
	wait_for "${3:-20}" metric_is "$1" "$2" && return 0
	echo "$1 is $(metric "$1"), not $2"
	cat "$work/log"
	return 1
}

logged() {
	wait_for 10 grep -q "$1" "$work/log" && return 0
	cat "$work/log"
	return 1
}

# The sensor's user must reach its folder, and nothing but the test may send.
chmod 755 "$work"
inside sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
inside ip link set lo mtu 1500 up
add_veth 0
