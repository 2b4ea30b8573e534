#!/bin/sh
# Six weeks of twelve units, 800 devices and 60 apps with the default budget: which incidents are told, how soon, and how
# many alerts are false. Four organisations; takes about a minute. Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
weeks=$(dirname "$bin")/tests/unit/test_detectors
[ -x "$weeks" ] || skip 'test_detectors is not built'
for seed in 1 2 3 4; do
	"$weeks" 12 800 60 6 $seed >"$work/month"
	retell "organisation $seed" "$work/month"
done
finish
