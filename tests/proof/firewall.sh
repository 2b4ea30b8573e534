#!/bin/sh
# Ten thousand tries behind a firewall: tests/policy/firewall.sh, six courses of two thousand. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
for seed in 1 2 3 4 5 6; do
	"$(dirname "$0")/../policy/firewall.sh" 25000 $seed >"$work/tap"
	retell "course $seed" "$work/tap"
done
finish
