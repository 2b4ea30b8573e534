#!/bin/bash
# Text that is not from the wire, and would steer the terminal: a policy, a catalogue, settings, file names, arguments and
# the environment, all hostile, in every command; on a pipe and on a terminal. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq script
needs_built

# Moves the cursor, sets the title, colors, hides, rings, turns around, comes as a C1 control, joins and is not seen.
evil=$'\e[2J\e]0;owned\a\e[31mred\e[8m\b\b\x7f\u202eltr\u2066i\u200b\u9b31m\ufeff'
bin=$(realpath "$bin") data=$(realpath "$data") traffic=$(realpath "$traffic")
cd "$work" || exit 1
generate --scenario plain --out plain.pcap 2>/dev/null || broken 'the generator failed'
cp plain.pcap "file$evil.pcap"
head -c 300 plain.pcap >"cut$evil.pcap"
: >"empty$evil.pcap"
# YAML takes no raw controls; it has escapes for them.
yaml='\e[2J\e]0;owned\a\e[31mred\b\x7f\u202eltr\u2066i\u200b\x9b31m\ufeff'
quiet='\u202eltr\u2066i\u200b\ufeff' # a unit's name may have no controls, but all the rest
cat >policy.yaml <<END
organisation: "Body $yaml"
reference: "Ref $yaml"
purpose: "Purpose $yaml"
legal_basis: "Law $yaml"
consulted: 2026-01-15
own_networks: [10.0.0.0/8]
units:
  "Unit $quiet": {networks: [10.20.0.0/16], group: "group$quiet"}
classes:
  "Class $quiet": {networks: [10.20.0.0/16], type: owned}
rules:
  - id: names
    match: {name: [example.com, exempel.example]}
    action: deny
    basis: "Basis $yaml"
    note: "Note $yaml"
    author: "Author $yaml"
    reference: "Ref $yaml"
    severity: high
  - {id: outside, match: {zone: outside-eea}, action: deny, reference: "Ref $yaml", note: "Note $yaml"}
exceptions:
  - {id: some, rules: [names], scope: {unit: "Unit $quiet"}, reason: "Why $yaml", approver: "Who $yaml", reference: "Ref $yaml"}
END
sed 's/action: deny/action: "den'"$yaml"'"/' policy.yaml >bad-policy.yaml
sed "s/basis: .*/basis: other/" policy.yaml >other-policy.yaml
printf 'organisation: "x%s"\n%s: 1\n' "$evil" "$evil" >raw-policy.yaml
{
	printf 'app\tfact\tvalue\tsource\n'
	for fact in name category owner parent note; do
		printf 'evil\t%s\tA %s\t%s\n' $fact "$evil" "$evil"
	done
	printf 'evil\tsuffix\texample.com\t%s\nevil\towner-country\tSE\t-\nevil\tparent-country\tSE\t-\n' "$evil"
} >"facts$evil.tsv"
sed 's/evil\tsuffix/ev'"$evil"'\tsuff'"$evil"'/' "facts$evil.tsv" >"bad$evil.tsv"
printf 'interface: "%s"\nsensor: "%s"\n%s: 1\n' "$yaml" "$yaml" "$evil" >settings.yaml
printf 'time,value%s\n2026-01-01T00:00:00Z,%s\n' "$evil" "$evil" >"series$evil.csv"
printf 'id,name,mac\n"%s","%s",00:11:22:33:44:55\n' "$evil" "$evil" >"inventory$evil.csv"
ok 'the policy is good' "$bin" policy check policy.yaml
ok 'so is the catalogue' sh -c "'$bin' apps show --catalogue 'facts$evil.tsv' evil | grep -q SE"
"$bin" analyze --summary none --policy policy.yaml --catalogue "facts$evil.tsv" --archive "archive$evil" --alerts alerts.ndjson --flows flows.ndjson "file$evil.pcap" \
	>first 2>&1

# What a terminal must never get; and of the marks that are allowed there, only our three.
steers() { # steers FILE [styles]
	if [ -n "${2:-}" ]; then
		sed -e 's/\x1b\[[012]m//g' -e 's/\r$//' "$1" >"$1.plain"
	else
		sed 's/\r$//' "$1" >"$1.plain"
	fi
	LC_ALL=C grep -aqP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf' "$1.plain"
}

tried=0
try() { # try TITLE COMMAND…: on a pipe
	title=$1
	shift
	timeout 20 "$@" >piped 2>&1 </dev/null
	looks_at piped
	tried=$((tried + 1))
	! steers piped
	status_of=$?
	LC_ALL=C cat -v piped.plain | grep -a '\^[^IM]\|M-b' | head -n 3 >err
	check $status_of "$title"
}

try_typed() { # the same on a terminal, with colors
	title=$1
	shift
	TERM=xterm timeout 20 script -qec "$(printf '%q ' "$@")" /dev/null >typed 2>&1 </dev/null
	looks_at typed
	tried=$((tried + 1))
	! steers typed styles
	status_of=$?
	LC_ALL=C cat -v typed.plain | grep -a '\^[^IM]\|M-b' | head -n 3 >err
	check $status_of "$title, on a terminal"
}

commands=$("$bin" help | awk '/^  [a-z]/ { print $1 }')
for command in $commands; do
	try "$command with such an argument" "$bin" "$command" "$evil"
	try "$command with such an option" "$bin" "$command" "--$evil" x
	try "$command with such a value" "$bin" "$command" --policy "$evil" --archive "$evil" --language "$evil"
	try "help $command" "$bin" help "$command"
done
try 'a command of that name' "$bin" "$evil"
try 'help about it' "$bin" help "$evil"
for file in "file$evil.pcap" "cut$evil.pcap" "empty$evil.pcap" "none$evil.pcap"; do
	try "analyze ${file%%[!a-z]*}" "$bin" analyze --policy policy.yaml --summary text "$file"
	try "analyze ${file%%[!a-z]*}, with progress" "$bin" analyze --policy policy.yaml --summary json "$file"
done
try 'analyze, records on standard output' "$bin" analyze --policy policy.yaml --flows - "file$evil.pcap"
for output in --flows --alerts --archive --report --geo --catalogue --keys --pseudonymize --inventory; do
	try "analyze $output with such a name" "$bin" analyze --summary none $output "/none/$evil" plain.pcap
done
try 'analyze with such a Redis' "$bin" analyze --summary none --redis "redis://$evil" plain.pcap
try 'analyze with such a catalogue' "$bin" analyze --catalogue "facts$evil.tsv" plain.pcap
try 'analyze with such an inventory' "$bin" analyze --inventory "inventory$evil.csv" plain.pcap
for policy in policy.yaml bad-policy.yaml raw-policy.yaml "none$evil"; do
	for word in check print export schema replay coverage residual hygiene; do
		try "policy $word ${policy%%[!a-z]*}" "$bin" policy $word "$policy"
	done
	try "policy diff ${policy%%[!a-z]*}" "$bin" policy diff "$policy" other-policy.yaml
	try "policy explain ${policy%%[!a-z]*}" "$bin" policy explain --app evil --catalogue "facts$evil.tsv" "$policy"
	try "analyze by ${policy%%[!a-z]*}" "$bin" analyze --policy "$policy" plain.pcap
done
for language in sv nb nn da fi; do
	try "policy print in $language" "$bin" policy print --language $language policy.yaml
done
try 'policy explain' "$bin" policy explain --unit "$(printf "Unit $quiet")" --app tiktok policy.yaml
try 'policy explain of a name' "$bin" policy explain --name "v$evil.example" policy.yaml
for form in ndjson csv table; do
	try "flows as $form" "$bin" flows --archive "archive$evil" -o $form
	try "flows by unit as $form" "$bin" flows --archive "archive$evil" --group-by unit -o $form
done
try 'flows by rule' "$bin" flows --archive "archive$evil" --group-by policy.rule -o table
try 'flows of a unit that is not there' "$bin" flows --archive "archive$evil" "unit == \"$evil\""
try 'report' "$bin" report --archive "archive$evil" --policy policy.yaml --month 2026-03 --out "report$evil"
try 'apps list' "$bin" apps list --catalogue "facts$evil.tsv"
try 'apps show, of such a catalogue' "$bin" apps show --catalogue "facts$evil.tsv" evil
try 'apps match, in such a catalogue' "$bin" apps match --catalogue "facts$evil.tsv" www.example.com
try 'apps check, of worse' "$bin" apps check "bad$evil.tsv"
try 'apps check' "$bin" apps check "facts$evil.tsv"
try 'apps show' "$bin" apps show "$evil"
try 'apps match' "$bin" apps match "$evil.example"
try 'apps import' "$bin" apps import "facts$evil.tsv"
try 'geo lookup' "$bin" geo lookup "$evil"
try 'geo info' "$bin" geo info --geo "$evil"
try 'devices import' "$bin" devices import "inventory$evil.csv"
try 'devices list' "$bin" devices list --inventory "inventory$evil.csv"
try 'detect' "$bin" detect "series$evil.csv"
try 'capture by such settings' "$bin" capture --config settings.yaml
try 'capture from such an interface' "$bin" capture -i "$evil" --policy policy.yaml
try 'top at such a socket' "$bin" top --once --socket "$evil"
try 'keys' "$bin" keys init --keys "keys$evil"
try 'alerts' "$bin" alerts list --store "$evil"
for name in LANG LC_ALL LANGUAGE TERM BORDERFLOW_DATA BORDERFLOW_GEO TZ CREDENTIALS_DIRECTORY COLUMNS; do
	try "$name" env "$name=$evil" "$bin" analyze --policy policy.yaml plain.pcap
done
try_typed 'analyze' "$bin" analyze --policy policy.yaml --progress never "file$evil.pcap"
try_typed 'analyze of a file that was cut' "$bin" analyze --policy policy.yaml "cut$evil.pcap"
try_typed 'policy check' "$bin" policy check bad-policy.yaml
try_typed 'policy print' "$bin" policy print policy.yaml
try_typed 'flows' "$bin" flows --archive "archive$evil"
try_typed 'apps show' "$bin" apps show tiktok
try_typed 'alerts' "$bin" alerts list --store "$evil"
looks_at
ok "commands were tried: $tried" [ $tried -gt 150 ]
finish
