#!/bin/sh
# Names from resolvers: a day whose lookups and hellos tell no names gets them back from the log beside it; and what unbound
# and dnsmasq themselves write and send while they run. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
resolver=
stop() {
	kill_hard $resolver
}

analyze() { # analyze CAPTURE FLOWS OPTION…
	capture=$1 flows=$2
	shift 2
	"$bin" analyze --policy "$data/tests/traffic/day-policy.yaml" --summary none --flows "$flows" "$@" "$capture"
}

# Flows of the web that have a name: five numbers, and the name.
named() {
	jq -r 'select(.network.protocol | IN("tls", "quic", "http")) | select(.destination.domain) |
		[.network.transport, .source.ip, .source.port, .destination.ip, .destination.port, .destination.domain] | @tsv' "$1" | sort -u
}

# Of the apps that names gave: how many of the flows in the second file are marked dns.
by_dns() {
	jq -r 'select(.network.protocol | IN("tls", "quic", "http")) |
		select(.borderflow.app.evidence // [] | any(IN("tls-sni", "quic-sni", "http-host", "dns"))) |
		[.source.ip, .source.port, .destination.ip, .destination.port, .borderflow.app.id] | @tsv' "$1" | sort -u
}

generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
for format in dnstap zeek; do
	"$tools/hide_names" "$work/day.pcap" "$work/hidden.pcap" "$format:$work/$format.log" >"$work/out" || broken 'names are not hidden'
done
analyze "$work/day.pcap" "$work/day.ndjson"
analyze "$work/hidden.pcap" "$work/hidden.ndjson"
named "$work/day.ndjson" >"$work/wanted"
named "$work/hidden.ndjson" >"$work/left"
wanted=$(wc -l <"$work/wanted")
ok "names are gone: $(wc -l <"$work/left") of $wanted flows have one" [ "$(wc -l <"$work/left")" -lt $((wanted / 20)) ]
by_dns "$work/day.ndjson" >"$work/apps"
for format in dnstap zeek; do
	ok "the day is read with the log ($format)" analyze "$work/hidden.pcap" "$work/back.ndjson" --resolver-log "$work/$format.log"
	named "$work/back.ndjson" >"$work/back"
	back=$(comm -12 "$work/wanted" "$work/back" | wc -l)
	ok "$format: $back of $wanted names are back" [ "$back" -gt 0 -a $((back * 10)) -ge $((wanted * 9)) ]
	jq -c 'select(.borderflow.app.evidence // [] | any(. == "dns"))' "$work/back.ndjson" >"$work/marked.ndjson"
	by_dns "$work/marked.ndjson" >"$work/marked"
	marked=$(comm -12 "$work/apps" "$work/marked" | wc -l)
	ok "$format: $marked of $(wc -l <"$work/apps") apps are back, marked dns" [ "$marked" -gt 0 -a $((marked * 10)) -ge $(($(wc -l <"$work/apps") * 9)) ]
done
analyze "$work/hidden.pcap" "$work/first.ndjson" --resolver-log "$work/zeek.log" --workers 1
ok 'however many threads work, the records are the same' cmp "$work/first.ndjson" "$work/back.ndjson"
awk -F'\t' -v OFS='\t' '!/^#/ { $3 = "10.10.0.9" } { print }' "$work/zeek.log" >"$work/forwarder.log"
ok 'a log in which a forwarder asks for all is said to name nobody' sh -c "'$bin' doctor --policy '$data/tests/traffic/day-policy.yaml' --format ndjson --fail-on none --resolver-log '$work/forwarder.log' '$work/hidden.pcap' | grep -q '\"resolver-log\".*forwarder'"
awk -F'\t' -v OFS='\t' '!/^#/ { $1 = sprintf("%.6f", $1 + 3600) } { print }' "$work/zeek.log" >"$work/ahead.log"
says 0 'is about 3600 s ahead of the capture' 'a log whose clock is an hour ahead is said to be' \
	"$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" --resolver-log "$work/ahead.log" "$work/hidden.pcap"
awk -F'\t' -v OFS='\t' '!/^#/ { $1 = sprintf("%.6f", $1 + 36000) } { print }' "$work/zeek.log" >"$work/ahead.log"
head -c $(($(wc -c <"$work/hidden.pcap") / 3)) "$work/hidden.pcap" >"$work/part.pcap"
says 3 'is about 36000 s ahead of the capture' '… also where it lies behind the whole capture' \
	"$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" --resolver-log "$work/ahead.log" "$work/part.pcap"
awk -F'\t' '!/^#/ { printf("[%d] unbound[1:0] info: %s %s. A IN\n", $1, $3, $9) }' "$work/zeek.log" >"$work/questions.log"
says 0 'the log holds questions and not the addresses' 'a log without answers is said to be one' \
	"$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" --resolver-log "unbound:$work/questions.log" "$work/hidden.pcap"
says 3 'cut short within a frame' 'a log that is cut short is said, and what came before counts' \
	sh -c "head -c 20000 '$work/dnstap.log' >'$work/cut.log'; '$bin' analyze --summary none --resolver-log '$work/cut.log' '$work/hidden.pcap'"
says 3 'say so: dnstap:' 'what is no log is refused' "$bin" analyze --resolver-log "$data/README.md" "$work/hidden.pcap"

# unbound and dnsmasq at work, and a live sensor that hears them.
command -v unbound >/dev/null && command -v dnsmasq >/dev/null && command -v python3 >/dev/null && [ "$(id -u)" -eq 0 ] || {
	passed_over 'unbound and dnsmasq' 'not installed, or not root'
	finish
}
. "$(dirname "$0")/wire.sh"
sensor=
stop() {
	kill_hard $resolver $sensor
	remove_wire
}
inside ip link set lo up
inside ip address add 10.20.0.53/32 dev lo
inside ip address add 10.20.0.5/24 dev send0
inside ip neighbour add 10.20.0.1 lladdr 02:00:00:00:00:01 dev send0
inside ip route add default via 10.20.0.1
cat >"$work/unbound.conf" <<END
server:
  interface: 10.20.0.53
  access-control: 10.0.0.0/8 allow
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  use-syslog: no
  logfile: "$work/unbound.log"
  log-queries: yes
  module-config: "iterator"
  local-data: "www.tiktok.com. 300 IN A 198.51.100.7"
  local-data: "www.exempelstad.example. 300 IN A 198.51.100.8"
dnstap:
  dnstap-enable: yes
  dnstap-socket-path: "$work/kept/dnstap.sock"
  dnstap-log-client-response-messages: yes
END
cat >"$work/ask.py" <<'END'
# ask.py NAME ADDRESS: looks the name up, then sends to the address.
import socket, sys
name, address = sys.argv[1:]
ask = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ask.bind(("10.20.0.5", 0))
ask.settimeout(3)
question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
question += b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\x00\x00\x01\x00\x01"
ask.sendto(question, ("10.20.0.53", 53))
ask.recv(4096)
for port in (4433, 4434):
    talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(3):
        talk.sendto(b"\xff" * 200, (address, port))
END
mkdir "$work/kept" && chmod 777 "$work/kept"
printf 'organisation: Exempelstad kommun\nown_networks: [10.0.0.0/8]\npurpose: Prov\nlegal_basis: Prov\nconsulted: 2026-01-01\n' >"$work/policy.yaml"
"$bin" keys init --keys "$work/keys" >/dev/null
echo 'promiscuous: on' >"$work/borderflow.yaml"
ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" -i tap0 --user nobody --policy "$work/policy.yaml" --keys "$work/keys" --socket none \
	--flows "$work/kept/flows.ndjson" --dnstap-listen "unix:$work/kept/dnstap.sock" --metrics-listen 9464 2>"$work/log" &
sensor=$!
ok 'a sensor listens for dnstap' logged capturing
ip netns exec "$netns" unbound -c "$work/unbound.conf" 2>"$work/unbound.err" &
resolver=$!
is_up() { grep -q 'start of service' "$work/unbound.log" 2>/dev/null; }
wait_for 10 is_up
ok 'a client asks unbound and goes where it said' inside python3 "$work/ask.py" www.tiktok.com 198.51.100.7
ok 'the sensor has heard of it' becomes borderflow_resolver_names_total 1
ok '… and nothing was lost or odd' becomes borderflow_resolver_malformed_total 0
kill_hard $resolver
resolver=
kill -TERM $sensor && wait $sensor
sensor=
equal 'its flows have the name, by DNS' 'www.tiktok.com tiktok dns' "$(jq -r 'select(.destination.port == 4433) |
	[.destination.domain, .network.application, (.borderflow.app.evidence[0])] | join(" ")' "$work/kept/flows.ndjson")"
cat >"$work/dnsmasq.conf" <<END
no-resolv
no-hosts
listen-address=10.20.0.53
bind-interfaces
host-record=www.tiktok.com,198.51.100.7
host-record=www.exempelstad.example,198.51.100.8
log-queries=extra
log-facility=$work/dnsmasq.log
user=root
END
ip netns exec "$netns" dnsmasq -C "$work/dnsmasq.conf" --keep-in-foreground &
resolver=$!
is_up() { grep -q 'started' "$work/dnsmasq.log" 2>/dev/null; }
wait_for 10 is_up
ip netns exec "$netns" tcpdump --immediate-mode -i tap0 -w "$work/seen.pcap" -U 2>"$work/dump.log" &
sensor=$!
wait_for 10 grep -q listening "$work/dump.log"
ok 'a client asks dnsmasq' inside python3 "$work/ask.py" www.tiktok.com 198.51.100.7
has_asked() {
	tcpdump -r "$work/seen.pcap" 'port 4433' 2>/dev/null | grep -q .
}
wait_for 5 has_asked
kill -TERM $sensor && wait $sensor
sensor=
"$bin" analyze --policy "$work/policy.yaml" --resolver-log "$work/dnsmasq.log" --summary none --flows "$work/dnsmasq.ndjson" "$work/seen.pcap"
equal 'its log names the flows' 'www.tiktok.com tiktok dns' "$(jq -r 'select(.destination.port == 4433) |
	[.destination.domain, .network.application, (.borderflow.app.evidence[0])] | join(" ")' "$work/dnsmasq.ndjson")"

# The same logs while they are written: dnsmasq runs still, and starts its log anew by a signal; unbound comes again.
follow() { # follow OPTION…
	: >"$work/log"
	rm -f "$work/kept/flows.ndjson"
	ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" -i tap0 --user nobody --policy "$work/policy.yaml" --keys "$work/keys" \
		--socket "$work/kept/sensor.sock" --flows "$work/kept/flows.ndjson" --metrics-listen 9464 "$@" 2>"$work/log" &
	sensor=$!
	logged capturing
}
end_sensor() {
	kill -TERM $sensor && wait $sensor
	sensor=
}
# Of the flows to that address: name, app and evidence, each once.
told() {
	jq -r --arg to "$1" 'select(.destination.ip == $to) |
		[.destination.domain, .network.application, (.borderflow.app.evidence[0] // "none")] | join(" ")' "$work/kept/flows.ndjson" | sort -u
}
ask() { # ask NAME ADDRESS COUNT: asks, and waits until the sensor has heard of so many in all
	inside python3 "$work/ask.py" "$1" "$2" && becomes borderflow_resolver_names_total "$3"
}
chmod 644 "$work/dnsmasq.log"
ok "a sensor follows dnsmasq's log" follow --resolver-log "$work/dnsmasq.log" --state "$work/kept/state"
ok '… without what was asked before' becomes borderflow_resolver_names_total 0
ok '… and hears who asks' ask www.tiktok.com 198.51.100.7 1
mv "$work/dnsmasq.log" "$work/dnsmasq.log.1"
ok '… also after its log was moved, while dnsmasq writes there still' ask www.tiktok.com 198.51.100.7 2
(umask 022 && kill -USR2 $resolver)
ok '… and after dnsmasq has begun another one' wait_for 5 test -e "$work/dnsmasq.log"
chmod 644 "$work/dnsmasq.log"
ok '… in its place' ask www.exempelstad.example 198.51.100.8 3
cp "$work/dnsmasq.log" "$work/dnsmasq.log.2" && : >"$work/dnsmasq.log"
ok '… and after that was copied and cut' becomes borderflow_resolver_gaps_total 1
ok '… and is written on' ask www.exempelstad.example 198.51.100.8 4
ok '… with nothing odd in it' becomes borderflow_resolver_malformed_total 0
rm "$work/dnsmasq.log" && mkfifo "$work/dnsmasq.log"
gone() { [ "$(metric borderflow_resolver_away_time_seconds)" -gt 0 ]; }
ok 'a pipe in its place is not waited for, and told' wait_for 5 gone
ok '… in the log too' logged 'dnsmasq.log: cannot be read: it is no regular file'
rm "$work/dnsmasq.log" && touch "$work/dnsmasq.log"
kill -USR2 $resolver
ok '… until a log is there again' becomes borderflow_resolver_away_time_seconds 0
# Half a minute of a very busy resolver, at once.
awk 'BEGIN { for (i = 1000; i < 101000; i++) {
	asked = "Mar 17 09:00:00 dnsmasq[1]: " i " 10.20.0.5/40000 "
	print asked "query[A] n" i % 5000 ".example from 10.20.0.5\n" asked "reply n" i % 5000 ".example is 198.51.100.77"
} }' >>"$work/dnsmasq.log"
read_up() {
	[ "$(metric borderflow_resolver_names_total)" -eq 100004 ] && [ "$(metric borderflow_resolver_behind_bytes)" -eq 0 ]
}
ok 'a burst of 100,000 lookups is read within four seconds' wait_for 4 read_up
equal '… to the last one' 0 "$(metric borderflow_resolver_lost_total)"
end_sensor
equal 'its flows have their names' 'www.tiktok.com tiktok dns' "$(told 198.51.100.7)"
equal '… before a rotation and after it' 'www.exempelstad.example unknown none' "$(told 198.51.100.8)"
inside python3 "$work/ask.py" www.tiktok.com 198.51.100.7 >/dev/null
ok 'the next run of the sensor' follow --resolver-log "$work/dnsmasq.log" --state "$work/kept/state"
ok '… hears what was asked meanwhile, and nothing twice' becomes borderflow_resolver_names_total 1
kill_hard $resolver
resolver=
end_sensor

: >"$work/private.log" && chmod 600 "$work/private.log"
# The names that unbound knows are written where it writes its queries.
sed "s/^  module-config.*/&\n  local-data: \"www.instagram.com. 300 IN A 198.51.100.9\"/; /^dnstap:/,\$d" "$work/unbound.conf" >"$work/plain.conf"
ok "a sensor follows unbound's log, which is not there yet" follow --resolver-log "unbound:$work/unbound.log" \
	--resolver-log "$work/kept/none.log" --resolver-log "$work/private.log"
rm -f "$work/unbound.log"
printf 'www.tiktok.com.\t300\tIN\tA\t198.51.100.7\nwww.instagram.com.\t300\tIN\tA\t198.51.100.9\n' >"$work/unbound.log"
chmod 666 "$work/unbound.log"
ip netns exec "$netns" unbound -c "$work/plain.conf" 2>"$work/unbound.err" &
resolver=$!
is_up() { grep -q 'start of service' "$work/unbound.log" 2>/dev/null; }
wait_for 10 is_up
ok '… and hears who asks' ask www.tiktok.com 198.51.100.7 1
mv "$work/unbound.log" "$work/unbound.log.1" && touch "$work/unbound.log" && chmod 666 "$work/unbound.log"
kill -HUP $resolver
is_up() { grep -q . "$work/unbound.log"; }
wait_for 10 is_up
ok '… over its rotation too' ask www.instagram.com 198.51.100.9 2
ok 'what is not there yet is told' logged 'none.log: cannot be read: it is not there'
ok '… and what its user could not open once it is rotated' logged 'private.log: is read, and could not be opened again'
kill_hard $resolver
resolver=
end_sensor
equal 'its flows have their names' 'www.tiktok.com tiktok dns' "$(told 198.51.100.7)"
equal '… those after the rotation as well' 'www.instagram.com instagram dns' "$(told 198.51.100.9)"

# A log that tells no addresses: the resolver is seen to get them, its clients go there at once, mostly before the line is read.
cat >"$work/cached.py" <<'END'
# cached.py LOG: sixty lookups of the resolver; half a second after each a client asks for that name, and goes there for a second.
import socket, struct, sys, time
log, wire = sys.argv[1], socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("send0", 0))
def datagram(source, source_port, target, target_port, payload):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0x4000, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    total = sum(struct.unpack("!10H", ip))
    total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack("!H", ~total & 0xFFFF) + ip[12:]
    wire.send(bytes.fromhex("020000000001020000000053") + b"\x08\x00" + ip + struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload)
def resolve(i):
    name = b"".join(bytes([len(l)]) + l for l in (b"c%d" % i, b"example")) + b"\0\0\1\0\1"
    datagram("10.20.0.53", 2000 + i, "9.9.9.9", 53, struct.pack("!6H", i, 0x100, 1, 0, 0, 0) + name)
    datagram("9.9.9.9", 53, "10.20.0.53", 2000 + i, struct.pack("!6H", i, 0x8180, 1, 1, 0, 0) + name +
        struct.pack("!3HIH4s", 0xC00C, 1, 1, 300, 4, socket.inet_aton(f"198.51.100.{i}")))
def ask(i):
    with open(log, "a") as lines:
        lines.write(f"[{int(time.time())}] unbound[1:0] info: 10.20.0.5 c{i}.example. A IN\n")
def talk(i):
    datagram("10.20.0.5", 3000 + i, f"198.51.100.{i}", 4433, b"\xff" * 200)
begin = time.time()
events = [(begin + i * 0.05 + after, step, i) for i in range(1, 61)
    for after, step in ((0, resolve), (0.5, ask), (0.5005, talk), (1, talk), (1.5, talk))]
for at, step, i in sorted(events, key=lambda event: event[0]):
    time.sleep(max(0, at - time.time()))
    step(i)
END
: >"$work/cached.log"
ok "a sensor follows unbound's log, which tells no addresses" follow --resolver-log "unbound:$work/cached.log"
inside python3 "$work/cached.py" "$work/cached.log"
ok '… and hears who asks' becomes borderflow_resolver_names_total 60
end_sensor
named=$(jq -r 'select(.destination.port == 4433 and .destination.domain == "c" + (.destination.ip | split(".")[3]) + ".example") | .destination.ip' \
	"$work/kept/flows.ndjson" | sort -u | wc -l)
ok "… and names those who go there before their line is read: $named of 60" [ "$named" -ge 57 ]

# Zeek beside the resolver, whose clock is an hour ahead.
cat >"$work/zeek.py" <<'END'
# zeek.py LOG: thirty lookups into the log, and a flow to each of their addresses.
import json, socket, sys, time
for i in range(1, 31):
    with open(sys.argv[1], "a") as log:
        log.write(json.dumps({"ts": time.time() + 3600, "id.orig_h": "10.20.0.5", "query": f"w{i}.example",
            "answers": [f"198.51.100.{i}"]}) + "\n")
    talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talk.bind(("10.20.0.5", 0))
    for _ in range(3):
        talk.sendto(b"\xff" * 200, (f"198.51.100.{i}", 4433))
    time.sleep(0.02)
END
: >"$work/live-zeek.log"
ok "a sensor follows Zeek's log" follow --idle-other 1s --resolver-log "zeek:$work/live-zeek.log"
inside python3 "$work/zeek.py" "$work/live-zeek.log"
ok '… and hears who asks' becomes borderflow_resolver_names_total 30
is_told() { "$bin" doctor --socket "$work/kept/sensor.sock" --format ndjson --fail-on none | grep '"resolver-clock"' | grep -q '"apart":3[56][0-9][0-9]'; }
ok '… and that its clock is an hour ahead' wait_for 10 is_told
# What a log holds is not lost where a burst of it is more than is taken at once, nobody talking or not.
python3 - "$work/live-zeek.log" <<'END'
import json, sys, time
with open(sys.argv[1], "a") as log:
    for i in range(5000):
        log.write(json.dumps({"ts": time.time(), "id.orig_h": "10.20.0.6", "query": f"b{i}.example", "answers": ["198.51.100.99"]}) + "\n")
END
ok '… five thousand at once as well' becomes borderflow_resolver_names_total 5030
ok '… of which none is lost while nobody talks' becomes borderflow_resolver_lost_total 0
end_sensor
says 2 'dnstap-listen' 'dnstap in a file is no log to follow' "$bin" capture -i lo --resolver-log dnstap:x
finish
