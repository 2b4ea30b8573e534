# What the end-to-end tests share; sourced by each, at its start. Plain sh.
#
#     bin, data, traffic     the program, the root of the source tree, the generator of captures
#     work                   a folder that is gone when the test ends; before that stop() runs, where a test defines it
#     skip REASON            nothing can be tested here
#     needs PROGRAM…         skips where one of them is not installed
#     needs_built            skips where the program or the generator is not built
#     check STATUS TITLE     a test by an exit status; what stands in $work/out and $work/err is shown where it fails
#     ok TITLE COMMAND…      a test by a command
#     says STATUS PATTERN TITLE COMMAND…   the command ends with that status and prints the pattern
#     finish                 the plan, and the exit status
bin=${BORDERFLOW_BIN:-./borderflow}
data=${BORDERFLOW_DATA:-.}
traffic=$(dirname "$bin")/tests/traffic/traffic
number=0
status=0

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

needs() {
	for needed; do
		command -v "$needed" >/dev/null || skip "$needed is not installed"
	done
}

needs_built() {
	[ -x "$bin" ] || skip 'borderflow is not built'
	[ -x "$traffic" ] || skip 'the traffic generator is not built (libgnutls28-dev)'
}

stop() { :; }
work=$(mktemp -d) || exit 1
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

check() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	for said in "$work/out" "$work/err"; do
		[ ! -s "$said" ] || head -n 20 "$said" | sed 's/^/# /'
	done
	status=1
}

ok() {
	title=$1
	shift
	"$@" >"$work/out" 2>"$work/err"
	check $? "$title"
}

says() {
	wanted=$1 pattern=$2 title=$3
	shift 3
	timeout 60 "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ $got -eq "$wanted" ] || echo "status $got, wanted $wanted" >>"$work/err"
	[ $got -eq "$wanted" ] && cat "$work/out" "$work/err" | grep -q -e "$pattern"
	check $? "$title"
}

finish() {
	echo "1..$number"
	exit $status
}
