#!/bin/sh
# The tree looks as .clang-format (version 14, Debian 12's) would write it. Prints TAP.
cd "${BORDERFLOW_DATA:-.}" || exit 1
if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	echo '1..0 # SKIP clang-format 14 is not installed'
	exit 0
fi
wrong=$(find base collector geo analyzer dashboards tests -name '*.[ch]' ! -path '*/node_modules/*' -print0 |
	xargs -0 clang-format --dry-run 2>&1 | sed -n 's/: warning: .*//p' | cut -d: -f1,2 | sort -u)
echo 1..1
if [ -z "$wrong" ]; then
	echo 'ok 1 - formatted'
else
	echo 'not ok 1 - formatted; run: clang-format -i FILE'
	echo "$wrong" | head -40 | sed 's/^/# /'
	exit 1
fi
