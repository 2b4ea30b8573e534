#!/bin/sh
# `borderflow serve` over an archive, Redis and an analysis: figures equal those of the terminal, nobody gets in without a
# session, changes need its token, hostile requests change nothing, events go on across a restart. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq curl python3
needs_built
. "$(dirname "$0")/redis.sh"
server=
stop() {
	kill_hard $server
	stop_redis
}
policy=$work/policy.yaml
# A rule for one unit alone.
sed 's/^rules:/&\n  - {id: others-alone, match: {app: snapchat}, scope: {unit: Kommunledning}, action: report}/' "$data/tests/traffic/day-policy.yaml" >"$policy"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" analyze --summary none --archive "$work/archive" --desk "$work/desk" --policy "$policy" "$work/day.pcap" 2>"$work/err" ||
	skip 'the day could not be analysed'

start() { # start OPTION…: the server at a port that is free, and its address in $at
	: >"$work/said"
	"$bin" serve --listen 0 --access "$work/access" --policy "$policy" --link "$@" >"$work/said" 2>"$work/log" &
	server=$!
	wait_for 20 grep -q 'enter?link=' "$work/said" || cat "$work/log"
	at=http://$(sed -n 's/^borderflow serves at //p' "$work/said")
}
restart() {
	kill $server
	wait $server 2>/dev/null
	start "$@"
}
token() { # token ROLE [OPTION…]: a session of that role in $work/ROLE.cookie, and what its changes carry in $work/ROLE.csrf
	role=$1
	shift
	"$bin" serve token add "$role$*" --role "$role" --access "$work/access" "$@" >"$work/secret" 2>/dev/null
	curl -s -c "$work/$role.cookie" -d "{\"token\":\"$(cat "$work/secret")\"}" "$at/api/1/session" | jq -r .csrf >"$work/$role.csrf"
}
get() { # get ROLE PATH [OPTION…]
	role=$1 path=$2
	shift 2
	curl -s -m 30 -b "$work/$role.cookie" "$@" "$at/api/1$path"
}
status() { # status ROLE PATH [OPTION…]
	role=$1 path=$2
	shift 2
	curl -s -m 30 -o /dev/null -w '%{http_code}' -b "$work/$role.cookie" "$@" "$at$path"
}
change() { # change ROLE METHOD PATH BODY
	get "$1" "$3" -X "$2" -d "$4" -H "X-CSRF: $(cat "$work/$1.csrf")"
}

start --archive "$work/archive" --state "$work/desk" --reports "$work/reports"
: >"$work/nobody.cookie"

# Nobody.
for path in /api/1/session /api/1/table /api/1/alerts /api/1/flows /api/1/events /api/1/openapi.json /api/1/nothing / /overview /assets/page.js; do
	equal "without a session: $path" 401 "$(status nobody $path)"
done
equal 'a wrong token opens nothing' 401 "$(curl -s -o /dev/null -w '%{http_code}' -d '{"token":"bft-wrong"}' "$at/api/1/session")"
link=$(grep -o 'http://[^ ]*enter?link=[^ ]*' "$work/said")
ok 'the link of the terminal sets a cookie that no script reads' sh -c "curl -si -c '$work/admin.cookie' '$link' | grep -qi '^set-cookie: .*HttpOnly; SameSite=Strict'"
equal 'and works once' 401 "$(curl -s -o /dev/null -w '%{http_code}' "$link")"
get admin /session | jq -r .csrf >"$work/admin.csrf"
token viewer
token analyst
token compliance

# Figures: those of the terminal.
equal 'bytes of the day' "$("$bin" flows --archive "$work/archive" --whole --group-by app --top 0 --format ndjson | jq -s 'map(.["network.bytes"] // .network.bytes // .bytes) | add')" \
	"$(get analyst '/table' | jq '.total | .bytes_up + .bytes_down')"
"$bin" flows --archive "$work/archive" --group-by country --top 0 --format csv >"$work/terminal.csv"
get analyst '/table?by=server' | jq -r '.rows[] | [.values[0], .total.bytes_up + .total.bytes_down] | @tsv' |
	awk -F '\t' '{ sum[$1] += $2 } END { for (c in sum) print c, sum[c] }' | sort >"$work/page"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /bytes/) at = i; next } { gsub(/\r/, ""); sum[$1] += $at } END { for (c in sum) print c, sum[c] }' "$work/terminal.csv" |
	sort >"$work/terminal"
ok 'bytes by country are those of flows --group-by' cmp "$work/terminal" "$work/page"
equal 'rows of a download' "$(get analyst '/table?by=app' | jq '.all_rows')" "$(get analyst '/table?by=app&format=ndjson' | wc -l | tr -d ' ')"
equal 'flows of an app' "$("$bin" flows --archive "$work/archive" --whole 'app == tiktok' --format ndjson | wc -l | tr -d ' ')" \
	"$(get analyst '/flows?where=app%20%3D%3D%20tiktok&most=10000' | jq '.flows | length')"
equal 'a long filter is asked whole' "$(get analyst '/flows?where=app%20%3D%3D%20tiktok&most=9' | jq '.flows | length')" \
	"$(get analyst /flows -G -d most=9 --data-urlencode "where=$(seq -s ' or ' 100 | sed 's/[0-9][0-9]*/app == tiktok/g')" | jq '.flows | length')"
flow=$(get analyst '/flows?most=1' | jq -r '.flows[0].borderflow.flow.id')
equal 'one flow by its id' "$flow" "$(get analyst "/flows/$flow" | jq -r '.flows[0].borderflow.flow.id')"
own=$(get analyst '/flows?where=app%20%3D%3D%20tiktok%20and%20verdict%20%3D%3D%20violation&most=1' | jq -r '.flows[0] | .borderflow.device // .source.ip')
ok 'the time line of a device has its apps and the alerts that it stands behind' sh -c "curl -s -b '$work/analyst.cookie' '$at/api/1/devices/$own' |
	jq -es '.[0] | (.apps | any(.app == \"tiktok\" and .flows > 0)) and (.alerts | length > 0) and (.reason | length > 0) and .bindings == []'"
equal 'a device has the figures of its flows, each flow once' "$("$bin" flows --archive "$work/archive" --whole "ip in $own and app == tiktok" --group-by app --top 0 --format ndjson | jq -c '[.flows, .["network.bytes"]]')" \
	"$(get analyst "/devices/$own" | jq -c '.apps[] | select(.app == "tiktok") | [.flows, .bytes_up + .bytes_down]')"
asn=$(get analyst '/flows?where=app%20%3D%3D%20tiktok&most=1' | jq '.flows[0].destination.as.number')
equal 'a network adds up its flows and says whose it is' "$("$bin" flows --archive "$work/archive" --whole "asn == $asn" --format ndjson | jq -r .borderflow.flow.id | sort -u | wc -l | tr -d ' ') true" \
	"$(get analyst "/networks/$asn" | jq -r '"\(.seen.flows) \(.name != "AS\(.asn)")"')"
equal 'whoever sees no flows sees none added up' null "$(get viewer "/networks/$asn" | jq .seen)"
equal 'alerts at the desk' "$("$bin" alerts list --state "$work/desk" --format ndjson | wc -l | tr -d ' ')" "$(get analyst /alerts | jq .all)"
ok 'the document names every route' sh -c "curl -s -b '$work/viewer.cookie' '$at/api/1/openapi.json' | jq -es '.[0] | .paths | has(\"/api/1/table\") and has(\"/api/1/alerts/{id}\")'"
ok 'a second look costs nothing' sh -c "tag=\$(curl -si -b '$work/analyst.cookie' '$at/api/1/apps' | sed -n 's/^ETag: //Ip' | tr -d '\\r') &&
	test \"\$(curl -s -o /dev/null -w '%{http_code}' -H \"If-None-Match: \$tag\" -b '$work/analyst.cookie' '$at/api/1/apps')\" = 304"
ok 'long answers come compressed' sh -c "curl -si -H 'Accept-Encoding: gzip' -b '$work/analyst.cookie' '$at/api/1/apps' | grep -aqi '^content-encoding: gzip'"
ok 'nothing from elsewhere runs in the page' sh -c "curl -si -b '$work/analyst.cookie' '$at/' >'$work/page' && grep -qi \"^content-security-policy: default-src 'none'\" '$work/page' &&
	grep -qi 'frame-ancestors' '$work/page' && ! grep -i '^content-security-policy' '$work/page' | grep -q unsafe && grep -qi '^x-content-type-options: nosniff' '$work/page'"

# Roles.
equal 'a viewer sees no flows' 403 "$(status viewer /api/1/flows)"
equal 'nor an alert whole' 403 "$(status viewer /api/1/alerts/a0)"
equal 'nor which of them are of one unit' 403 "$(status viewer '/api/1/alerts?unit=Teknik')"
ok 'nor a device in a list of them' sh -c "curl -s -b '$work/viewer.cookie' '$at/api/1/alerts' | jq -es '.[0] | .alerts | length > 0 and all(.sentence == null and (has(\"unit\") | not))'"
equal 'a viewer gets protected figures' protected "$(get viewer '/table?by=app' | jq -r .notes.protection)"
equal 'and no part by a time of its own' 0 "$(get viewer '/table?by=unit&from=2026-03-17T10:00&to=2026-03-17T11:00' | jq '[.rows[]? | select(.total.is_hidden | not) | select(.is_remainder | not)] | length')"
lines=$(wc -l <"$work/access/lookups.tsv")
get analyst /alerts >/dev/null
equal 'a look at devices is logged' $((lines + 1)) "$(wc -l <"$work/access/lookups.tsv" | tr -d ' ')"
get viewer /alerts >/dev/null
equal 'a look at protected ones is not' $((lines + 1)) "$(wc -l <"$work/access/lookups.tsv" | tr -d ' ')"
ok 'by whom' grep -q "	analyst	read	GET /api/1/alerts" "$work/access/lookups.tsv"

# Changes.
alert=$(get analyst /alerts | jq -r '.alerts[0].id')
rev=$(get analyst "/alerts/$alert" | jq .alert.rev)
equal 'without X-CSRF nothing changes' 403 "$(status analyst "/api/1/alerts/$alert/ack" -d "{\"rev\":$rev}")"
equal 'with it, it does' acknowledged "$(change analyst POST "/alerts/$alert/ack" "{\"rev\":$rev}" | jq -r .alert.state)"
"$bin" alerts export "$alert" --state "$work/desk" --case "$work/case" >/dev/null 2>&1
ok 'a case file says who looked at it on the page' grep -q "	analyst	read	GET /api/1/alerts/$alert .*	page	" "$work/case/lookups.tsv"
ok '… and did what' grep -q "	analyst	ack" "$work/case/lookups.tsv"
equal 'who is late is told so' "$alert was changed in between" "$(change analyst POST "/alerts/$alert/close" "{\"rev\":$rev,\"verdict\":true,\"done\":\"x\"}" | jq -r .error)"
equal 'the desk has it' acknowledged "$("$bin" alerts show "$alert" --state "$work/desk" --format ndjson | jq -r .state)"
equal 'many at once' 2 "$(change analyst POST /alerts/actions "{\"action\":\"note\",\"note\":\"seen\",\"ids\":$(get analyst '/alerts?most=2' | jq -c '[.alerts[].id]')}" | jq .done)"
equal 'a suppression is looked at first' true "$(change analyst POST /suppressions/preview '{"app":"tiktok"}' | jq 'has("covered")')"
id=$(change analyst POST /suppressions '{"app":"tiktok","reason":"known","until":"3d"}' | jq -r .id)
equal 'a suppression is listed' "$id" "$(get analyst /suppressions | jq -r '.suppressions[0].id')"
equal 'and lifted' 204 "$(status analyst "/api/1/suppressions/$id" -X DELETE -H "X-CSRF: $(cat "$work/analyst.csrf")")"
equal 'compliance makes a report' 'report.json' "$(change compliance POST /reports '{"from":"2026-03-17","to":"2026-03-17","language":"sv"}' | jq -r '.files[0]')"
equal 'a draft that cannot be read is told by its own name' 'policy:1:' "$(change compliance POST /policy/replay '{"policy":"rules: [a","from":"2026-03-17"}' | jq -r .error | cut -c1-9)"
equal 'a viewer does not' 403 "$(status viewer /api/1/reports -d '{}' -H "X-CSRF: $(cat "$work/viewer.csrf")")"
ok 'whose page is closed in' sh -c "curl -si -b '$work/viewer.cookie' '$at/api/1/reports/2026-03-17--2026-03-17/report.sv.html' | grep -qi '^content-security-policy: sandbox'"
equal 'and no file outside of it is handed out' 404 "$(status viewer '/api/1/reports/2026-03-17--2026-03-17/..%2f..%2faccess%2ftokens')"

# The doctor takes its time, and nobody waits for it who does not want to.
findings=$(get analyst /doctor | jq -c '[.as_of != null, .is_running, (.findings | length)]')
equal 'what the doctor found is told with its time, and again without waiting' "$findings" "$(get analyst '/doctor?wait=0' | jq -c '[.as_of != null, .is_running, (.findings | length)]')"
equal 'a wait that is none' 400 "$(status analyst '/api/1/doctor?wait=soon')"

# Hostile requests.
equal 'a question that is none' 400 "$(status viewer '/api/1/table?by=colour')"
equal 'a body without end' 413 "$(head -c 70000 /dev/zero | tr '\0' x | status analyst /api/1/alerts/actions -H "X-CSRF: $(cat "$work/analyst.csrf")" --data-binary @-)"
equal 'a header without end' 431 "$(status viewer /api/1/table -H "X-Long: $(head -c 40000 /dev/zero | tr '\0' x)")"
equal 'parameters without end' 400 "$(status viewer "/api/1/table?$(seq -s '&' -f 'app=a%g' 40)")"
equal 'no JSON' 400 "$(status analyst /api/1/alerts/actions -d '{{{' -H "X-CSRF: $(cat "$work/analyst.csrf")")"
equal 'a name full of markup stays text' 0 "$(get viewer '/search?q=%3Cscript%3E%22%27' | jq 'length')"
equal 'a text that ends before its end is none' '400 400' "$(status viewer '/api/1/table?by=%00') $(status viewer '/api/1/search?q=tik%00tok')"
ok 'the server is as it was' get viewer /session

equal 'and so does the law' 6 "$(for language in en sv nb nn da fi; do get analyst "/countries/US?language=$language" | jq -r .adequacy_scope; done | sort -u | wc -l | tr -d ' ')"
equal 'alerts speak six languages' 6 "$(for language in en sv nb nn da fi; do get analyst "/alerts?most=1&language=$language" | jq -r '.alerts[0].sentence'; done | sort -u | wc -l)"

# A session that ends, and a token for one unit.
token auditor --unit Teknik
equal 'one unit alone' 1 "$(get auditor /units | jq '.units | length')"
equal 'and no report of all of them' 403 "$(status auditor /api/1/reports)"
for path in /doctor /sensors /reports; do
	equal "nothing of the body as a whole: $path" 403 "$(status auditor "/api/1$path")"
done
ok 'figures of one unit alone are refused to who sees no devices, with what to do' sh -c "curl -s -b '$work/auditor.cookie' '$at/api/1/table?by=app' | jq -r .error | grep -q 'auditor.*without --unit'"
equal "nor another unit's assessments and exceptions" 0 "$(get auditor /policy | jq '[.exceptions[], (.assessments[] | select(.unit != "" and .unit != "Teknik"))] | length')"
equal "nor another unit's rules" 'false true' "$(get auditor /policy | jq -r '[.rules[].id] | "\(index("others-alone") != null) \(index("neka-tiktok") != null)"')"
equal 'whoever sees all of them sees that one' true "$(get analyst /policy | jq 'any(.rules[]; .id == "others-alone")')"
# What nobody knows is refused, with what there is.
equal 'a state that there is not' 400 "$(status analyst '/api/1/alerts?state=NONSENSE')"
ok '… is told from those that there are' sh -c "curl -s -b '$work/analyst.cookie' '$at/api/1/alerts?state=NONSENSE' | grep -q 'open, new, acknowledged'"
ok 'nor a zone' sh -c "curl -s -b '$work/analyst.cookie' '$at/api/1/table?by=app&zone=moon' | grep -q 'zone: expected .*adequate.*found'"
equal 'a parameter that is written wrong filters nothing in silence' 400 "$(status analyst '/api/1/table?by=app&apps=tiktok')"
equal 'nor does a form that there is not' 400 "$(status analyst '/api/1/table?by=app&format=xml')"
id=$(change analyst POST /suppressions '{"app":"tiktok","unit":"School","reason":"known","until":"3d"}' | jq -r .id)
"$bin" serve token add bound --role analyst --unit Teknik --access "$work/access" >"$work/secret" 2>/dev/null
curl -s -c "$work/bound.cookie" -d "{\"token\":\"$(cat "$work/secret")\"}" "$at/api/1/session" | jq -r .csrf >"$work/bound.csrf"
equal 'a unit has figures of its own, and no coverage of the whole' true "$(get bound /coverage | jq '.total.flows > 0 and .sensors == null and .inventory == null and .segments == null')"
equal "nor is another unit's suppression lifted" 404 "$(status bound "/api/1/suppressions/$id" -X DELETE -H "X-CSRF: $(cat "$work/bound.csrf")")"
equal 'another site logs nobody in' 403 "$(curl -s -o /dev/null -w '%{http_code}' -H 'Sec-Fetch-Site: cross-site' -d "token=$(cat "$work/secret")" "$at/enter")"
"$bin" serve token revoke viewer --access "$work/access" 2>/dev/null
equal 'a revoked token ends its sessions' 401 "$(status viewer /api/1/session)"
equal 'no secret lies on the disk' 0 "$(grep -c "$(awk '/borderflow/ { print $7 }' "$work/analyst.cookie")" "$work/access/sessions")"

# Events, across a restart that somebody uses to do something.
newest=$(get analyst /alerts | jq .newest)
listen() { # listen URL OPTION…: what comes until an alert's event does
	curl -sN -m 60 -b "$work/analyst.cookie" "$@" >"$work/events" &
	listener=$!
}
has_event() {
	sed -n 's/^data: //p' "$work/events" | jq -es 'any(.id)' >/dev/null 2>&1
}
heard() {
	wait_for 10 has_event
	kill $listener 2>/dev/null
	wait $listener 2>/dev/null
}
listen "$at/api/1/events?after=$newest"
change analyst POST /alerts/actions "{\"action\":\"note\",\"note\":\"one\",\"ids\":[\"$alert\"]}" >/dev/null
heard
equal 'a change comes as an event' "$alert" "$(sed -n 's/^data: //p' "$work/events" | jq -r 'select(.id).id' | head -n 1)"
seen=$(sed -n 's/^id: //p' "$work/events" | tail -n 1)
kill $server
wait $server 2>/dev/null
"$bin" alerts note "$alert" two --state "$work/desk" --by somebody
start --archive "$work/archive" --state "$work/desk"
equal 'a session outlives the server' analyst "$(get analyst /session | jq -r .role)"
listen "$at/api/1/events" -H "Last-Event-ID: $seen"
heard
equal 'what was done in between comes after it' "$alert" "$(sed -n 's/^data: //p' "$work/events" | jq -r 'select(.id).id' | head -n 1)"
equal 'and nothing else' 1 "$(grep -c '^event: alert' "$work/events")"

# An analysis.
kill $server
wait $server 2>/dev/null
: >"$work/said"
"$bin" analyze --summary none --serve --listen 0 --link --access "$work/access" --policy "$policy" "$work/day.pcap" >"$work/said" 2>"$work/log" &
server=$!
wait_for 20 grep -q 'until Ctrl-C' "$work/said"
at=http://$(sed -n 's/^borderflow serves at \([^ ]*\) until.*/\1/p' "$work/said")
equal 'an analysis has the same bytes' "$("$bin" flows --archive "$work/archive" --whole --group-by app --top 0 --format ndjson | jq -s 'map(.["network.bytes"] // .network.bytes // .bytes) | add')" \
	"$(get analyst /table | jq '.total | .bytes_up + .bytes_down')"
equal 'and its flows' "$("$bin" flows --archive "$work/archive" --whole 'app == tiktok' --format ndjson | wc -l | tr -d ' ')" \
	"$(get analyst '/flows?where=app%20%3D%3D%20tiktok&most=10000' | jq '.flows | length')"
has_alerts() {
	[ "$(get analyst /alerts | jq .all)" -gt 0 ]
}
ok 'and its alerts' wait_for 5 has_alerts
kill $server
wait $server
equal 'it ends as it is told, and leaves no desk and no flows behind' 0 "$(find "$work/access" -name 'desk-*' -o -name 'flows-*' | wc -l | tr -d ' ')"
server=

# Earlier weeks, of which one cannot be read whole: what is left of it is not what is usual.
weekly() { # weekly DAYS: the night so many days before, into the archive
	python3 - "$work/day.pcap" "$1" >"$work/week.pcap" <<-'END'
		import struct, sys
		data, shift, at, count = open(sys.argv[1], 'rb').read(), int(float(sys.argv[2]) * 86400), 24, 0
		out = bytearray(data[:24])
		while at + 16 <= len(data) and count < 6000:
		    second, fraction, kept, length = struct.unpack_from('<4I', data, at)
		    out += struct.pack('<4I', second - shift, fraction, kept, length) + data[at + 16:at + 16 + kept]
		    at, count = at + 16 + kept, count + 1
		sys.stdout.buffer.write(out)
	END
	"$bin" analyze --summary none --archive "$work/weeks" "$work/week.pcap" 2>>"$work/err"
}
weekly 14
weekly 7
mkdir "$work/bare"
start --archive "$work/weeks" --state "$work/bare"
ok 'a folder without a desk is not taken for one without alerts' grep -q 'bare holds no desk yet, so no alert is shown' "$work/log"
get analyst '/table?from=2026-03-10T02:00:00Z&to=2026-03-10T06:00:00Z' >"$work/page"
weekly 7.1 # into the week before, of which the server knows already: what is usual is of before, and says so
equal 'an earlier week that has grown since makes what is usual old' true "$(get analyst '/usual?from=2026-03-17T02:00:00Z&to=2026-03-17T06:00:00Z' | jq .notes.is_behind)"
weekly 0
restart --archive "$work/weeks"
night='from=2026-03-17T02:00:00Z&to=2026-03-17T06:00:00Z'
equal 'two weeks say what is usual' 2 "$(get analyst "/usual?$night" | jq .weeks)"
for file in "$work"/weeks/2026/03/10/flows-*3.bfa "$work"/weeks/2026/03/10/hours-*4.bfa; do
	printf '\377\377\377\377' | dd of="$file" bs=1 seek=1500 conv=notrunc 2>/dev/null
done
restart --archive "$work/weeks"
equal 'the doctor judges the rest, and names the damage' 'true true' "$(get analyst /doctor | jq -r '"\(.flows > 0) \(.damage | test("weeks/2026/03/10"))"')"
equal 'a week that is damaged does not' '0 null too_little_history' "$(get analyst "/usual?$night" | jq -r '"\(.weeks) \(.bytes_up.usual) \(.reason)"')"
mv "$work/weeks" "$work/away"
for path in '/table?by=app' /flows /coverage /networks/32934; do
	equal "an archive that is gone is no wrong question: $path" 503 "$(status analyst "/api/1$path")"
done
ok '… and is told' sh -c "curl -s -b '$work/analyst.cookie' '$at/api/1/session' | jq -es '.[0] | .source.trouble.says | test(\"weeks/head\")'"
mv "$work/away" "$work/weeks"
equal 'who may not is told who may' 'analyst admin' "$(get compliance /flows | jq -r '.roles | join(" ")')"
kill $server
wait $server 2>/dev/null

# Redis: what all sensors fed it.
start_redis
"$bin" analyze --summary none --redis "$redis_url" --policy "$policy" "$work/day.pcap" 2>"$work/err"
start --redis "$redis_url"
equal 'what Redis gives up after 35 days is past retention, not zero' true "$(get analyst '/table?by=zone&from=2026-03-17&to=2026-03-18' | jq .notes.is_past_retention)"
equal 'its alerts are those of the desk' "$(ls "$work/desk/alerts" | grep -c '^a')" "$(get analyst /alerts | jq .all)"
equal 'flows are not kept there, and it says so' 501 "$(status analyst /api/1/flows)"
equal 'all of it answers' null "$(get analyst /session | jq .source.trouble)"
ask CONFIG SET requirepass hemligt >/dev/null
redis-cli -s "$work/redis.sock" -a hemligt --no-auth-warning CLIENT KILL TYPE normal >/dev/null
equal 'a Redis that wants a password logs nobody out' '503 503' "$(status analyst /api/1/sensors) $(status analyst /api/1/alerts/a0123456789abcdef)"
tells_why() {
	get analyst /session | jq -es '.[0] | .source.trouble | (.says | test("password")) and .as_of != null' >/dev/null
}
ok '… and is told, with since when' wait_for 5 tells_why
stop_redis
for path in /sensors /coverage /table; do
	equal "Redis that is gone is not nothing: $path" '503 503' "$(status analyst "/api/1$path") $(status analyst "/api/1$path")"
done

# A slow disk: what is not known yet is no "nothing". Two archives, and a Redis for what is later than they are.
kill $server
wait $server 2>/dev/null
if ! is_sanitized; then
	start_redis
	touch "$work/slow"
	"$bin" analyze --summary none --archive "$work/second" --policy "$policy" "$work/day.pcap" 2>"$work/err"
	SLOW_DISK=$work/slow LD_PRELOAD=$(dirname "$bin")/tests/e2e/slow_disk.so
	export SLOW_DISK LD_PRELOAD
	start --archive "$work/archive" --archive "$work/second" --redis "$redis_url"
	unset LD_PRELOAD
	equal 'how far archives reach is awaited' 'true null' "$(get analyst /session | jq -r '.source | "\(.is_awaited) \(.from)"')"
	equal '… and what is later than they are is not nothing' 503 "$(status analyst '/api/1/table?from=2026-03-17T12:00:00Z')"
	rm "$work/slow"
	is_known() { get analyst /session | jq -es '.[0] | .source | .is_awaited == false and .from != null' >/dev/null; }
	ok '… until it is known' wait_for 20 is_known
	equal '… and the table has its figures' true "$(get analyst '/table?from=2026-03-17T12:00:00Z' | jq '.total.flows > 0')"
	stop_redis
	kill $server
	wait $server 2>/dev/null
fi

# Behind a proxy: a unix socket, where headers say who somebody is.
"$bin" serve --archive "$work/archive" --listen "unix:$work/web.sock" --behind-proxy --access "$work/access" --policy "$policy" >"$work/said" 2>"$work/log" &
server=$!
wait_for 20 test -S "$work/web.sock"
proxied() {
	curl -s --unix-socket "$work/web.sock" "$@" http://localhost/api/1/session
}
equal 'a proxy says who it is' ola "$(proxied -H 'X-Remote-User: ola' -H 'X-Remote-Role: auditor' | jq -r .user)"
equal 'and what it may' auditor "$(proxied -H 'X-Remote-User: ola' -H 'X-Remote-Role: auditor' | jq -r .role)"
equal 'a role that there is not is nobody' 'log in first' "$(proxied -H 'X-Remote-User: ola' -H 'X-Remote-Role: root' | jq -r .error)"
says 2 'needs --listen unix:PATH' 'headers count on a unix socket alone' "$bin" serve --archive "$work/archive" --behind-proxy --access "$work/access"
finish
