#!/bin/sh
# `borderflow capture` on a veth pair in a network namespace of its own: privileges, nothing lost, equal to what
# `analyze` says of the same packets, reload, health, interfaces that go and come, stop. Root only. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq tcpdump python3
needs_built
. "$(dirname "$0")/wire.sh"
needs_sender
sensor=
dump=
stop() {
	kill_hard $sensor $dump
	remove_wire
}

start() { # start OPTION…
	: >"$work/log"
	ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" "$@" 2>"$work/log" &
	sensor=$!
	logged capturing
}

is_gone() {
	! kill -0 "$1" 2>/dev/null
}

end_sensor() { # clean, and within ten seconds
	kill -TERM "$sensor"
	wait_for 10 is_gone "$sensor"
	wait "$sensor"
	ended=$?
	sensor=
	return $ended
}

send() { # send PPS FILE
	inside "$tools/sender" --interface send0 --pps "$1" "$2" >"$work/sent" && sent=$((sent + $(cut -d' ' -f1 "$work/sent")))
}

process_says() { # a line of the kernel's about the sensor
	grep -qE "$1" "/proc/$sensor/status"
}

# Packets, bytes and flows by app.
by_app() {
	jq -r '[.network.application // "unknown", .network.packets, .network.bytes,
		(if .borderflow.flow.part == 0 then 1 else 0 end)] | @tsv' "$1" | awk -F '\t' '
		{ packets[$1] += $2; bytes[$1] += $3; flows[$1] += $4 }
		END { for (app in packets) print app, packets[app], bytes[app], flows[app] }' | sort
}

mkdir "$work/kept" "$work/rules" && chmod 777 "$work/kept"
cp "$data/tests/traffic/day-policy.yaml" "$work/rules/policy.yaml"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
cat >"$work/borderflow.yaml" <<END
interface: tap0
user: nobody
policy: $work/rules/policy.yaml
flows: $work/kept/flows.ndjson
alerts: $work/kept/alerts.ndjson
archive: $work/kept/archive
metrics_listen: 9464
keys: $work/keys
END
"$bin" keys init --keys "$work/keys" >"$work/out" || broken 'no keys were made'

# Privileges.
ok 'it starts, with settings from a file' start
ok 'it is no longer root' process_says '^Uid:.65534.65534.65534.65534$'
ok 'it has no capabilities' process_says '^CapEff:.0000000000000000$'
ok '… and no way to any' process_says '^CapBnd:.0000000000000000$'
ok 'no new privileges' process_says '^NoNewPrivs:.1$'
ok 'system calls are filtered' process_says '^Seccomp:.2$'
for task in /proc/"$sensor"/task/*; do
	grep -q '^CapEff:.0000000000000000$' "$task/status" && grep -q '^Seccomp:.2$' "$task/status" || echo "$task"
done >"$work/tasks"
ok 'each of its threads likewise' [ ! -s "$work/tasks" ]

# Nothing lost, with two reloads in between.
ip netns exec "$netns" tcpdump -i tap0 -B 65536 --time-stamp-precision=nano -w "$work/seen.pcap" 2>"$work/tcpdump.log" &
dump=$!
wait_for 10 grep -q listening "$work/tcpdump.log"
sent=0
(
	sleep 1
	echo '# another line' >>"$work/rules/policy.yaml"
	kill -HUP "$sensor"
	becomes borderflow_reloads_total 1
	cp "$work/rules/policy.yaml" "$work/rules/good"
	echo 'rules: 3' >"$work/rules/policy.yaml"
	kill -HUP "$sensor"
	becomes borderflow_reloads_failed_total 1
	mv "$work/rules/good" "$work/rules/policy.yaml"
) >"$work/reloader" &
reloader=$!
ok 'a working day is sent' send 40000 "$work/day.pcap"
echo "# $(cat "$work/sent")"
wait $reloader
ok 'every packet is read' becomes borderflow_frames_total "$sent"
ok 'the kernel dropped none' [ "$(metric borderflow_kernel_drops_total)" = 0 ]
ok 'new rules were loaded once' becomes borderflow_reloads_total 1
ok 'rules with a mistake were not' becomes borderflow_reloads_failed_total 1
ok '… and the message says where' grep -q 'policy.yaml:1:[0-9]*:' "$work/log"
if command -v promtool >/dev/null; then
	inside curl -s http://127.0.0.1:9464/metrics >"$work/metrics"
	ok 'promtool has nothing to say about the metrics' promtool check metrics <"$work/metrics"
	cat "$data/dashboards/prometheus/borderflow.rules.yml" "$data/dashboards/grafana/borderflow-sensors.json" |
		grep -oE '\bborderflow_[a-z0-9_]+' | grep -vE '^borderflow_(outbox|spool)_' | sort -u >"$work/wanted" # no Redis here
	grep -oE '^borderflow_[a-z0-9_]+' "$work/metrics" | sort -u >"$work/there"
	equal 'what rules and dashboards ask for is there' '' "$(comm -23 "$work/wanted" "$work/there")"
fi
ok 'another page is not there' [ "$(inside curl -s -o "$work/page" -w '%{http_code}' http://127.0.0.1:9464/x)" = 404 ]
kill -USR1 "$sensor"
ok 'SIGUSR1 prints health' logged "tap0 queue 0: $sent frames, 0 dropped by the kernel"
dump_has() { # so many packets
	kill -USR1 $dump
	grep -q "$1 packets captured" "$work/tcpdump.log"
}
ok 'tcpdump saw the same' wait_for 10 dump_has "$sent"
kill -INT $dump
wait $dump
dump=
ok 'it stops cleanly' end_sensor
ok 'every output was up to the end' [ "$(grep -c '^output .*: up$' "$work/log")" -ge 4 ]

# Equal to what analyze says of the same packets.
ok 'analysed' "$bin" analyze --summary none --parts --keys "$work/keys" --policy "$work/rules/policy.yaml" --flows "$work/seen.ndjson" \
	--alerts "$work/seen-alerts.ndjson" "$work/seen.pcap"
by_app "$work/kept/flows.ndjson" >"$work/live"
by_app "$work/seen.ndjson" >"$work/offline"
ok 'packets, bytes and flows by app are equal' diff "$work/live" "$work/offline"
echo "# $(awk '{ p += $2; b += $3; f += $4 } END { print NR " apps, " f " flows, " p " packets, " b " bytes" }' "$work/live")"
# A case of the sensor has an id of its own; its last revision says what the analysis says.
cases() {
	jq -rs 'group_by(.event.id)[] | last | [.borderflow.unit, .rule.id, .borderflow.alert.week, .borderflow.alert.devices,
		.borderflow.alert.flows, .network.bytes] | @tsv' "$1" | sort
}
equal 'the same alerts' "$(cases "$work/seen-alerts.ndjson")" "$(cases "$work/kept/alerts.ndjson")"
ok '… of which there are some' [ -s "$work/seen-alerts.ndjson" ]
ok 'the archive holds every part' [ "$("$bin" flows -a "$work/kept/archive" -o ndjson | wc -l)" = \
	"$(wc -l <"$work/kept/flows.ndjson")" ]
ok '… in a whole chain' "$bin" flows -a "$work/kept/archive" --verify

# Interfaces that go and come.
generate --scenario plain --out "$work/plain.pcap" >/dev/null 2>&1
sent=0
ok 'it starts again' start --flows "$work/kept/again.ndjson"
send 20000 "$work/plain.pcap"
ok 'before: all read' becomes borderflow_frames_total "$sent"
inside ip link set tap0 down && sleep 1 && inside ip link set tap0 up && sleep 0.5
send 20000 "$work/plain.pcap"
ok 'down and up: all read' becomes borderflow_frames_total "$sent"
inside ip link set tap0 mtu 1500 && inside ip link set tap0 mtu 9000
send 20000 "$work/plain.pcap"
ok 'another MTU: all read' becomes borderflow_frames_total "$sent"
inside ip link del tap0
ok 'removed: it says so' becomes borderflow_capture_up 0
add_veth 0
ok '… and that it is back' becomes borderflow_capture_up 1
send 20000 "$work/plain.pcap"
ok '… all read, without a privilege' becomes borderflow_frames_total "$sent"
ok 'it stops cleanly' end_sensor
ok 'no packet is missing in the records' [ "$(jq .network.packets "$work/kept/again.ndjson" | awk '{ s += $1 } END { print s }')" = "$sent" ]

# Several queues, and confinement turned off by hand.
sent=0
ok 'two queues, everything kept' start --queues 2 --flows "$work/kept/two.ndjson" --drop-privileges off --seccomp off --landlock off
ok '… which is said' grep -q 'privileges are kept' "$work/log"
ok '… all of it' [ "$(grep -c ' is off$' "$work/log")" = 3 ]
send 20000 "$work/plain.pcap"
ok 'both together read all' becomes borderflow_frames_total "$sent"
ok 'it stops cleanly' end_sensor
"$bin" analyze --summary none --keys "$work/keys" --policy "$work/rules/policy.yaml" --flows "$work/plain.ndjson" "$work/plain.pcap"
ends() { # of each flow, and whether both of them were heard; a flow torn apart is two of one end each
	jq -r '[([[.source.ip // "", .source.port], [.destination.ip // "", .destination.port]] | sort), .network.iana_number,
		.source.packets > 0 and .destination.packets > 0] | tostring' "$1" | sort -u
}
ends "$work/kept/two.ndjson" >"$work/two"
ends "$work/plain.ndjson" >"$work/one"
ok 'no flow was torn apart' diff "$work/two" "$work/one"

# Two interfaces are one: of a tap each gives one way, both ports of a bridge give all of it. Frame by frame, as the wire does.
add_veth 1
cat >"$work/ports.py" <<'END'
import socket, struct, sys, time
content, at = open(sys.argv[1], "rb").read(), 24
ports = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW) for _ in (0, 1)]
for number, port in enumerate(ports):
    port.bind(("send%d" % number, 0))
frames = 0
while at < len(content):
    captured = struct.unpack_from("<I", content, at + 8)[0]
    frame = content[at + 16:at + 16 + captured]
    at += 16 + captured
    goes_out = frame[12:14] != b"\x08\x00" or frame[26] == 10
    for number, port in enumerate(ports):
        if sys.argv[2] == "bridge" or goes_out == (number == 0):
            port.send(frame)
            frames += 1
    if frames % 16 == 0:
        time.sleep(0.001)
print(frames)
END
by_app "$work/plain.ndjson" >"$work/offline"
counts_once() { # the same flows, and but for a frame or two, of which the machine sent the copy too late, the same packets
	join "$work/live" "$work/offline" | awk '{ packets += $5; more += $2 - $5; flows += $4 != $7 }
		END { exit !(NR > 10 && flows == 0 && more >= 0 && more * 500 < packets) }' || diff "$work/live" "$work/offline"
}
for kind in bridge tap; do
	ok "both ports of a $kind" start -i tap0 -i tap1 --archive "$work/kept/archive-$kind" --flows "$work/kept/$kind.ndjson"
	frames=$(inside python3 "$work/ports.py" "$work/plain.pcap" $kind)
	ok '… all read' becomes borderflow_frames_total "$frames"
	ok 'it stops cleanly' end_sensor
	by_app "$work/kept/$kind.ndjson" >"$work/live"
	ok '… and each flow counts once, both ways' counts_once
done
sent=0
ok 'two interfaces, of which one will go' start -i tap0 -i tap1 --archive "$work/kept/archive-gone" --flows "$work/kept/gone.ndjson"
inside ip link del tap1
ok 'removed: it says so' becomes borderflow_capture_up 0
ok '… and which one' logged 'tap1: the interface is gone'
send 20000 "$work/plain.pcap"
ok '… the other one goes on' becomes borderflow_frames_total "$sent"
add_veth 1
ok '… and it is back' becomes borderflow_capture_up 1
ok 'it stops cleanly' end_sensor

# A client's DNS answers name its flows, whichever queue they might have come to.
sent=0
ok 'two queues again' start --queues 2 --archive "$work/kept/archive-2" --flows "$work/kept/day.ndjson"
send 40000 "$work/day.pcap"
ok 'both together read all of the day' becomes borderflow_frames_total "$sent"
ok 'it stops cleanly' end_sensor
awk '/ queue [01]: / && $4 > 0' "$work/log" | cut -d: -f1 | sort -u >"$work/queues"
ok 'both had some of it' [ "$(wc -l <"$work/queues")" = 2 ]
# A client's two families are two clients to the kernel: what it asked over IPv4 names its IPv6 flows in one queue only.
for file in kept/day seen; do
	jq -c 'select(.network.type == "ipv4")' "$work/$file.ndjson" >"$work/ipv4.ndjson"
	by_app "$work/ipv4.ndjson" >"$work/$([ $file = seen ] && echo offline || echo live)"
done
ok 'by app it is what one queue says' diff "$work/live" "$work/offline"

# Ctrl-C is an end like any other, as it is for tcpdump.
sent=0
mkdir -m 755 "$work/roots"
ok 'a folder in one of root'"'"'s, with a slash behind it' start --archive "$work/roots/archive/"
equal 'it is the sensor'"'"'s own' 'nobody 750' "$(stat -c '%U %a' "$work/roots/archive")"
kill -INT "$sensor"
ok 'SIGINT ends it with status 0' wait "$sensor"
sensor=

# The kernel filters.
sent=0
ok 'with a filter' start --archive "$work/kept/archive-3" --filter 'udp port 53'
if command -v ss >/dev/null; then
	inside ss --packet --bpf >"$work/sockets"
	ok 'it is attached to the socket' grep -q 'bpf filter' "$work/sockets"
fi
dns=$(tcpdump -r "$work/day.pcap" -w - 'udp port 53 or (vlan and udp port 53)' 2>/dev/null | tcpdump -r - --count 2>/dev/null | cut -d' ' -f1)
send 40000 "$work/day.pcap"
ok 'only what it names is read' becomes borderflow_frames_total "$dns"
ok 'it stops cleanly' end_sensor

# Geo data that it found by itself is in reach of a reload.
mkdir -p "$work/data/var/geo" && chmod 755 "$work/data" "$work/data/var" "$work/data/var/geo"
for folder in "$(cd "$data" && pwd)"/*; do
	[ "$(basename "$folder")" = var ] || ln -s "$folder" "$work/data/"
done
printf 'prefix\tcountry\tasn\tnote\n192.0.2.0/24\tSE\t\tlisted\n' >"$work/data/var/geo/overrides.tsv"
unset BORDERFLOW_GEO
export BORDERFLOW_DATA="$work/data"
ok 'with the geo folder of its own data' start --archive "$work/kept/archive-4"
kill -HUP "$sensor"
ok 'all is loaded anew' becomes borderflow_reloads_total 1
ok '… without a complaint' [ "$(metric borderflow_reloads_failed_total)" = 0 ]
ok 'it stops cleanly' end_sensor

# Redis away, and no spool.
capture_some() { # capture_some OPTION…: for three seconds; how long it took in ms, and what it says in $work/log
	began=$(date +%s%N)
	(sleep 1 && inside "$tools/sender" --interface send0 --pps 20000 "$work/plain.pcap" >"$work/sent") &
	inside "$bin" capture -i tap0 -u nobody --socket none --duration 3s "$@" 2>"$work/log"
	echo $((($(date +%s%N) - began) / 1000000))
	wait
}
without_ms=$(capture_some)
took_ms=$(capture_some --redis redis://127.0.0.1:1)
echo "# ended after $took_ms ms, without Redis after $without_ms ms"
ok 'it does not hold up the end' [ "$took_ms" -lt $((2 * without_ms + 500)) ]
ok '… batches wait in memory' grep -q 'batches wait in memory meanwhile' "$work/log"
ok '… not in a spool' [ "$(grep -c 'wait in the spool' "$work/log")" = 0 ]
ok '… and are lost, which is said' grep -q 'did not reach Redis and are lost' "$work/log"

# Mistakes.
echo 'ring_size: 0' >>"$work/borderflow.yaml"
says 2 'borderflow.yaml:9:12: ring_size takes' 'a wrong setting is named with line and column' \
	ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml"
says 2 nothing0 'an interface that is not there is named' ip netns exec "$netns" "$bin" capture -i nothing0 -u nobody
finish
