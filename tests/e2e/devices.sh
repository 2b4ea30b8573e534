#!/bin/sh
# Who is a device: ten minutes of a body's thousand devices (BORDERFLOW_DAYS: so many days of them) against who they are, and
# what borderflow devices says of them. Prints TAP.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.sh"
[ -x "$bin" ] || skip 'borderflow is not built'
[ -x "$tools/identity" ] || skip 'the generator of devices is not built'
needs jq python3
networks=10.0.0.0/8,2001:db8::/32
seed=${BORDERFLOW_SEED:-1}
days=${BORDERFLOW_DAYS:-0}

"$tools/identity" --devices 1000 --days "$days" --seed "$seed" --out "$work/body.pcap" --truth "$work/truth.tsv" \
	--inventory "$work/body.csv"
check $? 'a body of 1,000 devices'
"$bin" keys init --keys "$work/keys" >"$work/out"
cat >"$work/policy.yaml" <<END
own_networks: [10.0.0.0/8, "2001:db8::/32"]
END
says 0 'devices in [0-9]* rows, columns as plain' 'its inventory is read' \
	"$bin" devices import "$work/body.csv" --policy "$work/policy.yaml" --out "$work/own.csv"
"$bin" analyze --summary none --keys "$work/keys" --networks $networks --inventory "$work/own.csv" --state "$work/state" \
	--flows "$work/flows.ndjson" "$work/body.pcap" 2>"$work/err"
check $? 'a capture of them is read'
"$tools/score_identity" "$work/truth.tsv" <"$work/flows.ndjson" >"$work/score"
sed 's/^/# /' "$work/score"

# NAME LEAST MOST: a figure of the score.
figure() {
	value=$(awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$work/score")
	awk -v value="$value" -v least="$2" -v most="$3" 'BEGIN { exit !(value != "" && value >= least && value <= most) }'
	check $? "$1 is $value"
}
figure purity 0.99 1
figure nat_found 0.95 1
figure nat_false 0 0.01
for kind in laptop desktop phone printer; do
	value=$(awk -F '\t' -v kind=$kind '$1 == kind { print $4 }' "$work/score")
	awk -v value="$value" 'BEGIN { exit !(value >= 0.95) }'
	check $? "completeness of owned devices: $kind, $value"
done
awk -F '\t' '$3 == "nat-98" { print $1 }' "$work/truth.tsv" | sort >"$work/forty"
jq -r 'select(.borderflow.device_kind == "one") | .destination.ip' "$work/flows.ndjson" | sort >"$work/ones"
looks_at "$work/ones"
equal 'a translator with forty behind it is never one' 0 "$(comm -12 "$work/forty" "$work/ones" | wc -l)"

# What a person sees.
last=$(jq -r 'select(.borderflow.device_kind == "one") | .source.port, .event.start' "$work/flows.ndjson" | tail -n 1)
"$bin" devices list --language en --keys "$work/keys" --state "$work/state" --inventory "$work/own.csv" \
	--networks $networks >"$work/list" 2>"$work/err"
listed=$?
looks_at "$work/list"
check $listed 'devices are listed'
ok 'those that find no room are counted' grep -q '^[0-9,]* more$' "$work/list"
"$bin" devices list --format ndjson --keys "$work/keys" --state "$work/state" --inventory "$work/own.csv" \
	--networks $networks >"$work/list.ndjson"
ok 'translators are many, at least so many' jq -es 'map(select(.kind == "many")) | length >= 20 and all(.at_least >= 2)' \
	"$work/list.ndjson"
ok 'no address and no MAC among them' sh -c "! grep -Eq '10\.[1-4]0\.|([0-9a-f]{2}:){5}' '$work/list'"
ok 'how many of the enrolled were seen' grep -Eq 'laptop: [0-9]+ of 450 enrolled devices seen' "$work/list"
"$bin" devices list --language en --keys "$work/keys" --state "$work/state" --networks $networks >"$work/list"
ok 'without an inventory that is not measured' grep -q 'Coverage is not measured' "$work/list"
says 0 'Many devices stood behind\|one device\|enrolled device\|station' "an address is explained ($last)" \
	"$bin" devices explain 10.10.0.30 --language en --state "$work/state" --networks $networks
says 2 'no key for them' 'no list without pseudonyms' "$bin" devices list --state "$work/state"
says 2 'no such folder; --state names' 'no state is made where there is none' \
	"$bin" devices explain 10.10.0.30 --state "$work/none"
equal '… indeed' no "$([ $was_said -eq 0 ] && [ ! -e "$work/none" ] && echo no)"
says 2 'expected an address' 'what is no address' "$bin" devices explain nonsense --state "$work/state"
# A lease through a relay that tells no MAC.
cat >"$work/relayed.hex" <<END
d4c3b2a1020004000000000000000000ffff000001000000803bb16a00000000aa000000aa000000001b17000001001b1700000386dd6000
00000074114020010db800090000000000000000005320010db8000100000000000000000001022302230074dbdb0d0020010db800010000
0000000000000001fe8000000000000000000000000000070009004607000001000100120004000102030405060708090a0b0c0d0e0f0003
00280000000100000000000000000005001820010db800010000000000000000000700000e1000000e10
END
python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' <"$work/relayed.hex" >"$work/relayed.pcap"
"$bin" analyze --summary none --networks $networks --state "$work/relayed" "$work/relayed.pcap" 2>"$work/err"
check $? 'a relayed lease of DHCPv6 is read'
says 0 'known by its DHCP identifier' 'its client is known by what was seen of it' \
	"$bin" devices explain 2001:db8:1::7 --language en --state "$work/relayed" --networks $networks
# Each part of the state is read by itself: what is lost is said, and the rest is there.
for part in behaviour own-zones; do
	printf 'x' >>"$work/relayed/$part.state"
done
for part in 'own-zones.state: .* damaged: which zones' 'behaviour.state: .* damaged: how servers'; do
	cp -r "$work/relayed" "$work/damaged"
	says 0 "$part" "damaged state is named" "$bin" analyze --summary none --networks $networks --state "$work/damaged" "$work/relayed.pcap"
	says 0 'seen 2 times' '… and who is a device is still known' \
		"$bin" devices explain 2001:db8:1::7 --language en --state "$work/damaged" --networks $networks
	rm -r "$work/damaged"
done
printf 'x' >>"$work/relayed/devices.state"
says 3 'devices.state: .* damaged: who had which address' 'nobody answers out of a damaged one' \
	"$bin" devices explain 2001:db8:1::7 --state "$work/relayed" --networks $networks
printf 'id,mac\nPC-1,00:11\n' >"$work/bad.csv"
says 2 'bad.csv:2: column 2: expected a MAC' 'a bad inventory says where' "$bin" devices import "$work/bad.csv"
finish
