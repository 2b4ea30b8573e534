#!/bin/sh
# A viewer who may ask anything of a month (tables, series, exports, filters, windows, differences), and may have a report of any
# days, isolates no device: the truth comes from an analyst's answers (viewer.py, windows.py). About a minute. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs curl python3
needs_built
export PYTHONDONTWRITEBYTECODE=1
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
# On some days of the month fewer than 65 devices are active, on the others more.
sed 's/^k: .*/k: 65/' "$policy" >"$work/policy-65.yaml"
"$bin" keys init --keys "$work/keys" >/dev/null
"$traffic" --scenario month --end 2026-05-01T00:00 --out "$work/month.pcap" 2>/dev/null || broken 'the generator failed'
token() { # K ROLE
	[ -s "$work/$2-$1" ] || "$bin" serve token add "$2" --role "$2" --access "$work/access-$1" >"$work/$2-$1" 2>/dev/null
	cat "$work/$2-$1"
}
found() {
	sed -n "s/^$1 //p" "$work/found"
}
# serve_month POLICY K: the month under that policy, and a server of it
serve_month() {
	"$bin" analyze --summary none --progress never --policy "$1" --keys "$work/keys" --state "$work/state-$2" --archive "$work/archive-$2" \
		"$work/month.pcap" 2>"$work/err" || broken "$(cat "$work/err")"
	kill_hard $server
	"$bin" serve --archive "$work/archive-$2" --policy "$1" --access "$work/access-$2" --reports "$work/reports-$2" \
		--listen 127.0.0.1:0 >"$work/said" 2>&1 &
	server=$!
	wait_for 20 grep -q 'serves at' "$work/said"
	origin=$(sed -n 's/^borderflow serves at //p' "$work/said")
}
ask_windows() { # K DAY…
	smallest=$1
	shift
	python3 "$data/tests/proof/windows.py" "$origin" "$(token $smallest viewer)" "$(token $smallest analyst)" \
		"$(token $smallest compliance)" "$@" >"$work/found" 2>"$work/err"
	check $? "k $smallest: every window was asked: $(grep -v '^#' "$work/found" | tr '\n' ' ')"
	ok "k $smallest: some windows are told of, and some are not" [ "$(found told)" -gt 10 -a "$(found withheld)" -gt 10 ]
	equal "k $smallest: figures that are of another time" 0 "$(found wrong)"
	equal "k $smallest: times of fewer devices, by whatever difference" 0 "$(found lonely)"
	grep '^#' "$work/found"
}

serve_month "$policy" 5
python3 "$data/tests/proof/viewer.py" "$origin" "$(token 5 viewer)" "$(token 5 analyst)" >"$work/found" 2>"$work/err"
check $? "every question was asked: $(tr '\n' ' ' <"$work/found")"
ok 'there are groups to find' [ "$(found 'small groups')" -gt 20 ]
ok 'and figures that a viewer is told' [ "$(found shown)" -gt 20 ]
equal 'devices that a viewer isolates' 0 "$(found isolated)"
grep '^#' "$work/found"
ask_windows 5 2026-04-06 2026-04-11 2026-04-12
ok '… and each window of days has a report' [ "$(found reports)" -gt 0 -a "$(found refused)" -eq 0 ]
serve_month "$work/policy-65.yaml" 65
ask_windows 65 2026-04-11 2026-04-12 2026-04-14
ok '… of some windows there is a report, and of some none' [ "$(found reports)" -gt 0 -a "$(found refused)" -gt 0 ]
finish
