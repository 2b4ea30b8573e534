#!/bin/sh
# What the page makes of an address, under Node.js (page_core.mjs). Prints TAP.
root=${BORDERFLOW_DATA:-.}
if ! command -v node >/dev/null || [ ! -d "$root/dashboards/web/ui/node_modules/preact" ]; then
	echo '1..0 # SKIP Node.js or the packages of the page are not installed'
	exit 0
fi
exec node --no-warnings "$root/tests/unit/page_core.mjs" "$root/dashboards/web/ui"
