#!/bin/sh
# The same traffic at two observation points counts once: in reports and views over both archives, in the sums of all
# sensors and in alerts. The second capture is the day from elsewhere: milliseconds later, by other MACs, another TTL. And two
# points that see one way each know as much together as one that sees both. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq redis-server redis-cli python3
needs_built
. "$(dirname "$0")/redis.sh"
stop() {
	stop_redis
}
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
python3 - "$work/day.pcap" "$work/elsewhere.pcap" <<'END' || exit 1
# The path from one point to the other takes 2 to 4 ms, the same for all packets of a pair of ends: order stays.
import struct, sys
frames, content = [], open(sys.argv[1], "rb").read()
endian = "<" if content[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
unit = 10**9 if content[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 10**6
at = 24
while at < len(content):
    seconds, part, captured, wire = struct.unpack_from(endian + "IIII", content, at)
    frame = bytearray(content[at + 16:at + 16 + captured])
    at += 16 + captured
    offset = 14
    while frame[offset - 2:offset] in (b"\x81\x00", b"\x88\xa8"):
        offset += 4
    ends = b""
    if frame[offset - 2:offset] == b"\x08\x00" and len(frame) > offset + 20:
        frame[offset + 8] = max(frame[offset + 8] - 1, 1)
        ends = frame[offset + 12:offset + 20]
    elif frame[offset - 2:offset] == b"\x86\xdd" and len(frame) > offset + 40:
        frame[offset + 7] = max(frame[offset + 7] - 1, 1)
        ends = frame[offset + 8:offset + 40]
    frame[0:12] = bytes(byte ^ (2 if i in (5, 11) else 0) for i, byte in enumerate(frame[0:12]))
    time = seconds * unit + part + (2000 + sum(ends) % 2000) * unit // 10**6
    frames.append((time, wire, bytes(frame)))
frames.sort(key=lambda frame: frame[0])
with open(sys.argv[2], "wb") as out:
    out.write(content[:24])
    for time, wire, frame in frames:
        out.write(struct.pack(endian + "IIII", time // unit, time % unit, len(frame), wire) + frame)
END
sed '/^own_networks:/i counting: {town-hall: [10.20.0.0/16, "2001:db8:20::/48", 10.22.0.0/16, "2001:db8:22::/48"], school: [10.0.0.0/8, "2001:db8::/32"]}' \
	"$data/tests/traffic/day-policy.yaml" >"$work/policy.yaml"
says 0 '' 'the policy says which sensor counts which network' "$bin" policy check "$work/policy.yaml"
printf 'organisation: O\ncounting: {north: [10.0.0.0/8], south: [10.0.0.0/8]}\n' >"$work/twice.yaml"
says 1 'counted by north already' 'a network is counted by one sensor' "$bin" policy check "$work/twice.yaml"

analyze() { # analyze CAPTURE ARCHIVE OPTION…
	capture=$1 archive=$2
	shift 2
	"$bin" analyze --policy "$work/policy.yaml" --keys "$work/keys" --archive "$archive" --redis "$redis_url" --summary none "$@" "$capture"
}
total() { sum "bf:1:{all:default}:m:$1:*"; }
near() { # near TITLE WANTED GOT: within a thousandth
	number=$((number + 1))
	if awk -v wanted="$2" -v got="$3" 'BEGIN { exit !(wanted > 0 && got >= wanted * 0.999 && got <= wanted * 1.001) }'; then
		echo "ok $number - $1: $3 of $2"
	else
		echo "not ok $number - $1: $3, wanted $2"
		status=1
	fi
}

"$bin" keys init --keys "$work/keys" >/dev/null
start_redis
analyze "$work/day.pcap" "$work/truth" --alerts "$work/truth.alerts"
bytes=$(total 'zone.[ud]*') flows=$(total 'zone.flows*')
ask FLUSHALL >/dev/null
ok 'the first point' analyze "$work/day.pcap" "$work/first" --sensor town-hall --alerts "$work/first.alerts"
first=$(total 'zone.[ud]*')
ok 'the second one' analyze "$work/elsewhere.pcap" "$work/second" --sensor school --alerts "$work/second.alerts"
ok "each counts its part: the first one $first of $bytes bytes" [ "$first" -gt 0 -a "$first" -lt "$bytes" ]
near 'sums of all sensors: bytes' "$bytes" "$(total 'zone.[ud]*')"
near '… and flows' "$flows" "$(total 'zone.flows*')"
alerts() { jq -r '.id // .borderflow.alert.id // .event.id' "$@" | sort -u | wc -l; }
looks_at "$work/truth.alerts"
equal 'alerts are raised once' "$(alerts "$work/truth.alerts")" "$(cat "$work/first.alerts" "$work/second.alerts" | alerts)"


looks_at
report() { # report OUT ARCHIVE…
	out=$1
	shift
	"$bin" report --policy "$work/policy.yaml" --from 2026-03-17 --to 2026-03-18 --language en --out "$out" "$@" 2>"$work/err"
}
ok 'the report of one archive' report "$work/report" --archive "$work/truth"
ok 'the report of both' report "$work/reports" --archive "$work/first" --archive "$work/second"
for figure in .total.bytes_up .total.bytes_down .total.flows .total.devices_at_least '.apps | map(.flows) | add' '.zones.eu.bytes_up'; do
	near "the report of both says the same: $figure" "$(jq -r "$figure" "$work/report/report.json")" "$(jq -r "$figure" "$work/reports/report.json")"
done

# What own devices send leaves by the one door, the answers come by the other, or by both until noon; what stays inside is seen
# at both.
python3 - "$work/day.pcap" "$work/out.pcap" "$work/in.pcap" "$work/mostly.pcap" <<'END' || exit 1
import struct, sys
content, noon = open(sys.argv[1], "rb").read(), 12 * 3600
files = [open(path, "wb") for path in sys.argv[2:]]
for file in files:
    file.write(content[:24])
at, own = 24, bytes([0x20, 1, 0x0d, 0xb8])
while at < len(content):
    seconds, _, captured = struct.unpack_from("<III", content, at)
    frame, offset, ours = content[at + 16:at + 16 + captured], 14, (True, True)
    while frame[offset - 2:offset] in (b"\x81\x00", b"\x88\xa8"):
        offset += 4
    if frame[offset - 2:offset] == b"\x08\x00":
        ours = frame[offset + 12] == 10, frame[offset + 16] == 10
    elif frame[offset - 2:offset] == b"\x86\xdd":
        ours = frame[offset + 8:offset + 12] == own, frame[offset + 24:offset + 28] == own
    packet = content[at:at + 16 + captured]
    if ours[0] or seconds % 86400 < noon:
        files[2].write(packet)
    for end in (0, 1):
        if ours[end]:
            files[end].write(packet)
    at += 16 + captured
END
for half in out in mostly; do
	ok "half of the day: $half" "$bin" analyze --policy "$work/policy.yaml" --keys "$work/keys" --archive "$work/half-$half" \
		--summary none "$work/$half.pcap"
done
rows() { # rows ARCHIVE OPTION…: whole flows, as far as both ways and all names say it
	"$bin" flows "$@" --reason test -o ndjson 2>"$work/err" | jq -r '[.borderflow.flow.id, .source.bytes, .destination.bytes, .source.packets,
		.destination.packets, .network.application, .borderflow.seen, .borderflow.device] | @tsv' | sort
}
rows -a "$work/truth" >"$work/truth.tsv"
for half in out mostly; do
	rows -a "$work/half-$half" -a "$work/half-in" >"$work/halves.tsv"
	near "$half and in: the flows are those of the day" "$(wc -l <"$work/truth.tsv")" "$(wc -l <"$work/halves.tsv")"
	near "… as they were: both ways, app and device" "$(wc -l <"$work/truth.tsv")" "$(comm -12 "$work/truth.tsv" "$work/halves.tsv" | wc -l)"
	ok "the report of $half and in" report "$work/report-$half" --archive "$work/half-$half" --archive "$work/half-in"
	for figure in .total.bytes_up .total.bytes_down .total.flows .total.devices_at_least '.apps | map(.flows) | add' '.zones.eu.bytes_down'; do
		near "the report of $half and in says the same: $figure" "$(jq -r "$figure" "$work/report/report.json")" \
			"$(jq -r "$figure" "$work/report-$half/report.json")"
	done
done

# Whoever sees no answer accuses nobody; with it what was denied is judged, where the answer is too large for a firewall's page.
figure() { jq -r "$1 // 0" "$work/$2/report.json"; }
accused='[.report.tables.violations[].flows] | add'
ok 'the report of one way alone' report "$work/report-alone" --archive "$work/half-out"
ok "both halves accuse: $(figure "$accused" report-out) flows of $(figure "$accused" report), one alone by what stays inside" \
	[ "$(figure "$accused" report-out)" -gt "$(figure "$accused" report-alone)" ]
ok '… and nobody whom the day does not' [ "$(figure "$accused" report-out)" -le "$(figure "$accused" report)" ]
# A replay says the same, whichever half is named first; of one way alone it reassures nobody.
replayed() { # replayed ARCHIVE…
	for archive in "$@"; do
		set -- "$@" --archive "$work/$archive"
		shift
	done
	"$bin" policy replay "$work/policy.yaml" --json --reason test --key "$work/keys/pseudonym.key" "$@"
}
looks_at "$work/report-out/report.json"
replayed truth >"$work/replay-truth"
replayed half-out half-in >"$work/replay-halves"
replayed half-in half-out >"$work/replay-turned"
replayed half-out >"$work/replay-alone"
affected() { jq -c '[.rows[] | select(.rule) | .rule] | unique' "$work/replay-$1"; }
equal 'a replay of both halves finds those whom the day accuses, by the same rules' "$(affected truth)" "$(affected halves)"
ok '… and there are some' [ "$(affected halves)" != '[]' ]
equal '… in either order' "$(jq -c .rows "$work/replay-halves")" "$(jq -c .rows "$work/replay-turned")"
equal '… and of one way alone it says that it cannot tell' true "$(jq .undecided "$work/replay-alone")"
# What it prints to be asked again leads to every rule and app that it accuses, with as many flows at least.
jq -r '.report.tables.commands[].command | select(contains("-g rule,app,block") and contains("violation"))' "$work/report-out/report.json" |
	sed "s|^borderflow|$bin|" >"$work/command"
sh "$work/command" >"$work/asked.ndjson" 2>"$work/said"
equal 'the command of the report finds what it accuses' '' "$(jq -r --slurpfile asked "$work/asked.ndjson" '.report.tables.violations |
	group_by([.rule, .service])[] | {rule: .[0].rule, flows: (map(.flows) | add)} |
	select(.flows > (.rule as $rule | [$asked[] | select(.["borderflow.policy.rule"] == $rule).flows] | add // 0))' \
	"$work/report-out/report.json")"
ok '… and flows says that verdicts of halves are as they were stored' grep -q 'report and page decide again' "$work/said"
equal 'attempts are those of the day' "$(figure '[.attempts[].attempts] | add' report)" "$(figure '[.attempts[].attempts] | add' report-out)"

looks_at
# Flows of all kinds, each at the one point, at the other, at both, halved, met in the middle or moved during its life: of each
# there is what either saw, to the byte, whichever archive is named first, with addresses and under pseudonyms.
scene() { # scene SEED MODES OPTION…
	python3 "$data/tests/e2e/two_points.py" "$1" "$2" "$work/a.pcap" "$work/b.pcap" "$work/scene.tsv"
	shift 2
	for point in a b; do
		rm -rf "$work/scene-$point"
		"$bin" analyze --policy "$data/tests/traffic/day-policy.yaml" --archive "$work/scene-$point" --summary none "$@" "$work/$point.pcap"
	done
	sort "$work/scene.tsv" -o "$work/scene.tsv"
}
by_port() { # by_port ARCHIVE…: port of our end, bytes out, bytes in, packets
	for archive in "$@"; do
		set -- "$@" -a "$work/$archive"
		shift
	done
	"$bin" flows "$@" --whole --reason test -o ndjson 2>"$work/err" | jq -r 'def of(own; other): [own.port, own.bytes // 0, other.bytes // 0,
		.network.packets]; (if .source.port >= 20000 then of(.source; .destination) else of(.destination; .source) end) | @tsv' |
		awk -v OFS='\t' '{ out[$1] += $2; in_[$1] += $3; packets[$1] += $4 } END { for (i in out) print i, out[i], in_[i], packets[i] }' | sort
}
column() { awk -v column="$1" '{ sum += $column } END { print sum }' "$2"; }
for seed in 1 2 3 4; do
	case $seed in 1|2) keys= kept=addresses ;; *) keys="--keys $work/keys" kept=pseudonyms ;; esac
	scene $seed exact $keys
	for order in 'scene-a scene-b' 'scene-b scene-a'; do
		by_port $order >"$work/joined.tsv"
		wrong=$(comm -23 "$work/scene.tsv" "$work/joined.tsv" | wc -l)
		ok "scene $seed by $kept, $order: of 200 flows $wrong are told otherwise" [ "$wrong" -le 1 ]
		near '… bytes out' "$(column 2 "$work/scene.tsv")" "$(column 2 "$work/joined.tsv")"
		near '… and in' "$(column 3 "$work/scene.tsv")" "$(column 3 "$work/joined.tsv")"
	done
done
# Ways that both change doors at once: nothing is counted twice, and what may be missing is said.
scene 5 changed
by_port scene-a scene-b >"$work/joined.tsv"
looks_at "$work/joined.tsv"
equal 'of ways that changed doors nothing counts twice' '' "$(join "$work/scene.tsv" "$work/joined.tsv" |
	awk '$5 > $2 || $6 > $3 || $7 > $4')"
equal '… and a sum is at least so much' true "$("$bin" flows -a "$work/scene-a" -a "$work/scene-b" -g transport --sum source.bytes -o ndjson \
	2>"$work/err" | jq -s 'map(."source.bytes_at_least") | any')"

looks_at
# The sums of all sensors, which cannot be taken back: one sensor counts what goes out, the other what comes in.
sed '/^own_networks:/i counting: {north: [10.0.0.0/8 out, "2001:db8::/32 out"], south: [10.0.0.0/8 in, "2001:db8::/32 in"]}' \
	"$data/tests/traffic/day-policy.yaml" >"$work/policy.yaml"
says 0 '' 'the policy says which sensor counts which way' "$bin" policy check "$work/policy.yaml"
printf 'organisation: O\ncounting: {north: [10.0.0.0/8 out], south: [10.0.0.0/8]}\n' >"$work/twice.yaml"
says 1 'counted by north already' 'a way is counted by one sensor' "$bin" policy check "$work/twice.yaml"
printf 'organisation: O\ncounting: {north: [10.0.0.0/8 up]}\n' >"$work/up.yaml"
says 1 'or one way of it' 'another word is no way' "$bin" policy check "$work/up.yaml"
for half in out mostly; do
	ask FLUSHALL >/dev/null
	ok "sums of $half" analyze "$work/$half.pcap" "$work/sums-$half" --sensor north
	ok '… and in' analyze "$work/in.pcap" "$work/sums-in-$half" --sensor south
	near "sums of all sensors, $half and in: bytes" "$bytes" "$(total 'zone.[ud]*')"
	near '… and flows' "$flows" "$(total 'zone.flows*')"
	near '… down' "$(figure .total.bytes_down report)" "$(total 'zone.down')"
done
finish
