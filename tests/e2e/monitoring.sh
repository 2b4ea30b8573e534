#!/bin/sh
# Prometheus rules and Grafana dashboards: promtool has tried the rules, every expression of a dashboard is one, and every
# question to Redis is answered from what a run fed there, with the rights of a reader. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
. "$(dirname "$0")/redis.sh"

rules=$data/dashboards/prometheus
boards=$data/dashboards/grafana

# Panels do not overlap, and each has a title and something that it asks.
for board in "$boards"/*.json; do
	ok "$(basename "$board"): every panel says what it is and asks" jq -e '[.panels[] | select(.type != "row")
		| (.title != "") and ((.targets | length) > 0) and .gridPos.x + .gridPos.w <= 24] | all' "$board"
	equal '… each with its own number' "$(jq '.panels | length' "$board")" "$(jq '[.panels[].id] | unique | length' "$board")"
done

if command -v promtool >/dev/null; then
	ok 'promtool takes the rules' promtool check rules "$rules/borderflow.rules.yml"
	ok '… and their tests pass' promtool test rules "$rules/borderflow.test.yml"
	jq -r '.panels[].targets[]?.expr // empty' "$boards/borderflow-sensors.json" |
		sed 's/\$__rate_interval/5m/g; s/\$sensor/.*/g' |
		jq -Rn '{groups: [{name: "panels", rules: [inputs | {record: "panel:\(input_line_number)", expr: .}]}]}' >"$work/panels.json"
	ok 'every panel asks in PromQL' promtool check rules "$work/panels.json"
else
	passed_over 'rules of Prometheus' 'promtool is not installed'
fi
equal 'every alert of the rules is tested' "$(grep -c 'alert: ' "$rules/borderflow.rules.yml")" \
	"$(sed -n 's/.*alertname: \([A-Za-z]*\).*/\1/p' "$rules/borderflow.test.yml" | sort -u | wc -l)"

generate --scenario day --out "$work/day.pcap" 2>/dev/null || broken 'the generator failed'
start_redis
"$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" --redis "$redis_url" "$work/day.pcap" 2>"$work/err"
grep '^user borderflow-reader' "$data/analyzer/share/redis/users.acl" | sed 's/>CHANGE-ME/>reader/' >"$work/rights"
# shellcheck disable=SC2046
ask ACL SETUSER $(cut -d ' ' -f 2- "$work/rights") >/dev/null
sensor=$(ask KEYS 'bf:1:{file-*}:seq' | sed 's/.*{\(.*\)}.*/\1/')
ask ZADD bf:1:sensors 1 "$sensor" >/dev/null # one that was there in 1970, and is silent

# The data source splits a question as a shell does.
answer() {
	eval "redis-cli -s '$work/redis.sock' --user borderflow-reader --pass reader --no-auth-warning --raw $1"
}
jq -r '.panels[] | .title as $title | .targets[]? | select(.query) | [$title, .query] | @tsv' "$boards/borderflow-traffic.json" |
	sed 's/\\\\/\\/g; s/\$sums/all:default/g; s/\$__from/1773700000000/g; s/\$__to/'"$(date +%s)"'999/g' >"$work/questions"
equal 'the dashboard has questions' 7 "$(wc -l <"$work/questions")"
while IFS='	' read -r panel question; do
	answer "$question" >"$work/answer" 2>&1
	ok "$panel: answered in lines of JSON" jq -se 'length > 0 and (map(type == "object") | all)' "$work/answer"
	cp "$work/answer" "$work/$(echo "$panel" | tr -c 'a-zA-Z\n' -)"
done <"$work/questions"
all=$(sum 'bf:1:{all:default}:m:app.up:*')
equal 'slots by zone add up to every byte' "$all" \
	"$(jq -s '[.[] | del(.time) | add] | add' "$work/Bytes-sent--by-zone-of-the-server")"
equal '… and apps' "$all" "$(jq -s 'map(.bytes) | add' "$work/Apps")"
equal '… and units, by their names' "$all Gäst" \
	"$(jq -sr '(map(.bytes) | add | tostring) + " " + (map(.name) | map(select(. == "Gäst"))[0])' "$work/Units")"
equal '… and servers by control' "$all" "$(jq -s 'map(.bytes) | add' "$work/Where-it-lands--who-controls")"
equal 'every alert has its sentence' "$(ask XLEN bf:1:alerts)" "$(jq -s 'map(select(.sentence != "")) | length' "$work/Alerts")"
equal 'a silent sensor is told' silent "$(jq -r .state "$work/Sensors")"
finish
