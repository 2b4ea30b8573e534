#!/bin/sh
# Five minutes of new reference data every second under load, with five readers. Prints TAP.
BORDERFLOW_SECONDS=300 sh "$(dirname "$0")/../e2e/reload.sh"
