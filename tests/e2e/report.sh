#!/bin/sh
# `borderflow report` over archives: the figures of the run, on local days, in six languages. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
needs jq

policy=$data/tests/traffic/day-policy.yaml
generate --scenario day --seed 5 --out "$work/day.pcap" >/dev/null 2>&1 || skip 'the generator failed'
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/key" && chmod 600 "$work/key"
exits 0 "$bin" analyze --summary json --policy "$policy" --pseudonymize "$work/key" --archive "$work/archive" "$work/day.pcap"
check $? 'a day is archived'
cp "$work/out" "$work/run.json"
month=$(jq -r '[.. | strings | select(test("^20[0-9]{2}-[0-9]{2}-"))][0][:7]' "$work/run.json")

exits 0 "$bin" report --archive "$work/archive" --policy "$policy" --month "$month" --out "$work/report"
check $? "a report of $month"
equal 'pages in six languages' 6 "$(find "$work/report" -name 'report.*.html' | wc -l)"
# Devices are counted of fewer classes here, so that more rows are suppressed.
sums='[paths(type == "object") as $p | getpath($p) | select(.bytes_up and .flows) | {bytes_up, bytes_down, flows, packets}]'
for part in .zones .apps .matrix; do
	[ "$(jq "$part | $sums | length" "$work/run.json")" -gt 3 ]
	check $? "$part of the run has rows"
	equal "$part adds up to that of the run" "$(jq -c "$part | $sums" "$work/run.json" | cksum)" \
		"$(jq -c "$part | $sums" "$work/report/report.json" | cksum)"
done
ok 'no light is green' sh -c '! grep -q "class=\"light_good\"" '"$work/report/report.en.html"
for language in sv nb nn da fi; do
	ok "… and the page in $language has no English light" \
		sh -c '! grep -q "Made from flow archives" '"$work/report/report.$language.html"
done
says 2 'no archive holds anything of 2001-02' 'a month that is not there is said' \
	"$bin" report --archive "$work/archive" --policy "$policy" --month 2001-02 --out "$work/none"
says 2 'expected a month such as' 'a month that is none is said' \
	"$bin" report --archive "$work/archive" --month october
says 2 'name one period' 'no period' "$bin" report --archive "$work/archive"
says 2 "$work/nothing" 'an archive that is not there is named' "$bin" report --archive "$work/nothing" --month "$month"
finish
