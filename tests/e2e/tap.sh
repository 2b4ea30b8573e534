# What the end-to-end tests share; sourced by each, at its start. Plain sh.
#
#     bin, data              the program, the root of the source tree
#     tools, traffic         the folder of what makes, sends and compares captures; the generator in it
#     work                   a folder that is gone when the test ends; before that stop() runs, where a test defines it
#     must_run               set before sourcing: what is missing is an error (status 2), not a reason to skip
#     skip REASON            nothing can be tested here
#     broken REASON          nothing can be tested, though it should: an error
#     needs PROGRAM…         skips where one of them is not installed
#     is_sanitized           the program was built with the address sanitizer, which keeps what was freed and has an allocator of its own
#     needs_root, needs_built    skips where we are not root; where the program or the generator is not built
#     looks_at FILE…         what the checks are about from here on: while one of these files or folders is empty or not there
#                            they fail, since nothing was seen; without a file: about nothing in particular again. Not $work/out
#                            and $work/err, in which a check puts what it has to say
#     check STATUS TITLE     a test by an exit status; what stands in $work/out and $work/err is shown where it fails
#     ok TITLE COMMAND…      a test by a command
#     says STATUS PATTERN TITLE COMMAND…   the command ends with that status and prints the pattern; $was_said is 0 where it does
#     equal TITLE WANTED GOT      a test by two values, which are shown
#     not_yet TITLE WANTED GOT    the same where they are known to differ: an error once they no longer do
#     passed_over TITLE REASON    a test that cannot be done here
#     retell TITLE FILE      the TAP of a part as tests of ours: with our numbers, and the title in front
#     generate OPTION…       the generator; what it made once in a run of all tests is not made again
#     exits STATUS COMMAND…  true where it ends with that status; what it prints goes to $work/out and $work/err
#     wait_for SECONDS COMMAND…   tries until the command is true; false where it never is. So long it may take on a quiet
#                            machine: one that is busy with other things gets several times as long
#     kill_hard PROCESS…     with -9, whether it is there or not
#     finish                 the plan, and the exit status
bin=${BORDERFLOW_BIN:-./borderflow}
data=${BORDERFLOW_DATA:-.}
tools=$(dirname "$bin")/tests/traffic
traffic=$tools/traffic
patience=${BORDERFLOW_PATIENCE:-6}
number=0
status=0

skip() {
	if [ -n "${must_run:-}" ]; then
		echo "$(basename "$0"): $1" >&2
		exit 2
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

broken() {
	echo "Bail out! $1"
	exit 1
}

# jq -e (1.6) says true of no input at all; what saw nothing is not so.
jq() {
	case ${1-} in
	-e*) ;;
	*)
		command jq "$@"
		return
		;;
	esac
	jq_status=0
	jq_said=$(command jq "$@") || jq_status=$?
	printf '%s\n' "$jq_said"
	[ -n "$jq_said" ] && return $jq_status
	return 4
}

needs() {
	for needed; do
		command -v "$needed" >/dev/null || skip "$needed is not installed"
	done
}

is_sanitized() {
	nm -D "$bin" 2>/dev/null | grep -q __asan
}

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip 'not root'
}

needs_built() {
	[ -x "$bin" ] || skip 'borderflow is not built'
	[ -x "$traffic" ] || skip 'the traffic generator is not built (libgnutls28-dev)'
}

stop() { :; }
work=$(mktemp -d) || exit 1
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

looked_at=
looks_at() {
	looked_at=$*
}

# Of what the checks are about, the first that holds nothing.
unseen() {
	for looked in $looked_at; do
		if [ ! -s "$looked" ] || { [ -d "$looked" ] && [ -z "$(ls -A "$looked")" ]; }; then
			echo "$looked"
			return
		fi
	done
}

check() {
	number=$((number + 1))
	nothing=
	[ -z "$looked_at" ] || nothing=$(unseen)
	if [ "$1" -eq 0 ] && [ -z "$nothing" ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	[ -z "$nothing" ] || echo "# nothing was seen: $nothing is empty, or not there"
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
	was_said=$?
	check $was_said "$title"
}

equal() {
	echo "$2 wanted, $3 found" >"$work/out"
	: >"$work/err"
	[ "$2" = "$3" ]
	check $? "$1: $3"
}

not_yet() {
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1 # TODO is so by now"
		status=1
	else
		echo "not ok $number - $1 # TODO $2 wanted, $3 found"
	fi
}

passed_over() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

retell() {
	awk -v title="$1" -v number="$number" '
		/^(not )?ok / { sub(/ok [0-9]+ - /, "ok " ++number " - " title ": ") }
		!/^1\.\./ { print }' "$2"
	number=$((number + $(grep -cE '^(not )?ok ' "$2")))
	! grep -q '^not ok' "$2" || status=1
	# Of a part that ended before it said anything nothing was seen.
	grep -qE '^((not )?ok |1\.\.0)' "$2" || check 1 "$1: nothing came of it"
}

# All options but those that name what comes out say what is made. all.sh names a folder that is new in each run.
generate() {
	[ -n "${BORDERFLOW_CAPTURES:-}" ] || {
		"$traffic" "$@"
		return
	}
	made=$BORDERFLOW_CAPTURES/$(echo "$@" | sed -E 's/--(out|truth|alerts) [^ ]+//g; s/[^A-Za-z0-9]+/_/g')
	results='' how=''
	while [ $# -gt 0 ]; do
		case $1 in
		--out | --truth | --alerts)
			results="$results ${1#--}=$2"
			shift
			;;
		*) how="$how $1" ;;
		esac
		shift
	done
	if [ ! -d "$made" ]; then
		making=$(mktemp -d "$BORDERFLOW_CAPTURES/making-XXXXXX")
		# shellcheck disable=SC2086
		"$traffic" $how --out "$making/out" --truth "$making/truth" --alerts "$making/alerts" || return
		mv -T "$making" "$made" 2>/dev/null || rm -rf "$making"
	fi
	for result in $results; do
		cp "$made/${result%%=*}" "${result#*=}" || return
	done
}

exits() {
	wanted=$1
	shift
	"$@" >"$work/out" 2>"$work/err"
	[ $? -eq "$wanted" ]
}

wait_for() {
	tries=$(($1 * 10 * patience))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

kill_hard() {
	for process; do
		kill -KILL "$process" 2>/dev/null
	done
}

finish() {
	echo "1..$number"
	exit $status
}
