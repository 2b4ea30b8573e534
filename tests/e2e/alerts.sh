#!/bin/sh
# The desk as its users meet it: the same steps over a folder and over Redis.
. "$(dirname "$0")/tap.sh"

needs jq
needs_built

server=
stop() {
	kill_hard $server
}

generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
policy=$data/tests/traffic/day-policy.yaml
cat >"$work/desk" <<END
#!/bin/sh
exec timeout 60 "$bin" alerts "\$@" \$(cat "$work/where")
END
chmod +x "$work/desk"
desk=$work/desk

analyze() { timeout 60 "$bin" analyze --summary none --policy "$policy" "$@" "$work/day.pcap"; }
get() { "$desk" show "$1" --format ndjson | jq -r "$2"; }

# The same over both: $1 says which, $work/where holds its option, $2 what analyze is given.
work_at() {
	looks_at
	ok "$1: alerts of a day" analyze $2
	"$desk" list --format ndjson >"$work/list"
	looks_at "$work/list"
	count=$(wc -l <"$work/list")
	ok "$1: there are some" [ "$count" -ge 4 ]
	ok "$1: each is new, in its first change" jq -es 'all(.state == "new")' "$work/list"
	ok "$1: analysed again" analyze $2
	equal "$1: … nothing changes" "$(cat "$work/list")" "$("$desk" list --format ndjson)"
	id=$(jq -r 'select(.alert.borderflow.alert.devices == 2) | .id' "$work/list" | head -n 1)
	other=$(jq -r --arg id "$id" 'select(.id != $id) | .id' "$work/list" | head -n 1)
	says 0 'TikTok on 17 March' "$1: show says the sentence" "$desk" show "$id" --format table --language en
	says 0 'v16m-default.tiktokcdn-eu.com' "$1: … and the flows behind it" "$desk" show "$id" --format ndjson
	says 0 '266[^0-9]*kB' "$1: … and how much" "$desk" show "$id" --format table --language en
	says 0 '42,5[^0-9]*kB' "$1: … in the numbers of the reader's language" "$desk" show "$id" --format table --language nb
	says 0 'What to do next' "$1: explain says what to do" "$desk" explain "$id" --format table --language en
	says 0 'Vakavuus vakava: vakava säännön mukaan' "$1: … and why it is so severe" "$desk" show "$id" --format table --language fi
	equal "$1: … for programs in the reader's language as well" "$("$desk" list --language fi --format csv | grep "^$id" | grep -c käytti) 1" \
		"1 $("$desk" show "$id" --language fi --format ndjson | jq -r .sentence | grep -c käytti)"
	says 0 'Mitä on tehty\|Seuraavaksi' "$1: … in Finnish" "$desk" explain "$id" --format table --language fi

	ok "$1: acknowledged" "$desk" ack "$id" --by anna
	equal "$1: … by" 'acknowledged anna' "$(get "$id" '.state + " " + .owner')"
	says 2 'acknowledged by anna already' "$1: … once" "$desk" ack "$id" --by bo
	ok "$1: a note of hostile text" "$desk" note "$id" --by 'e	vil
2026-01-01T00:00:00Z	x	close	true: ' "$(printf '"},{"a":1}\033[2J\n\tfake\tline')"
	equal "$1: … stays one line" 2 "$("$desk" show "$id" --format ndjson | jq '.notes | length')"
	says 2 'verdict' "$1: closing needs a verdict" "$desk" close "$id" it was blocked
	says 2 'what was done' "$1: … and what was done" "$desk" close "$id" --verdict true
	revision=$(get "$id" .changes)
	ok "$1: escalated" "$desk" escalate "$id" --assignee dpo --by bo
	says 2 'changed in between' "$1: what was seen before is not overwritten" "$desk" close "$id" --revision "$revision" --verdict true done
	ok "$1: closed" "$desk" close "$id" --verdict true --by anna blocked at the firewall
	equal "$1: … with verdict and what was done" 'closed true blocked at the firewall' "$(get "$id" '.state + " " + .verdict + " " + .done')"
	for words in ack 'escalate --assignee dpo' 'close --verdict false'; do
		says 2 "$id was closed on .* as true.*reopen $id WHY" "$1: what is closed is not opened by the way: ${words%% *}" \
			"$desk" ${words%% *} "$id" ${words#"${words%% *}"} after all
	done
	equal "$1: … and stays as it was" 'closed true blocked at the firewall' "$(get "$id" '.state + " " + .verdict + " " + .done')"
	says 2 'why it is opened again' "$1: to open it again needs a reason" "$desk" reopen "$id"
	ok "$1: … with one it is with who opened it" "$desk" reopen "$id" --by bo it goes on
	equal "$1: … and has no verdict" 'acknowledged bo null null' "$(get "$id" '.state + " " + .owner + " " + (.verdict|tostring) + " " + (.done|tostring)')"
	says 2 'is not closed: it is acknowledged' "$1: … once" "$desk" reopen "$id" again
	ok "$1: … until it is closed anew" "$desk" close "$id" --verdict true --by anna blocked at the firewall
	ok "$1: the day again" analyze $2
	equal "$1: … what people wrote stays" 'closed true' "$(get "$id" '.state + " " + .verdict')"
	equal "$1: filtered by state" 1 "$("$desk" list --status closed --format ndjson | wc -l)"
	equal "$1: … by unit and kind" 1 "$("$desk" list --unit Teknik --kind policy --format ndjson | wc -l)"
	equal "$1: … by what there is none of" 0 "$("$desk" list --kind anomaly.beacon --format ndjson | wc -l)"
	says 2 'no kind of alert "anomaly.becon"' "$1: a kind that there is not is no reassurance" "$desk" list --kind anomaly.becon
	says 2 'no kind of alert' "$1: … nor suppressed" "$desk" suppress --kind polic --until 7d because
	says 2 'list takes no more words, not "policy"' "$1: words that ask nothing are refused" "$desk" list policy
	equal "$1: … by time" 0 "$("$desk" list --from 2026-03-19 --format ndjson | wc -l)"
	says 0 'Unresolved from before' "$1: the morning page" "$desk" list --yesterday --format table --language en
	equal "$1: … for machines: what is open" "$("$desk" list --status open --format ndjson | wc -l)" "$("$desk" list --yesterday --format ndjson | wc -l)"

	says 0 "would have hidden 0" "$1: a preview looks at thirty days" "$desk" suppress --kind policy --preview --language en
	says 0 "would have hidden 1 of $count" "$1: … before any day" "$desk" suppress --unit Teknik --to 2026-03-20 --preview --language en
	says 2 'no app "tikotk"; did you mean tiktok' "$1: an app that there is not is no suppression" "$desk" suppress --app tikotk --until 7d because
	equal "$1: … an app goes by its name" "$("$desk" list --app tiktok --format ndjson | wc -l)" "$("$desk" list --app TikTok --format ndjson | wc -l)"
	says 2 'names a unit "teknik"; did you mean "Teknik"' "$1: … nor a unit that no alert and no policy names" "$desk" suppress --unit teknik --until 7d because
	says 2 'did you mean anomaly.beacon' "$1: … nor a kind that is nearly one" "$desk" suppress --kind becon --until 7d because
	says 2 'did you mean 10.0.0.0/8' "$1: … nor a network with an address of it" "$desk" suppress --cidr 10.0.0.5/8 --until 7d because
	says 2 'every network' "$1: … nor all networks" "$desk" suppress --cidr ::/0 --until 7d because
	equal "$1: none of these was made" '' "$("$desk" suppressions)"
	says 2 'names what it is about' "$1: a suppression has a scope" "$desk" suppress --until 7d because
	says 2 'owner and a reason' "$1: … a reason" "$desk" suppress --unit Teknik --until 7d
	says 2 'when it ends' "$1: … an end" "$desk" suppress --unit Teknik because
	says 2 'at most 366 days' "$1: … that is near" "$desk" suppress --unit Teknik --until 900d because
	suppression=$("$desk" suppress --unit Teknik --app tiktok --until 7d --by anna a project of theirs)
	ok "$1: suppressed" [ -n "$suppression" ]

	for secret in '10\.20\.' '10\.24\.' tiktokcdn f98e6 2001:db8; do
		"$desk" list --without-devices --format ndjson >"$work/public" &&
			"$desk" list --without-devices --format csv >>"$work/public" &&
			"$desk" list --without-devices --format table >>"$work/public" &&
			"$desk" show "$id" --without-devices --format table >>"$work/public"
		looks_at "$work/public"
		equal "$1: without devices nothing tells of $secret" 0 "$(grep -c -e "$secret" "$work/public")"
	done
	equal "$1: … nor how much, or when exactly" 0 "$("$desk" list --without-devices --format ndjson |
		jq -s 'map(select(has("bytes_up") or has("bytes_down") or (.last | test(":00:00") | not))) | length')"
	ok "$1: … and counts below five are not told" grep -q 'fewer than 5' "$work/public"

	looks_at "$work/list"
	says 0 '^0$' "$1: nothing is erased before its time" "$desk" expire
	ok "$1: held" "$desk" hold "$id" case 12
	sleep 0.1
	equal "$1: … it stays" 0 "$("$desk" expire --kept 1s 2>/dev/null | tail -n 1)"
	ok "$1: a case file" "$desk" export "$id" --case "$work/case-$1" --policy "$policy" --by anna
	ok "$1: … whole by sha256sum alone" sh -c "cd '$work/case-$1' && sha256sum --strict -c MANIFEST"
	equal "$1: … of every file" "$(cd "$work/case-$1" && ls | grep -cv MANIFEST)" "$(wc -l <"$work/case-$1/MANIFEST")"
	ok "$1: … with the policy" cmp "$policy" "$work/case-$1/policy.yaml"
	equal "$1: … and no script" 0 "$(grep -ci '<script\|javascript:\|onload' "$work/case-$1/index.html")"
	ok "$1: … that says who had it" grep -q 'anna	export' "$work/case-$1/lookups.tsv"
	equal "$1: … and what became of it" 'closed true new' "$(jq -r '.state + " " + .verdict + " " + .alert.borderflow.alert.state' "$work/case-$1/alert.json")"
	says 2 'there already' "$1: … never over another" "$desk" export "$id" --case "$work/case-$1"
	says 2 'not the policy that was in force' "$1: … never with another policy" "$desk" export "$id" --case "$work/not" --policy "$data/README.md"
	ok "$1: released" "$desk" release "$id"
	sleep 1.1
	equal "$1: … and erased when its time is over" 1 "$("$desk" expire --kept 1s)"
	equal "$1: a tombstone stays" 'erased true null' "$(get "$id" '.state + " " + .verdict + " " + (.alert|tostring)')"
	says 2 'only its tombstone' "$1: … that nobody writes on" "$desk" note "$id" more
	ok "$1: the day once more" analyze $2
	equal "$1: … does not bring it back" 'erased null' "$(get "$id" '.state + " " + (.alert|tostring)')"
	for word in sv=använde nb=mottatt nn=motteke da=brugte fi=käytti; do
		says 0 "${word#*=}" "$1: the sentence in ${word%=*}" "$desk" show "$other" --format table --language "${word%=*}"
	done
}

echo "--state $work/state" >"$work/where"
work_at folder "--desk $work/state"
looks_at "$work/state"
equal 'folder: what people may read is the owner'"'"'s alone' 0 "$(find "$work/state" -type f -perm /077 ! -name lookups.tsv | wc -l)"

# Who looked at devices is logged before they are shown; what shows none is not.
asked() { cut -f 3,4 "$work/state/lookups.tsv" 2>/dev/null | tail -n "${1:-1}"; }
rm -rf "$work/state"
analyze --desk "$work/state"
id=$("$desk" list --without-devices --format ndjson | jq -r 'select(.kind | startswith("policy")) | .id' | head -n 1)
"$desk" show "$id" --without-devices >/dev/null
equal 'without devices nothing is logged' '' "$(asked)"
for word in show explain; do
	"$desk" $word "$id" --reason 'case 9' >/dev/null
	equal "$word is logged" "read	alerts $word $id" "$(asked)"
done
"$desk" list --format ndjson >/dev/null
ok '… and a list that names devices' sh -c "tail -n 1 '$work/state/lookups.tsv' | grep -q 'alerts list: [0-9]* that name devices'"
"$desk" export "$id" --case "$work/logged" >/dev/null
equal '… and a case file' "read	alerts export $id" "$(asked)"
equal '… which says who was shown it' "show explain export" "$(sed -n "s/.*	read	alerts \([a-z]*\) $id	.*/\1/p" "$work/logged/lookups.tsv" | tr '\n' ' ' | sed 's/ $//')"
six=$("$desk" list --format ndjson | jq -r 'select(.sentence | test("[(]2001:db8:")) | .id' | head -n 1)
"$desk" export "$six" --case "$work/six" >/dev/null
equal '… and names a device of ours whole wherever it stands' 2 "$(grep -o '2001:db8:23:3::14' "$work/six/index.html" | wc -l)"
says 2 'needs --redis' 'a consumer group is of Redis' "$desk" follow --group soc
echo 'nobody look' >"$work/state/roles"
says 3 'does not have the role "look"' 'who has no role sees no device' "$desk" show "$id"
says 0 "$id" '… but what shows none' "$desk" show "$id" --without-devices
says 2 'role "audit"' '… and no log' "$bin" reveal --audit --log "$work/state" --reason why
echo "$(id -un) audit" >"$work/state/roles"
says 0 'the chain is whole' 'an auditor reads the log' "$bin" reveal --audit --log "$work/state" --reason 'yearly audit'
says 0 "alerts show $id.*case 9" '… with questions and reasons' "$bin" reveal --audit --log "$work/state" --reason 'yearly audit'
says 3 'role "look"' '… and no device' "$desk" show "$id"
digest=$(tail -n 2 "$work/state/lookups.tsv" | head -n 1 | cut -f 6)
says 0 'holds the digest' '… against a digest noted elsewhere' "$bin" reveal --audit --log "$work/state" --reason a --anchor "$digest"
says 1 'made anew' '… that another log does not have' "$bin" reveal --audit --log "$work/state" --reason a --anchor 00ff
sed -i 's/case 9/case 8/' "$work/state/lookups.tsv"
says 1 'chain is broken' 'a line that was changed is found' "$bin" reveal --audit --log "$work/state" --reason a

looks_at
# The evidence outlives its flows, and a case file says which of them are gone.
rm -rf "$work/state"
analyze --desk "$work/state" --archive "$work/kept"
id=$("$desk" list --format ndjson | jq -r 'select(.alert.borderflow.alert.devices == 2) | .id' | head -n 1)
"$desk" export "$id" --archive "$work/kept" --case "$work/before" >/dev/null
ok 'a case file with its flows' grep -qx 'flows 8 of 8 are in the archive by now' "$work/before/chain.txt"
"$bin" archive prune -a "$work/kept" --keep-records 30d >/dev/null 2>&1
"$desk" export "$id" --archive "$work/kept" --case "$work/after" >/dev/null
ok '… after their time: as many as are left' grep -q '^flows [0-7] of 8 .*; evidence.csv has all of them' "$work/after/chain.txt"
looks_at "$work/before/evidence.csv"
equal '… and the evidence stays' "$(cat "$work/before/evidence.csv")" "$(cat "$work/after/evidence.csv")"

looks_at
# A desk that is damaged says so, and none of it passes for whole.
rm -rf "$work/state"
analyze --desk "$work/state"
id=$("$desk" list --without-devices --format ndjson | jq -r .id | head -n 1)
echo garbage >"$work/state/alerts/$id.state"
says 3 '1 alert could not be read' 'a damaged alert is said' "$desk" list --without-devices --language en
says 3 'damaged' '… on the morning page as well' "$desk" list --yesterday --without-devices --language en
says 3 "$id.state: the saved state is damaged" '… named where it is shown' "$desk" show "$id" --without-devices
says 3 "$id.state: the saved state is damaged" '… and where one is to be kept' "$bin" analyze --summary none --policy "$policy" \
	--desk "$work/state" "$work/day.pcap"

# A desk on a full disk: what found no room is said, what did is whole, and nobody waits for minutes.
if unshare -rm true 2>/dev/null; then
	mkdir "$work/small"
	cat >"$work/full.sh" <<END
mount -t tmpfs -o size=16k tmpfs "$work/small" || exit 9
timeout 40 "$bin" analyze --summary none --policy "$policy" --desk "$work/small/desk" "$work/day.pcap"
echo "status \$?"
"$bin" alerts list --state "$work/small/desk" --without-devices --language en
echo "listed \$?"
END
	unshare -rm sh "$work/full.sh" >"$work/full" 2>&1
	ok 'a full disk is said' grep -q 'No space left' "$work/full"
	ok '… by the status' grep -qx 'status 3' "$work/full"
	ok '… and what has room is read' sh -c "grep -qx 'listed 0' '$work/full' && grep -q 'policy.violation\|tiktok' '$work/full'"
else
	passed_over 'a desk on a full disk' 'no namespaces for users'
fi

# What is suppressed is recorded, and nobody is told.
rm -rf "$work/state"
analyze --desk "$work/state"
before=$("$desk" list --format ndjson | wc -l)
rm -rf "$work/state" && mkdir "$work/state"
says 2 'name the policy that does' 'a desk that knows no unit asks for a policy' "$desk" suppress --unit Teknik --until 7d because
id=$("$desk" suppress --unit Teknik --policy "$policy" --until 7d --by anna a project of theirs)
analyze --desk "$work/state" --alerts "$work/alerts.ndjson"
looks_at "$work/state/alerts"
equal 'suppressed: all are recorded' "$before" "$("$desk" list --format ndjson | wc -l)"
equal 'suppressed: one is so' "Teknik $id" "$("$desk" list --status suppressed --format ndjson | jq -r '.alert.borderflow.unit + " " + .suppression')"
equal 'suppressed: the file says so' suppressed "$(jq -r 'select(.borderflow.unit == "Teknik") | .borderflow.alert.state' "$work/alerts.ndjson")"
equal 'suppressed: its hits are counted' 1 "$("$desk" suppressions --format ndjson | jq .hits)"
equal 'suppressed: it is in force' false "$("$desk" suppressions --format ndjson | jq .is_over)"
ok 'suppressed: lifted' "$desk" lift "$id"
says 0 "$id .* (over)" '… and said to be over' "$desk" suppressions --format table --language en
equal '… to programs too' true "$("$desk" suppressions --format ndjson | jq .is_over)"

if command -v redis-server >/dev/null; then
	redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --dir "$work" >/dev/null 2>&1 &
	server=$!
	wait_for 10 test -S "$work/redis.sock"
	echo "--redis unix://$work/redis.sock --log $work" >"$work/where"
	work_at redis "--redis unix://$work/redis.sock"
	redis=$(redis-cli -s "$work/redis.sock" xlen bf:1:alerts)
	follow() { # follow FILE COMMAND OPTION…: until the command is true
		to=$1 until=$2
		shift 2
		"$bin" alerts follow --redis "unix://$work/redis.sock" "$@" >"$to" 2>&1 &
		follower=$!
		wait_for 5 $until
		kill $follower && wait $follower 2>/dev/null
	}
	tells() { [ "$(wc -l <"$work/$1")" -ge "$2" ]; }
	b_asks() { redis-cli -s "$work/redis.sock" xinfo consumers bf:1:alerts soc | grep -qx b; }
	follow "$work/a" "tells a $redis" --group soc --consumer a
	follow "$work/b" b_asks --group soc --consumer b
	looks_at "$work/a"
	equal 'a consumer group gives each once' "$redis 0" "$(wc -l <"$work/a" | tr -d ' ') $(wc -l <"$work/b" | tr -d ' ')"
	follow "$work/c" "tells c $((redis + 1))" --group others --format csv --language fi
	ok '… in the language of who follows' sh -c "grep -q käytti '$work/c' && ! grep -q used '$work/c'"
	equal '… and all are acknowledged' 0 "$(redis-cli -s "$work/redis.sock" xpending bf:1:alerts soc | head -n 1)"
	looks_at
	redis-cli -s "$work/redis.sock" flushall >/dev/null
	id=$("$desk" suppress --unit Teknik --policy "$policy" --until 7d --by anna a project of theirs)
	analyze --redis "unix://$work/redis.sock"
	equal 'suppressed over Redis: recorded as such' "Teknik $id" "$("$desk" list --status suppressed --format ndjson | jq -r '.alert.borderflow.unit + " " + .suppression')"
	equal 'suppressed over Redis: erased 90 days after it began' 1 "$("$desk" expire)"
	# Whoever writes to Redis can put anything there: what is printed neither steers a terminal nor runs in a spreadsheet or a page.
	printf '%s' '{"message":"=cmd|x\u001b[2J\u202e<script>alert(1)</script>","event":{"start":"2026-03-17T10:00:00Z","severity":99},
		"borderflow":{"unit":"\u001b]0;x\u0007","alert":{"severity":"\u001b[31m","parts":["\u001b[5m"],
		"evidence":{"flow_ids":["f\u001b[1m"],"devices":["<img src=x onerror=alert(1)>"],"names":["\u001b[2Jname"]}}}}' |
		redis-cli -s "$work/redis.sock" -x hset bf:1:alert:a666 json >/dev/null
	redis-cli -s "$work/redis.sock" hset bf:1:alert:a666 kind "$(printf 'k\033[2Jind')" state "$(printf 's\033[2J')" \
		owner "$(printf '\033[2J')" notes "$(printf 'a\tb\tc\t\033[2J')" >/dev/null
	redis-cli -s "$work/redis.sock" zadd bf:1:alert:index:a 1 a666 >/dev/null
	for words in 'show a666 --format table' 'explain a666 --format table' 'list --format table' 'list --format csv'; do
		"$desk" $words >"$work/printed" 2>&1
		looks_at "$work/printed"
		ok "hostile: $words prints the alert" grep -q a666 "$work/printed"
		equal "hostile: … and no escape" 0 "$(grep -c "$(printf '\033')" "$work/printed")"
	done
	"$desk" list --format csv >"$work/printed"
	equal 'hostile: no formula in a spreadsheet' 0 "$(grep -cE '(^|,)"?=cmd' "$work/printed")"
	"$desk" export a666 --case "$work/hostile" >/dev/null 2>&1
	equal 'hostile: no markup in a page' 0 "$(grep -cE '<script|<img' "$work/hostile/index.html")"
	looks_at
	redis-cli -s "$work/redis.sock" set bf:1:alert:a777 garbage >/dev/null
	redis-cli -s "$work/redis.sock" zadd bf:1:alert:index:a 2 a777 >/dev/null
	says 3 '1 alert could not be read' 'what is no alert does not hide the others' "$desk" list --format table --language en
	equal '… which are shown' 1 "$(grep -c a666 "$work/out")"
	says 3 'bf:1:alert:a777 holds something else' '… and it is named' "$desk" show a777
	kill_hard $server
	says 3 'cannot be reached' 'Redis away is said' "$desk" list
else
	passed_over 'over Redis' 'redis-server is not installed'
fi
finish
