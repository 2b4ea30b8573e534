#!/bin/sh
# What `borderflow analyze` recognises in generated traffic that hides, cuts and disguises its names: apps, categories,
# the four countries, protocols, and why a name is missing. Prints TAP.
bin=${BORDERFLOW_BIN:-./borderflow}
tools=$(dirname "$bin")/tests/traffic
data=${BORDERFLOW_DATA:-.}
number=0
status=0

if [ ! -x "$bin" ]; then
	echo '1..0 # SKIP borderflow is not built'
	exit 0
fi
if [ ! -x "$tools/traffic" ]; then
	echo '1..0 # SKIP the traffic generator is not built (libgnutls28-dev)'
	exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM
# The networks of the generator's world; no database of the machine has a say.
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1

# Prints the TAP of one comparison as a part of ours: with our numbers, and the title in front.
retell() {
	awk -v title="$1" -v number="$number" '
		/^(not )?ok / { sub(/ok [0-9]+ - /, "ok " ++number " - " title ": ") }
		!/^1\.\./ { print }
		END { exit 0 }' "$work/tap"
	number=$((number + $(grep -cE '^(not )?ok ' "$work/tap")))
	grep -q '^not ok' "$work/tap" && status=1
}

# check TITLE SCENARIO [traffic options]: makes, analyses, compares.
check() {
	title=$1
	scenario=$2
	shift 2
	"$tools/traffic" --scenario "$scenario" --out "$work/t.pcap" --truth "$work/truth.tsv" \
		--alerts "$work/alerts.tsv" "$@" 2>"$work/log" &&
		"$bin" analyze --summary none --geo "$work/geo" \
			--policy "$data/tests/traffic/day-policy.yaml" \
			--flows "$work/flows.ndjson" --alerts "$work/alerts.ndjson" "$work/t.pcap" \
			>>"$work/log" 2>&1
	result=$?
	if [ $result -ne 0 ]; then
		echo "not ok 1 - made and analysed (status $result)" >"$work/tap"
		sed 's/^/# /' "$work/log" >>"$work/tap"
	elif [ "$#" -eq 0 ]; then
		"$tools/compare" --networks --truth "$work/truth.tsv" --flows "$work/flows.ndjson" \
			--alerts-truth "$work/alerts.tsv" --alerts "$work/alerts.ndjson" >"$work/tap"
	else
		# An alert can hang on a packet that was lost: flows only.
		"$tools/compare" --networks --truth "$work/truth.tsv" --flows "$work/flows.ndjson" >"$work/tap"
	fi
	retell "$title"
}

check 'hellos' hellos
check 'hellos, 3 % lost' hellos --lose 3 --seed 5
check 'hellos, seen twice' hellos --double 20 --seed 7
check 'formats' formats
check 'formats, other bytes' formats --seed 11
check 'formats, 2 % lost' formats --lose 2 --seed 3
check 'TikTok' tiktok
check 'TikTok, other bytes' tiktok --seed 4
check 'TikTok, 5 % out of order' tiktok --reorder 5 --seed 5
check 'TikTok, 2 % lost' tiktok --lose 2 --seed 6
echo "1..$number"
exit $status
