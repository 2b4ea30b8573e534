#!/bin/sh
# The page of borderflow serve: every sentence that its code asks for stands in the message tables and every sentence there is
# asked for; nothing is said in code; and the bundles keep to their size (gzip bytes). Prints TAP.
cd "${BORDERFLOW_DATA:-.}" || exit 1
ui=dashboards/web/ui
messages=analyzer/share/messages
sizes=${BORDERFLOW_BIN:+${BORDERFLOW_BIN%/*}/}dashboards/web/assets_table.tsv
number=0
status=0

# told WHAT WRONG: fine where WRONG is empty
told() {
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "$2" | sed 's/^/# /'
		status=1
	fi
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cat "$messages"/web*.tsv | cut -f1 | sed -n 's/^web\.//p' | sort -u >"$work/kept"
sources=$(find "$ui/src" -name '*.js')

# t('key'), titles of pages and errors by their key; t(`prefix_${…}`) and word('web.prefix', …) ask for all that begin so.
{
	grep -ohE "\btx?\('[a-z0-9_]+'" $sources | sed "s/.*'\(.*\)'/\1/"
	grep -ohE "(title|label): '[a-z]+_[a-z0-9_]+'" $sources | sed "s/.*'\(.*\)'/\1/"
	grep -ohE "[0-9]+: '[a-z]+_[a-z0-9_]+'" $sources | sed "s/.*'\(.*\)'/\1/"
	grep -ohE "\? '[a-z]+_[a-z0-9_]+' : '[a-z]+_[a-z0-9_]+'" $sources | grep -oE "[a-z]+_[a-z0-9_]+"
} | sort -u >"$work/asked"
{
	grep -ohE "\btx?\(\`[a-z0-9_]+_\\$" $sources | sed 's/.*`\(.*\)\$/\1/'
	grep -ohE "word\('web\.[a-z0-9_]+'" $sources | sed "s/.*web\.\(.*\)'/\1_/"
} | sort -u >"$work/begun"

grep -ohE "\btx?\('[a-z0-9_]+'" $sources | sed "s/.*'\(.*\)'/\1/" | sort -u | comm -23 - "$work/kept" >"$work/missing"
while read -r beginning; do
	grep -q "^$beginning" "$work/kept" || echo "$beginning…"
done <"$work/begun" >>"$work/missing"
told 'every sentence of the page is in the tables' "$(cat "$work/missing")"

comm -13 "$work/asked" "$work/kept" | while read -r key; do
	while read -r beginning; do
		case $key in "$beginning"*) continue 2 ;; esac
	done <"$work/begun"
	echo "$key"
done >"$work/idle"
told 'every sentence in the tables is said by the page' "$(cat "$work/idle")"

# Two words in a row of a template, outside of tags and holes, are a sentence in code.
told 'no sentence stands in code' "$(grep -nE '>[A-Z][a-z]+ [a-z]+[^<>$]*<' $sources)"
told 'nothing is written as HTML, evaluated or styled by attribute' \
	"$(grep -nE 'innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|eval\(|new Function| style="' $sources "$ui/page.html")"

if [ -s "$sizes" ]; then
	told 'the page without its map: 150 KB at most' \
		"$(awk 'NR > 1 && $4 == "no" { sum += $3 } END { if (sum > 150000) print sum " bytes" }' "$sizes")"
	told 'the page with its map: 220 KB at most' "$(awk 'NR > 1 { sum += $3 } END { if (sum > 220000) print sum " bytes" }' "$sizes")"
	awk 'NR > 1 { sum[$4] += $3 } END { printf "# %d bytes, and %d for the map\n", sum["no"], sum["yes"] }' "$sizes"
else
	number=$((number + 1))
	echo "ok $number - sizes # SKIP this borderflow was built without its page"
fi
echo "1..$number"
exit $status
