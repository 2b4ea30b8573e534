#!/bin/sh
# For every verdict a policy under which it is the only one beside "none": named by summary, JSON, page and CSV. And local
# days: one second on either side of a rule's borders, in four zones and on both days on which clocks change. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs jq
needs_built
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1
printf '%s\n' 'somebody 10.1.1.1 instagram 2026-04-20T10:00' 'another 10.1.1.2 health 2026-04-20T10:05' >"$work/rows"
"$traffic" --scenario rows --rows "$work/rows" --out "$work/c.pcap" >"$work/out" 2>"$work/err"
check $? 'the capture is made'

# said KEY: the words for it in English.
said() {
	awk -F '\t' -v key="$1" '$1 == key { print $2 }' "$data/analyzer/share/messages/common.tsv"
}

# judge RULES…
judge() {
	printf 'own_networks: [10.0.0.0/8]\n%s\n' "$1" >"$work/p.yaml"
	"$bin" analyze --summary json --geo "$work/geo" --policy "$work/p.yaml" --report "$work/r" "$work/c.pcap" \
		>"$work/s.json" 2>"$work/err" &&
		"$bin" analyze --geo "$work/geo" --policy "$work/p.yaml" "$work/c.pcap" >"$work/text" 2>/dev/null
}

# shown VERDICT RULES…
shown() {
	verdict=$1
	judge "$2"
	check $? "$verdict: analysed"
	looks_at "$work/s.json" "$work/text"
	equal "$verdict: no other in the JSON" "$verdict" \
		"$(jq -r '[.verdicts[].verdict] | unique - ["none"] | join(" ")' "$work/s.json")"
	equal "$verdict: the sums are the flows" "$(jq .total.flows "$work/s.json")" \
		"$(jq '[.verdicts[].flows] | add' "$work/s.json")"
	word=$(said "verdict_$verdict")
	ok "$verdict: in the summary" grep -q "^$word " "$work/text"
	ok "$verdict: in the CSV" grep -q "^\"$word\"," "$work/r/csv/en/verdicts.csv"
	ok "$verdict: on the page" grep -q "<td>$word" "$work/r/report.en.html"
	ok "$verdict: in the report's JSON" jq -e --arg verdict "$verdict" \
		'[.verdicts[] | .verdict == $verdict] | any' "$work/r/report.json"
}

ban='{id: a, match: {app: instagram}, action: deny, basis: b}'
shown violation "rules: [$ban]"
shown grace 'rules: [{id: a, match: {app: instagram}, action: deny, grace_until: 2026-04-30, basis: b}]'
shown unapproved 'mode: allow-list
rules: [{id: a, match: {app: teams}, action: allow}]'
shown allowed 'rules: [{id: a, match: {app: instagram}, action: allow}]'
shown reported 'rules: [{id: a, match: {app: instagram}, action: report}]'
shown excepted "rules: [$ban]
exceptions: [{id: e, rules: [a], scope: all, approver: x, reason: y, valid_to: 2027-01-01}]"
says 0 "^$(said verdict_excepted) .* e   " 'an exception: its id in the summary' cat "$work/text"
ok 'an exception: its id in the JSON' jq -e '[.verdicts[] | .exception == "e"] | any' "$work/s.json"
ok 'an exception: its id in the CSV' grep -q '"e"' "$work/r/csv/en/verdicts.csv"
shown out-of-scope "classes: {all: {networks: [10.0.0.0/8], in_scope: no}}
rules: [$ban]"
for action in assess pending; do
	shown reported "rules: [{id: a, match: {app: instagram}, action: $action}]"
	ok "$action: in the JSON" jq -e "[.verdicts[] | select(.action == \"$action\")] | length > 0" "$work/s.json"
	ok "$action: in the summary" grep -q "^$(said verdict_reported)  *$(said "action_$action") " "$work/text"
	ok "$action: in the CSV" grep -q "\"$(said "action_$action")\"" "$work/r/csv/en/verdicts.csv"
done
shown reported 'rules: [{id: a, match: {name: inera.se}, action: deny, basis: b}]'
ok 'unsure: in the JSON' jq -e '[.verdicts[] | .block == "unsure"] | any' "$work/s.json"
ok 'unsure: in the summary' grep -q "$(said block_unsure)" "$work/text"
ok 'unsure: in the CSV' grep -q "\"$(said block_unsure)\"" "$work/r/csv/en/verdicts.csv"

# The page for the union says what the file says: that it is a list of what is approved, and what an exception lifts.
cat >"$work/list.yaml" <<P
mode: allow-list
rules: [{id: a, match: {app: teams}, action: allow}, {id: d, match: {app: tiktok}, action: deny, basis: b}]
exceptions: [{id: e, rules: [d], scope: all, approver: x, reason: y, valid_to: 2027-01-01}]
P
says 0 'no rule allows count as not approved' 'print: an allow-list' "$bin" policy print "$work/list.yaml" --language en
says 0 'Use of what the named rules deny is allowed' 'print: an exception' "$bin" policy print "$work/list.yaml" --language en
says 0 'det, som de nævnte regler nægter, er tilladt' '… in Danish' "$bin" policy print "$work/list.yaml" --language da

cat >"$work/kin.yaml" <<P
rules: [{id: a, match: {family: bytedance}, action: report}, {id: c, match: {category: messaging, approved: [teams]}, action: report}]
P
says 0 'apps of the family ByteDance is followed' 'print: a family by its name' "$bin" policy print "$work/kin.yaml" --language en
cat >"$work/two.yaml" <<'end'
rules: [{id: a, match: {parent_country: RU, direction: outbound, bytes_up_least: 20 kB}, action: report}]
end
says 0 'apps, der styres fra Rusland; det, vores enheder begynder; flows' 'print: several words in Danish' \
	"$bin" policy print "$work/two.yaml" --language da
says 0 '^a. Käyttö (sovellusperhe ByteDance) kirjataan' 'print: a Finnish sentence begins as one' "$bin" policy print "$work/kin.yaml" --language fi
says 0 'than the approved Microsoft Teams' 'print: what is approved by its name' "$bin" policy print "$work/kin.yaml" --language en

"$bin" analyze --geo "$work/geo" --policy "$work/list.yaml" "$work/c.pcap" >"$work/text" 2>/dev/null
ok 'summary: what is not approved is not called denied' grep -q 'denies or has not approved' "$work/text"

# A folder: the body's base, and a unit's own file that adds.
mkdir "$work/folder"
cat >"$work/folder/base.yaml" <<P
units: {School: {networks: [10.32.0.0/16]}}
rules: [{id: body, match: {app: telegram}, action: deny, basis: b}]
P
cat >"$work/folder/school.yaml" <<P
unit: School
author: head of school
rules:
  - {id: own, match: {app: tiktok}, action: deny, basis: own restriction}
  - {id: laxer, match: {app: telegram}, action: allow}
P
says 0 'by rule own' 'a unit adds a rule' "$bin" policy explain "$work/folder" --app tiktok --unit School
says 0 'head of school' 'its author is named' "$bin" policy explain "$work/folder" --app tiktok --unit School
says 0 'Answer    none' 'it holds nowhere else' "$bin" policy explain "$work/folder" --app tiktok
says 0 'Answer    violation, by rule body' 'it opens nothing' "$bin" policy explain "$work/folder" --app telegram --unit School
echo 'unit: Nowhere' >"$work/folder/x.yaml"
says 1 'in x.yaml: ' 'a mistake is told with its file' "$bin" policy check "$work/folder"

# border ZONE DAY UTC: that local day begins at this moment.
border() {
	cat >"$work/d.yaml" <<P
timezone: $1
rules:
  - {id: a, match: {app: tiktok}, action: deny, effective_from: $2, basis: b}
P
	last=$(date -u -d "$3 - 1 second" +%Y-%m-%dT%H:%M:%SZ)
	says 0 'Answer    none' "$1: a second before $2" "$bin" policy explain "$work/d.yaml" --app tiktok --date "$last"
	says 0 'Answer    violation' "$1: the first of $2" "$bin" policy explain "$work/d.yaml" --app tiktok --date "$3"
	says 0 "on $2" "$1: and is called so" "$bin" policy explain "$work/d.yaml" --app tiktok --date "$3"
}

border Europe/Oslo 2026-03-29 2026-03-28T23:00:00Z
border Europe/Oslo 2026-03-30 2026-03-29T22:00:00Z
border Europe/Oslo 2026-10-25 2026-10-24T22:00:00Z
border Europe/Oslo 2026-10-26 2026-10-25T23:00:00Z
border Europe/Helsinki 2026-03-30 2026-03-29T21:00:00Z
border Europe/Helsinki 2026-10-26 2026-10-25T22:00:00Z
border Atlantic/Reykjavik 2026-03-30 2026-03-30T00:00:00Z
border Asia/Kolkata 2026-03-30 2026-03-29T18:30:00Z
finish
