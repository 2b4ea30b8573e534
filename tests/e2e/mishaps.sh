#!/bin/bash
# What goes wrong around a run: inputs that are none, outputs that cannot be written, a disk that is full, options beyond
# measure, Ctrl-C. Each ends with the exit status it should, and a sentence that names the thing. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built

analyze() {
	"$bin" analyze --summary none "$@"
}
export -f analyze
export bin

generate --scenario day --out "$work/day.pcap" 2>/dev/null
: >"$work/empty.pcap"
head -c 4000000 /dev/urandom >"$work/noise.pcap"
head -c 3000001 "$work/day.pcap" >"$work/cut.pcap"
day=$work/day.pcap
policy=$data/tests/traffic/day-policy.yaml

says 3 'none.pcap.*No such file' 'a file that is not there' bash -c 'analyze "$0"' "$work/none.pcap"
says 3 'no\\x1b\[31m.*No such file' 'a file whose name would color the terminal' bash -c "analyze \$'no\e[31m'"
# Nothing that was typed reaches the terminal as it is: it could hide, color or turn around what is said.
says 2 'no\\x1b\[31m' 'a command that would' "$bin" "$(printf 'no\033[31m')"
says 2 'no\\x1b\[31m' '… in help' "$bin" help "$(printf 'no\033[31m')"
says 2 '^  app == "\\xe2\\x80\\xaex" and$' 'a filter that would' \
	"$bin" flows --archive "$work" "$(printf 'app == "\342\200\256x" and')"
says 2 '^ \{28\}^$' '… the mark below it stands where it should' \
	"$bin" flows --archive "$work" "$(printf 'app == "\342\200\256x" and')"
says 3 'is a folder' 'a folder for a file' bash -c 'analyze "$0"' "$work"
says 3 'empty.pcap.*empty' 'an empty file' bash -c 'analyze "$0"' "$work/empty.pcap"
says 3 'noise.pcap.*offset' 'a file of noise' bash -c 'analyze "$0"' "$work/noise.pcap"
says 3 'cut.pcap.*offset' 'a file that was cut' bash -c 'analyze "$0"' "$work/cut.pcap"
# A section, an interface, and a packet of twelve bytes in a simple block.
printf '\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\377\377\377\377\377\377\377\377\x1c\0\0\0\1\0\0\0\x14\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\3\0\0\0\x1c\0\0\0\x0c\0\0\0AAAAAAAAAAAA\x1c\0\0\0' \
	>"$work/timeless.pcapng"
says 0 'timeless.pcapng: offset 48: a packet has no time' 'packets without a time' bash -c 'analyze "$0"' "$work/timeless.pcapng"
says 3 'empty' 'standard input that is empty' bash -c 'analyze -'
says 2 'name at least one' 'no file at all' bash -c 'analyze'

says 2 'whole number from' 'a number beyond measure' bash -c 'analyze --flow-limit 99999999999999999999 "$0"' "$day"
says 2 'takes a time above 0' 'no time at all' bash -c 'analyze --idle-tcp 0 "$0"' "$day"
says 2 'udp prot 53' 'a filter that cannot be read' bash -c 'analyze --filter "udp prot 53" "$0"' "$day"
says 2 'udp prot 53' '… before any file' bash -c 'analyze --filter "udp prot 53" "$0" "$0"' "$work/none.pcap"
says 2 'takes a time' 'a time beyond measure' bash -c 'analyze --idle-tcp 99999999999999999999d "$0"' "$day"
says 2 'no option --nosuch' 'an unknown option' bash -c 'analyze --nosuch "$0"' "$day"
says 2 'needs a value' 'an option without its value' bash -c 'analyze "$0" --flows' "$day"
for address in http://localhost:9093/ webhook+https://soc.example/in syslog://log.example:601; do
	says 2 "$address is an address.*--alert-to.*alertmanager+http" "alerts for $address are no file" bash -c 'analyze --alerts "$1" "$0"' "$day" "$address"
done
says 2 'webhook+https://' 'a web address does not say what is spoken there' bash -c 'analyze --alert-to https://soc.example/in "$0"' "$day"
says 2 'cannot write' 'a name beyond measure' bash -c 'analyze --alerts "$(printf %300s x)" "$0"' "$day"
says 2 'names no format' 'an extension without a format' bash -c 'analyze --flows x.txt "$0"' "$day"
says 2 'Redis URL' 'a URL that is none' bash -c 'analyze --redis nonsense "$0"' "$day"
# A sensor looks at everything that it was told before it touches an interface.
says 2 'Redis URL' 'capture: a URL that is none' "$bin" capture -i nothing0 --redis nonsense
says 2 'names no format' '… an extension without a format' "$bin" capture -i nothing0 -f x.foo
says 2 'cannot listen at "here"' '… nowhere to listen' "$bin" capture -i nothing0 --metrics-listen here
says 2 "sensor's name" '… a name that no key may hold' "$bin" capture -i nothing0 --redis redis://localhost --sensor 'a b'
[ "$(id -u)" -ne 0 ] || says 2 'no user "nobody-here"' '… a user that is not there' "$bin" capture -i nothing0 -u nobody-here
says 2 'no instruction set "abacus"' '… no such instruction set' "$bin" capture -i nothing0 --cpu abacus
says 2 'udp prot 53' '… a filter that cannot be read' "$bin" capture -i nothing0 --filter 'udp prot 53'

says 2 'found "300' 'a network that is none' bash -c 'analyze --networks 300.1.0.0/8 "$0"' "$day"

says 2 'is named twice' 'an interface twice' bash -c '"$bin" capture -i none0 -i none0'
printf 'interface: [none0, none1, none0]\n' >"$work/twice.yaml"
says 2 'none0 is named twice' '… in the file of settings' bash -c '"$bin" capture --config "$0"' "$work/twice.yaml"
says 2 'any holds every other' 'any beside another interface' bash -c '"$bin" capture -i none0 -i any'
says 2 'give --redis too' 'a spool without Redis' bash -c '"$bin" capture -i none0 --spool "$0/spool"' "$work"
says 2 'of at least 1s' 'a heartbeat too fast' bash -c '"$bin" capture -i none0 --heartbeat 900ms'
says 2 'takes a time above 0' 'metrics without a pause' bash -c '"$bin" capture -i none0 --redis-every 0s'

says 2 'from AS1 to AS4294967295' 'a network beyond measure' bash -c '"$bin" apps match AS99999999999'
says 2 'no host name ends in a number' 'an address beyond measure' bash -c '"$bin" apps match 999.1.1.1'
says 2 'an empty text' 'a name that is empty' bash -c '"$bin" apps match ""'
says 2 'there are:.* cloud ' 'a category that no app has' bash -c '"$bin" apps list --category nope'
says 2 'there are:.* [.][.][.]$' '… and where they are too many no word is cut' bash -c '"$bin" apps list --category nope'
ok 'a country in lower case' bash -c '[ -n "$("$bin" apps list --parent-country cn)" ]'
says 2 'no app has "XX"' 'a country that controls no app' bash -c '"$bin" apps list --json --parent-country XX'

for option in --flows --alerts --report --archive; do
	says 2 /proc/none "a folder that takes nothing: $option" \
		bash -c 'analyze "$1" /proc/none/x.ndjson "$0"' "$day" $option
done
for format in ndjson csv cbor; do
	says 3 'No space left' "a full disk: $format" bash -c 'analyze --flows /dev/full --format "$1" "$0"' "$day" $format
done
# A disk that fills midway: a limit on the size of files, which fails like one.
for option in --flows --archive --alerts; do
	limit=1024
	[ $option = --flows ] || limit=1
	rm -rf "$work/filled.ndjson"
	says 3 'filled.ndjson.*File too large' "a disk that fills midway: $option" \
		bash -c 'ulimit -f "$4"; analyze --policy "$3" "$2" "$1" "$0"' \
		"$day" "$work/filled.ndjson" "$option" "$policy" $limit
	case $option in
	--flows)
		[ "$(wc -c <"$work/filled.ndjson")" -gt 262144 ] && [ "$(tail -c 2 "$work/filled.ndjson")" = '}' ]
		check $? '… what was written until then stays, whole lines'
		;;
	--archive)
		[ -d "$work/filled.ndjson" ] && [ "$(find "$work/filled.ndjson" -name '*.bfa' | wc -l)" -eq 0 ] && [ ! -e "$work/filled.ndjson/head" ]
		check $? '… an archive that could not hold its first block holds none'
		says 2 'cut short' '… and does not take the same capture twice' \
			bash -c 'analyze --archive "$1" "$0"' "$day" "$work/filled.ndjson"
		;;
	esac
done
generate --scenario plain --out "$work/plain.pcap" 2>/dev/null
analyze --archive "$work/later" "$work/plain.pcap"
before=$("$bin" flows --archive "$work/later" -o ndjson | wc -l)
says 3 'flows-.*File too large' 'a disk that fills midway: further on in an archive' \
	bash -c 'ulimit -f 64; analyze --archive "$1" "$0"' "$day" "$work/later"
"$bin" flows --archive "$work/later" --verify >"$work/out" 2>"$work/err" && [ "$before" -gt 0 ] &&
	[ "$("$bin" flows --archive "$work/later" -o ndjson | wc -l)" -eq "$before" ]
check $? '… it is whole as far as it goes'
says 3 'No space left' 'a full disk: records on standard output' bash -c '"$bin" analyze --flows - "$0" >/dev/full' "$day"
# One rule for all: an output that was begun and finds no room ends the command with 3.
says 3 'No space left' 'a full disk: the summary' bash -c '"$bin" analyze "$0" >/dev/full' "$day"
says 3 'No space left' 'a full disk: packets' bash -c 'analyze --write-packets /dev/full "$0"' "$work/plain.pcap"
says 3 'No space left' 'a full disk: flows of an archive' bash -c '"$bin" flows --archive "$0" -o ndjson >/dev/full' "$work/later"
says 3 'cannot keep records that wait' 'a disk that fills midway: flows that wait for their end' \
	bash -c 'ulimit -f 1; analyze --write-packets "$1" "$0"' "$day" "$work/waiting.pcapng"
says 3 'File too large' 'a disk that fills midway: a report' bash -c 'ulimit -f 1; analyze --report "$1" "$0"' "$work/plain.pcap" "$work/filled-report"
says 3 'No space left' 'a full disk: help' bash -c '"$bin" help analyze >/dev/full'

for policy in "$data"/analyzer/share/policies/*.yaml; do
	"$bin" analyze --summary none --policy "$policy" --alerts "$work/alerts.ndjson" "$day" >"$work/out" 2>"$work/err"
	check $? "what is shipped judges every flow: $(basename "$policy")"
done

# Ctrl-C while standard input says nothing: what came so far is reported, and that it is not all.
mkfifo "$work/pipe"
"$bin" analyze --summary json --flows "$work/part.ndjson" --archive "$work/archive" - \
	<"$work/pipe" >"$work/out" 2>"$work/err" &
program=$!
exec 3>"$work/pipe"
head -c 20000000 "$day" >&3
kill -USR1 $program
fed=20000000
is_answered() { # with what comes next
	tail -c +$((fed + 1)) "$day" | head -c 200000 >&3
	fed=$((fed + 200000))
	grep -q 'by now\|still being read' "$work/err"
}
wait_for 5 is_answered
check $? 'SIGUSR1 shows a summary of what was seen so far'
kill -INT $program
wait $program
got=$?
exec 3>&-
[ $got -eq 4 ] || echo "status $got" >>"$work/err"
[ $got -eq 4 ] && grep -q 'stopped before the input was over' "$work/err"
check $? 'Ctrl-C ends a run that waits for input, and says so to people and scripts'
grep -q '"complete":false' "$work/out" && grep -q 'stopped before' "$work/out"
check $? '… the summary says that this is not all'
[ "$(wc -l <"$work/part.ndjson")" -gt 1000 ] &&
	[ "$("$bin" flows --archive "$work/archive" --whole -o ndjson | wc -l)" -eq "$(wc -l <"$work/part.ndjson")" ]
check $? '… what came so far is in the records and in the archive'
finish
