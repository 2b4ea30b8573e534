#!/bin/sh
# What make check leaves out: every capture of the corpus, one worker held against several, and the packets that are written of
# each: as many as its records count, the same records again, at the places that an archive keeps, read by others. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
needs python3
for part in corpus workers; do
	BORDERFLOW_EVERY=1 "$(dirname "$0")/../e2e/$part.sh" >"$work/tap"
	retell "$part" "$work/tap"
done
corpus=${BORDERFLOW_CORPUS:-$data/../shared/corpus}
python3 "$(dirname "$0")/captures.py" "$bin" "$corpus"/labelled/pcaps/* "$corpus"/robust/*cap* >"$work/tap"
retell packets "$work/tap"
finish
