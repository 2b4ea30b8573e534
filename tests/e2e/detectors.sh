#!/bin/sh
# What detectors find in packets: a device that calls by the clock, a block that lets through; and nothing where there is
# nothing. Prints TAP.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.sh"
[ -x "$traffic" ] || skip 'the generator is not built'
policy=$data/tests/traffic/day-policy.yaml

look() {
	scenario=$1
	shift
	generate --scenario "$scenario" --out "$work/t.pcap" >/dev/null 2>&1 &&
		"$bin" analyze --language en --summary none --policy "$policy" --alerts "$work/alerts.ndjson" "$@" "$work/t.pcap" 2>"$work/err"
}
kinds() {
	jq -r '.borderflow.alert.kind' "$work/alerts.ndjson" | grep -v '^policy.violation$' | sort | tr '\n' ' '
}

ok 'two days of an office are looked at' look alarms
equal 'one device calls by the clock, and nothing else is told' 'anomaly.beacon ' "$(kinds)"
ok '… with its place and period' jq -e '.borderflow.alert | .place | startswith("status.anropare.example")' "$work/alerts.ndjson"
ok '… between 8 and 12 minutes' jq -e '.borderflow.alert.period | . > 480 and . < 720' "$work/alerts.ndjson"
ok '… of one device, whose flow is named' jq -e '.borderflow.alert | .device == "10.20.9.13" and .evidence.devices == ["10.20.9.13"]' \
	"$work/alerts.ndjson"
ok 'the sentence says what to do' grep -q 'look before you judge' "$work/alerts.ndjson"
first=$(jq -r '.borderflow.alert.id' "$work/alerts.ndjson")
ok 'it is looked at again' look alarms --workers 1
looks_at "$work/alerts.ndjson"
equal 'the same id' "$first" "$(jq -r '.borderflow.alert.id' "$work/alerts.ndjson")"
ok '… and again in halves' sh -c "'$bin' analyze --summary none --policy '$policy' --state '$work/state' '$work/t.pcap'"
ok 'what was learnt is kept' [ -s "$work/state/detectors.state" ]
ok '… and on which days which units are proven to be seen' [ -s "$work/state/vantage.state" ]

ok 'every way of a block is looked at' look blocked
equal 'what came through is told once' 'policy.block-leak ' "$(kinds)"
ok '… by the policy that says it is blocked' jq -se 'map(.borderflow.alert | select(.kind == "policy.block-leak"))[0] |
	.rule == "neka-tiktok" and .blocked >= 5 and .flows > 0' "$work/alerts.ndjson"
jq 'select(.borderflow.alert.kind == "policy.block-leak")' "$work/alerts.ndjson" >"$work/leak.json"
ok '… with the flows behind it' jq -e '.borderflow.alert.evidence | (.flow_ids | length) > 0 and .names[0] != ""' "$work/leak.json"
ok '… no more than had passed by then' jq -e '.borderflow.alert | (.evidence.bytes | add) <= .value' "$work/leak.json"
"$bin" analyze --summary none --policy "$policy" --flows "$work/flows.ndjson" "$work/t.pcap" 2>"$work/err"
jq -r '.borderflow.alert.evidence.flow_ids[]' "$work/leak.json" >"$work/ids"
equal '… each a flow that passed and that no exception covers' "$(wc -l <"$work/ids")" "$(jq -r 'select(
	.borderflow.block == "passed" and .borderflow.policy.verdict == "violation") | .borderflow.flow.id' "$work/flows.ndjson" |
	grep -cxFf "$work/ids")"
ok '… and none began after it' jq -e --rawfile ids "$work/ids" --arg until "$(jq -r .event.end "$work/leak.json")" -s '
	($ids | split("\n")) as $of | all(.[] | select(.borderflow.flow.id as $id | $of | index($id)); .event.start <= $until)' "$work/flows.ndjson"
ok 'nothing of it runs unasked' sh -c "'$bin' analyze --language en --policy '$policy' '$work/t.pcap' >'$work/said'; [ -s '$work/said' ] && ! grep -q Detectors '$work/said'"
finish
