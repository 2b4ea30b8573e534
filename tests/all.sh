#!/usr/bin/env bash
# Every test there is, then one line: N passed, N failed, N skipped.
#
# Three builds: with warnings as errors, with the sanitizers, and from the distribution archive. `./quickstart test`
# calls this after it has installed what is needed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)
export BORDERFLOW_GEO=${BORDERFLOW_GEO:-$root/var/geo}
passed=0
failed=0
skipped=0

fail() {
	failed=$((failed + 1))
	printf 'FAIL: %s\n' "$*"
}

# Adds up what the test driver wrote about each check.
count_results() {
	local result
	while read -r result; do
		case $result in
		PASS | XFAIL) passed=$((passed + 1)) ;;
		SKIP) skipped=$((skipped + 1)) ;;
		*) failed=$((failed + 1)) ;;
		esac
	done < <(find "$1" -name '*.trs' -exec sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' {} +)
}

# build_and_check NAME CONFIGURE-OPTION...
build_and_check() {
	local name=$1 folder=$root/build/$1 started=$SECONDS
	shift
	printf '==> %s: configure %s\n' "$name" "$*"
	mkdir -p "$folder"
	cd "$folder" || return
	find . -name '*.trs' -delete
	if ! { [ -f Makefile ] && [ ! "$root/configure" -nt config.status ]; } &&
		! "$root/configure" -q "$@" >configure.out 2>&1; then
		cat configure.out
		fail "$name: configure"
		return
	fi
	if ! make "-j$jobs" >make.out 2>&1; then
		tail -n 40 make.out
		fail "$name: build"
		return
	fi
	make -k "-j$jobs" check >check.out 2>&1 || grep -hE '^(FAIL|ERROR|XPASS)' check.out
	count_results .
	printf '    %s: %s s\n' "$name" $((SECONDS - started))
}

# The archive that a distribution would build from.
check_distribution() {
	local started=$SECONDS
	printf '==> distribution: make distcheck\n'
	cd "$root/build/check" || return
	if make distcheck TESTS= >distcheck.out 2>&1; then
		passed=$((passed + 1))
	else
		tail -n 40 distcheck.out
		fail "make distcheck"
	fi
	printf '    distribution: %s s\n' $((SECONDS - started))
}

build_and_check check --enable-werror
build_and_check sanitizers --enable-werror --enable-sanitizers CFLAGS='-O1 -g'
check_distribution
printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
