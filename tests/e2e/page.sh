#!/bin/bash
# The report opens in a real browser: both languages, nothing loaded from elsewhere, no script, and it prints to PDF.
# Prints TAP. Screenshots stay in $BORDERFLOW_SCREENSHOTS where that is set.
set -u
if ! command -v chromium >/dev/null; then
	echo '1..0 # SKIP chromium is not installed'
	exit 0
fi
tool=$(dirname "$BORDERFLOW_BIN")/tests/traffic/traffic
if [ ! -x "$tool" ]; then
	echo '1..0 # SKIP the traffic generator is not built (libgnutls28-dev)'
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
shots=${BORDERFLOW_SCREENSHOTS:-$work}
number=0
failed=0

check() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

browse() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$work/profile" "$@" >"$work/browser.out" 2>"$work/browser.err"
}

"$tool" --scenario day --out "$work/day.pcap" 2>/dev/null &&
	"$BORDERFLOW_BIN" analyze --summary none --report "$work/report" "$work/day.pcap" \
		--policy "$BORDERFLOW_DATA/tests/traffic/day-policy.yaml"
check $? 'analyze writes a report'
for language in en sv; do
	page=$work/report/report.$language.html
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
echo "1..$number"
exit $failed
