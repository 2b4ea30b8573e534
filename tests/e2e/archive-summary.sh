#!/bin/sh
# Nothing of a record is lost in the archive: the summary of a run equals the one over its archive, byte for byte, and
# the archive's roll-up blocks hold what its records add up to; with addresses and with pseudonyms. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
program=$(dirname "$bin")/tests/e2e/archive_summary
[ -x "$program" ] || skip 'archive_summary is not built'

head -c 32 /dev/urandom >"$work/key"
chmod 600 "$work/key"
# Guests and pupils are not kept one by one; where everybody may be, nothing of the devices is lost either.
sed 's/type: \(pupil\|guest\)/type: owned/' "$data/tests/traffic/day-policy.yaml" >"$work/policy.yaml"
for scenario in day blocked tunnels; do
	generate --scenario $scenario --out "$work/$scenario.pcap" >/dev/null 2>&1
	for key in - "$work/key"; do
		title="$scenario$([ "$key" = - ] || echo ', pseudonyms')"
		"$program" "$work/$scenario.$(basename "$key")" "$work/policy.yaml" "$key" \
			"$work/$scenario.pcap" >"$work/tap" 2>&1
		retell "$title" "$work/tap"
	done
done
finish
