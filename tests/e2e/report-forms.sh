#!/bin/sh
# The forms of a report: the page for everybody (axe-core through Chromium), the PDF (structure, paper, contents), the CSV
# files in a spreadsheet of two languages (every id, date and sum is kept). Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
needs jq

axe=$data/tests/node/node_modules/axe-core/axe.min.js
policy=$work/policy.yaml
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
sed 's/^language: sv/language: sv\ntimezone: Europe\/Stockholm/; s/id: neka-tiktok/id: 12e4\n    author: "+46"/' \
	"$data/tests/traffic/day-policy.yaml" >"$policy"
cat >>"$policy" <<'P'
services: [{app: teams, dpia: 2026-01-10, next_review: 2026-03-10, countries: [SE, IE], asn: [AS64500], transfer_tool: "=SCC"}]
treat_as: {telegram: RU, basis: perceived control}
exceptions: [{id: 2026-03, rules: [12e4], scope: {unit: Gäst}, approver: x, reason: "@y", valid_to: 2026-04-10}]
P
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/key" && chmod 600 "$work/key"
exits 0 "$bin" analyze --summary none --policy "$policy" --pseudonymize "$work/key" --archive "$work/archive" "$work/day.pcap"
check $? 'a day is archived'
exits 0 "$bin" report --archive "$work/archive" --policy "$policy" --month 2026-03 --out "$work/report"
check $? 'a report of it'

# As assessed and as observed: each place that the contract does not name is a finding, and both ways of it are told.
table() {
	jq -c ".report.tables.$1" "$work/report/report.json"
}
"$bin" flows --archive "$work/archive" --from 2026-03-01 --to 2026-04-01 --key "$work/key" -g country,asn --sum flows --top 0 \
	'app == teams && zone != internal' 2>/dev/null |
	jq -csS 'map({server: .["borderflow.server_country"], asn: (.["borderflow.server_asn"] | tonumber), flows}) | sort_by(.server, .asn)' >"$work/asked"
ok 'places of an approved service are those that the archive is asked for' sh -c "jq -cS '[.report.tables.services_observed[] |
	{server, asn: (.network | ltrimstr(\"AS\") | split(\" \")[0] | tonumber), flows}] | sort_by(.server, .asn)' \
	'$work/report/report.json' | cmp - '$work/asked'"
looks_at "$work/report/report.json"
equal 'each that the contract does not name is a finding' "$(table 'services_observed | length')" \
	"$(grep -c '<tr class="denied"><td>[^<]*</td><td title[^<]*</td><td[^>]*>AS' "$work/report/report.en.html")"
ok '… and said in the sentence' grep -qE 'as observed\. [0-9]+ places? (is|are) not in the contracts' "$work/report/report.en.html"
ok '… its networks beside those contracted' jq -e '.report.tables.services_assessed[0] |
	.contracted_networks == "AS64500" and (.deviating_networks | test("^AS"))' "$work/report/report.json"
ok '… and how much was seen both ways' jq -e '[.report.tables.services_observed[] | .both_ways.whole == .flows] | all' \
	"$work/report/report.json"
equal 'control is the same in every table, as the policy treats it' '["RU"]' \
	"$(jq -c '[.report.tables | .services_seen, .decisions, .units_services | .[] | select(.service == "telegram") | .control] | unique' \
		"$work/report/report.json")"
ok 'data in force have digests' jq -e '[.report.tables.in_force[] | .digest | test("^[0-9a-f]{64}$")] | all' "$work/report/report.json"

# The page without its policy of contents, which forbids scripts, and with one that judges it.
judge() {
	{
		sed 's/<meta http-equiv="Content-Security-Policy"[^>]*>//; s/<\/html>//' "$1"
		echo '<script>'
		cat "$axe"
		echo '</script><script>axe.run().then(found => document.body.replaceChildren("judged ",
			...found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).slice(0, 2).join(" ") + " ")))</script></html>'
	} >"$work/judged.html"
	timeout 200 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
		--user-data-dir="$work/profile" --virtual-time-budget=60000 --dump-dom "file://$work/judged.html" 2>/dev/null |
		sed -n '/<body>judged/,$p' | sed 's/<[^>]*>//g'
}
if [ -r "$axe" ] && command -v chromium >/dev/null; then
	for language in en fi; do
		equal "$language: axe finds nothing" 'judged' "$(judge "$work/report/report.$language.html" | tr -d '\n' | sed 's/ *$//')"
	done
else
	passed_over 'accessibility' 'axe-core or chromium is not installed'
fi

if command -v weasyprint >/dev/null && command -v pdfinfo >/dev/null; then
	exits 0 "$bin" report --archive "$work/archive" --policy "$policy" --month 2026-03 --out "$work/pdf" --language nb --pdf
	check $? 'a PDF is made'
	pdf=$work/pdf/report.nb.pdf
	pdfinfo "$pdf" >"$work/info"
	pdftotext -layout "$pdf" "$work/pdf.txt"
	ok 'its title is that of the page' grep -q '^Title: *Hvor dataene våre går' "$work/info"
	ok 'its paper is A4' grep -q '^Page size:.*(A4)' "$work/info"
	ok 'its language is said' sh -c "LC_ALL=C grep -aq '/Lang' $pdf"
	ok 'it has bookmarks' sh -c "LC_ALL=C grep -aq '/Outlines' $pdf"
	pages=$(sed -n 's/^Pages: *//p' "$work/info")
	[ "$pages" -ge 5 ] && [ "$pages" -le 40 ]
	check $? "it has $pages pages, numbered" && true
	ok '… the last one as well' grep -q "$pages / $pages" "$work/pdf.txt"
	for section in 'Overføringer per sone' 'Regelbrudd og varsler' 'Ordliste'; do
		ok "… $section is in it" grep -q "$section" "$work/pdf.txt"
	done
	equal '… nothing stands beyond the margins, over other words, or is cut' "$pages pages" \
		"$(python3 "$data/tests/e2e/page_layout.py" 14 "$pdf")"
	cp "$pdf" "$work/first.pdf" && rm "$pdf"
	exits 0 "$bin" report --archive "$work/archive" --policy "$policy" --month 2026-03 --out "$work/pdf" --language nb --pdf
	ok 'made once more it has the same bytes' cmp "$pdf" "$work/first.pdf"
else
	passed_over 'PDF' 'weasyprint or poppler-utils is not installed'
fi

for language in en sv nb nn da fi; do
	equal "$language: a byte order mark" efbbbf "$(head -c 3 "$work/report/csv/$language/rules.csv" | od -An -tx1 | tr -d ' ')"
done
looks_at "$work/report/csv/en/rules.csv" "$work/report/csv/nb/rules.csv"
ok 'nothing that a spreadsheet runs' sh -c "! grep -rqE '(^|[;,])\"?[=@+-]' $work/report/csv/en $work/report/csv/nb"
ok 'dates of the reader' sh -c "grep -q ';01.02.2026;' $work/report/csv/nb/rules.csv && grep -q ';2026-02-01;' $work/report/csv/sv/rules.csv"

# kept LANGUAGE NUMBER LOCALE: opened and written again by a spreadsheet of that language, for programs
kept() {
	LC_ALL=$3 timeout 100 soffice -env:UserInstallation="file://$work/office" --headless --convert-to \
		"csv:Text - txt - csv (StarCalc):44,34,76,1,,$2,false,false" --infilter="CSV:59,34,76,1,,$2,false,true" \
		--outdir "$work/office-$1" "$work/report/csv/$1/zones.csv" "$work/report/csv/$1/rules.csv" \
		"$work/report/csv/$1/exceptions.csv" >/dev/null 2>&1
	equal "$1: the sum of bytes is kept" \
		"$(jq '[.report.tables.zones[] | .sent // 0] | add' "$work/report/report.json")" \
		"$(python3 -c 'import csv, sys; print(sum(int(row[2]) for row in list(csv.reader(open(sys.argv[1])))[1:]))' \
			"$work/office-$1/zones.csv")"
	ok "$1: the id of a rule" grep -q "^\"*'*12e4" "$work/office-$1/rules.csv"
	ok "$1: … and one like a date" grep -q "^\"*'*2026-03" "$work/office-$1/exceptions.csv"
	ok "$1: the date" grep -qE '2026-02-01|01\.02\.2026' "$work/office-$1/rules.csv"
}
if command -v soffice >/dev/null; then
	kept sv 1053 sv_SE.UTF-8
	kept nb 1044 nb_NO.UTF-8
else
	passed_over 'spreadsheets' 'LibreOffice is not installed'
fi
finish
