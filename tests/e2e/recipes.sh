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
same_sums() {
	sums <"$work/out" | cmp - wanted 2>>"$work/err"
	check $? "$1: bytes by app are those of borderflow flows"
}

if command -v jq >/dev/null; then
	recipe jq-apps | sh >out 2>err
	same_sums jq
	recipe jq-who | sh >out 2>err
	[ "$(wc -l <out)" -eq "$(grep -c '"application":"tiktok"' flows.ndjson)" ] && grep -q '10\.20\.0\.11' out
	check $? 'jq: who spoke to TikTok'
else
	passed_over 'jq' 'jq is not installed'
fi
if command -v duckdb >/dev/null; then
	recipe duckdb | duckdb -csv >out 2>err
	tr ',' ' ' <out >spaced && mv spaced out
	same_sums DuckDB
	[ -s flows.parquet ]
	check $? 'DuckDB: Parquet is written'
elif python3 -c 'import duckdb' 2>/dev/null; then
	recipe duckdb >recipe.sql
	python3 -c 'import duckdb
for row in duckdb.sql(open("recipe.sql").read()).fetchall():
    print(*row)' >out 2>err
	same_sums 'DuckDB (Python)'
	[ -s flows.parquet ]
	check $? 'DuckDB: Parquet is written'
else
	passed_over 'DuckDB' 'duckdb is not installed'
fi
if python3 -c 'import pandas' 2>/dev/null; then
	recipe pandas | python3 - >out 2>err
	same_sums pandas
else
	passed_over 'pandas' 'pandas is not installed'
fi
if command -v Rscript >/dev/null && Rscript -e 'library(jsonlite)' >/dev/null 2>&1; then
	recipe r >recipe.R
	Rscript recipe.R >out 2>err
	same_sums R
else
	passed_over 'R' 'R with jsonlite is not installed'
fi
finish
