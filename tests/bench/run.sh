#!/bin/bash
# make bench: what each part costs, then whole programs side by side on generated captures.
#
#   run.sh            prints one table; the last column compares with tests/bench/baseline.tsv
#   run.sh --save     writes what it measured as the new baseline
#
# Ratios are to `tcpdump -r FILE -w /dev/null` in the same round; rounds alternate, medians count, the page cache is hot.
# "everything" is policy, geo databases and a fresh archive. $BORDERFLOW_BENCH_BEFORE is put before each comparison (chrt,
# a lock).
# Captures are made once, in $BORDERFLOW_BENCH (default: $TMPDIR/borderflow-bench; about 6 GB, with BORDERFLOW_BENCH_FULL=1
# 25 GB), and stay there. Run from the folder of the build.
set -u
source_folder=$(cd "$(dirname "$0")/../.." && pwd)
export BORDERFLOW_DATA="${BORDERFLOW_DATA:-$source_folder}"
folder=${BORDERFLOW_BENCH:-${TMPDIR:-/tmp}/borderflow-bench}
rounds=${BORDERFLOW_BENCH_ROUNDS:-5}
baseline=$source_folder/tests/bench/baseline.tsv
bin=$PWD/borderflow
pair=$PWD/tests/bench/pair
traffic=$PWD/tests/traffic/traffic
policy=$source_folder/tests/traffic/day-policy.yaml
geo=${BORDERFLOW_GEO:-$source_folder/var/geo}
results=$(mktemp) || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/borderflow-bench-XXXXXX") || exit 1
trap 'rm -rf "$work" "$results"' EXIT INT TERM

# Packets of each capture: enough that start-up is not what is measured, few enough for a few minutes in all.
packets_of() {
	case $1${BORDERFLOW_BENCH_FULL:+-full} in
	imix) echo 2000000 ;;
	snap64) echo 8000000 ;;
	churn) echo 8000000 ;;
	scan) echo 4000000 ;;
	one-flow) echo 2000000 ;;
	half-hellos) echo 4000000 ;;
	half-initials) echo 2000000 ;;
	apps*) echo 0 ;;
	imix-full) echo 20000000 ;;
	snap64-full) echo 10000000 ;;
	churn-full) echo 20000000 ;;
	*) echo 10000000 ;;
	esac
}

make_capture() {
	local file=$folder/$1-$(packets_of "$1").pcap option=()

	[ "$(packets_of "$1")" -gt 0 ] && option=(--packets "$(packets_of "$1")")
	if [ ! -s "$file" ]; then
		"$traffic" --scenario "$1" "${option[@]}" --out "$file.part" >&2 && mv "$file.part" "$file" || exit 1
	fi
	echo "$file"
}

# NAME FILE LABEL=COMMAND...: the first is what the others are divided by.
compare() {
	local name=$1 count=$2 labels=() commands=() item packets
	packets=$(sed -n 's/ packets.*//p' "$work/facts" 2>/dev/null)
	shift 2
	for item; do
		labels+=("${item%%=*}")
		commands+=("${item#*=}")
	done
	${BORDERFLOW_BENCH_BEFORE:-} "$pair" "$count" "${commands[@]}" | {
		item=0
		while IFS=$'\t' read -r cpu wall memory cpu_ratio wall_ratio status; do
			printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "${labels[$item]}" "$cpu" "$wall" "$memory" \
				"$cpu_ratio" "$wall_ratio" "$status" "${packets:-0}"
			item=$((item + 1))
		done
	} | tee -a "$results" | show
}

# Adds the change against the baseline.
show() {
	awk -F '\t' -v baseline="$baseline" '
		BEGIN {
			while ((getline line < baseline) > 0) {
				split(line, part, "\t")
				known[part[1] "\t" part[2]] = part[3]
			}
		}
		{
			before = known[$1 "\t" $2]
			change = before > 0 ? sprintf("%+.0f %%", 100 * ($6 / before - 1)) : "-"
			speed = $9 > 1000 && $3 > 0 ? sprintf("%.2f", $9 / $3 / 1e6) : "-"
			printf "  %-10s %-34s %8.2f s %8.2f s %7.0f MiB %8.2f %8.2f %8s %9s%s\n", $1, $2, $3, $4, $5, $6, $7, \
				speed, change, $8 == "exit 0" ? "" : "   " $8
			fflush()
		}'
}

# Leaves the summary in $work/json.
facts_of() {
	"$bin" analyze --summary json "$1" >"$work/json" 2>/dev/null
	sed -n 's/.*"packets":{"read":\([0-9]*\).*"total":{"flows":\([0-9]*\).*/\1 packets, \2 flows/p' "$work/json"
}

# Of the summary: the flow table's memory.
memory_of() {
	sed -n 's/.*"flows_most":\([0-9]*\).*"table_bytes":\([0-9]*\).*/\1 \2/p' "$work/json" |
		awk '{ printf "%d live at most, %.0f bytes of table a flow\n", $1, $2 / $1 }'
}

# An archive takes a capture once, so each run needs a new one.
cat >"$work/fresh" <<-END
	#!/bin/sh
	rm -rf "$work/archive"
	exec "$bin" analyze --summary none --archive "$work/archive" "\$@"
END
chmod +x "$work/fresh"

everything() {
	echo "$work/fresh --policy $policy $geo_option"
}

parts() {
	local program
	for program in kernels "flow_table 1000000" decode detect dissectors geo policy export redis; do
		set -- $program
		[ -x "tests/bench/bench_$1" ] || continue
		echo
		echo "== $1"
		"tests/bench/bench_$1" ${2:-} || echo "bench_$1 ended with status $?"
	done
}

# Programs that others may have installed; one run each, since they are far away.
peers() {
	local file=$1 list=("tcpdump=tcpdump -r $1 -w /dev/null") name
	local -A peer=(
		[nfpcapd]="timeout 300 nfpcapd -r $file -w $work"
		[softflowd]="timeout 300 softflowd -r $file -n 127.0.0.1:9 -p $work/pid -c none"
		[argus]="timeout 300 argus -r $file -w /dev/null"
		[ndpiReader]="timeout 300 ndpiReader -q -i $file"
		[tshark]="timeout 300 tshark -q -z conv,ip -r $file"
	)
	for name in nfpcapd softflowd argus ndpiReader tshark; do
		command -v "$name" >/dev/null && list+=("$name=${peer[$name]}")
	done
	compare "$2" 1 "${list[@]}"
}

# One question that no sums answer, asked of the flows of a capture: the archive beside nfdump's own files, both written
# once beforehand.
archives() {
	local file question='destination.port == 443'
	file=$(make_capture churn) || exit 1
	command -v nfpcapd >/dev/null && command -v nfdump >/dev/null || {
		echo "no nfdump: apt-get install nfdump shows its files beside the archive"
		return
	}
	mkdir -p "$work/nfdump"
	nfpcapd -r "$file" -w "$work/nfdump" -y >/dev/null 2>&1
	"$work/fresh" "$file" 2>/dev/null
	echo
	echo "== archive: bytes to port 443 by transport, of the flows of churn; $(
		du -sb "$work/archive" | cut -f 1) bytes beside $(du -sb "$work/nfdump" | cut -f 1) of nfdump (LZ4)"
	printf '  %-10s %s\n' archive "$("$bin" flows -a "$work/archive" -g transport --explain "$question" 2>&1 >/dev/null)"
	printf '#!/bin/sh\nexec nfdump -q -R "%s" -A proto -N "dst port 443"\n' "$work/nfdump" >"$work/ask-nfdump"
	printf '#!/bin/sh\nexec "%s" flows -a "%s" -g transport "%s"\n' "$bin" "$work/archive" "$question" >"$work/ask"
	chmod +x "$work/ask-nfdump" "$work/ask"
	compare archive "$rounds" "nfdump=$work/ask-nfdump" "borderflow flows=$work/ask"
	rm -rf "$work/archive" "$work/nfdump"
}

whole() {
	local name file one_core="taskset -c 0"
	for name in snap64 imix apps one-flow churn scan half-hellos half-initials; do
		file=$(make_capture "$name") || exit 1
		echo
		facts_of "$file" >"$work/facts"
		echo "== $name: $(cat "$work/facts"), $(memory_of), $(($(stat -Lc %s "$file") >> 20)) MiB, page cache hot"
		compare "$name" "$rounds" "tcpdump=tcpdump -r $file -w /dev/null" \
			"borderflow, everything=$(everything) $file" \
			"borderflow, everything, one core=$one_core $(everything) --workers 1 $file" \
			"borderflow, flows alone=$bin analyze --summary none $file" \
			"borderflow, limit 1 M flows=$bin analyze --summary none --flow-limit 1000000 $file"
		rm -rf "$work/archive"
		[ "$name" = apps ] && peers "$file" apps
	done
	rm -f "$work/facts"
	archives
	head -c 8024 "$(make_capture snap64)" >"$work/small.pcap"
	echo
	echo "== start-up: a capture of 100 packets"
	compare start 15 "tcpdump=tcpdump -r $work/small.pcap -w /dev/null" \
		"borderflow=$bin analyze --summary text --policy $policy $geo_option $work/small.pcap"
}

mkdir -p "$folder" || exit 1
geo_option=
if [ -d "$geo" ]; then
	geo_option="--geo $geo"
else
	echo "no geo databases in $geo: run \"borderflow geo update\" first to have them in the measurement"
fi
echo "processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores; load $(cut -d ' ' -f 1 /proc/loadavg)"
parts
echo
printf '  %-10s %-34s %10s %10s %11s %8s %8s %8s %9s\n' capture program CPU wall peak 'CPU ÷' 'wall ÷' 'Mpps/CPU' 'to before'
whole
if [ "${1:-}" = --save ]; then
	awk -F '\t' '$2 ~ /^borderflow/ { print $1 "\t" $2 "\t" $6 "\t" $7 }' "$results" >"$baseline"
	echo "saved as $baseline"
fi
