#!/bin/sh
# The ready folders for SIEMs hold for the alerts of a real run: every field is mapped, every alert ends in the right rule.
. "$(dirname "$0")/tap.sh"

needs python3 jq
needs_built

siem=$data/analyzer/share/siem
tool=$data/tests/e2e/siem.py
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
timeout 60 "$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" --alerts "$work/alerts.ndjson" \
	--alert-page https://flow.example.org --flows "$work/flows.ndjson" "$work/day.pcap" 2>"$work/err"
ok 'there are alerts' [ -s "$work/alerts.ndjson" ]

ok 'Elastic: the template is JSON' jq empty "$siem/elastic/index-template.json"
ok 'Elastic: every field of the sample is mapped' python3 "$tool" elastic "$siem/elastic/index-template.json" "$siem/elastic/sample-event.json"
ok 'Elastic: … and of every alert of a run' python3 "$tool" elastic "$siem/elastic/index-template.json" "$work/alerts.ndjson"
# What detectors and the desk may count in an alert, whether this run had one or not, and nothing besides.
cat "$data"/analyzer/alert/*.c "$data"/analyzer/engine/*.c | tr -s '\n\t ' ' ' | grep -oE 'put_(text|number|place)\( ?[^,]*finding, ("|is_wave [^,]*")[^,]*' |
	grep -oE '"[a-z]+"' | tr -d '"' | sort -u >"$work/counted"
jq -r '.template.mappings.properties.borderflow.properties.alert.properties | keys[]' "$siem/elastic/index-template.json" | sort >"$work/mapped"
equal 'Elastic: … and whatever an alert can count' '' "$(comm -23 "$work/counted" "$work/mapped" | tr '\n' ' ')"
ok "… of which there are $(wc -l <"$work/counted" | tr -d ' ')" [ "$(wc -l <"$work/counted")" -gt 30 ]

ok 'Elastic: every field of every flow is mapped' python3 "$tool" elastic "$siem/elastic/flows-index-template.json" "$work/flows.ndjson"
ok 'Elastic: … and every field that a flow can have' jq -e --slurpfile template "$siem/elastic/flows-index-template.json" '
	def fields: if .properties then .properties | map_values(fields) elif .items then .items | fields else 0 end;
	def mapped: if .properties then .properties | map_values(mapped) else 0 end;
	fields == ($template[0].template.mappings | mapped)' "$data/analyzer/share/ecs-flow.schema.json"

rules=$siem/wazuh/borderflow_rules.xml
equal 'Wazuh: identifiers are from 100000 to 120000, each once' "$(python3 "$tool" ids "$rules" | sort -u | wc -l)" \
	"$(python3 "$tool" ids "$rules" | awk '$1 >= 100000 && $1 <= 120000' | wc -l)"
ok 'Wazuh: decoders are XML' python3 -c 'import sys, xml.etree.ElementTree as t; t.fromstring("<all>" + open(sys.argv[1]).read() + "</all>")' \
	"$siem/wazuh/borderflow_decoders.xml"
ends() { jq -c "$1" "$siem/wazuh/sample-event.json" >"$work/event" && python3 "$tool" wazuh "$rules" "$work/event"; }
equal 'Wazuh: the sample ends in its rule' '100112 10' "$(ends .)"
equal 'Wazuh: a critical one' '100113 13' "$(ends '.borderflow.alert.severity = "critical"')"
equal 'Wazuh: a suppressed one is silent' '100101 0' "$(ends '.borderflow.alert.state = "suppressed"')"
equal 'Wazuh: an update is silent' '100102 0' "$(ends '.borderflow.alert.notice = "update"')"
equal 'Wazuh: one of a storm is silent' '100103 0' "$(ends '.borderflow.alert.in_storm = true')"
equal 'Wazuh: a beacon' '100120 8' "$(ends '.borderflow.alert.kind = "anomaly.beacon"')"
equal 'Wazuh: a sensor' '100130 10' "$(ends '.borderflow.alert.kind = "sensor.silent"')"
looks_at "$work/alerts.ndjson"
equal 'Wazuh: no alert of a run is left without a level' 0 "$(python3 "$tool" wazuh "$rules" "$work/alerts.ndjson" | grep -vc '^1001[123]')"
title='the sample has the fields of an alert of today'
if [ -r "${BORDERFLOW_GEO:-$data/var/geo}/countries.mmdb" ]; then
	fields() { jq -c '[paths | map(tostring) | join(".") | select(test("[.][0-9]+$") | not)] | sort' "$1"; }
	jq -c 'select(.event.action == "policy.violation")' "$work/alerts.ndjson" >"$work/violations.ndjson"
	fields "$work/violations.ndjson" >"$work/fields"
	ok "$title" grep -qxF "$(fields "$siem/wazuh/sample-event.json")" "$work/fields"
else
	passed_over "$title" 'countries and networks are among them, and there are no geo databases (borderflow geo update)'
fi
finish
