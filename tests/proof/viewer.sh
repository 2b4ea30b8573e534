#!/bin/sh
# A viewer who may ask anything of a month (tables, series, exports, filters, windows, differences) isolates no device: the truth
# comes from an analyst's answers (viewer.py). Some minutes. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs curl python3
needs_built
server=
stop() {
	kill_hard $server
}
policy=$work/policy.yaml
# DAY-20 and DAY+12 of the policy are days before and after the month's last; longer words first.
cp "$data/tests/traffic/month-policy.yaml" "$policy"
grep -oE 'DAY[-+][0-9]+' "$policy" | sort -ur | while read -r word; do
	sed -i "s/$word\b/$(date -u -d "2026-04-30 ${word#DAY} days" +%F)/g" "$policy"
done
"$bin" keys init --keys "$work/keys" >/dev/null
"$traffic" --scenario month --end 2026-05-01T00:00 --out - 2>/dev/null |
	"$bin" analyze --summary none --progress never --policy "$policy" --keys "$work/keys" --state "$work/state" --archive "$work/archive" - 2>"$work/err" || broken "$(cat "$work/err")"
"$bin" serve --archive "$work/archive" --policy "$policy" --access "$work/access" --listen 127.0.0.1:0 >"$work/said" 2>&1 &
server=$!
wait_for 20 grep -q 'serves at' "$work/said"
token() {
	"$bin" serve token add "$1" --role "$1" --access "$work/access" 2>/dev/null
}
python3 "$data/tests/proof/viewer.py" "$(sed -n 's/^borderflow serves at //p' "$work/said")" "$(token viewer)" "$(token analyst)" >"$work/found" 2>"$work/err"
check $? "every question was asked: $(tr '\n' ' ' <"$work/found")"
found() {
	sed -n "s/^$1 //p" "$work/found"
}
ok 'there are groups to find' [ "$(found 'small groups')" -gt 20 ]
ok 'and figures that a viewer is told' [ "$(found shown)" -gt 20 ]
equal 'devices that a viewer isolates' 0 "$(found isolated)"
grep '^#' "$work/found"
finish
