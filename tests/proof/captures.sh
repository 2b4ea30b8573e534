#!/bin/sh
# What make check leaves out: every capture of the corpus, one worker held against several, and the packets that are written of
# each. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
for part in corpus workers packets; do
	BORDERFLOW_EVERY=1 "$(dirname "$0")/../e2e/$part.sh" >"$work/tap"
	retell "$part" "$work/tap"
done
finish
