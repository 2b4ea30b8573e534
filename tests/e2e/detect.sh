#!/bin/sh
# borderflow detect: what a user sees of it, and the small fixed part of its proof. Prints TAP.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tap.sh"
[ -x "$bin" ] || skip 'borderflow is not built'

# Four weeks of an office by the half hour's rhythm, with an upload of an hour in the last night; the same numbers always.
awk 'BEGIN {
	srand(7); print "timestamp,value"
	for (slot = 0; slot < 28 * 288; slot++) {
		hour = slot % 288 / 12; free = int(slot / 288) % 7 >= 5
		level = (exp(-((hour - 12) / 3) ^ 2) + 0.02) * (free ? 0.06 : 1)
		value = 1e7 * level * exp(0.8 * (rand() + rand() + rand() - 1.5))
		if (slot >= 27 * 288 - 270 && slot < 27 * 288 - 258) value += 5e7
		if (slot == 1000) printf "%d,\n", 1767571200 + slot * 300
		else if (slot < 2000 || slot > 2100) printf "%d,%d\n", 1767571200 + slot * 300, value
	} }' >"$work/office.csv"
rows=$(($(wc -l <"$work/office.csv") - 1))

"$bin" detect "$work/office.csv" >"$work/scores" 2>"$work/said"
check $? 'a series is read'
equal 'one row out for each in' "$rows" "$(($(wc -l <"$work/scores") - 1))"
equal 'the columns' 'timestamp,value,score,baseline,low,high,alert,why' "$(head -n 1 "$work/scores")"
equal 'alerts' 1 "$(grep -c ',1,more$' "$work/scores")"
slot=$(awk -F, '$7 == 1 { print ($1 - 1767571200) / 300 - (27 * 288 - 270) }' "$work/scores")
[ "$slot" -ge 0 ] && [ "$slot" -lt 12 ]
check $? "the upload is told while it lasts: after $slot slots"
ok 'the promise is printed beside it' grep -q '1 alerts and 0 by exact rules in 28 series-days; promised' "$work/said"

# No look-ahead: what comes later changes nothing.
head -n 6000 "$work/office.csv" >"$work/part.csv"
"$bin" detect "$work/part.csv" 2>"$work/err" | head -n 6000 >"$work/part"
[ -s "$work/part" ] && head -n 6000 "$work/scores" | cmp -s - "$work/part"
check $? 'rows that come later change nothing'

"$bin" detect --series 90 --budget 0.5 "$work/office.csv" "$work/part.csv" >"$work/both" 2>"$work/said"
check $? 'several series are read'
equal 'their rows name them' "$rows" "$(grep -c '^office.csv,' "$work/both")"
ok 'the budget is what was asked for' grep -q '(0.5 a week over 90 series)' "$work/said"

printf 'timestamp,value\n2026-03-02T10:00:00,5\n2026-03-02 10:05:00,x\nnever,7\n2026-03-02T10:15:00Z,8\n' >"$work/bad.csv"
says 3 'bad.csv:3: expected a time and a number' 'a bad row is told with its line' "$bin" detect "$work/bad.csv"
equal 'and keeps its place' 5 "$(grep -c . "$work/out")"
says 3 'cannot read' 'a file that is not there' "$bin" detect "$work/none.csv"
says 2 'above 0' 'a budget of nothing' "$bin" detect --budget 0 "$work/office.csv"
says 2 'zz.tsv' 'an unknown country' "$bin" detect --calendar zz "$work/office.csv"
says 2 'Mars' 'an unknown zone' "$bin" detect --timezone Mars/Olympus "$work/office.csv"
says 0 'more' 'holidays and daylight saving time' "$bin" detect --calendar se --calendar no --timezone Europe/Stockholm \
	"$work/office.csv"
says 2 'at least one' 'no file at all' "$bin" detect
{ echo timestamp,value; yes 2026-03-02T00:00:00,1 | head -n 20; echo 2026-03-02T00:05:00,1; } >"$work/same.csv"
says 0 'same.csv:3: the time is not after' 'rows of one time are read, and told' "$bin" detect "$work/same.csv"
equal '… each in its place' 22 "$(grep -c , "$work/out")"
printf 'timestamp,value\n2026-03-02T00:10:00,1\n2026-03-02T00:05:00,1\n' >"$work/back.csv"
says 0 'back.csv:3: the time is not after' 'so is time that goes back' "$bin" detect "$work/back.csv"

# Series as spreadsheets and other tools write them: read for what they are, or told.
printf '\357\273\277"2026-03-02 00:00:00","5"\r\n"2026-03-02 00:05:00","1,000"\r\n' >"$work/quoted.csv"
says 3 'quoted.csv:2: expected a time and a number' 'quotes and a mark of byte order: a number with a comma is none' "$bin" detect "$work/quoted.csv"
equal '… and the row before is read' '2026-03-02 00:00:00,5' "$(sed -n 2p "$work/out" | cut -d , -f 1-2)"
: >"$work/empty.csv"
says 3 'empty.csv: there are no rows' 'a file without rows is told' "$bin" detect "$work/empty.csv"
printf 'timestamp,value\n2026-03-02T00:00:00,5\n2026-03-02T00:05:00,-5\n' >"$work/below.csv"
says 0 'below.csv:3: a volume below 0 was taken for 0' 'so is a volume below 0' "$bin" detect "$work/below.csv"
awk 'BEGIN { print "timestamp,value"; for (i = 0; i < 20; i++) print 1767571200 + 60 * i ",5" }' >"$work/minute.csv"
says 0 'minute.csv: rows are 60 seconds apart, and each was taken for five minutes; add them up first' 'so are rows that are too close' \
	"$bin" detect "$work/minute.csv"
for head in value,timestamp 'time;value'; do
	{ echo "$head"; echo 5,2026-03-02T00:00:00; } >"$work/head.csv"
	says 3 'head.csv:1: expected the columns "timestamp,value"' "columns in another order: $head" "$bin" detect "$work/head.csv"
done
head -c 100000 /dev/urandom >"$work/noise.csv"
timeout 20 "$bin" detect "$work/noise.csv" >"$work/out" 2>"$work/err"
[ $? -le 3 ] && [ -s "$work/err" ]
check $? 'noise is survived'
finish
