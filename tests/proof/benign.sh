#!/bin/sh
# A hundred thousand device-days of people who break nothing, and ten thousand of real use among them. Prints TAP.
tests=$(dirname "${BORDERFLOW_BIN:-./borderflow}")/tests/unit
exec "$tests/test_decider" 100000
