#!/bin/sh
# What detectors promise, measured: recall at alert budgets, promised against realised, a public benchmark, beacons.
# The judges are programs of others, in $BORDERFLOW_ANOMALY (default: ../shared/anomaly beside the tree); where they or
# python3 are absent their part is skipped. Series are made once where $BORDERFLOW_SERIES names a folder. Takes about ten
# minutes. Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
[ -x "$bin" ] || skip 'borderflow is not built'
judges=${BORDERFLOW_ANOMALY:-$data/../shared/anomaly}
made=${BORDERFLOW_SERIES:-$work}
week=$(dirname "$bin")/tests/proof/beacon_week

if [ -x "$week" ]; then
	"$week" 1000 >"$work/week"
	retell 'a working week of 1,000 devices' "$work/week"
	"$week" 1000 2 >"$work/week"
	retell 'another one' "$work/week"
else
	passed_over 'a working week of 1,000 devices' 'beacon_week is not built'
fi
if [ ! -f "$judges/onset_score.py" ] || ! command -v python3 >/dev/null; then
	passed_over 'recall at alert budgets' 'the judges of series or python3 are not there'
	finish
fi

# Recall, on the seeds that detectors were developed on and three others.
series() {
	[ -f "$made/s$1/truth.json" ] || python3 "$judges/series.py" "$made/s$1" --seed "$1" >/dev/null
}
folders=
for seed in 1 2 3 4 5 6 7 8 9 101 102 103; do
	series $seed
	folders="$folders $made/s$seed"
done
python3 "$judges/onset_score.py" --detector "$bin detect" --calendar $folders >"$work/onset" 2>/dev/null
sed 's/^/# /' "$work/onset"
recall() {
	awk -v budget="$1" -v least="$2" '$1 == budget { good = $5 >= least } END { exit !good }' "$work/onset"
	check $? "recall of at least $2 at $1 alerts a series-day"
}
recall 0.0010 0.70
recall 0.0100 0.85
recall 0.0300 0.90
at_once() {
	awk -v kind="$1" '$1 == "0.0010" { for (i = 1; i < NF; i++) if ($i == kind) {
		split($(i + 1), part, "[/@]"); good = part[1] == part[2] && part[3] == 0 } } END { exit !good }' "$work/onset"
	check $? "every $1 in its slot"
}
at_once block_leak
at_once new_app
awk '$1 == "0.0010" { for (i = 1; i < NF; i++) if ($i == "slow_exfil") { split($(i + 1), part, "@"); good = part[2] <= 72 } }
	END { exit !good }' "$work/onset"
check $? 'slow exfiltration within six hours (median)'

# Promised and realised, on twelve seeds that nothing was calibrated on: beginnings of alerts that lie in no event or in the
# day after it, past the fortnight that is learnt; 30,240 series-days for each of three budgets.
realised() {
	budget=$1
	total=0
	for seed in 21 22 23 24 25 26 27 28 29 30 31 32; do
		series $seed
		"$bin" detect --calendar "$made/s$seed/calendar.csv" --series 720 --budget "$budget" "$made/s$seed"/s*.csv 2>/dev/null |
			grep ',1,more$' >"$work/alerts"
		wrong=$(python3 -c '
import csv, json, sys
truth = json.load(open(sys.argv[1] + "/truth.json")); events = {e["series"]: e for e in truth["events"]}
start = 1767571200; wrong = 0
for row in csv.reader(open(sys.argv[2])):
    series, slot = int(row[0][1:4]), (int(row[1]) - start) // 300
    event = events.get(series)
    if slot >= 14 * 288 and not (event and event["start"] <= slot < event["end"] + 288): wrong += 1
print(wrong)' "$made/s$seed" "$work/alerts")
		total=$((total + wrong))
	done
	awk -v n="$budget" -v total="$total" 'BEGIN {
		promised = n / 7 / 720; realised = total / 30240
		printf "# budget %g: promised %.5f, realised %.5f a series-day: %.2f times\n", n, promised, realised, realised / promised
		exit realised > 2 * promised }'
	check $? "at most twice what a budget of $budget a week promises"
}
realised 3
realised 15
realised 50

# A public benchmark of another kind of series, with our defaults; Windowed Gaussian has 39.6 on the whole of it, and 39.96 on
# the part that is here.
python3 "$judges/nab_score.py" --detector "$bin detect" >"$work/nab" 2>/dev/null
sed 's/^/# /' "$work/nab"
awk '/^NAB standard/ { good = $3 > 39.96 } END { exit !good }' "$work/nab"
check $? 'above Windowed Gaussian'
finish
