#!/bin/sh
# One alert of each kind, from runs made now: what it says is printed, and what docs/alerts.md prints has to be among it,
# figures and times aside. The made-up month, the sample day under policies of its own, and sensors on this machine: one that
# ends, one on a full disk, one with old databases. Takes about seven minutes, five of which are a sensor's first slot. Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
needs jq redis-server redis-cli
needs_root
needs_built
weeks=$(dirname "$bin")/tests/unit/test_detectors
[ -x "$weeks" ] || skip 'test_detectors is not built'
geo=${BORDERFLOW_GEO:-$data/var/geo}
[ -r "$geo/countries.mmdb" ] || skip 'no geo databases (borderflow geo update)'
processes=
stop() {
	kill_hard $processes
	wait 2>/dev/null
	umount "$work/full" 2>/dev/null
}
policy=$data/tests/traffic/day-policy.yaml
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
generate --scenario blocked --out "$work/blocked.pcap" >/dev/null 2>&1 || broken 'the generator failed'

# policy NAME: the sample policy with what is read from standard input.
policy() { { cat "$policy" && cat; } >"$work/$1.yaml"; }
policy lifted <<'END'
internal_services: {networks: [10.10.0.80/31], remember: 1 d}
exceptions:
  - {id: press, rules: [neka-tiktok], scope: {unit: Kommunledning}, approver: head of communication, reason: r,
     valid_from: 2026-01-01, valid_to: 2026-12-31, condition: no internal flows}
END
policy ended <<'END'
exceptions:
  - {id: press, rules: [neka-tiktok], scope: {unit: Kommunledning}, approver: head of communication, reason: r,
     valid_from: 2026-01-01, valid_to: 2026-03-10}
assessments: [{unit: Teknik, app: tiktok, state: allowed, date: 2025-01-01, next_review: 2026-01-01}]
END
sed 's/^    severity: high/    severity: high\n    next_review: 2026-03-16/' "$work/ended.yaml" >"$work/dates.yaml"
sed 's/valid_to: 2026-03-10/valid_to: 2026-03-20/' "$work/ended.yaml" >"$work/ending.yaml"
{ echo 'mode: allow-list' && cat "$policy"; } >"$work/list.yaml"
{ # each device is a unit, so that more begins in an hour than anybody can look at
	printf 'organisation: Exempelstad kommun\nown_networks: [10.0.0.0/8]\nunits:\n'
	"$bin" analyze --summary none --flows - "$work/day.pcap" 2>/dev/null |
		jq -r 'select(.network.application == "m365" or .network.application == "google") | .source.ip' | grep -v : | sort -u |
		sed 's/.*/  desk-&: {networks: [&\/32]}/'
	printf 'rules:\n  - {id: no-office, match: {app: [m365, google]}, action: deny, basis: b}\n'
} >"$work/storm.yaml"

look() { # look POLICY CAPTURE OPTION…
	rules=$1 capture=$2
	shift 2
	"$bin" analyze --summary none --language en --geo "$geo" --policy "$rules" --alerts - "$@" "$work/$capture.pcap" 2>"$work/faults" |
		jq -r '[.borderflow.alert.kind, .message] | @tsv' >>"$work/said"
	ok "alerts of $(basename "$rules" .yaml), $capture" sh -c "! grep -q error: '$work/faults'"
}
look "$policy" day
look "$work/lifted.yaml" day
look "$work/dates.yaml" day
look "$work/ending.yaml" day
look "$work/list.yaml" day
look "$work/storm.yaml" day
look "$policy" blocked

"$weeks" >"$work/weeks"
check $? 'six weeks of sums'
sed -n 's/^# day  *[0-9.]* .* \([a-z]*\.[a-z-]*\): /\1\t/p' "$work/weeks" >>"$work/said"

# Sensors. The databases are of 2024, by the date in their metadata.
mkdir "$work/full" "$work/old" "$work/keys" && chmod 711 "$work" || exit 1
mount -t tmpfs -o size=64k tmpfs "$work/full" && chmod 777 "$work/full" || skip 'no file system of our own'
for name in countries networks; do
	python3 - "$geo/$name.mmdb" "$work/old/$name.mmdb" <<'END'
import sys
data = open(sys.argv[1], 'rb').read()
at = data.rindex(b'build_epoch') + len(b'build_epoch')
size = data[at] & 31
begin = at + (2 if data[at] >> 5 == 0 else 1)
epoch = int.from_bytes(data[begin:begin + size], 'big')
assert 1500000000 < epoch < 2500000000, epoch
open(sys.argv[2], 'wb').write(data[:begin] + (1717200000).to_bytes(size, 'big') + data[begin + size:])
END
done
redis-server --port 0 --unixsocket "$work/redis.sock" --unixsocketperm 777 --save '' --dir "$work" >/dev/null 2>&1 &
processes=$!
wait_for 10 test -S "$work/redis.sock"
"$bin" keys init --keys "$work/keys" >/dev/null 2>"$work/err" || broken 'no keys'
sensor() { # sensor NAME OPTION…
	name=$1
	shift
	"$bin" capture --interface lo --sensor "$name" --redis "unix://$work/redis.sock" --redis-every 1s --heartbeat 1s --socket none \
		--policy "$policy" --language en "$@" >/dev/null 2>"$work/$name" &
	process=$!
	processes="$processes $process"
	wait_for 20 grep -q ': capturing' "$work/$name" || broken "sensor $name did not start: $(tail -n 1 "$work/$name")"
}
sensor south
south=$process
sensor north --geo "$work/old" --keys "$work/keys" --archive "$work/full/archive"
kill_hard "$south"
told() { "$bin" alerts --redis "unix://$work/redis.sock" --log "$work" --format ndjson --language en >"$work/desk" && grep -q "\"$1\"" "$work/desk"; }
dd if=/dev/zero of="$work/full/rest" bs=1k >/dev/null 2>&1 # until it is full
ok 'a sensor that ended' wait_for 30 told sensor.silent
# What is to be written once the disk is full is lost; it is told when there is room again. On a machine where nothing else
# speaks there is something to write because somebody knocks at a closed port.
fails() {
	redis-cli -p 9 ping >/dev/null 2>&1
	grep -q 'output archive fails' "$work/north"
}
ok 'a sensor on a full disk' wait_for 400 fails
sleep 10
rm "$work/full/rest"
ok '… that has room again' wait_for 400 told sensor.loss
ok 'a sensor with old databases' wait_for 400 told sensor.stale-data
jq -r '[.kind, .sentence] | @tsv' "$work/desk" | sed "s|$work/full/archive|/srv/archive|" >>"$work/said"

# What docs print is what was said.
plain() { sed 's/[0-9][0-9,. :T-]*Z*/N/g; s/N\(k\|M\|G\)*B/N/g'; }
sed -n 's/^| `\([a-z]*\.[a-z-]*\)`[^|]*| \(.*\) |$/\1\t\2/p' "$data/docs/alerts.md" >"$work/docs"
plain <"$work/said" | sort -u >"$work/plain"
kinds=$(sed -n 's/^	X([A-Z_]*, "\([a-z]*\.[a-z-]*\)", [A-Z]*).*/\1/p' "$data/analyzer/alert/alert.h")
for kind in $kinds; do
	line=$(grep "^$kind	" "$work/said" | head -n 1)
	ok "$kind: said" [ -n "$line" ]
	echo "# $line"
	equal "$kind: as docs/alerts.md prints it" 1 "$(grep "^$kind	" "$work/docs" | plain | grep -cxFf "$work/plain")"
done
finish
