#!/bin/sh
# No memory, at any one place of the program: it ends with a sentence or does its work, and never crashes, hangs, or gives
# less than the whole with status 0. allocations.sh STEP tries every STEP-th place (make proof
# all of them). Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
preload=$(dirname "$bin")/tests/e2e/failing_alloc.so
[ -s "$preload" ] || skip 'failing_alloc.so is not built'
! is_sanitized || skip 'under the address sanitizer'
step=${1:-61}

generate --scenario plain --out "$work/whole.pcap" >/dev/null 2>&1 || broken 'the generator failed'
head -c 150000 "$work/whole.pcap" >"$work/made.pcap"
mkdir "$work/keys"
"$bin" keys init --keys "$work/keys" >/dev/null 2>&1

# Under $how; a run that hangs is ended, with status 124.
how=env
analyze_everything() {
	timeout 120 $how "$bin" analyze --policy "$data/tests/traffic/day-policy.yaml" --flows "$work/flows.ndjson" --alerts "$work/alerts.ndjson" \
		--archive "$work/archive" --report "$work/report" --summary json "$work/made.pcap"
}
report_month() {
	timeout 120 $how "$bin" report --archive "$work/kept" --month 2026-03 --out "$work/report"
}
ask_flows() {
	timeout 120 $how "$bin" flows --archive "$work/kept" -g app
}
check_policy() {
	timeout 120 $how "$bin" policy check "$data/tests/traffic/day-policy.yaml"
}
find_app() {
	timeout 120 $how "$bin" apps show tiktok
}

# afresh COMMAND: with nothing there that another run has left.
afresh() {
	rm -rf "$work/flows.ndjson" "$work/alerts.ndjson" "$work/archive" "$work/report"
	"$@" >"$work/said" 2>"$work/err"
}

# Every step-th place of COMMAND.
try_places() {
	command=$1 tried=0 wrong=0
	afresh $command
	good=$?
	cp "$work/said" "$work/good"
	how="env LD_PRELOAD=$preload FAILING_ALLOC=1000000 FAILING_ALLOC_PLACES=$work/places"
	afresh $command
	places=$(cat "$work/places")
	place=1
	while [ "$place" -le "$places" ]; do
		how="env LD_PRELOAD=$preload FAILING_ALLOC=$place"
		afresh $command
		got=$?
		if [ $got -ge 124 ] || { [ $got -eq "$good" ] && [ $got -eq 0 ] && ! cmp -s "$work/said" "$work/good"; } ||
			{ [ $got -ne "$good" ] && [ ! -s "$work/err" ] && [ ! -s "$work/said" ]; }; then
			wrong=$((wrong + 1))
			echo "# $command, place $place: status $got, \"$(tail -n 1 "$work/err" | head -c 150)\""
		fi
		tried=$((tried + 1))
		place=$((place + step))
	done
	how=env
	[ $wrong -eq 0 ] && [ $tried -gt 0 ]
	check $? "$command: $tried of $places places tried, $wrong wrong"
}

"$bin" analyze --summary none --archive "$work/kept" "$work/made.pcap" 2>/dev/null
for command in find_app check_policy ask_flows report_month analyze_everything; do
	try_places $command
done
finish
