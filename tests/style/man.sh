#!/bin/sh
# Every command has a manual page, and mandoc has nothing to say against any, but for the date: the pages are made by the
# program and carry its version instead. Prints TAP.
bin=${BORDERFLOW_BIN:-./borderflow}
number=0
status=0

if [ ! -x "$bin" ]; then
	echo '1..0 # SKIP borderflow is not built'
	exit 0
fi
for page in borderflow $("$bin" help | sed -n 's/^  \([a-z][a-z]*\)  .*/borderflow-\1/p'); do
	number=$((number + 1))
	file=$(dirname "$bin")/dashboards/man/$page.1
	if [ ! -s "$file" ]; then
		echo "not ok $number - $page: there is no page $file"
		status=1
	elif ! command -v mandoc >/dev/null; then
		echo "ok $number - $page # SKIP mandoc is not installed"
	elif ! complaints=$(mandoc -T lint -W warning "$file" 2>&1 | grep -v 'missing date, using ""'); then
		echo "ok $number - $page"
	else
		echo "not ok $number - $page"
		echo "$complaints" | sed 's/^/# /'
		status=1
	fi
done
echo "1..$number"
exit $status
