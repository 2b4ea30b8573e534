#!/bin/sh
# Every script of tests/e2e and tests/policy with a program that says nothing in place of borderflow, once with status 0 and once
# with status 1: a check that is content with both saw nothing. Some ten minutes. SCRIPTS: some of them. Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$(dirname "$bin")" && pwd)
for code in 0 1; do
	mkdir "$work/$code"
	ln -s "$build"/* "$work/$code/"
	rm "$work/$code/borderflow"
	printf '#!/bin/sh\nexit %s\n' $code >"$work/$code/borderflow"
	chmod +x "$work/$code/borderflow"
done
data=$(cd "$data" && pwd)
BORDERFLOW_DATA=$data BORDERFLOW_PATIENCE=0 BORDERFLOW_EVERY=9
export BORDERFLOW_DATA BORDERFLOW_PATIENCE BORDERFLOW_EVERY

# contents STATUS SCRIPT: the titles of checks that are ok, without what differs from run to run.
contents() {
	shell=sh
	! head -n 1 "$2" | grep -q bash || shell=bash
	(cd "$work/$1" && BORDERFLOW_BIN=$work/$1/borderflow timeout -k 5 200 $shell "$2" </dev/null 2>/dev/null) |
		sed -n 's/^ok [0-9]* - //p' | sed "s|$work[^ ]*||g; s|/tmp/[^ ]*||g" | LC_ALL=C sort
}

# What is judged there is not what borderflow says: the generator's captures, files that are shipped, programs of others.
others='SKIP|(is|are)? made$|^a body of 1,000 devices$|^flows over several slots$|^redis-server$'
of_others() { # of_others NAME
	case $1 in
	archive-summary | monitoring | siem) echo '.' ;; # test programs of their own; promtool, samples of alerts
	hidden) echo 'device-days|the capture itself hides' ;; # tests/behaviour/score_hidden
	chaos) echo 'the replica became the primary|^cluster: … whole$|no longer than it must' ;;
	resolver-logs) echo 'a client asks|dnsmasq has begun another' ;;
	service) echo 'exposure level of the unit' ;;
	*) echo '^$' ;;
	esac
}

for script in ${SCRIPTS:-$(cd "$here" && ls e2e/*.sh policy/*.sh)}; do
	name=$(basename "$script" .sh)
	case $script in
	e2e/tap.sh | e2e/redis.sh | e2e/wire.sh | e2e/against_truth.sh) continue ;; # parts of others
	e2e/live.sh | e2e/many.sh | e2e/soak.sh | e2e/installed.sh) continue ;;     # no part of make check
	e2e/browser.sh | e2e/recipes.sh | e2e/thread.sh) continue ;;                # minutes, with what is not borderflow
	esac
	contents 0 "$here/$script" >"$work/good"
	contents 1 "$here/$script" >"$work/bad"
	LC_ALL=C comm -12 "$work/good" "$work/bad" | grep -vE "$others" | grep -vE "$(of_others "$name")" >"$work/blind"
	head -n 5 "$work/blind" | sed 's/^/# /'
	equal "$script: checks that saw nothing" 0 "$(wc -l <"$work/blind")"
done
[ -n "${SCRIPTS:-}" ] || ok "scripts: $number" [ $number -gt 50 ]
finish
