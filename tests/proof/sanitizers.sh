#!/bin/sh
# Every script of make check, over every capture, with a program built under the sanitizers: the tests themselves run some of
# them so. The build is made anew and is gone afterwards; half an hour on two cores. Prints TAP, a line a script.
. "$(dirname "$0")/../e2e/tap.sh"
needs make
source=$(cd "$data" && pwd)
[ -x "$source/configure" ] || skip 'there is no configure (autoreconf -fi)'
cd "$work" || broken 'its folder is gone'
"$source/configure" -q --enable-sanitizers CFLAGS='-Og -g1' >configure.out 2>&1 || broken "configure: $(tail -n 1 configure.out)"
# What a script needs that is not built is no reason to skip it here.
{ make -j"$(nproc)" && make -j"$(nproc)" check TESTS=; } >make.out 2>&1 || broken "the build: $(tail -n 1 make.out)"
export BORDERFLOW_CAPTURES="$work/captures"
mkdir "$BORDERFLOW_CAPTURES"
BORDERFLOW_EVERY=1 make -k -j"$(nproc)" check TESTS="\$(check_SCRIPTS)" >check.out 2>&1
for script in $(find tests -name '*.trs' | sort); do
	{ ! grep -E '^:test-result: (FAIL|ERROR|XPASS)' "$script" && grep -q '^:test-result: ' "$script"; } >out
	failed=$?
	[ $failed -eq 0 ] || grep -E -A 8 '^not ok|^Bail out' "${script%.trs}.log" >out
	check $failed "${script%.trs}: $(grep -c '^:test-result: PASS' "$script")"
done
[ $number -gt 40 ]
check $? "scripts: $number"
finish
