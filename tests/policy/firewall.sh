#!/bin/sh
# Twelve ways in which a try ends, over three protocols, behind a firewall that the body declared and one that it did not;
# with loss, cut short, and seen one way only. Usage: firewall.sh [PACKETS [SEED]]. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs jq tcpdump
needs_built
packets=${1:-5000} seed=${2:-1}
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1

rule='rules:
  - {id: ban, match: {app: tiktok}, action: deny, basis: b}'
printf 'own_networks: [10.0.0.0/8]\n%s\n' "$rule" >"$work/undeclared.yaml"
printf 'own_networks: [10.0.0.0/8]\nblocking:\n  page_issuers: [%s]\n  page_networks: [192.0.2.0/24]\n  sinkholes: [0.0.0.0, 10.10.9.9]\n%s\n' \
	'Exempelstad Gateway CA' "$rule" >"$work/declared.yaml"

# A line a try: way, protocol, what it should be called, what it was called, whether its device is accused: in an alert,
# or by the verdict of a flow.
cat >"$work/judge.awk" <<'A'
BEGIN {
	FS = "\t"
	count = split("none dropped refused dropped-after-hello dns block-page unsure passed", order, " ")
	for (i = 1; i <= count; i++)
		weight[order[i]] = i
	split("name-error dns lookup-refused dns lookup-empty dns sinkhole dns sinkhole-inside dns syn-refused refused " \
		"syn-dropped dropped hello-dropped dropped-after-hello hello-reset dropped-after-hello block-page block-page " \
		"hangs-up unsure passes passed", words, " ")
	for (i = 1; i < 24; i += 2)
		wanted[words[i]] = words[i + 1]
}
part == "truth" { if (FNR > 1) way[$2] = $16 }
part == "flows" { if (weight[$2] > weight[got[$1]]) got[$1] = $2 }
part == "alerts" { accused[$1] = 1 }
END {
	for (device in way) {
		split(way[device], tried, "/")
		print tried[1], tried[2], wanted[tried[1]], (device in got ? got[device] : "none"), (device in accused)
	}
}
A

# judge POLICY CAPTURE: makes $work/tries
judge() {
	"$bin" analyze --summary none --geo "$work/geo" --policy "$work/$1.yaml" --flows "$work/f.ndjson" \
		--alerts "$work/a.ndjson" "$2" >"$work/out" 2>"$work/err" || return 1
	jq -r '[.source.ip, .borderflow.block] | @tsv' "$work/f.ndjson" >"$work/flows"
	jq -r '.source.ip // empty, (.borderflow.alert.evidence.devices // [])[]' "$work/a.ndjson" >"$work/accused"
	jq -r 'select(.borderflow.policy.verdict == "violation") | .source.ip' "$work/f.ndjson" >>"$work/accused"
	awk -f "$work/judge.awk" part=truth "$work/truth.tsv" part=flows "$work/flows" part=alerts "$work/accused" >"$work/tries"
}

# How many tries fit an awk condition: $1 way, $2 protocol, $3 wanted, $4 got, $5 in an alert.
tries() {
	awk "$1 { n++ } END { print n + 0 }" "$work/tries"
}

never_accuses() {
	equal "$1: no stopped try in an alert" 0 "$(tries '$1 != "passes" && $5')"
	equal "$1: no passage called stopped" 0 "$(tries '$1 == "passes" && $4 != "passed" && $4 != "unsure" && $4 != "none"')"
}

# most PERCENT TITLE CONDITION: that share at most of all tries fits it
most() {
	part=$(tries "$3") all=$(tries 1)
	ok "$2: $part of $all" test $((part * 100)) -le $((all * $1))
}

generate --scenario firewall --seed "$seed" --packets "$packets" --out "$work/t.pcap" --truth "$work/truth.tsv" >"$work/out" 2>"$work/err"
check $? 'the capture is made'
for policy in declared undeclared; do
	judge $policy "$work/t.pcap"
	check $? "$policy: analysed"
	never_accuses "$policy"
	equal "$policy: every passage is a violation" 0 "$(tries '$1 == "passes" && !$5')"
	equal "$policy: nothing is unsure of lookups, refusals and silence" 0 \
		"$(tries '($3 == "dns" || $3 == "refused" || $3 == "dropped") && $4 == "unsure"')"
	if [ $policy = declared ]; then
		most 1 "$policy: called wrongly" '$4 != $3'
		most 5 "$policy: unsure, and they should not be" '$4 == "unsure" && $3 != "unsure"'
	else
		most 5 "$policy: called wrongly, and not unsure" '$4 != $3 && $4 != "unsure"'
	fi
done

generate --scenario firewall --seed "$seed" --packets "$packets" --lose 5 --out "$work/l.pcap" --truth "$work/truth.tsv" >/dev/null 2>&1
for policy in declared undeclared; do
	judge $policy "$work/l.pcap"
	never_accuses "$policy, 5 % lost"
	most 10 "$policy, 5 % lost: called wrongly, and not unsure" '$4 != $3 && $4 != "unsure" && $4 != "none"'
done

generate --scenario firewall --seed "$seed" --packets "$packets" --snaplen 96 --out "$work/s.pcap" --truth "$work/truth.tsv" >/dev/null 2>&1
for policy in declared undeclared; do
	judge $policy "$work/s.pcap"
	never_accuses "$policy, cut at 96 bytes"
	equal "$policy, cut at 96 bytes: 10 kB each way is a passage" 0 \
		"$(tries '$1 == "passes" && $2 != "quic" && $4 != "passed"')"
done

# What passed all the same: told by the flows that passed and by no other, however few they are.
sed 's/action: deny/&, blocked: yes/' "$work/undeclared.yaml" >"$work/leak.yaml"
generate --scenario firewall --seed "$seed" --out "$work/few.pcap" --truth "$work/truth.tsv" >/dev/null 2>&1
judge leak "$work/few.pcap"
jq -r 'select(.event.action == "policy.block-leak") | .borderflow.alert.evidence.flow_ids[]' "$work/a.ndjson" | sort -u >"$work/leaks"
jq -r 'select(.borderflow.block == "passed") | .borderflow.flow.id' "$work/f.ndjson" | sort -u >"$work/passed"
ok 'a leak has evidence' test -s "$work/leaks"
looks_at "$work/leaks"
equal 'a leak: no flow that did not pass' '' "$(comm -23 "$work/leaks" "$work/passed")"
ok 'a leak: devices of no unit are told as such' grep -q 'the latest from (no unit):' "$work/a.ndjson"

# The same without the answers.
generate --scenario firewall --seed "$seed" --packets "$packets" --out "$work/t.pcap" --truth "$work/truth.tsv" >/dev/null 2>&1
tcpdump -nr "$work/t.pcap" -w "$work/one.pcap" 'src net 10.48.0.0/12' 2>/dev/null
judge declared "$work/one.pcap"
check $? 'one way: analysed'
equal 'one way: nobody in an alert' 0 "$(tries '$5')"
equal 'one way: nothing called stopped or passed' 0 "$(tries '$4 != "none"')"
"$bin" analyze --summary json --geo "$work/geo" --policy "$work/declared.yaml" --report "$work/r" "$work/one.pcap" >"$work/s.json" 2>/dev/null
equal 'one way: said so' 'one way' "$(jq -r .answers_seen "$work/s.json")"
equal 'one way: no green light' 0 "$(grep -c '<li class="light_good"' "$work/r/report.en.html")"
finish
