#!/bin/sh
# The program as `make install` leaves it: it finds its own data, whole, from any folder. Run by `make installcheck` with
# BORDERFLOW_BIN, BORDERFLOW_PKGDATA and BORDERFLOW_MAN where they were installed. Prints TAP.
. "$(dirname "$0")/tap.sh"
tree=$data # only to compare with
installed=${BORDERFLOW_PKGDATA:?}
unset BORDERFLOW_DATA BORDERFLOW_GEO
# Every data file of the tree is installed as it is.
same_data() {
	(cd "$tree" && find analyzer/share geo/share dashboards/share -type f) >"$work/files"
	while read -r file; do
		cmp "$tree/$file" "$installed/$file" || echo "$file" >>"$work/wrong"
	done <"$work/files"
	[ -s "$work/files" ] && [ ! -e "$work/wrong" ]
}

every_page() {
	for command in '' $("$bin" help | sed -n 's/^  \([a-z][a-z]*\)  .*/-\1/p'); do
		[ -s "$BORDERFLOW_MAN/borderflow$command.1" ] || echo "borderflow$command.1 is missing" >>"$work/pages"
	done
	[ ! -e "$work/pages" ] || { cat "$work/pages"; return 1; }
}

ok 'every data file is installed' same_data
ok 'every command has its page' every_page
cd / || exit 1
ok 'it says what it is' "$bin" --version
ok 'it finds its catalogue' "$bin" apps check
ok 'it reads a policy that came with it' "$bin" policy check "$installed/analyzer/share/policies/monitor-only.yaml"
if [ -x "$BORDERFLOW_TRAFFIC" ]; then
	"$BORDERFLOW_TRAFFIC" --scenario plain --out "$work/plain.pcap" 2>"$work/err"
	ok 'it analyses, and writes the report' "$bin" analyze --report "$work/report" --flows "$work/flows.ndjson" \
		--policy "$installed/analyzer/share/policies/monitor-only.yaml" "$work/plain.pcap"
	for language in en sv nb nn da fi; do
		ok "… in $language" test -s "$work/report/report.$language.html"
	done
fi
finish
