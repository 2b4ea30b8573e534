#!/bin/sh
# Every page of the dashboard in both themes and four widths, in each of six languages, each look examined by axe: some ten
# minutes.
# Prints TAP.
FULL=1 BROWSER_SECONDS=3600
export FULL BROWSER_SECONDS
exec "$(dirname "$0")/../e2e/browser.sh"
