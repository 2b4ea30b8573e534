#!/bin/sh
# `borderflow apps`: names in any case, owners over time, public lists made into a file of one's own. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built

says 0 '(tiktok)' 'an app goes by its name in any case' "$bin" apps show TIKTOK
says 0 '(openai)' 'and by a part of it' "$bin" apps show chatgpt
says 2 'did you mean tiktok' 'what is near is said' "$bin" apps show tictok
says 0 'Controlled by *Yahoo' 'before a sale' "$bin" apps show aol --at 2025-10-28
says 0 'Controlled by *Bending Spoons' 'and after it' "$bin" apps show aol --at 2025-10-29
says 0 'region' 'facts with their region in JSON' "$bin" apps show tiktok --json
says 0 'control of CN' 'a name of the US partition does not tell whose user it is' \
	"$bin" apps match api16-normal-useast5.tiktokv.us --at 2026-01-22
says 2 'takes a day' 'a time that is none' "$bin" apps show tiktok --at yesterday

printf 'id: exempel\nname: Exempel\nrules:\n  - "||exempel.example^"\n  - "||exempel.example^"\n' >"$work/exempel.yml"
says 0 '^1 names added' 'service rules become facts' "$bin" apps import "$work/exempel.yml" --owner Exempelstad \
	--owner-country SE --output "$work/own.tsv"
says 0 ' 0 errors' 'which pass the check' "$bin" apps check --catalogue "$work/own.tsv"
says 0 'Verdict: Exempel (exempel)' 'and name the app' "$bin" apps match www.exempel.example --catalogue "$work/own.tsv"
printf 'co.uk\n' >"$work/wide"
says 1 'anybody can register' 'a list that claims what is anybody'"'"'s is refused by the check' \
	"$bin" apps import "$work/wide" --output "$work/wide.tsv"
printf '\377\376w\0w\0w\0' >"$work/wide16"
says 3 'wide16: this is UTF-16: save it as UTF-8; expected' 'UTF-16 is no empty list' "$bin" apps import "$work/wide16" --app x
echo '<html><body>www.exempel.example</body></html>' >"$work/page"
says 3 'page: this is a web page' '… nor is a web page' "$bin" apps import "$work/page" --app x
echo '{"domains": ["www.exempel.example"]}' >"$work/json"
says 3 'json: this is JSON' '… nor JSON' "$bin" apps import "$work/json" --app x
printf '[Adblock Plus]\n||www.exempel.example^\n' >"$work/rules"
says 0 '^1 names added' 'rules under their heading are a list' "$bin" apps import "$work/rules" --app exempel-x --owner Exempel \
	--owner-country SE --category education
echo '# nothing' >"$work/nothing"
says 3 'nothing: no name in it; expected' '… and a list of nothing is the wrong one' "$bin" apps import "$work/nothing" --app x
says 3 'nowhere' 'a list that is not there is named' "$bin" apps import "$work/nowhere"

# A million lines: in proportion, not in squares. By the processor's time, which a busy machine does not lengthen.
seconds_of_children() { # out of what times said, which knows only of children of the shell that asks
	awk 'NR == 2 { split($1, user, "[ms]"); split($2, kernel, "[ms]")
		print int(60 * (user[1] + kernel[1]) + user[2] + kernel[2]) }' "$1"
}
awk 'BEGIN { print "app\tfact\tvalue\tsource"
	for (a = 0; a < 100; a++) { printf "m%d\tname\tM%d\t-\nm%d\tcategory\tx\t-\nm%d\towner\tvarious\t-\n", a, a, a, a }
	for (i = 0; i < 1000000; i++) { printf "m%d\tsuffix\tn%d.example\t-\n", i % 100, i }
	for (i = 0; i < 1000; i++) { printf "m%d\t-suffix\tn%d.example\t-\n", i % 100, i } }' >"$work/million.tsv"
times >"$work/before"
says 0 'Verdict: M99 (m99)' 'a catalogue of a million lines' "$bin" apps match a.b.n999999.example --catalogue "$work/million.tsv"
says 0 'application unknown' 'a line taken away again' "$bin" apps match n7.example --catalogue "$work/million.tsv"
times >"$work/after"
taken=$(($(seconds_of_children "$work/after") - $(seconds_of_children "$work/before")))
[ $taken -gt 0 ] && [ $taken -lt 40 ]
check $? "twice in $taken s"
finish
