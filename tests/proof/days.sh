#!/bin/sh
# A page that is open for 72 hours does not grow: its clock runs faster, alerts are worked on at a real desk meanwhile and told by
# the stream of events, every page is looked at in turn (tests/browser/days.mjs). HOURS: fewer or more. Two minutes. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs node
needs_built
CHROMIUM=$(command -v chromium || command -v chromium-browser) || skip 'chromium is not installed'
NODE_FOLDER=$(cd "$data" && pwd)/tests/node
[ -d "$NODE_FOLDER/node_modules/playwright-core" ] || skip 'playwright-core is not there (npm ci in tests/node)'
[ -s "$(dirname "$bin")/dashboards/web/assets_table.tsv" ] || skip 'this borderflow was built without its page'
BORDERFLOW_BIN=$bin
export CHROMIUM NODE_FOLDER BORDERFLOW_BIN
server=
stop() {
	kill_hard $server
}
policy=$data/tests/traffic/day-policy.yaml
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
mkdir "$work/reports"
"$bin" analyze --summary none --policy "$policy" --archive "$work/archive" --desk "$work/desk" "$work/day.pcap"
"$bin" serve --archive "$work/archive" --state "$work/desk" --reports "$work/reports" --policy "$policy" --access "$work/access" \
	--listen 127.0.0.1:0 --link >"$work/said" 2>&1 &
server=$!
wait_for 20 grep -q enter "$work/said"
timeout 900 node "$data/tests/browser/days.mjs" "$(grep -o 'http://[^ ]*enter[^ ]*' "$work/said")" "$work/desk" >"$work/page" 2>"$work/err" || cat "$work/err" >&2
grep '^#' "$work/page"
retell 'page' "$work/page"
finish
