#!/bin/sh
# Whose device it is, where somebody on the segment or outside lies about it (docs/evidence.md): the phone behind the router is
# never called the laptop, and the laptop neither loses its name to others' words nor hides by its own. Prints TAP.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.sh"
[ -x "$bin" ] || skip 'borderflow is not built'
needs python3 jq

printf 'id,class,ownership,unit,mac\nPC-1,laptop,owned,Care,001122000001\n' >"$work/own.csv"
cat >"$work/policy.yaml" <<'POLICY'
own_networks: [10.0.0.0/8]
rules:
  - {id: ban-tiktok, match: {app: [tiktok, bittorrent, wireguard, openvpn]}, action: deny, basis: decision}
POLICY
"$bin" keys init --keys "$work/keys" >"$work/out"

# SCENE WANTED TITLE: which kinds of device, class, unit and verdict the flows of TikTok have.
scene() {
	python3 "$(dirname "$0")/evidence.py" "$1" "$work/$1.pcap"
	"$bin" analyze --summary none --policy "$work/policy.yaml" --inventory "$work/own.csv" --keys "$work/keys" \
		--flows "$work/flows.ndjson" --alerts "$work/$1.alerts" "$work/$1.pcap" 2>"$work/err" || sed 's/^/# /' "$work/err"
	equal "$3" "$2" "$(jq -r 'select(.borderflow.policy.rule == "ban-tiktok") | .borderflow |
		"\(.device_kind // "address") \(.class // "-") \(.unit // "-") \(.policy.verdict)"' "$work/flows.ndjson" |
		sort -u | tr '\n' ';')"
}
laptop='one laptop Care violation;'
nobody='address - - violation;'
scene truth "$laptop" 'nobody lies'
scene lease_outside "$nobody" 'a lease that comes from outside gives nobody an address'
scene lease_doubt "$laptop" '… and puts none in doubt'
scene ask_outside "$(printf 'one - - violation;station - - violation;')" 'a request that comes from outside …'
equal '… makes no two devices one' 2 "$(jq -r 'select(.borderflow.device_kind == "one") |
	.source.device.id // .borderflow.device // .source.id // empty' "$work/flows.ndjson" | sort -u | wc -l)"
scene lease_inside "$laptop" 'a server inside is believed'
scene arp_routed "$nobody" 'ARP in a name takes no address that a router brings'
scene arp_other "$laptop" 'ARP alone takes no address from who uses it'
scene mac_beside "$nobody" 'two that send with one address are both unknown'
scene leak "$laptop" 'an address of elsewhere makes no router of a device'
scene private_mac "$(printf 'one - - violation;station - - violation;')" 'identifier and fingerprint of DHCP enrol nobody'
scene second_address "$laptop" 'who takes a second address keeps class and unit'
scene crowd "$(echo "$laptop" | sed 's/one/many/')" 'who plays a crowd keeps class and unit'

# TUNNELS: what is said in them, by whom. VIA TITLE are those of scene.
said() {
	scene "$1" "$2" "$3"
	equal "… and says on what that stands: $1" "$4" "$(jq -r 'select(.borderflow.policy.rule == "ban-tiktok") | .borderflow |
		(.inferred_by // ["proven"])[]' "$work/flows.ndjson" | sort -u | tr '\n' ';')"
}
hearsay='tunnel-from-outside;'
for form in tunnel_outside tunnel_two tunnel_answered tunnel_echoed tunnel_asked tunnel_asked_slowly tunnel_mirrored; do
	said $form 'one laptop Care reported;' "what somebody outside writes into a tunnel accuses nobody: $form" "$hearsay"
done
said tunnel_lookup 'one laptop Care reported;' 'nor does a look-up in one' 'answer-unasked;'
said tunnel_branch "$laptop" 'a tunnel that we answer in is used' 'proven;'
said tunnel_ours "$laptop" 'what an end of ours wraps is believed' 'proven;'
said tunnel_mirror "$laptop" 'the mirror of a switch of ours is believed' 'proven;'
said lookup_own "$laptop" 'what the laptop looks up names where it goes' 'proven;'
said lookup_forged "$(echo "$nobody" | sed 's/violation/reported/')" \
	'a question from another machine in its name accuses nobody' 'answer-unasked;'
for form in forged_answered forged_in_pieces forged_beside; do
	said lookup_$form 'one laptop Care reported;' "a question from another machine in its name accuses nobody: $form" 'answer-unasked;'
done
said lookup_raced 'one laptop Care reported;' 'of two answers to its question one is made up' 'answer-unasked;'
for form in shared used; do
	said lookup_$form 'one laptop Care reported;' "what may be either name's accuses nobody: $form" 'address-shared;'
done
equal '… and both names are told' 'www.tiktok.com www.example.com' "$(jq -r 'select(.network.application == "tiktok") |
	.borderflow.contested_names | join(" ")' "$work/flows.ndjson" | sort -u)"
said lookup_over "$laptop" '… and a name whose time is over is no other' 'proven;'
for form in kept again; do
	said lookup_$form "$laptop" "a look-up counts for its time, and what programs keep it: $form" 'proven;'
done
said lookup_old 'one laptop Care reported;' '… and then shows where the flow may go, and accuses nobody' 'lookup-old;'
for form in server_request server_hello; do
	said $form 'one laptop Care reported;' "what the server asks names nobody to whom the laptop turned: $form" 'hello-contested;'
	equal '… and says whose word it is' 2 "$(grep -c hello-reversed "$work/flows.ndjson")"
done
for form in proxy proxy_2 forwarded; do
	scene outside_$form 'address - - reported;' "whose name somebody outside asks in is not who asks: $form"
done
scene neighbour_tcp '' 'a neighbour names no address'
scene outside_quote '' 'what ICMP quotes is nobody'"'"'s flow'
for form in tcp torrent wireguard openvpn certificate; do
	said peer_$form 'one laptop Care reported;' "what whom the laptop turned to answers accuses nobody: $form" 'hello-contested;'
done
said peer_asked "$laptop" '… but to what it said itself' 'proven;'
for lie in tunnel_outside tunnel_two tunnel_answered tunnel_echoed tunnel_asked tunnel_asked_slowly tunnel_mirrored tunnel_lookup lookup_old server_request server_hello; do
	ok "nobody is told of $lie" sh -c "[ -e '$work/$lie.alerts' ] && ! grep -q policy.violation '$work/$lie.alerts'"
done
for lie in lease_outside arp_routed mac_beside private_mac; do
	ok "no alert names the laptop's unit: $lie" sh -c "test -s '$work/$lie.alerts' && ! grep -q Care '$work/$lie.alerts'"
done
"$bin" analyze --summary none --policy "$work/policy.yaml" --inventory "$work/own.csv" --report "$work/report" "$work/truth.pcap"
equal 'the report of a capture says that of the enrolled few were seen' '[{"class":"laptop","enrolled":1,"seen":{"below":5}}]' \
	"$(jq -c '[.report.tables.coverage[] | {class, enrolled, seen}]' "$work/report/report.json")"
python3 "$(dirname "$0")/evidence.py" own_names "$work/names.pcap"
"$bin" analyze --summary none --policy "$work/policy.yaml" --pseudonymize "$work/keys/pseudonym.key" --flows "$work/names.ndjson" \
	"$work/names.pcap"
equal 'names of our own are not shown beside pseudonyms, wherever they were asked for; a stranger'"'"'s is' 'www.stranger.example' \
	"$(grep -oE '[a-z0-9.-]+\.example' "$work/names.ndjson" | sort -u)"
ok 'where nobody lies one does' grep -q Care "$work/truth.alerts"
finish
