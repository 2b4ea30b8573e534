#!/bin/bash
# Every panel of the dashboard of sensors is answered: a sensor that sees a working day and feeds a Redis, a real Prometheus that
# scrapes it with our rules, and every question of every panel put to that. A minute; root only. Prints TAP.
must_run=yes
. "$(dirname "$0")/../e2e/tap.sh"
needs jq prometheus
needs_built
. "$(dirname "$0")/../e2e/redis.sh"
. "$(dirname "$0")/../e2e/wire.sh"
[ -x "$tools/sender" ] || skip "$tools/sender is not built"
sensor='' prometheus=''
stop() {
	kill_hard $sensor $prometheus
	stop_redis
	remove_wire
}

mkdir -m 777 "$work/kept" "$work/spool"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" keys init --keys "$work/keys" >/dev/null
start_redis
ask CONFIG SET hash-max-listpack-entries 300 >/dev/null
ip netns exec "$netns" "$bin" capture -i tap0 --user nobody --socket none --keys "$work/keys" --policy "$data/tests/traffic/day-policy.yaml" \
	--archive "$work/kept/archive" --redis "$redis_url" --spool "$work/spool/redis" --metrics-listen 9464 >"$work/log" 2>&1 &
sensor=$!
cat >"$work/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs: [{job_name: borderflow, static_configs: [{targets: ['127.0.0.1:9464']}]}]
rule_files: ['$(cd "$data" && pwd)/dashboards/prometheus/borderflow.rules.yml']
END
ip netns exec "$netns" prometheus --config.file "$work/prometheus.yml" --storage.tsdb.path "$work/series" --web.listen-address 127.0.0.1:9090 \
	>"$work/prometheus.log" 2>&1 &
prometheus=$!
query() { # query EXPRESSION: what Prometheus answers
	inside curl -s --max-time 10 -G --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query
}
is_scraped() {
	[ "$(query 'up{job="borderflow"}' | jq -r '.data.result[0].value[1]')" = 1 ]
}
ok 'Prometheus scrapes the sensor' wait_for 20 is_scraped
inside "$tools/sender" --interface send0 --pps 4000 "$work/day.pcap" >/dev/null
sleep 8

# "> 0" at the end hides what is zero: that there is a series is what is asked here.
panels=$data/dashboards/grafana/borderflow-sensors.json
jq -r '.panels[] | .title as $title | .targets[]?.expr | [$title, .] | @tsv' "$panels" |
	sed 's/\$__rate_interval/15s/g; s/\$sensor/.*/g; s/\\\\/\\/g; s/ > 0$//' >"$work/asked"
while IFS='	' read -r title expression; do
	query "$expression" >"$work/answer"
	ok "$title: answered with a series" jq -se '.[0].status == "success" and (.[0].data.result | length > 0)' "$work/answer" || printf '# %s\n' "$expression"
	# A metric that is named and is not there would be hidden by "or vector(0)".
	for metric in $(grep -oE '\b(borderflow[a-z0-9_:]+|up)\b\{' <<<"$expression" | tr -d '{' | sort -u); do
		ok "… there is $metric" test "$(query "count($metric)" | jq '.data.result | length')" = 1
	done
done <"$work/asked"
equal 'every panel was asked' "$(jq '[.panels[].targets[]?.expr] | length' "$panels")" "$(wc -l <"$work/asked" | tr -d ' ')"
query 'sum(borderflow_frames_total)' >"$work/answer"
equal 'Frames are those that the sensor counted' "$(metric borderflow_frames_total)" "$(jq -r '.data.result[0].value[1]' "$work/answer")"
inside curl -s http://127.0.0.1:9090/api/v1/rules >"$work/rules"
equal 'every rule is evaluated without an error' ok "$(jq -r '[.data.groups[].rules[].health] | unique | join(" ")' "$work/rules")"
equal 'and a healthy sensor raises none' '' "$(jq -r '.data.groups[].rules[] | select(.state == "firing") | .name' "$work/rules")"
finish
