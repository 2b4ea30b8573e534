#!/bin/sh
# Flows without a name, on a day in which a quarter of the devices hides every name: inferred use is right, stands apart from
# named use in every output, and never makes a violation. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
score=${tools%/*}/behaviour/score_hidden

# measured FILE PRECISION RECALL: are both of the line "total" at least that?
measured() {
	awk -F '\t' -v p="$2" -v r="$3" '{ print } $1 == "total" { good = $5 >= p && $7 >= r } END { exit !good }' "$1"
}

# measured_app FILE APP PRECISION RECALL
measured_app() {
	awk -v app="$2" -v p="$3" -v r="$4" '{ print } $1 == app { good = $5 >= p && $6 >= r } END { exit !good }' "$1"
}

number_in() {
	grep -c "$@" || true
}

generate --scenario hidden --seed 21 --out "$work/day.pcap" --truth "$work/truth.tsv" >"$work/out" 2>"$work/err"
check $? 'the day is made'
[ $status -eq 0 ] || finish
"$score" --folds 4 "$work/day.pcap" >"$work/folds" 2>&1
"$score" --half --folds 4 "$work/day.pcap" >"$work/half" 2>&1
"$score" --truth "$work/truth.tsv" "$work/day.pcap" >"$work/hidden" 2>&1
ok 'whole device-days without names: TikTok' measured_app "$work/folds" tiktok 0.95 0.6
ok 'whole device-days without names: every app together' measured "$work/folds" 0.95 0.5
ok 'half-hidden device-days' measured "$work/half" 0.95 0.5
ok 'names that the capture itself hides: TikTok' measured_app "$work/hidden" tiktok 0.95 0.6

cat >"$work/policy.yaml" <<'POLICY'
rules:
  - {id: ban-tiktok, match: {app: tiktok}, action: deny, basis: decision}
POLICY
"$bin" analyze --policy "$work/policy.yaml" --flows "$work/flows.ndjson" --alerts "$work/alerts.ndjson" \
	--archive "$work/archive" --summary json "$work/day.pcap" >"$work/summary.json" 2>"$work/log" ||
	sed 's/^/# /' "$work/log"
"$bin" analyze --report "$work/report" --summary none "$work/day.pcap"
"$bin" analyze --summary text --language en "$work/day.pcap" >"$work/summary.txt"
grep '"inferred":true' "$work/flows.ndjson" >"$work/inferred.ndjson"
looks_at "$work/inferred.ndjson" "$work/alerts.ndjson" "$work/summary.txt"
ok 'some are inferred' test -s "$work/inferred.ndjson"
ok 'each says so, by behaviour, on stated grounds' \
	test "$(number_in '"evidence":\[.*"behaviour"\].*"inferred":true,"inferred_by":\[' "$work/inferred.ndjson")" = \
	"$(wc -l <"$work/inferred.ndjson")"
ok 'with low confidence' test "$(number_in -v '"confidence":[234]0,' "$work/inferred.ndjson")" = 0
ok 'no violation' test "$(number_in '"verdict":"violation"' "$work/inferred.ndjson")" = 0
ok 'a rule of the policy reports them' grep -q '"rule":"ban-tiktok".*"verdict":"reported"' "$work/inferred.ndjson"
ok '… and denies none of them' test "$(number_in '"action":"deny".*"verdict":"reported"' "$work/inferred.ndjson")" = 0
ok 'named use of the same day is one' grep -q '"verdict":"violation"' "$work/flows.ndjson"
sed -n 's/.*"flow":{"id":"\(f[0-9a-f]*\)".*/\1/p' "$work/inferred.ndjson" | sort >"$work/ids"
ok 'no alert rests on one' sh -c "! grep -F -f '$work/ids' '$work/alerts.ndjson'"
ok 'the summary shows them apart, as JSON' grep -q '"inferred":{"flows_hidden":' "$work/summary.json"
ok '… and as text' grep -q '^Inferred ' "$work/summary.txt"
ok '… and so does the report' grep -q 'Inferred from behaviour' "$work/report/report.en.html"
"$bin" flows --archive "$work/archive" --group-by app --sum bytes --format csv >"$work/groups"
ok 'groups of a query keep them apart' grep -q '^tiktok (inferred),' "$work/groups"
"$bin" flows --archive "$work/archive" --whole 'inferred and app == tiktok' >"$work/found"
"$bin" flows --archive "$work/archive" --group-by control 'app == tiktok' --format csv >"$work/controls"
ok '… by who controls them, too' grep -q '^third (inferred),' "$work/controls"
"$bin" flows --archive "$work/archive" --format table 'inferred and app == tiktok' >"$work/table"
looks_at "$work/inferred.ndjson" "$work/found" "$work/table"
ok '… and so does the table of records, in 80 columns' grep -q ' tiktok (inferred) ' "$work/table"
ok '… which it is not beyond' [ "$(wc -L <"$work/table")" -le 80 ]
"$bin" flows --archive "$work/archive" --group-by class 'app == tiktok' --format csv >"$work/classes"
ok 'what is asked of an app is kept apart in every group' grep -q '^[^,]*,true,' "$work/classes"
ok '… from what is named' grep -q '^[^,]*,false,' "$work/classes"
"$bin" flows --archive "$work/archive" --group-by class --format csv >"$work/classes"
ok '… and what is asked of all flows is not' grep -q '^borderflow.class,flows,' "$work/classes"
ok 'and a query finds them' test "$(wc -l <"$work/found")" = "$(number_in '"application":"tiktok"' "$work/inferred.ndjson")"
"$bin" analyze --workers 1 --flows "$work/one.ndjson" --summary none "$work/day.pcap"
"$bin" analyze --workers 2 --flows "$work/two.ndjson" --summary none "$work/day.pcap"
ok 'the same with one thread and with two' cmp "$work/one.ndjson" "$work/two.ndjson"
finish
