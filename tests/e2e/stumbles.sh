#!/bin/sh
# Each command, given what it cannot use: a path where nothing is, a folder or a file in place of the other, a pipe, a device,
# nothing at all, noise; a Redis that is none; an output without room; a reader that is gone; Ctrl-C. Each ends by itself, with
# a status that is documented and one sentence that names the thing; none of them as if there were nothing to tell. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
cd "$work" || exit 1
policy=$data/tests/traffic/day-policy.yaml

generate --scenario plain --out plain.pcap >/dev/null 2>&1 || broken 'the generator failed'
"$bin" analyze --summary none --where 'app == telegram' --write-packets small.pcap plain.pcap 2>/dev/null
printf 'timestamp,value\n1700000000,1\n1700000300,2\n' >series.csv
printf 'id,mac\nd1,02:00:00:00:00:01\n' >inventory.csv
"$bin" keys init --keys keys >/dev/null && "$bin" analyze --keys keys --archive archive --desk state --state state \
	--summary none small.pcap 2>/dev/null
"$bin" analyze --archive open --summary none small.pcap 2>/dev/null
[ -d open ] && [ -d archive ] && [ -d state/alerts ] || broken 'there is nothing to try with'

# What stands for the thing, and what a command says of it: its name.
mkdir folder && mkfifo pipe && : >empty && head -c 5000 /dev/urandom >noise
missing=$work/missing folder=$work/folder pipe=$work/pipe empty=$work/empty noise=$work/noise device=/dev/null file=$work/series.csv

may='' # what takes rights away
# try STATUSES THING COMMAND…: @ in the command is the thing
try() {
	wanted=$1 thing=$2
	shift 2
	eval "path=\$$thing"
	command=$(echo "$*" | sed "s,@,$path,g")
	# shellcheck disable=SC2086
	timeout -s KILL 60 $may "$bin" $command >out 2>err </dev/null
	left=$?
	case " $wanted " in
	*" $left "*) grep -q "$(basename "$path")" err out && return ;;
	esac
	echo "$thing: status $left of: borderflow $command: $(head -c 300 err | tr '\n' ' ')" >>said
	return 1
}

# each TITLE STATUSES THINGS COMMAND…: a test of all these things
each() {
	title=$1 statuses=$2 things=$3
	shift 3
	: >said
	tried=0
	for thing in $things; do
		try "$statuses" "$thing" "$@"
		tried=$((tried + 1))
		rm -rf missing
	done
	cp said "$work/err" && : >"$work/out"
	[ ! -s said ] && [ $tried -gt 0 ]
	check $? "$title: $things"
}

files='missing folder device empty noise'
each 'a capture' 3 "$files" analyze --summary none @
each 'a capture of doctor' 3 "$files" doctor @
each 'a capture to compare' '2 3' "$files" flows --compare @ small.pcap
each 'a capture to replay' 3 "$files" policy replay "$policy" @
each 'a capture for hygiene' 3 "$files" policy hygiene "$policy" @
each 'a capture to explain' 3 "$files" policy explain "$policy" @ --address 10.0.0.1
each 'a capture for what is left' 3 "$files" policy residual "$policy" @
each 'a series' 3 "$files" detect @
each 'a resolver log' 3 "$files pipe" analyze --summary none --resolver-log @ small.pcap
each 'a list of names' 3 "$files pipe" apps import @
each 'a policy' 2 "$files pipe" analyze --summary none --policy @ small.pcap
each 'a policy to check' '1 2' "$files pipe" policy check @
each 'a policy to print' 2 "$files pipe" policy print @
each 'a policy to accept' 2 "$files pipe" policy accept @ --by x --history history
each 'a catalogue' 2 "$files pipe" analyze --summary none --catalogue @ small.pcap
each 'an inventory' 2 "$files pipe" analyze --summary none --inventory @ small.pcap
each 'an inventory to import' 2 "$files pipe" devices import @
each 'names of its columns' 2 "$files pipe" analyze --summary none --inventory inventory.csv --inventory-columns @ small.pcap
each 'a key' 2 "$files pipe" analyze --summary none --pseudonymize @ small.pcap
each 'a public key' 2 "$files pipe" flows -a archive --verify --signer @
each 'a calendar' 2 "$files pipe" detect --calendar @ series.csv
each 'a table of networks' 2 "$files pipe" geo build @ --output made.mmdb
each 'a file of settings' 2 'missing folder device noise pipe' capture -i nothing0 --config @
each 'a request' '2 3' "$files pipe" reveal --approve @ --answer answer --soc keys/pseudonym.key --keys keys --reason x --log .

folders='missing folder pipe device file'
each 'an archive' 2 "$folders" flows -a @
each 'an archive to verify' 2 "$folders" flows -a @ --verify
each 'an archive to report of' 2 "$folders" report -a @ --month 2026-03 --out made
each 'an archive for doctor' 2 "$folders" doctor --archive @
each 'an archive to prune' 2 "$folders" archive prune -a @ --keep-records 90d
each 'an archive to rebuild' 2 "$folders" archive rebuild -a @
each 'an archive to take the head of' 2 "$folders" archive head -a @
each 'an archive to replay' 2 "$folders" policy replay "$policy" --archive @
each 'a history of policies' 2 "$folders" policy history --history @
each 'a desk' '2 3' "$folders" alerts list --state @
each 'a desk to work on' '2 3' "$folders" alerts ack a1 --state @
each 'a folder of databases' 2 'missing pipe device file' analyze --summary none --geo @ small.pcap
each '… that is empty' 0 folder analyze --summary none --geo @ small.pcap
each 'a folder to look up in' 2 'missing pipe device file' geo lookup 192.0.2.1 --geo @
each '… that is empty' 0 folder geo lookup 192.0.2.1 --geo @
each 'a folder of keys' 2 "$folders" analyze --summary none --keys @ small.pcap
each 'keys to check' '1 2' "$folders" keys check --keys @
each "a sensor's state" 2 'missing pipe device file' devices list --state @ --keys keys
each '… for a report' 2 'missing pipe device file' report -a archive --month 2026-03 --out made --state @
each 'a log of look-ups' 2 'missing pipe device file' reveal --audit --reason x --log @
each 'an archive to serve' 2 'pipe device file' serve -a @ --listen unix:s --access access
each 'a sensor' '2 3' 'missing folder pipe device file' top --once --socket @
each '… for doctor' '2 3' 'missing folder pipe device file' doctor --socket @
[ -z "$(find . -name missing)" ] && [ -z "$(ls folder)" ]
check $? 'and nothing was made where something was looked for'

# What we may not read.
closed=$work/closed.d
printf 'closed' >closed.d && chmod 000 closed.d
mkdir -m 000 shut && shut=$work/shut
[ "$(id -u)" -ne 0 ] || may='setpriv --bounding-set=-dac_override,-dac_read_search'
if [ -z "$may" ] || $may true 2>/dev/null; then
	each 'what may not be read: a capture' 3 'closed shut' analyze --summary none @
	each '… a policy' 2 'closed shut' policy print @
	each '… a catalogue' 2 'closed shut' apps check --catalogue @
	each '… a series' 3 closed detect @
	each '… an archive' 2 'closed shut' flows -a @
	each '… a key' 2 closed analyze --summary none --pseudonymize @ small.pcap
	each '… a history' 2 'closed shut' policy history --history @
	each '… a desk' '2 3' 'closed shut' alerts list --state @
	each '… databases' 2 'closed shut' geo info --geo @
else
	passed_over 'what may not be read' 'setpriv takes no rights away'
fi
may=

# Archives in which something was written over, and that lack their end.
for damage in noise end; do
	rm -rf hurt && cp -r archive hurt
	block=$(find hurt -name 'flows-*.bfa' | head -n 1)
	size=$(stat -c %s "$block")
	if [ $damage = noise ]; then
		dd if=noise of="$block" bs=1 seek=$((size / 2)) count=200 conv=notrunc 2>/dev/null
	else
		truncate -s $((size - 100)) "$block"
	fi
	for command in 'flows -a hurt' "flows -a hurt -g app --from-records --key keys/pseudonym.key" "policy replay $policy --archive hurt" \
		"policy hygiene $policy --archive hurt"; do
		# shellcheck disable=SC2086
		says 3 "$block:[0-9]" "damaged ($damage): $command" "$bin" $command
	done
	says 1 "$block:[0-9]" "damaged ($damage): the chain" "$bin" flows -a hurt --verify
	says 1 'hours-.*:[0-9].*the records of hour' "damaged ($damage): records for sums" "$bin" archive rebuild -a hurt
	says 3 "$block:[0-9]" "damaged ($damage): for doctor" "$bin" doctor --archive hurt --fail-on none
	sums=$(find hurt -name 'hours-*.bfa' | head -n 1)
	truncate -s $(($(stat -c %s "$sums") - 10)) "$sums"
	says 3 "$sums:[0-9]" "damaged ($damage): sums, for a report" "$bin" report -a hurt --month 2026-03 --out hurt-report
done

# A server that answers everything with an empty list is no Redis in which there is nothing; and one that does not listen.
cat >server.py <<'PYTHON'
import socket, threading
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print(listener.getsockname()[1], flush=True)
def answer(peer):
    while peer.recv(65536):
        peer.sendall(b"*0\r\n")
while True:
    threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
PYTHON
if command -v python3 >/dev/null; then
	python3 server.py >port &
	server=$!
	stop() {
		kill_hard $server
	}
	wait_for 10 test -s port || broken 'the server does not listen'
	for url in "redis://127.0.0.1:$(cat port)" "unix:$work/nobody.sock"; do
		for command in 'alerts list' 'alerts show a1' 'alerts suppressions' 'top --once' \
			'report -a archive --month 2026-03 --out made' 'analyze --summary none small.pcap'; do
			# shellcheck disable=SC2086
			says 3 'Redis at' "no Redis (${url%%:*}): $command" "$bin" $command --redis "$url"
		done
	done
else
	passed_over 'no Redis' 'python3 is not installed'
fi

# A pipe with a name is read as it comes, and said to be waited for; Ctrl-C ends that.
for signal in INT TERM; do
	"$bin" analyze --summary none pipe >out 2>err &
	program=$!
	wait_for 10 grep -q 'pipe: a pipe' err
	check $? 'whoever waits for a pipe says so'
	kill -$signal $program
	wait $program
	equal "… and $signal ends it" '4 stopped' "$? $(grep -o stopped err)"
done
"$bin" analyze --summary json pipe >out 2>err &
program=$!
cat small.pcap >pipe
wait $program
equal '… what is written into it is read' '0 true' "$? $(jq -r .input.complete out)"
for command in 'doctor pipe' 'detect pipe' "policy hygiene $policy pipe" 'flows --compare small.pcap pipe'; do
	# shellcheck disable=SC2086
	"$bin" $command >out 2>err &
	program=$!
	wait_for 10 grep -q 'pipe: a pipe' err
	check $? "so does $command"
	kill $program
	wait $program 2>/dev/null
	equal '… and ends' 143 $?
done

printf '0.0.0.0 a.example\n' >names.txt

# Outputs that are pipes: what is written in the end says at once that nobody reads, what is written meanwhile waits for whoever
# does; and neither is replaced by a file.
says 3 'pipe: cannot write: nobody reads' 'a pipe that nobody reads' "$bin" apps import names.txt --output pipe
for command in 'analyze --summary none small.pcap --format ndjson --flows pipe' 'analyze --summary none small.pcap --write-packets pipe'; do
	# shellcheck disable=SC2086
	"$bin" $command 2>err &
	program=$!
	wait_for 10 grep -q 'pipe: a pipe: whoever reads it is waited for' err
	check $? "a reader is waited for: ${command##*--}"
	[ "$(wc -c <pipe)" -gt 1000 ]
	check $? '… and gets it'
	wait $program
	check $? '… which is all'
done
ln -s /dev/stdout link
"$bin" apps import names.txt --output link >made.tsv 2>err && grep -q a.example made.tsv && [ -L link ] && [ -p pipe ]
check $? 'devices and pipes stay what they are'

# An output without room: no file may grow at all, which fails as a full disk does.
# unroomy TITLE COMMAND…
unroomy() {
	title=$1
	shift
	{
		(
			trap '' XFSZ
			ulimit -f 0
			timeout -s KILL 60 "$bin" "$@" </dev/null 2>&1 >/dev/null
		)
		echo $? >left
	} | cat >"$work/err"
	: >"$work/out"
	[ "$(cat left)" -eq 3 ] && grep -q 'File too large' "$work/err"
	check $? "no room for $title"
	[ "$(cat left)" -eq 3 ] || echo "# status $(cat left)"
}

printf '192.0.2.0,192.0.2.255,64496,Example\n' >networks.csv
unroomy records analyze --summary none --flows full.ndjson small.pcap
unroomy alerts analyze --summary none --policy "$policy" --alerts full.alerts plain.pcap
unroomy 'an archive' analyze --summary none --archive full-archive small.pcap
unroomy state analyze --summary none --state full-state small.pcap
unroomy 'a report of a capture' analyze --summary none --report full-report small.pcap
unroomy packets analyze --summary none --write-packets full.pcapng small.pcap
unroomy 'a catalogue' apps import names.txt --output full.tsv
unroomy 'an inventory' devices import inventory.csv --out full.csv
unroomy keys keys init --keys full-keys
unroomy "a holder's keys" keys holder somebody --keys full-keys
unroomy 'a report' report -a open --month 2026-03 --out full-report
unroomy 'a policy' policy accept "$policy" --by somebody --history full-history
unroomy 'a token' serve token add somebody --access full-access
unroomy 'a database' geo build networks.csv --output full.mmdb
unroomy 'the log of look-ups' flows -a archive --key keys/pseudonym.key --reason test --columns start
unroomy 'a line of the desk' alerts suppress why --state state --app tiktok --until 9d

# Standard output that takes nothing.
for command in help 'apps list' 'apps show tiktok' 'apps match www.tiktok.com' 'flows --fields' \
	'archive head -a archive' 'policy schema' "policy print $policy" "policy export $policy" 'detect series.csv' \
	'doctor small.pcap' 'devices list --state state --keys keys' 'reveal --audit --reason x --log archive' 'keys check --keys keys' \
	'geo info' 'report -a open --month 2026-03 --out made' 'analyze small.pcap' 'analyze --summary json small.pcap' \
	'archive rebuild -a archive' "policy replay $policy small.pcap" 'flows --compare small.pcap small.pcap' --version; do
	# shellcheck disable=SC2086
	{
		timeout -s KILL 60 "$bin" $command 2>err >/dev/full </dev/null
		echo $? >left
		timeout -s KILL 60 "$bin" $command 2>>err >&- </dev/null
		echo $? >>left
	}
	cp err "$work/out"
	equal "standard output that is full, or closed: $command" '3 3' "$(tr '\n' ' ' <left | sed 's/ $//')"
done
finish
