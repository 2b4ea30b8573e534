#!/bin/sh
# What make check leaves out where the sanitizers are: every capture of the corpus, and one worker held against several. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
for part in corpus workers; do
	BORDERFLOW_EVERY=1 "$(dirname "$0")/../e2e/$part.sh" >"$work/tap"
	retell "$part" "$work/tap"
done
finish
