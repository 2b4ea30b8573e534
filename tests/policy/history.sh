#!/bin/sh
# Versions of a policy: each flow by the one in force at its time; drafts, watched rules, replay, hygiene. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs jq
needs_built
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1
generate --scenario day --out "$work/day.pcap" >"$work/out" 2>"$work/err"
check $? 'the capture is made'
day=$work/day.pcap
units='own_networks: [10.0.0.0/8]
units:
  Head: {networks: [10.20.0.0/16]}
  Staff: {networks: [10.21.0.0/16]}
  Pupils: {networks: [10.22.0.0/16]}
  Care: {networks: [10.23.0.0/16]}
  Works: {networks: [10.24.0.0/16]}
  Guests: {networks: [10.30.0.0/16]}'
ban='  - {id: ban, match: {app: tiktok}, action: deny, basis: b}'

# policy NAME RULES [HEADER]
policy() {
	printf '%s\n%s\nrules:\n%s\n' "${3:-k: 5}" "$units" "$2" >"$work/$1.yaml"
}

# verdicts POLICY: flows of TikTok by verdict.
verdicts() {
	"$bin" analyze --geo "$work/geo" --policy "$1" --alerts "$work/a.ndjson" --summary none --flows "$work/judged.ndjson" "$day" 2>"$work/err"
	jq -rs 'map(select(.network.application == "tiktok")) | group_by(.borderflow.policy.verdict)
		| map("\(.[0].borderflow.policy.verdict)=\(length)") | join(" ")' "$work/judged.ndjson"
}

policy none '  - {id: other, match: {app: telegram}, action: report}'
policy deny "$ban"
policy draft '  - {id: ban, match: {app: tiktok}, action: deny, basis: b, stage: draft}'
policy watch '  - {id: ban, match: {app: tiktok}, action: deny, basis: b, stage: watch}'
denied=$(verdicts "$work/deny.yaml")
ok 'a rule in force finds violations' test "${denied#*violation=}" != "$denied"
looks_at "$work/judged.ndjson"
equal 'a draft decides nothing' "$(verdicts "$work/none.yaml")" "$(verdicts "$work/draft.yaml")"
watched=$(verdicts "$work/watch.yaml")
ok 'a watched rule reports' test "${watched#*reported=}" != "$watched"
ok 'a watched rule finds no violation' test "${watched#*violation=}" = "$watched"
equal 'nobody is told of what is watched' 0 "$(wc -l <"$work/a.ndjson")"
policy bad '  - {id: a, match: {app: tiktok}, action: report, stage: watch}'
says 1 'only a deny rule can be watched' 'only a deny rule can be watched' "$bin" policy check "$work/bad.yaml"

# A second version from the middle of the day.
middle=2026-03-17T12:00:00Z
history=$work/policies
ok 'a first version is accepted' "$bin" policy accept "$work/none.yaml" --history "$history" --by 'head of IT' --from 2026-01-01
says 2 'or --reason' 'a version from a day that is over wants a reason' \
	"$bin" policy accept "$work/deny.yaml" --history "$history" --by 'head of IT' --from 2026-03-17
ok 'with a reason it is accepted' "$bin" policy accept "$work/deny.yaml" --history "$history" --by 'head of IT' \
	--from $middle --reason 'the decision was made then'
says 2 'from a later day' 'versions follow each other' "$bin" policy accept "$work/draft.yaml" --history "$history" \
	--by 'head of IT' --from 2026-02-01 --reason x
says 0 'the decision was made then' 'the history is listed' "$bin" policy history "$history"
"$bin" analyze --geo "$work/geo" --policy "$history" --summary none --flows "$work/f.ndjson" "$day" 2>"$work/err"
check $? 'analysed by the history'
looks_at "$work/f.ndjson"
equal 'before the second version nobody broke anything' 0 "$(jq -s --arg m "$middle" \
	'map(select(."@timestamp" < $m and .borderflow.policy.verdict == "violation")) | length' "$work/f.ndjson")"
"$bin" analyze --geo "$work/geo" --policy "$work/deny.yaml" --summary none --flows "$work/d.ndjson" "$day" 2>"$work/err"
ids="map(select(.\"@timestamp\" >= \"$middle\" and .borderflow.policy.verdict == \"violation\").borderflow.flow.id) | .[]"
jq -rs "$ids" "$work/d.ndjson" | sort >"$work/whole"
jq -rs "$ids" "$work/f.ndjson" | sort >"$work/later"
looks_at "$work/later" "$work/whole"
equal 'from then on nobody is accused whom that version does not accuse' '' "$(comm -13 "$work/whole" "$work/later")"
# What was done before does not count towards use of what was then not denied.
ok 'and nearly all are whom it does' test $(($(wc -l <"$work/later") * 100)) -ge $(($(wc -l <"$work/whole") * 95))
sed -i 's/tiktok/telegram/' "$history"/*.yaml
says 2 'not the version that was accepted' 'a version that was changed afterwards is not taken' \
	"$bin" analyze --policy "$history" --summary none "$day"

looks_at
# Replay: counts by unit, against what was said then.
printf '%064d\n' 7 >"$work/key" && chmod 600 "$work/key"
"$bin" analyze --geo "$work/geo" --policy "$work/none.yaml" --pseudonymize "$work/key" --archive "$work/archive" \
	--summary none "$day" 2>"$work/err"
check $? 'an archive under pseudonyms'
truth=$("$bin" analyze --geo "$work/geo" --policy "$work/deny.yaml" --pseudonymize "$work/key" --summary none --flows - "$day" \
	2>/dev/null | jq -s '[.[] | select(.borderflow.policy.verdict == "violation") | .borderflow.device] | unique | length')
"$bin" policy replay "$work/draft.yaml" --archive "$work/archive" --json >"$work/replay.json" 2>"$work/err"
check $? 'a draft is replayed'
equal 'nobody was affected before' 0 "$(jq '[.rows[] | select(.rule == null) | .no_longer // 0] | add' "$work/replay.json")"
equal 'no count is below k' 0 "$(jq '[.rows[] | (.affected, .newly, .no_longer) | select(. != null and . > 0 and . < 5)] | length' \
	"$work/replay.json")"
"$bin" policy replay "$work/draft.yaml" --archive "$work/archive" --json --protected >"$work/r0.json" 2>"$work/err"
equal 'protected, no count says more than that it is k or more' '[0,5]' \
	"$(jq -c '[.rows[] | .affected, .newly, .no_longer | select(. != null)] | unique' "$work/r0.json")"
"$bin" policy replay "$work/draft.yaml" --archive "$work/archive" --protected >"$work/r0.txt" 2>"$work/err"
ok '… in words' grep -q 'at least 5' "$work/r0.txt"
policy wide '  - {id: ban, match: {app: tiktok}, action: deny, basis: b}' 'k: 1'
"$bin" policy replay "$work/wide.yaml" --archive "$work/archive" --json >"$work/r1.json" 2>"$work/err"
ok 'the k of either policy counts' jq -e '.k == 5' "$work/r1.json"
policy one '  - {id: other, match: {app: telegram}, action: report}' 'k: 1'
"$bin" policy replay "$work/wide.yaml" --in-force "$work/one.yaml" --geo "$work/geo" "$day" --json >"$work/r2.json" 2>"$work/err"
check $? 'a capture is replayed'
equal 'as many as a run with the draft accuses' "$truth" "$(jq '[.rows[] | select(.rule == null) | .newly] | add' "$work/r2.json")"
equal 'by unit they are the same' "$truth" "$(jq '[.rows[] | select(.rule == "ban") | .newly] | add' "$work/r2.json")"
"$bin" policy replay "$work/wide.yaml" --in-force "$work/deny.yaml" --geo "$work/geo" "$day" --json >"$work/r3.json" 2>"$work/err"
equal 'against itself nobody is new' 0 "$(jq '[.rows[] | .newly // 0] | add' "$work/r3.json")"

# What was seen before staff were informed.
policy late "$ban" 'informed: 2026-05-01'
says 2 'from before staff were informed (2026-05-01)' 'data from before wants a reason' \
	"$bin" policy replay "$work/late.yaml" --archive "$work/archive"
looks_at "$work/archive"
ok 'nothing is logged of what was not answered' test ! -e "$work/archive/lookups.tsv"
says 0 'affected' 'with a reason it is answered' \
	"$bin" policy replay "$work/late.yaml" --archive "$work/archive" --reason 'the committee asks'
ok 'and logged' grep -q 'replay .*late.yaml.*the committee asks' "$work/archive/lookups.tsv"
says 0 'affected' 'a day since then wants none' "$bin" policy replay "$work/draft.yaml" --archive "$work/archive"

looks_at
# A sensor keeps what it works by.
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work" # a sensor gives its rights up
	for rules in none deny deny; do
		"$bin" capture -i lo --archive "$work/live" --policy "$work/$rules.yaml" --duration 1s >"$work/out" 2>"$work/err"
	done
	equal 'a sensor keeps each policy that it works by, once' 2 "$(grep -c 'capture' "$work/live/policies/accepted.tsv")"
else
	passed_over 'a sensor keeps each policy that it works by' 'not root'
fi

# Hygiene.
policy rules "$ban
  - {id: never, match: {name: never.example}, action: report}
  - {id: nobody, match: {app: tiktok}, scope: {device: 10.99.0.1}, action: report}"
"$bin" policy hygiene "$work/rules.yaml" --archive "$work/archive" >"$work/hygiene" 2>"$work/err"
ok 'without the key one that never held is as one that held for few' grep -q '^never .*fewer than 5 devices, or none' "$work/hygiene"
"$bin" policy hygiene "$work/rules.yaml" --archive "$work/archive" --key "$work/key" >"$work/hygiene" 2>"$work/err"
looks_at "$work/hygiene"
check $? 'the rules are looked at'
ok 'a rule that held says when' grep -q '^ban  .* 2026-03-17 ' "$work/hygiene"
ok 'one that never held says so' grep -q '^never .* never ' "$work/hygiene"
ok 'one for nobody says so' grep -q '^nobody .*no device of its scope' "$work/hygiene"
ok 'devices in no unit are counted' grep -q '^Own devices in no unit: ' "$work/hygiene"

looks_at
# Why: of flows that were, by id, and by address and time; in an archive and in a capture.
id=$(jq -rs '[.[] | select(.borderflow.policy.verdict == "violation")][0].borderflow.flow.id' "$work/d.ndjson")
device=$(jq -rs '[.[] | select(.borderflow.policy.verdict == "violation")][0].source.ip' "$work/d.ndjson")
says 0 '^Answer    violation, by rule ban' 'a flow of a capture is explained by its id' \
	"$bin" policy explain "$work/deny.yaml" --geo "$work/geo" "$day" --flow "$id"
says 0 'by rule ban' 'flows are, by address and time' \
	"$bin" policy explain "$work/deny.yaml" --geo "$work/geo" "$day" --address "$device" --date 2026-03-17
"$bin" analyze --geo "$work/geo" --policy "$work/deny.yaml" --archive "$work/shown" --summary none "$day" 2>"$work/err"
says 0 '^Answer    violation, by rule ban' 'one of an archive is' \
	"$bin" policy explain "$work/deny.yaml" --archive "$work/shown" --flow "$id"
says 0 '^Decided   violation' 'what was decided by the rules of then is told' \
	"$bin" policy explain "$work/none.yaml" --archive "$work/shown" --flow "$id"
says 2 'sixteen\|16 hexadecimal' 'an id that is none is not looked for' \
	"$bin" policy explain "$work/deny.yaml" --archive "$work/shown" --flow 12
says 1 'No such flow' 'a flow that is not there is not' \
	"$bin" policy explain "$work/deny.yaml" --archive "$work/shown" --flow f0000000000000000

# What the policy's own dates ask for.
policy dates '  - {id: ban, match: {app: tiktok}, action: report, next_review: 2026-03-16}
exceptions:
  - {id: ending, rules: [ban], scope: all, approver: x, reason: r, valid_from: 2026-01-01, valid_to: 2026-03-20}
  - {id: ended, rules: [ban], scope: all, approver: x, reason: r, valid_from: 2026-01-01, valid_to: 2026-03-10}
  - {id: past, rules: [ban], scope: all, approver: x, reason: r, valid_from: 2026-01-01, valid_to: 2026-01-10}
assessments: [{unit: Staff, app: tiktok, state: allowed, date: 2025-01-01, next_review: 2026-01-01}]
services: [{app: teams, dpia: 2025-01-01, next_review: 2026-02-01}]'
"$bin" analyze --geo "$work/geo" --policy "$work/dates.yaml" --alerts "$work/a.ndjson" --summary none "$day" 2>"$work/err"
check $? 'analysed by a policy with dates'
equal 'what is overdue, lapsed, ending and ended is told, once each' \
	'policy.assessment-lapsed policy.exception-ended policy.exception-expiring policy.review-overdue policy.review-overdue' \
	"$(jq -r .event.action "$work/a.ndjson" | sort | paste -sd ' ')"
finish
