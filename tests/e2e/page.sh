#!/bin/bash
# The report opens in a real browser: both languages, nothing loaded from elsewhere, no script, and it prints to PDF.
# Prints TAP. Screenshots stay in $BORDERFLOW_SCREENSHOTS where that is set.
set -u
. "$(dirname "$0")/tap.sh"
needs chromium
needs_built
shots=${BORDERFLOW_SCREENSHOTS:-$work}

browse() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$work/profile" "$@" >"$work/browser.out" 2>"$work/browser.err"
}

generate --scenario day --out "$work/day.pcap" 2>/dev/null &&
	"$bin" analyze --summary none --report "$work/report" "$work/day.pcap" \
		--policy "$data/tests/traffic/day-policy.yaml"
check $? 'analyze writes a report'
for language in en sv; do
	page=$work/report/report.$language.html
	looks_at "$page"
	! grep -qiE '<script|https?://|@import|src=' "$page"
	check $? "$language: the page stands alone"
	browse --window-size=1100,1600 --screenshot="$shots/report.$language.png" "file://$page" &&
		[ -s "$shots/report.$language.png" ]
	check $? "$language: it opens in Chromium"
	browse --dump-dom "file://$page" && grep -q "<html lang=\"$language\"" "$work/browser.out" &&
		grep -q Instagram "$work/browser.out"
	check $? "$language: the service is on it"
	browse --no-pdf-header-footer --print-to-pdf="$shots/report.$language.pdf" "file://$page" &&
		head -c 5 "$shots/report.$language.pdf" | grep -q '%PDF-'
	check $? "$language: it prints"
done
finish
