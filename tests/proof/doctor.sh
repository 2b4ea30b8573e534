#!/bin/sh
# borderflow doctor: every fault of the generator is named, and on fifty healthy captures, ten of them recorded, nothing is. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
all=$("$traffic" --fault list | grep -v '^none$' | tr '\n' ' ')
BORDERFLOW_FAULTS="$all" "$(dirname "$0")/../e2e/doctor.sh" >"$work/tap"
retell "faults" "$work/tap"

# What is so wherever there is no inventory, no proof, or old data; of recorded captures own networks are not declared.
invented() { # OPTION… FILE
	"$bin" doctor --format ndjson --fail-on none "$@" 2>"$work/err" |
		sed -n 's/.*"code":"\([a-z0-9-]*\)".*/\1/p' |
		grep -vE '^(inventory-none|unproven|geo-none|geo-old|catalogue-old)$' | tr '\n' ' '
}

healthy=0
for seed in $(seq 1 34); do
	"$traffic" --scenario vantage --seed "$seed" --out "$work/healthy.pcap" 2>/dev/null
	equal "vantage, seed $seed" "" "$(invented --policy "$data/tests/traffic/vantage-policy.yaml" "$work/healthy.pcap")"
	healthy=$((healthy + 1))
done
for seed in 1 2 3; do
	for scenario in plain ipv6; do
		"$traffic" --scenario $scenario --seed $seed --out "$work/healthy.pcap" 2>/dev/null
		equal "$scenario, seed $seed" "" "$(invented "$work/healthy.pcap")"
		healthy=$((healthy + 1))
	done
done

# Recorded with lookups, both directions and whole packets, by a look at them.
for name in $(grep -v '^#' "$data/tests/proof/doctor-healthy.txt"); do
	file=$BORDERFLOW_CORPUS/labelled/pcaps/$name
	if [ ! -r "$file" ]; then
		passed_over "$name" "the captures are not here"
		continue
	fi
	equal "$name" "" "$(invented "$file")"
	healthy=$((healthy + 1))
done
ok "fifty healthy captures were looked at ($healthy)" test "$healthy" -ge 50
finish
