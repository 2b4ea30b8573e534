#!/bin/sh
# Every app that the traffic has is denied: nobody is accused who did not turn to it, in
# whole captures, with loss and cut short. About two minutes. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs jq
needs_built
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1

# Device and app of the truth's flows that are no part of something else.
known() {
	awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["embedded"] != "yes" { print $c["source"] "\t" $c["app"]; print $c["destination"] "\t" $c["app"] }' \
		"$work/truth.tsv" | sort -u
}

sweep() {
	what=$*
	generate --scenario "$@" --out "$work/c.pcap" --truth "$work/truth.tsv" >"$work/out" 2>"$work/err"
	check $? "$what: the capture is made"
	{
		echo 'own_networks: [10.0.0.0/8, "2001:db8::/32", 172.16.0.0/12, 192.168.0.0/16, "fd00::/8"]'
		echo 'rules:'
		awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } { print $c["app"] }' "$work/truth.tsv" | sort -u |
			while read -r app; do
				"$bin" apps show "$app" >/dev/null 2>&1 &&
					echo "  - {id: r-$app, match: {app: $app}, action: deny, basis: b, effective_from: 2020-01-01}"
			done
	} >"$work/p.yaml"
	"$bin" analyze --geo "$work/geo" --policy "$work/p.yaml" --flows "$work/f.ndjson" --summary none "$work/c.pcap" 2>"$work/err"
	jq -r 'select(.borderflow.policy.verdict == "violation") |
		[(if .network.direction == "inbound" then .destination.ip else .source.ip end), .borderflow.app.id] | @tsv' \
		"$work/f.ndjson" | sort -u >"$work/accused"
	known >"$work/known"
	ok "$what: somebody is accused" test -s "$work/accused"
	equal "$what: nobody who did not turn to it" '' "$(comm -23 "$work/accused" "$work/known" | head -3)"
}

for scenario in bodies tiktok hidden hellos formats day; do
	sweep "$scenario"
done
sweep day --lose 5
sweep day --snaplen 96
sweep day --double 20 --reorder 5 --fragment 10
finish
