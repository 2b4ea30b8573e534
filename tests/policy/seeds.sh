#!/bin/sh
# What public bodies decided: each statement of seeds.tsv against the scenario "bodies". Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs jq
needs_built
folder=$data/tests/policy
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1
generate --scenario bodies --out "$work/bodies.pcap" >"$work/out" 2>"$work/err"
check $? 'the capture is made'

# Everything that borderflow answers under one policy, as one object.
answer() {
	policy=$1 out=$2
	"$bin" analyze --geo "$work/geo" --policy "$policy" --flows "$work/f.ndjson" --alerts "$work/a.ndjson" \
		--report "$work/report" --summary json "$work/bodies.pcap" >"$work/summary.json" 2>"$work/err" || return 1
	"$bin" analyze --geo "$work/geo" --policy "$policy" "$work/bodies.pcap" >"$work/text" 2>/dev/null || return 1
	"$bin" policy check "$policy" >"$work/check"
	"$bin" policy print "$policy" >"$work/print" && "$bin" policy export "$policy" >"$work/export" || return 1
	"$bin" apps show tiktok >"$work/dossier" || return 1
	jq -n --slurpfile flows "$work/f.ndjson" --slurpfile alerts "$work/a.ndjson" --slurpfile summary "$work/summary.json" \
		--slurpfile report "$work/report/report.json" --rawfile text "$work/text" --rawfile check "$work/check" \
		--rawfile print "$work/print" --rawfile export "$work/export" --rawfile dossier "$work/dossier" \
		--rawfile html "$work/report/report.en.html" \
		'{flows: $flows, alerts: ($alerts | map(select(.event.action | startswith("policy.")))), told: $alerts, summary: $summary[0], report: $report[0], text: $text, check: $check,
		  print: $print, export: $export, dossier: $dossier, html: $html, summary_policy: $summary[0].policy}' >"$out"
}

tab=$(printf '\t')
tail -n +2 "$folder/seeds.tsv" >"$work/rows"
while IFS=$tab read -r id policy what expression; do
	case $policy in
	profile:*) path=$data/analyzer/share/policies/${policy#profile:}.yaml ;;
	*) path=$folder/rules/$policy.yaml ;;
	esac
	answered=$work/$(basename "$path").json
	[ -s "$answered" ] || answer "$path" "$answered"
	jq -e "$expression" "$answered" >"$work/out" 2>"$work/err"
	check $? "$id: $what"
done <"$work/rows"
for policy in "$folder"/rules/*.yaml; do
	case $policy in
	*/bad.yaml) continue ;;
	esac
	ok "$(basename "$policy") is good, and its expectations hold" sh -c "'$bin' policy check '$policy' | grep -q good:"
done
finish
