#!/bin/sh
# make proof: runs tests/proof/NAME.sh (all of them, or the NAMEs given), each of which prints TAP, and counts.
# Run from the folder of the build.
cd_source=$(dirname "$0")/proof
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
[ $# -gt 0 ] || set -- $(cd "$cd_source" && ls ./*.sh)
for name; do
	name=$(basename "$name" .sh)
	echo "# $name"
	sh "$cd_source/$name.sh" >"$said.one"
	status=$?
	cat "$said.one"
	cat "$said.one" >>"$said"
	# A script that dies without a "not ok" has failed all the same.
	[ $status -eq 0 ] || grep -q '^not ok' "$said.one" || echo "not ok - $name ended with status $status" | tee -a "$said"
	rm -f "$said.one"
done
awk '/^ok .*# SKIP/ || /^1\.\.0 # SKIP/ { skipped++; next } /^ok/ { passed++ } /^not ok/ { failed++ }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }' "$said"
