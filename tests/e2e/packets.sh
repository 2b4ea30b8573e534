#!/bin/sh
# `analyze --write-packets`: of each flow the packets that its record counts, and a capture that gives the same records
# again; over fragments, retransmissions, duplicates, tunnels, several files and compression. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
needs python3

# Writes the packets of what matches FILTER ("": all) of the files, and analyses them alone.
whole() {
	filter=$1
	shift
	"$bin" analyze --progress never --summary none --flows "$work/wanted.ndjson" --write-packets "$work/some.pcapng" \
		${filter:+--where "$filter"} "$@" 2>"$work/err" &&
		"$bin" analyze --progress never --summary none --flows "$work/again.ndjson" "$work/some.pcapng" 2>>"$work/err" &&
		python3 "$data/tests/e2e/packets.py" "$work/wanted.ndjson" "$work/some.pcapng" "$work/again.ndjson" >"$work/out" 2>&1
}

generate --scenario plain --seed 3 --retransmit 4 --double 3 --nanoseconds --out "$work/plain.pcap" 2>/dev/null
generate --scenario tunnels --seed 3 --fragment 30 --retransmit 4 --out "$work/tunnels.pcap" 2>/dev/null
whole '' "$work/plain.pcap"
check $? "retransmissions, duplicates, nanoseconds: $(tail -n 1 "$work/out")"
whole '' "$work/tunnels.pcap"
check $? "tunnels in fragments: $(tail -n 1 "$work/out")"
gzip -k "$work/plain.pcap"
whole 'app and transport == tcp' "$work/plain.pcap.gz" "$work/tunnels.pcap"
check $? "two files, one compressed, and a filter: $(tail -n 1 "$work/out")"
whole '' --workers 1 "$work/tunnels.pcap"
check $? 'with one worker as with several'
cp "$work/wanted.ndjson" "$work/all.ndjson"

id=$(grep -o '"flow":{"id":"f[0-9a-f]*' "$work/all.ndjson" | sed -n '7s/.*"//p')
whole "flow == $id" "$work/tunnels.pcap"
check $? "one flow by its id: $(tail -n 1 "$work/out")"
equal 'and nothing but that flow' 1 "$(wc -l <"$work/wanted.ndjson")"

if command -v tshark >/dev/null; then
	tshark -n -r "$work/some.pcapng" -T fields -e frame.comment >"$work/out" 2>"$work/err"
	[ $? -eq 0 ] && ! grep -v 'Running as user' "$work/err" | grep -q . && 
		[ "$(grep -o "flow $id app\|look-up that names $id" "$work/out" | cut -d' ' -f1 | uniq | xargs)" = 'look-up flow' ]
	check $? 'tshark reads it without a warning, and the comments name the flow and its look-up'
else
	passed_over 'tshark reads it without a warning' 'tshark is not installed'
fi

corpus=${BORDERFLOW_CORPUS:-$data/../shared/corpus}
for capture in "$corpus"/robust/*defrag-ipv6-tcp* "$corpus"/robust/*vxlan-decoder-03__vxlan.pcap \
	"$corpus"/robust/*syn_retransmit_with_ts.pcap "$corpus"/robust/*aruba-amsdu.pcap; do
	if [ -r "$capture" ]; then
		whole '' "$capture"
		check $? "$(basename "$capture"): $(tail -n 1 "$work/out")"
	fi
done
# From the archive back to the captures: the same packets, of which only the time of the flows is read.
"$bin" analyze --progress never --summary none --archive "$work/archive" "$work/plain.pcap" 2>"$work/err"
from_archive() {
	input=$1
	shift
	"$bin" flows -a "$work/archive" "$@" --write-packets "$work/some.pcapng" --input "$input" >"$work/out" 2>"$work/err" &&
		! grep -q 'the records count' "$work/err" &&
		"$bin" flows -a "$work/archive" --whole -o ndjson "$@" >"$work/wanted.ndjson" 2>>"$work/err" &&
		"$bin" analyze --progress never --summary none --flows "$work/again.ndjson" "$work/some.pcapng" 2>>"$work/err" &&
		python3 "$data/tests/e2e/packets.py" "$work/wanted.ndjson" "$work/some.pcapng" "$work/again.ndjson" >"$work/out" 2>&1
}
from_archive "$work/plain.pcap" 'app == telegram and transport == tcp'
check $? "by the archive: $(tail -n 1 "$work/out")"
late=$("$bin" flows -a "$work/archive" --columns flow --sort=-start --limit 1 -o csv 'packets > 5 and transport == tcp' | sed -n 2p | tr -d '\r')
from_archive "$work/plain.pcap" "flow == $late"
check $? "one of the last flows of the capture: $(tail -n 1 "$work/out")"
mkdir "$work/captures" && cp "$work/tunnels.pcap" "$work/plain.pcap.gz" "$work/captures"
from_archive "$work/captures" "flow == $late"
check $? "out of a folder with a compressed capture: $(tail -n 1 "$work/out")"
says 3 'the input is not all that the archive was made from' 'another capture is said not to be the one' \
	"$bin" flows -a "$work/archive" "flow == $late" --write-packets "$work/no.pcapng" --input "$work/tunnels.pcap"
# Ids of flows follow from the key of the pseudonyms, also where a flow.key lies beside it.
"$bin" keys init --keys "$work/keys" >/dev/null
"$bin" analyze --progress never --summary none --pseudonymize "$work/keys/pseudonym.key" --archive "$work/secret" \
	"$work/tunnels.pcap" 2>/dev/null
says 0 ' packets of [1-9]' 'whoever has the key gets packets, with flow.key beside it' "$bin" flows -a "$work/secret" \
	'app == telegram' --write-packets "$work/own.pcapng" --input "$work/tunnels.pcap" --key "$work/keys/pseudonym.key" --reason test
says 2 'go together' 'packets want an input' "$bin" flows -a "$work/archive" --write-packets "$work/no.pcapng"
says 2 'No such file' 'an input that is not there is said' \
	"$bin" flows -a "$work/archive" "flow == $late" --write-packets "$work/no.pcapng" --input "$work/nowhere"

says 2 'cannot be: save it in a file' 'standard input cannot be read twice' \
	"$bin" analyze --write-packets "$work/no.pcapng" -
mkfifo "$work/pipe.pcap"
says 2 'which a pipe cannot be' 'nor a pipe that has a name' \
	"$bin" analyze --write-packets "$work/no.pcapng" "$work/pipe.pcap"
says 2 'which a pipe cannot be' 'also where an archive is followed to it' \
	"$bin" flows -a "$work/archive" "flow == $late" --write-packets "$work/no.pcapng" --input "$work/pipe.pcap"
says 2 'content is not stored' 'nor is a live interface written' \
	"$bin" analyze --write-packets "$work/no.pcapng" if:lo
says 2 'content is not stored' 'a sensor says that it never writes packets' \
	"$bin" capture -i lo --write-packets "$work/no.pcapng"
says 2 'addresses as they are' 'pseudonyms and packets do not go together' \
	"$bin" analyze --pseudonymize key --write-packets "$work/no.pcapng" "$work/plain.pcap"
# A flow that only a look-up names has its app from that alone: the look-up's packets come along, and no other's.
python3 "$data/tests/e2e/lookups.py" "$work/lookups.pcap"
whole 'app == telegram' "$work/lookups.pcap"
check $? "named by look-ups over UDP, TCP, in fragments: $(tail -n 1 "$work/out")"
equal '… of which there are five' 5 "$(wc -l <"$work/wanted.ndjson")"
# Question and answer, one of twenty of its port, from the handshake to the answer, four packets with fragments, an answer alone.
[ "$(grep -ao 'look-up that names f[0-9a-f]*' "$work/some.pcapng" | sort | uniq -c | awk '{print $1}' | sort -n | xargs)" = '1 2 2 4 5' ]
check $? '… and the frames of those look-ups alone'
[ -s "$work/some.pcapng" ] && ! grep -aq 'example.net' "$work/some.pcapng" && [ "$(grep -c example.net "$work/lookups.pcap")" -gt 0 ]
check $? '… and nothing of what else was asked for'
"$bin" analyze --progress never --summary none --archive "$work/named" "$work/lookups.pcap" 2>"$work/err"
"$bin" flows -a "$work/named" --whole -o ndjson 'app == telegram' >"$work/wanted.ndjson" 2>>"$work/err"
"$bin" flows -a "$work/named" 'app == telegram' --write-packets "$work/some.pcapng" --input "$work/lookups.pcap" 2>>"$work/err" &&
	"$bin" analyze --progress never --summary none --flows "$work/again.ndjson" "$work/some.pcapng" 2>>"$work/err" &&
	python3 "$data/tests/e2e/packets.py" "$work/wanted.ndjson" "$work/some.pcapng" "$work/again.ndjson" >"$work/out"
check $? "… by the archive as well: $(tail -n 1 "$work/out")"

# A capture is evidence: no output goes over an input, by whatever name.
cp "$work/plain.pcap" "$work/same.pcap" && ln -s same.pcap "$work/link.pcap" && ln "$work/same.pcap" "$work/hard.pcap"
for output in --write-packets=same --write-packets=link --flows=hard --alerts=./same; do
	says 2 'is the input' "no output over the input: $output" \
		"$bin" analyze "${output%%=*}" "$work/${output#*=}.pcap" "$work/same.pcap"
done
says 2 'is one of the captures' 'nor over what an archive is followed to' \
	"$bin" flows -a "$work/archive" "flow == $late" --write-packets "$work/link.pcap" --input "$work/same.pcap"
[ $was_said -eq 0 ] && cmp "$work/same.pcap" "$work/plain.pcap" >"$work/out" 2>&1
check $? 'and the capture is as it was'

for output in "$work/nowhere/no.pcapng" "$work"; do
	rm -f "$work/early.ndjson"
	says 2 'cannot write' "where none can be, it is said: ${output#"$work"}" "$bin" analyze --flows "$work/early.ndjson" \
		--summary none --write-packets "$output" "$work/plain.pcap"
	[ $was_said -eq 0 ] && [ ! -e "$work/early.ndjson" ]
	check $? '… before anything is read'
done
# A capture of packets is whole, or not there; what had its name before stays.
# stopped SIGNAL PATTERN: sent once there is such a file; prints the exit status.
stopped() {
	rm -rf "$work/report"
	python3 - "$1" "$work/$2" "$bin" analyze --progress never --summary none --report "$work/report" \
		--write-packets "$work/kept.pcapng" "$work/plain.pcap" \
		"$work/plain.pcap" "$work/plain.pcap" "$work/tunnels.pcap" "$work/tunnels.pcap" 2>"$work/err" <<-'END'
		import glob, signal, subprocess, sys
		run = subprocess.Popen(sys.argv[3:])
		while run.poll() is None and not glob.glob(sys.argv[2]):
		    pass
		run.poll() is None and run.send_signal(getattr(signal, sys.argv[1]))
		print(run.wait())
	END
}
for when in 'SIGINT report/*.html' 'SIGINT kept.pcapng.*.new' 'SIGTERM kept.pcapng.*.new'; do
	for _ in 1 2 3 4 5; do # it may be done before it hears the signal
		echo before >"$work/kept.pcapng"
		got=$(stopped "${when% *}" "${when#* }")
		[ "$got" -eq 0 ] || break
	done
	equal "${when% *} once there is ${when#* } ends with status 4" 4 "$got"
done
[ "$got" -eq 4 ] && [ "$(cat "$work/kept.pcapng")" = before ] && [ -z "$(find "$work" -name '*.new')" ]
check $? 'nothing half is left, and what was there before stays'
equal 'SIGUSR1 while packets are written changes nothing' 0 "$(stopped SIGUSR1 'kept.pcapng.*.new')"

# From the archive, while the captures are analysed again: twenty of them, so that it takes a moment.
mkdir "$work/many"
for i in 1 2 3 4 5 6 7 8 9 10; do
	ln "$work/plain.pcap" "$work/many/$i.pcap"
	ln "$work/tunnels.pcap" "$work/many/t$i.pcap"
done
rm -f "$work/kept.pcapng"
got=$(python3 - "$bin" flows -a "$work/archive" "flow == $late" --write-packets "$work/kept.pcapng" --input "$work/many" 2>"$work/err" <<-'END'
	import glob, os, signal, subprocess, sys
	run = subprocess.Popen(sys.argv[1:])
	marks = lambda: [f for f in glob.glob("/proc/%d/fd/*" % run.pid) if "deleted" in os.readlink(f)]
	while run.poll() is None:
	    try:
	        if marks():
	            break
	    except OSError:
	        pass
	run.poll() is None and run.send_signal(signal.SIGINT)
	print(run.wait())
END
)
[ "$got" -eq 4 ] || { [ "$got" -eq 0 ] && [ -s "$work/kept.pcapng" ]; } # it may be done before it hears the signal
check $? "flows --write-packets is stopped with status 4: $got"
[ "$got" -eq 0 ] || { [ "$got" -eq 4 ] && [ ! -e "$work/kept.pcapng" ]; }
check $? 'and leaves nothing half'

TMPDIR=/nowhere exits 2 "$bin" analyze --write-packets "$work/no.pcapng" "$work/plain.pcap" && grep -q TMPDIR "$work/err"
check $? 'where nothing can be noted, it is said'
finish
