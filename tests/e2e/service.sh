#!/bin/sh
# The systemd unit is well formed and keeps exposure low, and the sample settings are valid. Prints TAP.
. "$(dirname "$0")/tap.sh"
unit=$(dirname "$bin")/dashboards/etc/borderflow.service
[ -x "$bin" ] && [ -s "$unit" ] || skip 'borderflow is not built'

# The interface of the sample is not to be captured from here: another name takes its place.
says_only() { # the sample leads to an interface that is not there, and to no complaint about a setting
	"$bin" capture --config "$1" -i borderflow-none -u nobody 2>&1 | tee "$work/said"
	grep -q 'borderflow-none' "$work/said"
}
ok 'the sample settings are valid' says_only "$data/dashboards/etc/borderflow.yaml"
# Every line that is commented out is valid too, when what it names is there.
sed -E 's/^#([a-z_]+:)/\1/' "$data/dashboards/etc/borderflow.yaml" |
	grep -vE '^(policy|geo|catalogue|keys|pseudonymize):' >"$work/all.yaml"
ok '… and so is everything it offers' says_only "$work/all.yaml"

if command -v systemd-analyze >/dev/null; then
	sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$unit" >"$work/borderflow.service"
	# The score is tenths in an integer: 18 is 1.8.
	score=$(systemd-analyze security --offline=true --no-pager "$work/borderflow.service" 2>/dev/null |
		sed -n 's/.*exposure level for [^:]*: \([0-9]*\)\.\([0-9]*\).*/\1\2/p')
	echo "# systemd-analyze security: $score tenths"
	ok 'the exposure level of the unit is at most 2.0' [ "${score:-99}" -le 20 ]
fi
finish
