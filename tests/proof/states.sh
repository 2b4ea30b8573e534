#!/bin/sh
# What the page says while a source of its server is stopped, slow, away, refuses or is gone, and what each role is told of what
# it may not see: a real Redis, archive and Chromium (tests/browser/states.mjs). PICTURES=FOLDER keeps what was seen. Two minutes.
# Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs node redis-server redis-cli
needs_built
CHROMIUM=$(command -v chromium || command -v chromium-browser) || skip 'chromium is not installed'
NODE_FOLDER=$(cd "$data" && pwd)/tests/node
[ -d "$NODE_FOLDER/node_modules/playwright-core" ] || skip 'playwright-core is not there (npm ci in tests/node)'
[ -s "$(dirname "$bin")/dashboards/web/assets_table.tsv" ] || skip 'this borderflow was built without its page'
WORK=$work POLICY=$data/tests/traffic/day-policy.yaml CAPTURE=$work/day.pcap BORDERFLOW_BIN=$bin
export CHROMIUM NODE_FOLDER WORK POLICY CAPTURE BORDERFLOW_BIN
# The day ends now: Redis keeps 35 days.
end=$(date -u +%FT%H:%M)
generate --scenario month --begin "$(date -u -d "${end%T*} ${end#*T} 1 day ago" +%FT%H:%M)" --end "$end" --out "$CAPTURE" >/dev/null 2>&1 || broken 'the generator failed'
mkdir "$work/reports"
timeout 300 node "$data/tests/browser/states.mjs" >"$work/page" 2>"$work/err" || cat "$work/err" >&2
retell 'states' "$work/page"
finish
