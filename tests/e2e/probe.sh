#!/bin/sh
# borderflow probe in network namespaces: a segment, a firewall (nftables, and a proxy that opens TLS) with the sensor, a server.
# Blocked, leaking, blind and seen one way are told apart, and a marker under another key is none (copies and old ones: test_probe). As root. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_root
needs ip ss nft openssl
needs_built
probe=$(dirname "$bin")/borderflow-probe
[ -x "$probe" ] || skip "borderflow-probe is not built"
name=$$
segment=bf-seg-$name firewall=bf-fw-$name server=bf-srv-$name

stop() {
	for process in ${processes:-}; do
		kill "$process" 2>/dev/null
	done
	for space in "$segment" "$firewall" "$server"; do
		ip netns del "$space" 2>/dev/null
	done
}
ip netns add "$segment" 2>/dev/null || skip "no network namespaces here"
ip netns add "$firewall"
ip netns add "$server"

# 10.51.0.2 (segment) - 10.51.0.1 (firewall) 10.52.0.1 - 10.52.0.2 (server)
link() { # SPACE DEVICE ADDRESS OTHER-SPACE DEVICE ADDRESS
	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$4" addr add "$6" dev "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}
link "$segment" eth0 10.51.0.2/24 "$firewall" inside 10.51.0.1/24
link "$firewall" outside 10.52.0.1/24 "$server" eth0 10.52.0.2/24
for space in "$segment" "$firewall" "$server"; do
	ip -n "$space" link set lo up
	ip netns exec "$space" sysctl -qw net.ipv4.icmp_ratelimit=0 # each refusal is told, however many came before
done
ip -n "$segment" route add default via 10.51.0.1
ip -n "$server" route add default via 10.52.0.1
ip netns exec "$firewall" sysctl -qw net.ipv4.ip_forward=1

# Two that answer TLS: the server, and the firewall under its own certificate.
serve() { # SPACE PORT ISSUER
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$3" \
		-keyout "$work/$3.key" -out "$work/$3.crt" 2>/dev/null
	ip netns exec "$1" openssl s_server -quiet -accept "$2" -key "$work/$3.key" -cert "$work/$3.crt" >/dev/null 2>&1 &
	processes="${processes:-} $!"
	wait_for 60 is_served "$1" "$2" || broken "nothing listens at port $2"
}
is_served() { # SPACE PORT
	ip netns exec "$1" ss -Hltn "sport = :$2" | grep -q .
}
serve "$server" 443 service.example
serve "$server" 444 other.example
serve "$firewall" 8443 firewall.example
cat >"$work/policy.yaml" <<'POLICY'
organisation: Exempelstad kommun
own_networks: [10.51.0.0/16]
units:
  Kansli: {networks: [10.51.0.0/24]}
  Skola: {networks: [10.51.1.0/24]}
blocking:
  page_issuers: [firewall.example]
POLICY
"$bin" keys init --keys "$work/keys" >/dev/null
"$bin" keys init --keys "$work/others" >/dev/null

rules() { # what the firewall does; nothing: all pass
	ip netns exec "$firewall" nft flush ruleset
	if [ -n "$1" ]; then
		ip netns exec "$firewall" nft "add table ip f; add chain ip f c { $1; }; $2"
	fi
}
send() { # OPTION…
	ip netns exec "$segment" "$probe" --key "$work/keys/probe.key" --segment Kansli --name www.tiktok.com \
		--to 10.52.0.2 --patience 2 --block-issuer firewall.example --json "$@" >"$work/sent" 2>&1
}
listens() { # the sensor has a socket of packets that is bound to a device, and runs
	inodes=$(ls -l "/proc/$sensor/fd" 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')
	awk -v inodes=" $inodes" 'NR > 1 && $5 > 0 && $6 == 1 && index(inodes, " " $9 " ") { found = 1 } END { exit !found }' \
		"/proc/$sensor/net/packet"
}
# The sensor on a device of the firewall while COMMAND runs: what it says of probes. It listens before COMMAND begins, and is
# told to end when that has ended: what the kernel still holds is read then.
watch() { # DEVICE COMMAND…
	device=$1
	shift
	ip netns exec "$firewall" "$bin" doctor -i "$device" --seconds 10m --policy "$work/policy.yaml" --keys "$work/keys" \
		--format ndjson --fail-on none >"$work/seen" 2>"$work/err" &
	sensor=$!
	wait_for 120 listens || broken "the sensor does not listen: $(cat "$work/err")"
	"$@"
	kill -INT "$sensor"
	wait "$sensor"
}
sent() { # TRANSPORT RESULT
	grep -q "\"transport\":\"$1\".*\"result\":\"$2\"" "$work/sent"
}
seen() { # TRANSPORT OUTCOME [TOLD-BY]
	grep -q "\"transport\":\"$1\",\"outcome\":\"$2\"${3:+,\"told_by\":\"$3\"}}" "$work/seen"
}
count_seen() {
	grep -cE '"code":"probe(-refused)?"' "$work/seen" || true
}

rules '' ''
watch inside send
ok "leaking: the probe has a handshake of the service" sent tls handshake
ok "and who signed it" grep -q '"issuer":"service.example"' "$work/sent"
ok "the sensor saw that it passed" seen TLS block_passed
ok "nobody is at the port of QUIC" sent quic refused
ok "and the sensor saw who said so" seen QUIC probe_port 10.52.0.2
ok "of the two units this one is proven" grep -q '"code":"unproven".*"units":"Skola"' "$work/seen"

link "$firewall" blind 10.53.0.1/24 "$server" other 10.53.0.2/24
watch blind send --transport tls
ok "blind: the probe passes" sent tls handshake
equal "and the sensor saw none" 0 "$(count_seen)"

rules 'type filter hook forward priority 0' 'add rule ip f c udp dport 443 drop; add rule ip f c tcp dport 443 @th,160,8 0 accept; add rule ip f c ip saddr 10.51.0.2 tcp dport 443 meta length > 200 drop'
watch inside send
ok "dropped after the hello: nothing comes back" sent tls timeout
ok "the sensor saw that it was dropped then" seen TLS block_dropped-after-hello
ok "and that QUIC was dropped" seen QUIC block_dropped

rules 'type filter hook forward priority 0' 'add rule ip f c ip saddr 10.51.0.2 tcp dport 443 meta length > 200 reject with tcp reset'
watch inside send --transport tls
ok "reset after the hello" sent tls reset
ok "the sensor saw that it was reset" seen TLS probe_reset

rules 'type filter hook forward priority 0' 'add rule ip f c ip saddr 10.51.0.2 reject with icmp type admin-prohibited'
watch inside send
ok "forbidden by ICMP: QUIC is told so" sent quic prohibited
ok "… and TLS" sent tls prohibited
ok "… by the firewall" grep -q '"told_by":"10.51.0.1"' "$work/sent"
ok "… as the sensor saw" seen QUIC probe_prohibited 10.51.0.1
rules 'type filter hook forward priority 0' 'add rule ip f c ip saddr 10.51.0.2 tcp dport 443 meta length > 200 reject with icmp type admin-prohibited'
watch inside send --transport tls
ok "the hello alone is forbidden, of which systems do not say why" sent tls unreachable
ok "… as the sensor saw" seen TLS probe_prohibited 10.51.0.1
rules 'type filter hook forward priority 0' 'add rule ip f c ip saddr 10.51.0.2 reject with icmp type host-unreachable'
watch inside send --transport quic
ok "no way is no rule" sent quic unreachable
ok "… as the sensor saw" seen QUIC probe_no_way 10.51.0.1

rules 'type nat hook prerouting priority -100' 'add rule ip f c ip saddr 10.51.0.2 tcp dport 443 redirect to :8443'
watch inside send --transport tls
ok "an intercepting proxy: the probe sees its issuer" sent tls block-page
ok "and the sensor a block page" seen TLS block_block-page

rules '' ''
at_once() { # three programs of a machine at once
	for _ in 1 2 3; do
		send --transport tls &
		senders="${senders:-} $!"
	done
	wait $senders
}
watch inside at_once
equal "three at once are three" 3 "$(count_seen)"
equal "… of three different seconds" 3 "$(grep -o '"sentence":"Probe from[^:]*:[0-9]*:[0-9]*' "$work/seen" | sort -u | wc -l)"
equal "… and none is called a copy" 0 "$(grep -c '"code":"probe-copied"' "$work/seen" || true)"

# Answers come back by another way, which the sensor does not see.
link "$segment" eth1 10.54.0.2/24 "$firewall" back 10.54.0.1/24
for device in all inside back; do
	ip netns exec "$firewall" sysctl -qw "net.ipv4.conf.$device.rp_filter=0"
done
for device in all eth0 eth1; do
	ip netns exec "$segment" sysctl -qw "net.ipv4.conf.$device.rp_filter=0"
done
ip -n "$segment" addr add 10.51.0.77/32 dev lo
ip -n "$firewall" route add 10.51.0.77/32 via 10.54.0.2
ip -n "$segment" route replace default via 10.51.0.1 src 10.51.0.77
watch inside send --port 444
ok "one way: the probe has its handshake" sent tls handshake
ok "the sensor does not say what became of it" seen TLS probe_one_way
ok "nor that QUIC went unanswered" seen QUIC probe_one_way
ip -n "$segment" route replace default via 10.51.0.1
forge() {
	ip netns exec "$segment" "$probe" --key "$work/others/probe.key" --segment Kansli --name www.tiktok.com \
		--to 10.52.0.2 --patience 1s >/dev/null 2>&1
}
refuses() { # TITLE SENTENCE OPTION…: both programs
	title=$1 sentence=$2
	shift 2
	says 2 "$sentence" "$title" "$probe" --key "$work/keys/probe.key" --name www.tiktok.com "$@"
	says 2 "$sentence" "… whichever program it is" "$bin" probe --keys "$work/keys" --name www.tiktok.com "$@"
}
refuses 'a segment of two lines is none' 'in one line' --segment "$(printf 'Kansli\nSkola')" --to 10.52.0.2
refuses 'nor is one without end' 'at most 255 bytes' --segment "$(printf '%0300d' 0)" --to 10.52.0.2
for group in 239.1.1.1 255.255.255.255 0.0.0.0 ff02::1 ::; do
	refuses "$group is no machine" "one machine's address" --segment Kansli --to "$group"
done
refuses 'a minute is too long to wait' 'expected 1s to 30s' --segment Kansli --to 10.52.0.2 --patience 60s
watch inside forge
equal "a marker under another key is none" 0 "$(count_seen)"
rules '' ''
finish
