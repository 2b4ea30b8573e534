#!/bin/sh
# What looks like one device and is several, or like several and is one (tests/e2e/device_cases.py): right, or unknown, and
# never somebody else's. Prints TAP.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.sh"
[ -x "$bin" ] || skip 'borderflow is not built'
needs python3
here=$(dirname "$0")
python3 "$here/device_cases.py" make "$work" && "$bin" keys init --keys "$work/keys" >"$work/out"
check $? 'segments of all kinds'
"$bin" analyze --summary none --keys "$work/keys" --networks 10.0.0.0/8,2001:db8::/33 --inventory "$work/inventory.csv" \
	--state "$work/state" --flows "$work/flows.ndjson" "$work/cases.pcap" 2>"$work/err" &&
	python3 "$here/device_cases.py" score "$work/truth.tsv" <"$work/flows.ndjson" >"$work/score"
check $? 'are read'
sed 's/^/# /' "$work/score"

# CASE FIGURE LEAST MOST TITLE
figure() {
	value=$(awk -v name="$1" -v figure="$2" '$1 == name { for (i = 2; i < NF; i += 2) if ($i == figure) print $(i + 1) }' \
		"$work/score")
	[ "${value:--1}" -ge "$3" ] && [ "$value" -le "$4" ]
	check $? "$5 ($1, $2: $value)"
}
figure repeater mixed 0 0 'stations behind one MAC are not one device'
figure repeater lent 0 3 '… and have not the class of what is enrolled with it'
figure repeater-slow mixed 0 4 '… nor where they speak now and then: after a few flows'
figure repeater-slow lent 0 36 '… and have not its class then'
figure repeater-alike mixed 0 0 'nor where all have one system'
figure repeater-slow-alike mixed 0 4 '… now and then'
figure second-address classed 60 60 'an enrolled device keeps its class under a second address'
figure second-address-slow classed 60 60 '… now and then'
figure second-address identities 1 1 '… and is one'
figure server classed 60 60 'so does a server with five'
figure repeater-v6 many 25 40 'two systems in turn under addresses of IPv6: many devices'
figure beyond-v6 lent 0 0 'what comes from beyond a router that nobody knows has not its class'
figure beyond-v6 one 0 0 '… and is not it'
figure beyond-v4 lent 0 0 '… of IPv4 neither'
figure controller one 0 0 'who answers ARP for three is none of them'
figure backup-router many 0 0 'where a backup router stands in nobody becomes a translator'
figure behind-firewall many 0 0 'nor whoever is behind a firewall that others are before'
figure behind-firewall one 60 120 '… who are known by their MACs'
figure other-building many 0 0 'nor a building that is a hop further behind the same router'
figure hotspot many 140 150 'a phone that shares its connection: many devices'
figure hotspot mixed 0 4 '… after a few flows'
figure hotspot-alone many 140 150 '… also where it has hardly any neighbours'
figure two-alike many 75 90 'two of one kind behind a translator are many'
figure two-alike mixed 0 0 '… from the start'
figure two-hidden many 75 90 'so are two systems behind one that hides hops'
figure two-hidden mixed 0 0 '… from the start'
figure nat64 many 75 90 'so is IPv6 behind a translator to IPv4'
figure large many 80 90 'and hundreds behind one address'
figure carrier many 290 300 'so are the homes behind an address of a carrier'
figure carrier mixed 0 0 '… from the start'
figure carrier identities 4 4 '… and its neighbours one each'
figure carrier-pool many 270 300 'so are those behind each of its pool of addresses'
figure carrier-pool identities 4 4 '… none of which is one'
figure carrier-alone many 290 300 '… also with nobody beside it'
figure carrier-alone one 0 0 '… from the start'
figure prefix-translator one 0 0 'a router that rewrites prefixes is none of those it brings'
figure prefix-translator many 0 0 '… who have addresses of their own'
figure one-vendor many 0 0 'phones of one kind are each one, whatever their programs ask of TCP'
figure one-vendor identities 30 30 '… and all of them'
figure desktops many 0 0 'so are desktops of one image'
figure desktops identities 20 20 '… each'
figure pool one 0 0 'clients that a gateway gives its addresses in turn are not one device'
figure reboots many 0 0 'a device that is started anew is one'
figure reboots identities 1 1 '… and the same'
figure private-macs identities 1 1 'a new private MAC with the identifier of before is the same device'
figure clones mixed 0 0 'two machines of one image are not one device'
figure lease-reuse mixed 0 0 'an address that another has minutes later'
figure lease-reuse identities 3 3 '… is each one at its time'
figure renewals mixed 0 0 'renewals of which only the questions are seen'
figure two-sites one 0 0 'one address at two sites is nobody'
figure docks mixed 0 0 'who sits down at a dock next is not who sat there before'
figure containers mixed 0 0 'containers are nobody else'
figure privacy identities 3 3 'privacy addresses belong to their devices'
figure privacy one 650 720 '… nearly all of them'
figure vpn-gateway one 0 0 'clients of a gateway are not it'
figure adapters identities 1 1 'two adapters of one enrolled device are one'
figure moved identities 1 1 'a laptop between two networks is one'
figure moved one 150 180 '… nearly always'
figure terminal-server many 40 60 'a desktop that five use is many'
figure spoofed-arp mixed 0 0 'who says that he has another address is not whose it is'
figure spoofed-arp lent 0 0 '… and has not the class of it'
figure cloned-mac mixed 0 0 'who uses the MAC of another is not it'
figure cloned-mac lent 0 2 '… and has not its class, after a few flows'
figure shared-address mixed 0 0 'an address that goes from server to server is neither'
figure ipvlan mixed 0 0 'containers under one MAC are not one device'
figure phone-with-pc mixed 0 0 'a computer behind a desk phone'
figure phone-with-pc identities 2 2 '… and the phone are two'

# What a person reads of them.
cat >"$work/devices" <<END
#!/bin/sh
"$bin" devices "\$@" --language en --keys "$work/keys" --networks 10.0.0.0/8,2001:db8::/33 --inventory "$work/inventory.csv" \
	--state "$work/state"
END
chmod +x "$work/devices"
number_of() { # CASE: of its network
	awk -F '\t' -v name="$1" '!seen[$1]++ { n++ } $1 == name { print n; exit }' "$work/truth.tsv"
}
"$work/devices" list --format ndjson >"$work/list"
looks_at "$work/list"
equal 'a device is one row, however many MACs and addresses it had' '' \
	"$(sed 's/.*"pseudonym":"\([^"]*\)".*/\1/' "$work/list" | sort | uniq -d)"
while read -r case wanted; do
	pseudonym=$(grep "\"ip\":\"11\.$(number_of "$case")\..*\"device_kind\":\"one\"" "$work/flows.ndjson" |
		sed -n 's/.*"device":"\([^"]*\)".*/\1/p' | tail -n 1)
	equal "… $case: its addresses, each once" "$wanted" \
		"$(sed -n "s/.*\"${pseudonym:-none}\".*\"addresses\":\([0-9]*\).*/\1/p" "$work/list")"
done <<END
private-macs 3
second-address 2
END
time='2026-03-1[6-9]T[0-9:+]*'
while IFS='|' read -r case host pattern title; do
	says 0 "$pattern" "$title" "$work/devices" explain "10.$(number_of "$case").0.$host"
done <<END
nat64|1|  $time – $time: systems of different kinds in turn, seen [0-9]* times|a translator: each sign, from when to when
two-alike|1|  $time – $time: its packets have passed a router behind it, seen [0-9]* times|… one that is a hop further
unseen|1|Many devices stood behind it, at least|… and nobody's frames: at the latest time that is known
one-vendor|3|  $time – $time: no sign of others behind it|one device: since when
private-macs|12|  $time – $time: the MAC follows an earlier one|… under its new MAC
repeater-alike|1|its MAC had several addresses at a time or in turn|a repeater is not called a router
two-sites|5|  $time – $time: two stations spoke for it|a contest: from when to when
END
finish
