#!/bin/sh
# Hours by packets, a unit for each kind of alert that rules and their dates make (tests/traffic/kinds.tsv), against what is to
# be told. Kinds that need weeks are those of tests/traffic/month.h (test_detectors), the beacon of detectors.sh. Prints TAP.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
scenario=$data/tests/traffic/kinds
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1
generate --scenario rows --rows "$scenario.tsv" --out "$work/t.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" analyze --summary none --policy "$scenario-policy.yaml" --geo "$work/geo" --alerts "$work/alerts" "$work/t.pcap" 2>"$work/err"
check $? 'what happened to each unit is looked at'
jq -r '.borderflow.alert as $a | [$a.kind, .borderflow.unit // $a.unit // "-", .network.application // $a.app // "-",
	.rule.id // $a.rule // .borderflow.policy.exception // $a.exception // "-", $a.devices // "-"] | @tsv' "$work/alerts" |
	sort >"$work/told"
grep -v '^#' "$scenario-truth.tsv" | sort >"$work/truth"
while IFS="$(printf '\t')" read -r kind unit what; do
	case $unit in Filial*) continue ;; esac # they are the storm
	ok "$kind, $unit" grep -qxF "$kind	$unit	$what" "$work/told"
done <"$work/truth"
ok 'nothing else is told, and nothing twice' diff "$work/truth" "$work/told"
ok 'what came through a block is said whole: the flows beside it are no more' jq -se 'map(.borderflow.alert |
	select(.kind == "policy.block-leak"))[0] | .flows == (.evidence.flow_ids | length) and .value == (.evidence.bytes | add)' "$work/alerts"
equal 'a storm tells the twenty-first and those after it' true "$(jq -s '(map(select(.borderflow.alert.kind == "alerts.storm"))[0].borderflow.alert | .count - .least) ==
	(map(select(.borderflow.alert.in_storm)) | length)' "$work/alerts")"
finish
