#!/bin/bash
# make fuzz: every fuzz target in turn, each dissector as a target of its own, at idle priority. From the folder of a build
# made with ./configure CC=clang --enable-fuzzers --enable-sanitizers (or with CC=afl-clang-fast: then afl-fuzz runs the
# same functions).
#
#   run.sh [SECONDS [ROUNDS]]    seconds for each target (default 60), rounds over all of them (default 1)
#
# What is found stays in $BORDERFLOW_FUZZ (default: fuzz below the build): NAME/corpus grows from round to round,
# NAME/found holds inputs that crashed, hung or took too much memory. Ends with 1 where there are any, or where a target
# did not run.
set -u
seconds=${1:-60}
rounds=${2:-1}
source_folder=$(cd "$(dirname "$0")/../.." && pwd)
folder=${BORDERFLOW_FUZZ:-$PWD/fuzz}
results=$folder/results.tsv
idle=(chrt -i 0 nice -n 19)
export BORDERFLOW_DATA="${BORDERFLOW_DATA:-$source_folder}"
export AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_AUTORESUME=1 AFL_IGNORE_SEED_PROBLEMS=1

dissectors() {
	sed -n '/^#define DISSECTORS/,/^$/s/^\tX(\([a-z0-9]*\)).*/\1/p' \
		"$source_folder/analyzer/classify/dissect/dissector.h"
}

# NAME SEEDS PROGRAM: libFuzzer's own loop; prints how many inputs were run.
with_libfuzzer() {
	local name=$1 seeds=$2
	"${idle[@]}" "$3" -max_total_time="$seconds" -rss_limit_mb=2000 -timeout=20 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$folder/$name/found/" "$folder/$name/corpus" ${seeds:+"$seeds"} \
		>"$folder/$name/log" 2>&1
	sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$name/log"
}

with_afl() {
	local seeds=$2 own=$folder/$1
	[ -n "$seeds" ] && cp -n "$seeds"/* "$own/corpus/"
	[ -n "$(ls "$own/corpus")" ] || echo seed >"$own/corpus/seed"
	"${idle[@]}" afl-fuzz -i "$own/corpus" -o "$own/afl" -V "$seconds" -m none -t 20000+ -- "$3" >"$own/log" 2>&1
	cp -n "$own"/afl/default/{crashes,hangs}/id:* "$own/found/" 2>/dev/null
	sed -n 's/^execs_done *: *//p' "$own/afl/default/fuzzer_stats"
}

# NAME PROGRAM
run() {
	local name=$1 program=$PWD/tests/fuzz/$2 seeds=$source_folder/tests/fuzz/corpus/${1%%/*} engine=with_libfuzzer
	[ -d "$seeds" ] || seeds=
	mkdir -p "$folder/$name/corpus" "$folder/$name/found"
	grep -q __afl_manual_init "$program" && engine=with_afl
	local executed
	executed=$($engine "$name" "$seeds" "$program")
	[ "${executed:-0}" -gt 0 ] || echo "$name did not run; see $folder/$name/log" >&2
	printf '%s\t%s\t%s\n' "$name" "${executed:-0}" "$(ls "$folder/$name/found" | wc -l)" | tee -a "$results"
}

mkdir -p "$folder"
: >"$results"
for ((round = 0; round < rounds; round++)); do
	for program in "$PWD"/tests/fuzz/fuzz_*; do
		[ -x "$program" ] || continue
		name=${program##*/fuzz_}
		if [ "$name" = dissector ]; then
			for DISSECTOR in $(dissectors); do
				export DISSECTOR
				run "dissector/$DISSECTOR" fuzz_dissector
			done
			unset DISSECTOR
		else
			run "$name" "fuzz_$name"
		fi
	done
done
awk -F '\t' '{ executed += $2; idle += $2 == 0; found[$1] = $3 }
	END { for (name in found) all += found[name]
		printf "%d inputs run, %d found\n", executed, all; exit all > 0 || idle > 0 }' "$results"
