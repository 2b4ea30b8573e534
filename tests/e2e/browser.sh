#!/bin/sh
# The page of `borderflow serve` in a real Chromium (tests/browser/page.mjs): over the sample day's archive and desk, whose
# units have names of an attacker. FULL=1 (tests/proof/browser.sh): every page in every look. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs node
needs_built
CHROMIUM=$(command -v chromium || command -v chromium-browser) || skip 'chromium is not installed'
NODE_FOLDER=$(cd "$data" && pwd)/tests/node
[ -d "$NODE_FOLDER/node_modules/playwright-core" ] || skip 'playwright-core is not there (npm ci in tests/node)'
[ -s "$(dirname "$bin")/dashboards/web/assets_table.tsv" ] || skip 'this borderflow was built without its page'

WORK=$work POLICY=$work/policy.yaml LATER_POLICY=$work/later.yaml CAPTURE=$work/day.pcap BORDERFLOW_BIN=$bin
export CHROMIUM NODE_FOLDER WORK POLICY LATER_POLICY CAPTURE BORDERFLOW_BIN
# HTML, a script, an overriding direction mark, a formula of spreadsheets, a label of 253 letters.
long=$(printf '%0253d' 0 | tr 0 w)
sed -e 's|^  Kommunledning:|  "<img src=x onerror=hacked=1><script>hacked=1":|' -e 's|^  Teknik:|  "=HYPERLINK(1)\|cmd":|' \
	-e 's|^  Gäst:|  "\\u202Etsäg":|' -e "s|^    basis: Decision.*|    basis: \"<script>hacked=1</script> $long\"|" \
	"$data/tests/traffic/day-policy.yaml" >"$POLICY"
sed 's/neka-tiktok/neka-senare/' "$POLICY" >"$LATER_POLICY"
generate --scenario day --out "$CAPTURE" >/dev/null 2>&1 || broken 'the generator failed'
mkdir "$work/reports"
ok 'an archive and a desk' "$bin" analyze --summary none --policy "$POLICY" --archive "$work/archive" --desk "$work/desk" "$CAPTURE"
timeout "${BROWSER_SECONDS:-180}" node "$data/tests/browser/page.mjs" >"$work/page" 2>"$work/err" || cat "$work/err" >&2
retell 'browser' "$work/page"
finish
