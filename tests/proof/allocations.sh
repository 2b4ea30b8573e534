#!/bin/sh
# No memory at any one place that asks for some: tests/e2e/allocations.sh, all places. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
"$(dirname "$0")/../e2e/allocations.sh" 1 >"$work/tap"
retell 'every place' "$work/tap"
finish
