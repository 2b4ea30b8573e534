#!/bin/sh
# Thirty days of a body's thousand devices, three bodies: leases of a day, private MACs, two stacks, roaming, translators.
# About a minute. Prints TAP.
here=$(dirname "$0")
for seed in 1 2 3; do
	BORDERFLOW_SEED=$seed BORDERFLOW_DAYS=30 sh "$here/../e2e/devices.sh" | sed '/^1\.\./d'
done
