#!/bin/sh
# Who went where (roles/NAME.rows), what the rules are (NAME.yaml), and written apart from both what is to be said of each
# device (NAME.expect): the verdict that says most, and whether it stands in an alert. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs jq
needs_built
folder=$data/tests/policy/roles
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1

for rows in "$folder"/*.rows; do
	name=$(basename "$rows" .rows)
	"$traffic" --scenario rows --rows "$rows" --out "$work/c.pcap" 2>"$work/err" || broken 'the generator failed'
	"$bin" analyze --geo "$work/geo" --policy "$folder/$name.yaml" --summary none --flows "$work/f.ndjson" \
		--alerts "$work/a.ndjson" "$work/c.pcap" >"$work/out" 2>"$work/err"
	check $? "$name: analysed"
	jq -rn --slurpfile flows "$work/f.ndjson" --slurpfile alerts "$work/a.ndjson" '
		["violation", "unapproved", "grace", "excepted", "allowed", "reported", "out-of-scope", "none"] as $order |
		[$alerts[].borderflow.alert.evidence.devices[]?] as $told |
		$flows | group_by(.source.ip)[] | .[0].source.ip as $ip |
		[.[].borderflow.policy.verdict] as $verdicts |
		"\($ip) \([$order[] | select(IN($verdicts[]))][0]) \(if $ip | IN($told[]) then "yes" else "no" end)"
	' >"$work/said"
	while read -r address verdict told; do
		equal "$name: $address" "$address $verdict $told" "$(grep "^$address " "$work/said")"
	done <"$folder/$name.expect"
done
finish
