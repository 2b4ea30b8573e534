#!/bin/sh
# `borderflow report` over archives: the figures of the run, on local days, in six languages; the same bytes from the same
# archive; editions; and every command that the report prints gives the figures of its table. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
needs jq

policy=$data/tests/traffic/day-policy.yaml
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
generate --scenario day --seed 6 --out "$work/late.pcap" >/dev/null 2>&1 || broken 'the generator failed'
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/key" && chmod 600 "$work/key"

analyze() {
	"$bin" analyze --policy "$policy" --pseudonymize "$work/key" --archive "$work/archive" "$@"
}

report() {
	"$bin" report --archive "$work/archive" --policy "$policy" --month "$month" "$@"
}

# light NAME: its state
light() {
	jq -r ".report.lights.$1" "$work/report/report.json"
}

exits 0 analyze --summary json "$work/day.pcap"
check $? 'a day is archived'
cp "$work/out" "$work/run.json"
cp -R "$work/archive" "$work/first"
month=$(jq -r '[.. | strings | select(test("^20[0-9]{2}-[0-9]{2}-"))][0][:7]' "$work/run.json")

exits 0 report --out "$work/report" --progress always
check $? "a report of $month"
grep -q '[1-9][0-9,]* records  [0-9.]* M/s' "$work/err"
check $? 'how far it is was said'
looks_at "$work/run.json" "$work/report/report.json" "$work/report/report.en.html"
equal 'pages in six languages' 6 "$(find "$work/report" -maxdepth 1 -name 'report.*.html' | wc -l)"
# Devices are counted of fewer classes here, so that more rows are suppressed.
sums='[paths(type == "object") as $p | getpath($p) | select(.bytes_up and .flows) | {bytes_up, bytes_down, flows, packets}]'
for part in .zones .apps .matrix; do
	[ "$(jq "$part | $sums | length" "$work/run.json")" -gt 3 ]
	check $? "$part of the run has rows"
	equal "$part adds up to that of the run" "$(jq -c "$part | $sums" "$work/run.json" | cksum)" \
		"$(jq -c "$part | $sums" "$work/report/report.json" | cksum)"
done
ok 'no light is green' sh -c '! grep -q "class=\"light_good\"" '"$work/report/report.en.html"
equal 'a denied app in use is a red light' act "$(light rules)"
equal 'and coverage is not measured, so the light of sight is none' look "$(light sight)"
ok 'the first page says what there is to decide' grep -q 'class="decision">To decide: .*TikTok' "$work/report/report.en.html"
ok '… and what goes to servers inside under control from outside, in a sentence of its own' \
	grep -q '<p class="second">.*inside the EU/EEA of services under control.*(China: TikTok' "$work/report/report.en.html"
for language in sv nb nn da fi; do
	looks_at "$work/report/report.$language.html"
	ok "… and the page in $language has no English light" \
		sh -c '! grep -q "Made from flow archives" '"$work/report/report.$language.html"
done

looks_at "$work/report/report.json" "$work/report/report.en.html"
# Units that may not be shown stand in one row for one case or more; what the data is of is said to the minute.
least=$(jq '[.report.tables.violations[] | select(.unit == "other_units")] | length > 0' "$work/report/report.json")
equal 'cases of merged units are told as at least' "$least" \
	"$(grep -q 'let through: at least [0-9]* case' "$work/report/report.en.html" && echo true || echo false)"
ok 'of a month of which a day is there it is said what the data is of' \
	grep -q 'Data from</dt><dd>17 March 2026[^<]* – 17 March 2026' "$work/report/report.en.html"
ok '… and of how many days' grep -q 'Of the 31 days of the period data of 1 is there' "$work/report/report.en.html"

# Every key of a message stands for a text, on every page.
LC_ALL=C grep -hoE '>[a-z]+_[a-z_0-9]+<' "$work"/report/report.*.html >"$work/keys"
equal 'no key of a message is left on a page' '' "$(head -3 "$work/keys")"
ok 'no page loads anything, none has a script or a style of an element' \
	sh -c '! grep -qiE "<script|https?://|@import|src=| style=" '"$work"'/report/report.*.html'
ok 'no address of ours, nor a network' sh -c '! grep -hE "10\.[0-9]+\.[0-9]+\.[0-9]+|2001:db8:" '"$work"'/report/report.*.html'

# The same archive gives the same bytes.
exits 0 report --out "$work/again"
check $? 'a second report'
ok 'its bytes are those of the first' diff -r "$work/report" "$work/again"

# A report that was issued stays; late records make an edition of their own.
cksum "$work"/report/report.* >"$work/issued"
says 0 'edition 1 stands' 'the same once more: the edition stands' \
	"$bin" report --archive "$work/archive" --policy "$policy" --month "$month" --out "$work/report"
exits 0 analyze --summary none "$work/late.pcap"
check $? 'late records'
says 0 'edition 2: [0-9]* figures have changed' '… make edition 2' \
	"$bin" report --archive "$work/archive" --policy "$policy" --month "$month" --out "$work/report"
looks_at "$work/report/edition-2/report.en.html"
ok '… the first is as it was' sh -c "cksum $work/report/report.* | cmp - $work/issued"
ok '… the second lists what changed' sh -c "[ \$(wc -l <$work/report/edition-2/csv/en/changes.csv) -gt 10 ]"
ok '… as the numbers that they are, and rows in words' \
	sh -c "grep -q ';[0-9]' $work/report/edition-2/csv/sv/changes.csv && ! grep -qE '[{]|other_units' $work/report/edition-2/csv/sv/changes.csv"
ok '… and why' grep -q 'Cause: records came late' "$work/report/edition-2/report.en.html"
ok '… and not what did not' sh -c "! grep -q 'the policy is another one' $work/report/edition-2/report.en.html"

# What the report prints, run by whoever reads it.
report_json=$work/report/edition-2/report.json
command_of() {
	jq -r --arg table "$1" '.report.tables.commands[] | select(.table_name == $table) | .command' "$report_json"
}

mkdir "$work/reader"
full_path() { printf '%s/%s\n' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"; }
# run_command TABLE: its command, from a folder of the reader's, since some of them make one there
run_command() {
	command_of "$1" | head -n "${2:-1}" | tail -n 1 | sed "s|^borderflow|$(full_path "$bin")|; s|$policy|$(full_path "$policy")|; s|KEYFILE|$work/key|; s|REASON|audit|" \
		>"$work/command"
	(cd "$work/reader" && sh "$work/command")
}

# Sent is what our end sent, whoever began.
ways='def sent: if .["network.direction"] == "inbound" then .["destination.bytes"] else .["source.bytes"] end;
	def received: .["source.bytes"] + .["destination.bytes"] - sent;
	def add_up(key): group_by(key) | map({k: (.[0] | key), flows: (map(.flows) | add), sent: (map(sent) | add), received: (map(received) | add)});'
run_command zones >"$work/found.ndjson"
jq -csS "$ways"' map(select(.["borderflow.zone"] != "internal")) | add_up(.["borderflow.zone"])' "$work/found.ndjson" >"$work/by_command"
jq -cS '[.report.tables.zones[] | select(.is_sum | not) | select(.flows > 0) | {k: .zone, flows, sent, received}] | sort_by(.k)' \
	"$report_json" >"$work/by_report"
ok 'the command of zones gives its figures, sent and received' cmp "$work/by_command" "$work/by_report"
run_command days >"$work/found.ndjson"
equal '… that of days what was sent to each zone' "$(jq -c '[.report.tables.days[] | .eu, .adequate_partial]' "$report_json")" \
	"$(jq -cs "$ways"' (map(select(.["borderflow.zone"] == "eu")) | add_up(1) | .[0].sent) as $eu |
		(map(select(.["borderflow.zone"] == "adequate_partial")) | add_up(1) | .[0].sent) as $partial | [$eu, $partial]' "$work/found.ndjson")"
run_command services_seen >"$work/found.ndjson"
for app in tiktok youtube m365; do
	equal "… that of services gives those of $app" \
		"$(jq -c ".report.tables.services_seen[] | select(.service == \"$app\") | [.flows, .sent, .received]" "$report_json")" \
		"$(jq -cs "$ways map(select(.[\"network.application\"] == \"$app\")) | add_up(1) | .[0] | [.flows, .sent, .received]" "$work/found.ndjson")"
done
run_command violations >"$work/found.ndjson"
equal '… that of violations those' "$(jq '[.report.tables.violations[].flows] | add' "$report_json")" \
	"$(jq -s 'map(.flows) | add' "$work/found.ndjson")"
run_command block_weeks >"$work/found.ndjson"
equal '… that of blocked weeks those' "$(jq '[.report.tables.block_weeks[].tried_flows] | add' "$report_json")" \
	"$(jq -s 'map(select(.["borderflow.block"] != "none") | .flows) | add' "$work/found.ndjson")"
run_command sources >"$work/found" 2>&1 && grep -q 'whole, every digest' "$work/found"
check $? '… and that of sources finds the archive whole'

# One attempt is what a device does about an app within a minute, however many flows that makes.
exits 0 "$bin" report --archive "$work/first" --policy "$policy" --month "$month" --out "$work/attempts" --language en
attempts='[.attempts[] | {attempts, passed, unsure}] | {a: (map(.attempts // 0) | add), p: (map(.passed // 0) | add), u: (map(.unsure // 0) | add)}'
in_tables='[.report.tables.block_weeks[]] | {a: (map(.attempts) | add), p: (map(.passed) | add), u: (map(.unsure) | add)}'
looks_at "$work/run.json" "$work/attempts/report.json"
equal 'attempts of the period are those of the run' "$(jq -c "$attempts" "$work/run.json")" \
	"$(jq -c "$in_tables" "$work/attempts/report.json")"
ok '… and fewer than flows' jq -e '[.report.tables.block_weeks[]] | (map(.attempts) | add) < (map(.tried_flows) | add)' \
	"$work/attempts/report.json"

for written in "$work"/*/report.json; do
	ok "no share is of more than there is: $(basename "$(dirname "$written")")" \
		jq -e '[.. | objects | select(has("part") and has("whole")) | select(.part > .whole)] == []' "$written"
done

looks_at
# A period that is held in part is not set beside another as if it were whole.
generate --scenario alarms --out "$work/two-days.pcap" >/dev/null 2>&1 || broken 'the generator failed'
exits 0 "$bin" analyze --summary none --policy "$policy" --pseudonymize "$work/key" --archive "$work/two-days" "$work/two-days.pcap"
exits 0 "$bin" report --archive "$work/two-days" --policy "$policy" --from 2026-03-18 --to 2026-03-19 --out "$work/parts" --language en
ok 'of periods held in part it is said which days' grep -q 'hold the days 18 March 2026 – 18 March 2026 of the period and 17 March 2026 – 17 March 2026 of the one before' \
	"$work/parts/report.en.html"
exits 0 "$bin" report --archive "$work/two-days" --policy "$policy" --from 2026-03-18 --to 2026-03-18 --out "$work/wholes" --language en
ok '… and of whole ones nothing' sh -c "grep -q 'held against the one before\.<' $work/wholes/report.en.html"

# Where the border of a day cuts an hour of UTC each day has its own part of it, and none is in both.
sed '1i timezone: Asia/Kolkata' "$policy" >"$work/kolkata.yaml"
"$bin" analyze --summary none --policy "$work/kolkata.yaml" --pseudonymize "$work/key" --archive "$work/kolkata" "$work/day.pcap" 2>>"$work/log"
for day in 17 18; do
	"$bin" report --archive "$work/kolkata" --policy "$work/kolkata.yaml" --from "$month-$day" --to "$month-$day" --out "$work/kolkata-$day" \
		--language en >/dev/null 2>&1
	jq -c '.report.tables.zones[] | select(.zone == "total") | [.sent + .received, .flows]' "$work/kolkata-$day/report.json"
done >"$work/by_report"
for day in 17 18; do
	"$bin" flows --archive "$work/kolkata" --from "$month-$day" --to "$month-$((day + 1))" --time-zone Asia/Kolkata -g direction --sum flows,bytes |
		jq -cs '[(map(.["network.bytes"]) | add), (map(.flows) | add)]'
done >"$work/by_records"
ok 'days of a zone that begin within an hour have the records of each' cmp "$work/by_report" "$work/by_records"
equal '… and all of them together' "$(jq -c '.report.tables.zones[] | select(.zone == "total") | [.sent + .received, .flows]' "$work/attempts/report.json")" \
	"$(jq -cs '[(map(.[0]) | add), (map(.[1]) | add)]' "$work/by_report")"

# What two archives hold is read once, in every table of traffic.
cp -R "$work/first" "$work/again-archive"
exits 0 "$bin" report --archive "$work/first" --archive "$work/again-archive" --policy "$policy" --month "$month" --out "$work/both" \
	--language en
check $? 'two archives that saw the same'
traffic_tables='.report.tables | [.zones, .units, .units_services, .rule_hits, .verdicts, .block_weeks, .attempts, .hidden_places]'
looks_at "$work/both/report.json"
equal '… make the same report' "$(jq -cS "$traffic_tables" "$work/attempts/report.json" | cksum)" \
	"$(jq -cS "$traffic_tables" "$work/both/report.json" | cksum)"

looks_at
# What was written without a key tells no device: what the other archive counts is the least there were.
"$bin" analyze --summary none --policy "$policy" --archive "$work/keyless" "$work/late.pcap"
devices=$(jq '.report.tables.zones[] | select(.zone == "total") | .devices.at_least' "$work/attempts/report.json")
ok 'beside pupils and guests, whom nothing tells apart, devices are at least' [ "$devices" -gt 50 ]
exits 0 "$bin" report --archive "$work/first" --archive "$work/keyless" --policy "$policy" --month "$month" --out "$work/mixed" --language en
equal 'devices of archives of which one has no key are at least' "{\"at_least\":$devices}" \
	"$(jq -c '.report.tables.zones[] | select(.zone == "total") | .devices' "$work/mixed/report.json")"
ok '… and flows that both saw may count twice' grep -q 'flows that two of them saw may count twice' "$work/mixed/report.en.html"
looks_at "$work/both/report.en.html"
ok '… which is no matter for archives that both have a key' sh -c "! grep -q 'may count twice' $work/both/report.en.html"
looks_at
ok '… and so on the first page' grep -q "from at least $devices devices" "$work/mixed/report.en.html"
ok '… where few were counted, nothing is said' jq -e 'all(.report.tables | .. | objects | .devices?; (objects | .below) == null)' \
	"$work/mixed/report.json"
exits 0 "$bin" report --archive "$work/keyless" --policy "$policy" --month "$month" --out "$work/uncounted" --language en
ok 'where nobody knows how many devices there were they are not called few' \
	sh -c "grep -q 'an amount that is not shown' $work/uncounted/report.en.html && ! grep -q 'from fewer than' $work/uncounted/report.en.html"

# An auditor has the report alone: which devices, which rule, how complete.
run_command units_services >"$work/found.ndjson"
ok 'the holder of the key sees units and services apart' \
	sh -c "jq -se 'any(.[]; .[\"borderflow.unit\"] == \"Kommunledning\")' $work/found.ndjson >/dev/null"
"$bin" flows --archive "$work/archive" --from "$month-01" --key "$work/key" -g device,app 'verdict == violation' \
	>"$work/devices.ndjson" 2>/dev/null
ok '… and which devices broke a rule' sh -c "jq -se 'any(.[]; .[\"borderflow.device\"] | length > 5)' $work/devices.ndjson >/dev/null"
# question WORD: what the report says to ask, run as it stands
question() {
	run_command "$@" 2>&1
}
question devices | grep "^{" >"$work/found.ndjson"
ok 'the report itself says how to ask which devices' \
	sh -c "jq -se 'any(.[]; (.[\"borderflow.device\"] | length > 5) and .[\"borderflow.policy.rule\"] == \"neka-tiktok\")' $work/found.ndjson >/dev/null"
question rules >"$work/found"
ok '… which rules, since when and by whose decision' sh -c "grep -q \"1 februari 2026\" '$work/found' && grep -q 'Decision by the head' '$work/found'"
question complete >"$work/found"
ok '… whether the data is whole' grep -q 'whole, every digest' "$work/found"
question lookups >"$work/found"
ok '… and who looked: this question as well' sh -c "grep -q 'audit.*device,rule,app' '$work/found' || grep -q 'verdict == violation' '$work/found'"
ok 'each rule stands with its sentence, basis and day' \
	jq -e '.report.tables.rules[] | select(.rule == "neka-tiktok") | .from == "2026-02-01" and (.basis | length > 0)' "$report_json"
ok 'each archive with its digest' jq -e '.report.tables.sources[0].digest | test("[0-9a-f]{64}")' "$report_json"

# By which policy sensors judged, as the archive keeps it; one that was over before the period is not of it.
{
	for version in '2026-01-01T00:00:00Z a' '2026-02-01T00:00:00Z b' '2026-03-20T00:00:00Z c' '2026-05-01T00:00:00Z d'; do
		printf '%s\t%064d\t%s\tcapture\t\n' "${version% *}" "$(printf '%d' "'${version#* }")" "${version% *}"
	done
} >"$work/versions"
mkdir -p "$work/first/policies" && cp "$work/versions" "$work/first/policies/accepted.tsv"
exits 0 "$bin" report --archive "$work/first" --policy "$policy" --month "$month" --out "$work/versioned" --language en
equal 'the policies that sensors judged by in the period' '2026-02-01 2026-03-20' \
	"$(jq -r '[.report.tables.in_force[] | select(.part == "policy_of_sensor") | .date] | join(" ")' "$work/versioned/report.json")"

# A history: every version in force in the period with the days that it judged; a rule that one of them changed is a row for
# each wording. What was decided after the period is none of it.
sed 's/id: rapportera-telegram/id: neka-telegram/; s/action: report/action: deny/; s/^purpose: >-/purpose:\n  sv: Svensk text\n  en: >-/; s/^  To see/    To see/; s/^  and to protect/    and to protect/' \
	"$policy" >"$work/second.yaml"
sed 's/neka-tiktok/afterwards/' "$policy" >"$work/third.yaml"
while read -r file day; do
	"$bin" policy accept "$file" --history "$work/history" --by council --from "$day" --reason test >/dev/null 2>&1
done <<V
$policy 2026-01-01
$work/second.yaml 2026-03-10T12:00
$work/third.yaml 2026-05-01
V
exits 0 "$bin" report --archive "$work/first" --policy "$work/history" --month "$month" --out "$work/by-history"
in_history() {
	jq -r ".report.tables | $1" "$work/by-history/report.json"
}
equal 'each version in force in the period, with its days' '2026-01-01 2026-03-10T12:00:00+00:00 0, 2026-03-10T12:00:00+00:00 null 1' \
	"$(in_history '[.in_force[] | select(.part == "policy") | "\(.date) \(.until) \(.judged_days)"] | join(", ")')"
equal '… each with its own digest, and who decided' '2 2' "$(in_history '[.in_force[] | select(.part == "policy") | select(.name | test("council"))] |
	"\(length) \(map(.digest) | unique | length)"')"
equal '… a rule that was changed has the days of each wording' 'neka-telegram 2026-03-10T12:00:00+00:00 null rapportera-telegram null 2026-03-10T12:00:00+00:00' \
	"$(in_history '[.rules[] | select(.rule | test("telegram")) | "\(.rule) \(.from) \(.until)"] | sort | join(" ")')"
equal '… one that was not is one row' 1 "$(in_history '[.rules[] | select(.rule == "neka-tiktok")] | length')"
equal '… and one decided afterwards is none' 0 "$(in_history '[.rules[] | select(.rule == "afterwards")] | length')"
for language in 'en 10 March 2026 at 12:00' 'sv 10 mars 2026 kl. 12.00' 'nb 10. mars 2026 kl. 12.00' 'nn 10. mars 2026 kl. 12.00' \
	'da 10. marts 2026 kl. 12.00' 'fi 10. maaliskuuta 2026 klo 12.00'; do
	ok "… to the minute in ${language%% *}" grep -q "${language#* }" "$work/by-history/report.${language%% *}.html"
done
ok 'the policy speaks the language of the page' grep -q 'Svensk text' "$work/by-history/report.sv.html"
ok '… each its own' sh -c "grep -q 'To see whether apps' '$work/by-history/report.en.html' && ! grep -q 'Svensk text' '$work/by-history/report.en.html'"
report_json=$work/by-history/report.json
for version in 1 2 3; do
	question rules "$version" >"$work/found$version"
done
ok 'the history can be asked for what the report says' sh -c "grep -q council '$work/found1' && cmp -s '$work/found2' '$work/found3'; [ \$? -eq 1 ] &&
	grep -q 'rapportera-telegram' '$work/found2' && grep -q 'neka-telegram' '$work/found3'"
report_json=$work/report/edition-2/report.json

# What people made of alerts.
exits 0 analyze --summary none --desk "$work/desk" "$work/day.pcap"
id=$("$bin" alerts list --state "$work/desk" --format ndjson --without-devices | jq -r .id | head -n 1)
"$bin" alerts close "$id" --state "$work/desk" --verdict false --by anna not ours
exits 0 report --out "$work/worked" --state "$work/desk" --language fi
check $? 'a report with the desk'
equal '… says how many were false' "$("$bin" alerts list --state "$work/desk" --format ndjson --without-devices | wc -l) 1" \
	"$(jq -r '[.report.tables.alerts[] | select(.is_sum)][0] | "\(.new + .closed_false) \(.closed_false)"' "$work/worked/report.json")"
ok '… in the reader'"'"'s language, and of nobody' sh -c "grep -q 'kielletyn käyttö' '$work/worked/report.fi.html' && ! grep -q anna '$work/worked/report.fi.html'"
"$bin" alerts ack "$("$bin" alerts list --state "$work/desk" --status new --format ndjson --without-devices | jq -r .id | head -n 1)" --state "$work/desk" --by bo
exits 0 report --out "$work/worked" --state "$work/desk" --language en
ok '… and work on them is a cause of the next edition' grep -q 'alerts were worked on' "$work/worked/edition-2/report.en.html"

# A sensor's state that cannot be read takes the coverage away, not the report.
echo damaged >"$work/desk/devices.state"
says 0 'coverage is not measured' 'damaged state of a sensor' "$bin" report --archive "$work/first" --policy "$policy" --month "$month" \
	--state "$work/desk" --out "$work/blind" --language en

# What others wrote cannot become part of the page, nor make it large.
{
	echo 'organisation: "\"><script>alert(1)</script>"'
	echo 'own_networks: [10.0.0.0/8]'
	echo 'rules:'
	for i in $(seq 300); do
		printf '  - {id: r%s, match: {app: tiktok}, action: report, basis: "=1+1 <img src=x> %s"}\n' "$i" \
			"$(head -c 900 /dev/zero | tr '\0' 'W')"
	done
} >"$work/hostile.yaml"
exits 0 "$bin" report --archive "$work/archive" --policy "$work/hostile.yaml" --month "$month" --out "$work/hostile" --language en
check $? 'a hostile policy'
looks_at "$work/hostile/report.en.html"
ok 'its texts stay texts' sh -c '! grep -qE "<script|<img" '"$work/hostile/report.en.html"
ok '… run in no spreadsheet' grep -q "\"'=1+1" "$work/hostile/csv/en/rules.csv"
ok '… and the page stays small' sh -c "[ \$(wc -c <$work/hostile/report.en.html) -lt 1500000 ]"
equal '… while the file has every row' 301 "$(wc -l <"$work/hostile/csv/en/rules.csv")"

looks_at
says 2 'no archive holds anything of 2001-02' 'a month that is not there is said' \
	"$bin" report --archive "$work/archive" --policy "$policy" --month 2001-02 --out "$work/none"
says 2 'expected a month such as' 'a month that is none is said' \
	"$bin" report --archive "$work/archive" --month october
says 2 'name one period' 'no period' "$bin" report --archive "$work/archive"
says 2 "$work/nothing" 'an archive that is not there is named' "$bin" report --archive "$work/nothing" --month "$month"

# Every report that was made here, with keys and without, has the same tables with the same columns.
find "$work" -name report.json >"$work/reports"
looks_at "$work/reports"
equal 'report.json is as its schema has it' '' "$(xargs jq -r --slurpfile schema "$data/analyzer/share/report.schema.json" \
	-f "$data/tests/e2e/report_schema.jq" <"$work/reports" | sort -u | head -5)"
equal '… with each table in all of them, also of what was written without a key' "$(jq -c '.properties.tables.required | sort' \
	"$data/analyzer/share/report.schema.json")" "$(xargs jq -c '.report.tables | keys' <"$work/reports" | sort -u)"
finish
