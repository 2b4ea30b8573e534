#!/usr/bin/env bash
# Every test there is, then one line: N passed, N failed, N skipped.
#
# Three builds: with warnings as errors, which is then installed and tried; what runs on several threads with the sanitizer
# for data races, while the tests of the first wait; and what the distribution archive holds, with the other sanitizers.
# `./quickstart test` calls this after it has installed what is needed; "all.sh build" only makes the first build. What each
# build said stays in build/.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)
# What the generator makes, each capture once for all builds; and many tests mostly wait, so that twice as many as there are
# processors may run at once.
BORDERFLOW_CAPTURES=$root/build/captures
export BORDERFLOW_CAPTURES
rm -rf "$BORDERFLOW_CAPTURES" && mkdir -p "$BORDERFLOW_CAPTURES"
at_once=$((2 * jobs))
# Beside the tree, whichever copy of it is tested.
export BORDERFLOW_CORPUS=${BORDERFLOW_CORPUS:-$root/../shared/corpus} BORDERFLOW_CASES=${BORDERFLOW_CASES:-$root/../shared/cases}
passed=0
failed=0
skipped=0
race= archive=
began=${BORDERFLOW_BEGAN:-$EPOCHSECONDS} # of the whole run, where quickstart began it

fail() {
	failed=$((failed + 1))
	printf 'FAIL: %s\n' "$*"
}

# say_time NAME STARTED: how long a part took.
say_time() {
	printf '    %s: %s s\n' "$1" $((SECONDS - $2))
}

# What the test driver wrote about each check of this build; the archive's lies in a folder of it.
results() {
	find . -path './borderflow-*' -prune -o -name '*.trs' "$@"
}

# Adds them up.
count_results() {
	local result
	while read -r result; do
		case $result in
		PASS | XFAIL) passed=$((passed + 1)) ;;
		SKIP) skipped=$((skipped + 1)) ;;
		*) failed=$((failed + 1)) ;;
		esac
	done < <(results -exec sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' {} +)
}

# What went wrong, and why, as far as the checks in this folder say; and which were skipped. show_trouble OUTPUT
show_trouble() {
	grep -hE '^(FAIL|ERROR|XPASS): ' "$1" | sort -u
	results -exec grep -lE '^:test-result: (FAIL|ERROR)' {} + | while read -r result; do
		printf '\n%s says:\n' "${result%.trs}"
		grep -vE '^ok ' "${result%.trs}.log" | tail -n 30
	done
	grep -hE '^SKIP: ' "$1" | sort -u
}

# configure NAME OPTION...: in build/NAME, afresh where the options are others than last time.
configure() {
	local name=$1 folder=$root/build/$1
	shift
	printf '==> %s: configure %s\n' "$name" "$*"
	if [ "$(cat "$folder/configured-with" 2>/dev/null)" != "$*" ]; then
		rm -rf "$folder"
	fi
	mkdir -p "$folder"
	cd "$folder" || return
	if [ ! -f Makefile ] || [ "$root/configure" -nt config.status ]; then
		if ! ../../configure -q "$@" >configure.out 2>&1; then
			cat configure.out
			fail "$name: configure"
			return 1
		fi
		printf '%s' "$*" >configured-with
	fi
}

# build NAME OPTION...: all of it, and the tests' programs, which need not be fast.
build() {
	local name=$1 started=$SECONDS
	configure "$@" || return
	if ! make "-j$jobs" >make.out 2>&1 || ! make "-j$jobs" check TESTS= CFLAGS='-O1 -g1' >>make.out 2>&1; then
		tail -n 40 make.out
		fail "$name: build"
		return 1
	fi
	say_time "$name, build" $started
}

check() {
	local started=$SECONDS failed_before=$failed status=0
	cd "$root/build/$1" || return
	results -exec rm {} +
	make -k "-j$at_once" check >check.out 2>&1 || status=$?
	show_trouble check.out
	count_results
	if [ $status -ne 0 ] && [ $failed -eq $failed_before ]; then
		tail -n 20 check.out
		fail "$1: make check ended with status $status"
	fi
	say_time "$1, tests" $started
}

# What passes or fails as a whole: check_target NAME BUILD COMMAND...
check_target() {
	local name=$1 started=$SECONDS
	cd "$root/build/$2" || return
	shift 2
	"$@" >"$name.out" 2>&1
	judge "$name" $? "$name.out"
	say_time "$name" $started
}

# judge NAME STATUS OUTPUT
judge() {
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		grep -E '^(FAIL|ERROR|not ok|# |make.*Error)' "$3" | head -n 40
		tail -n 10 "$3"
		fail "$1"
	fi
}

# Is everything in the distribution archive that building, testing and installing need? It is built and tested under the
# sanitizers, so that one build says both; warnings are the first build's affair. It is built in what time the tests of the
# first leave, which mostly wait, and tested when they are over. Afterwards nothing of it is left but what it printed, unless
# it failed.
distribution() {
	cd "$root/build/check" || return
	BORDERFLOW_AFTER=$root/build/testing XZ_OPT=-0 nice -n 19 make -k "-j$at_once" distcheck DISTCHECK_CONFIGURE_FLAGS="--enable-sanitizers CFLAGS='-Og -g1'"
}

# judge_distribution STATUS OUTPUT
judge_distribution() {
	local failed_before=$failed
	cd "$root/build/check" || return
	if [ "$1" -eq 0 ]; then
		grep -hE '^SKIP: ' "$2" | sort -u
		passed=$((passed + $(sum_of PASS "$2") + $(sum_of XFAIL "$2")))
		skipped=$((skipped + $(sum_of SKIP "$2")))
	else
		if cd borderflow-*/_build/sub; then
			show_trouble "$2"
			count_results
		fi
		if [ $failed -eq $failed_before ]; then
			tail -n 40 "$2"
			fail "distcheck ended with status $1"
		fi
	fi
}

# sum_of WORD FILE: what the test driver says of it at its end.
sum_of() {
	awk -v word="$1:" '$1 == "#" && $2 == word { sum += $3 } END { print sum + 0 }' "$2"
}

# What runs on several threads, under the sanitizer that finds data races; built in what time the tests beside it leave.
race() {
	local test programs=(tests/unit/test_engine tests/unit/test_reference)
	configure threads --enable-thread-sanitizer CFLAGS='-O0 -g1' || return
	nice -n 19 make "-j$jobs" borderflow "${programs[@]}" || return
	mkdir -p tests/traffic
	ln -sf "$root"/build/check/tests/traffic/{traffic,compare} tests/traffic/
	for test in "${programs[@]}" "sh $root/tests/e2e/thread.sh"; do
		BORDERFLOW_DATA=$root TSAN_OPTIONS=halt_on_error=1 setarch -R $test || return
	done
}

install_and_try() {
	make -s install && make -s installcheck
}

# Without databases the tests that need them are skipped, and say so.
bring_geo() {
	if [ -z "${BORDERFLOW_GEO:-}" ] && ! "$root/tools/fetch-geo" --check "$root/var/geo"; then
		printf '==> geo databases\n'
		"$root/tools/fetch-geo" --program "$root/build/check/borderflow" "$root/var/geo" >geo.out ||
			printf '    none are to be had\n'
	fi
	[ ! -d "$root/var/geo" ] || export BORDERFLOW_GEO=${BORDERFLOW_GEO:-$root/var/geo}
}

build_first() {
	build check --enable-werror CFLAGS='-O3 -g1' --prefix="$root/build/check/installed"
}

if [ "${1-}" = build ]; then
	build_first
	exit
fi
build_first && {
	bring_geo
	race >"$root/build/races.out" 2>&1 &
	race=$!
	: >"$root/build/testing"
	trap 'rm -f "$root/build/testing"' EXIT
	distribution >"$root/build/distcheck.out" 2>&1 &
	archive=$!
	check check
	printf '==> installed: make install installcheck\n'
	check_target installed check install_and_try
	rm "$root/build/testing"
}
[ -z "$race" ] || {
	printf '==> threads: data races\n'
	wait "$race"
	judge races $? "$root/build/races.out"
}
[ -z "$archive" ] || {
	printf '==> distribution: make distcheck, with the sanitizers\n'
	waited=$SECONDS
	wait "$archive"
	judge_distribution $? "$root/build/distcheck.out"
	say_time 'distribution, beyond the others' $waited
}
printf 'All of it took %s s\n' $((EPOCHSECONDS - began))
printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
