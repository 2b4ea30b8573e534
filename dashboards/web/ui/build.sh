#!/bin/sh
# build.sh UI OUTPUT: bundles the page in folder UI into the C table OUTPUT (../assets.h), and its sizes into OUTPUT with
# .tsv for .c. Without Node.js or its packages the table is empty, and one line says so.
ui=$1
output=$2
missing=
command -v node >/dev/null || missing='Node.js is not installed'
[ -n "$missing" ] || [ -d "$ui/node_modules/esbuild" ] ||
	missing="its packages are not there (npm ci --ignore-scripts in dashboards/web/ui brings them)"
rm -f "${output%.c}.tsv"
if [ -z "$missing" ]; then
	exec node "$ui/build.mjs" "$output"
fi
echo "borderflow: built without the page of borderflow serve: $missing" >&2
cat >"$output" <<'END'
/* clang-format off */
#include "dashboards/web/assets.h"
const struct web_asset web_assets[] = { { NULL, NULL, NULL, NULL, 0, false } };
END
