#!/bin/sh
# Flows without a name, on a day in which a quarter of the devices hides every name: inferred use is right, stands apart from
# named use in every output, and never makes a violation. Prints TAP.
bin=${BORDERFLOW_BIN:-./borderflow}
root=$(dirname "$bin")
number=0
status=0

if [ ! -x "$root/tests/traffic/traffic" ] || [ ! -x "$root/tests/behaviour/score_hidden" ]; then
	echo '1..0 # SKIP the traffic generator is not built (libgnutls28-dev)'
	exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM

# check TITLE COMMAND...
check() {
	title=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/log" 2>&1; then
		echo "ok $number - $title"
	else
		echo "not ok $number - $title"
		sed 's/^/# /' "$work/log" | head -20
		status=1
	fi
}

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

"$root/tests/traffic/traffic" --scenario hidden --seed 21 --out "$work/day.pcap" --truth "$work/truth.tsv" 2>"$work/made" || {
	echo '1..1'
	echo 'not ok 1 - the day is made'
	exit 1
}
"$root/tests/behaviour/score_hidden" --folds 4 "$work/day.pcap" >"$work/folds" 2>&1
"$root/tests/behaviour/score_hidden" --half --folds 4 "$work/day.pcap" >"$work/half" 2>&1
"$root/tests/behaviour/score_hidden" --truth "$work/truth.tsv" "$work/day.pcap" >"$work/hidden" 2>&1
check 'whole device-days without names: TikTok' measured_app "$work/folds" tiktok 0.95 0.6
check 'whole device-days without names: every app together' measured "$work/folds" 0.95 0.5
check 'half-hidden device-days' measured "$work/half" 0.95 0.5
check 'names that the capture itself hides: TikTok' measured_app "$work/hidden" tiktok 0.95 0.6

cat >"$work/policy.yaml" <<'POLICY'
rules:
  - {id: ban-tiktok, match: {app: tiktok}, action: deny, basis: decision}
POLICY
"$bin" analyze --policy "$work/policy.yaml" --flows "$work/flows.ndjson" --alerts "$work/alerts.ndjson" \
	--archive "$work/archive" --summary json "$work/day.pcap" >"$work/summary.json" 2>"$work/log" ||
	sed 's/^/# /' "$work/log"
"$bin" analyze --report "$work/report" --summary none "$work/day.pcap"
"$bin" analyze --summary text "$work/day.pcap" >"$work/summary.txt"
grep '"inferred":true' "$work/flows.ndjson" >"$work/inferred.ndjson"
check 'some are inferred' test -s "$work/inferred.ndjson"
check 'each says so, by behaviour, on stated grounds' \
	test "$(number_in '"evidence":\[.*"behaviour"\].*"inferred":true,"inferred_by":\[' "$work/inferred.ndjson")" = \
	"$(wc -l <"$work/inferred.ndjson")"
check 'with low confidence' test "$(number_in -v '"confidence":[234]0,' "$work/inferred.ndjson")" = 0
check 'no violation' test "$(number_in '"verdict":"violation"' "$work/inferred.ndjson")" = 0
check 'a rule of the policy reports them' grep -q '"rule":"ban-tiktok".*"verdict":"reported"' "$work/inferred.ndjson"
check '… and denies none of them' test "$(number_in '"action":"deny".*"verdict":"reported"' "$work/inferred.ndjson")" = 0
check 'named use of the same day is one' grep -q '"verdict":"violation"' "$work/flows.ndjson"
sed -n 's/.*"flow":{"id":"\([0-9a-f]*\)".*/\1/p' "$work/inferred.ndjson" | sort >"$work/ids"
check 'no alert rests on one' sh -c "! grep -F -f '$work/ids' '$work/alerts.ndjson'"
check 'the summary shows them apart, as JSON' grep -q '"inferred":{"flows_hidden":' "$work/summary.json"
check '… and as text' grep -q '^Inferred ' "$work/summary.txt"
check '… and so does the report' grep -q 'Inferred from behaviour' "$work/report/report.en.html"
"$bin" flows --archive "$work/archive" --group-by app --sum bytes --format csv >"$work/groups"
check 'groups of a query keep them apart' grep -q '^tiktok (inferred),' "$work/groups"
"$bin" flows --archive "$work/archive" --whole 'inferred and app == tiktok' >"$work/found"
"$bin" flows --archive "$work/archive" --group-by control 'app == tiktok' --format csv >"$work/controls"
check '… by who controls them, too' grep -q '^third (inferred),' "$work/controls"
"$bin" flows --archive "$work/archive" --format table 'inferred and app == tiktok' >"$work/table"
check '… and so does the table of records' grep -q 'tiktok (i' "$work/table"
check 'and a query finds them' test "$(wc -l <"$work/found")" = "$(number_in '"application":"tiktok"' "$work/inferred.ndjson")"
"$bin" analyze --workers 1 --flows "$work/one.ndjson" --summary none "$work/day.pcap"
"$bin" analyze --workers 2 --flows "$work/two.ndjson" --summary none "$work/day.pcap"
check 'the same with one thread and with two' cmp "$work/one.ndjson" "$work/two.ndjson"
echo "1..$number"
exit $status
