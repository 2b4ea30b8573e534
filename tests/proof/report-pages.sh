#!/bin/sh
# The report of a month in six languages as PDF: nothing beyond the margins, over other words or cut. Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
needs python3 weasyprint pdftotext

policy=$data/tests/traffic/day-policy.yaml
generate --scenario day --seed 5 --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" keys init --keys "$work/keys" >/dev/null
exits 0 "$bin" analyze --summary none --policy "$policy" --keys "$work/keys" --archive "$work/archive" --desk "$work/desk" \
	"$work/day.pcap"
check $? 'a day is archived'
exits 0 "$bin" report --archive "$work/archive" --policy "$policy" --month 2026-03 --state "$work/desk" --out "$work/report" --pdf
check $? 'a report in six languages'
for language in en sv nb nn da fi; do
	python3 "$data/tests/e2e/page_layout.py" 14 "$work/report/report.$language.pdf" >"$work/found"
	ok "$language: every page holds what is on it" grep -qE '^[0-9]+ pages$' "$work/found"
	equal "$language: nothing is beyond the margins, over other words or cut" 1 "$(wc -l <"$work/found")"
done
finish
