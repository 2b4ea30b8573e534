#!/bin/sh
# The commands of docs/recipes.md, as they stand there, each where its tool is installed: their sums by app are those of
# `borderflow flows`. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built

bin=$(cd "$(dirname "$bin")" && pwd)/$(basename "$bin") # the recipes run in a folder of their own
recipes=$(cd "$data" && pwd)/docs/recipes.md
generate --scenario plain --seed 3 --out "$work/day.pcap" >/dev/null 2>&1
BORDERFLOW_DATA=$(cd "$data" && pwd)
export BORDERFLOW_DATA
cd "$work" || exit 1
exits 0 "$bin" analyze --summary none --flows flows.ndjson --archive archive day.pcap
check $? 'flows.ndjson is made'
[ $status -eq 0 ] || finish
"$bin" flows -a archive --whole -g app --top 0 --from-records -o ndjson 2>/dev/null |
	sed 's/{"network.application":"\([^"]*\)".*"network.bytes":\([0-9]*\)}/\1 \2/; s/ (inferred)//' |
	awk '{ s[$1] += $2 } END { for (app in s) print app, s[app] }' | sort >wanted

# The text of a block of the page.
recipe() {
	awk -v block="\`\`\`$1" '$0 == "```" { inside = 0 } inside { print } $0 == block { inside = 1 }' "$recipes"
}
# "app bytes", sorted, of what a recipe printed.
sums() {
	tr -d '"|,[]' | awk 'NF == 2 && $2 ~ /^[0-9]+$/ { print $1, $2 }' | sort
}
# TOOL COMMAND…: the recipe, read by the command, on these flows, and on the same with sums past 32 bits.
same_recipe() {
	tool=$1 block=$2
	shift 2
	for times in '' 00000; do
		sed "s/\"bytes\":\([0-9]*\)/\"bytes\":\1$times/g" kept >flows.ndjson
		recipe "$block" | "$@" >out 2>err
		sums <out >got && sed "s/\$/$times/" wanted | sed 's/ 0*$/ 0/' | cmp - got 2>>err
		check $? "$tool: bytes by app are those of borderflow flows${times:+, times 100,000}"
	done
	cp kept flows.ndjson
}
cp flows.ndjson kept

if command -v jq >/dev/null; then
	same_recipe jq jq-apps sh
	recipe jq-who | sh >out 2>err
	[ "$(wc -l <out)" -eq "$(grep -c '"application":"tiktok"' flows.ndjson)" ] && grep -q '10\.20\.0\.11' out
	check $? 'jq: who spoke to TikTok'
else
	passed_over 'jq' 'jq is not installed'
fi

# DuckDB is on npm (tests/node); its own program does as well.
duckdb_of_node() {
	node "$BORDERFLOW_DATA/tests/node/duckdb.mjs"
}
duckdb_of_itself() {
	duckdb -csv | tr ',' ' '
}
if [ -d "$BORDERFLOW_DATA/tests/node/node_modules/@duckdb" ]; then
	same_recipe DuckDB duckdb duckdb_of_node
elif command -v duckdb >/dev/null; then
	same_recipe DuckDB duckdb duckdb_of_itself
else
	passed_over 'DuckDB' 'duckdb is not installed'
fi
if [ -f flows.parquet ]; then
	[ "$(head -c 4 flows.parquet)" = PAR1 ]
	check $? 'DuckDB: Parquet is written'
fi

python= # Debian's has pandas where another one stands before it
for candidate in python3 /usr/bin/python3; do
	[ -n "$python" ] || ! "$candidate" -c 'import pandas' 2>/dev/null || python=$candidate
done
if [ -n "$python" ]; then
	same_recipe pandas pandas "$python" -
else
	passed_over 'pandas' 'pandas is not installed'
fi

if command -v Rscript >/dev/null && Rscript -e 'library(jsonlite)' >/dev/null 2>&1; then
	same_recipe R r Rscript -
else
	passed_over 'R' 'R with jsonlite is not installed'
fi
finish
