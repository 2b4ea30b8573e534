#!/bin/sh
# The dashboard over a large body: ten million flows of a month in an archive, ten thousand series of five hundred sensors and a
# thousand open alerts in Redis, two hundred streams of events; looked at by a browser. LOAD_RECORDS, LOAD_SENSORS: less of it.
# Some minutes. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
. "$(dirname "$0")/../e2e/redis.sh"
needs node curl jq
needs_built
load=$(dirname "$bin")/tests/bench/load
[ -x "$load" ] || skip "$load is not built"
CHROMIUM=$(command -v chromium || command -v chromium-browser) || skip 'chromium is not installed'
NODE_FOLDER=$(cd "$data" && pwd)/tests/node
[ -d "$NODE_FOLDER/node_modules/playwright-core" ] || skip 'playwright-core is not there (npm ci in tests/node)'
export CHROMIUM NODE_FOLDER
server=

stop() {
	[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null
	stop_redis
}

peak() { # what the server has taken of memory at most, in MB
	awk '/VmHWM/ { print int($2 / 1000) }' "/proc/$server/status"
}

printf 'organisation: Large\ntimezone: Europe/Oslo\n' >"$work/policy.yaml"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
start_redis
ask CONFIG SET hash-max-listpack-entries 300 >/dev/null
ok 'flows of a month' "$load" archive "$work/archive" "${LOAD_RECORDS:-10000000}" 31
ok 'sensors and series' "$load" redis "$redis_url" "${LOAD_SENSORS:-500}" "${LOAD_SUMS:-50000}"
"$bin" analyze --summary none --policy "$data/tests/traffic/day-policy.yaml" --desk "$work/desk" "$work/day.pcap"
ok 'a thousand alerts' "$load" alerts "$work/desk" "$redis_url" 1000
printf '# %s series in Redis\n' "$(ask EVAL "local all = 0 for _, key in ipairs(redis.call('KEYS', 'bf:1:{all:default}:idx:*.up:*')) do
	all = all + redis.call('SCARD', key) end return all" 0)"

"$bin" serve --archive "$work/archive" --redis "$redis_url" --policy "$work/policy.yaml" --access "$work/access" --listen 127.0.0.1:0 --link >"$work/said" 2>&1 &
server=$!
wait_for 20 grep -q enter "$work/said"
link=$(grep -o 'http://[^ ]*enter[^ ]*' "$work/said")
is_quiet() { # it has read what pages begin with, and takes no more of the processor
	before=$(cut -d' ' -f14 "/proc/$server/stat")
	sleep 2
	[ $(($(cut -d' ' -f14 "/proc/$server/stat") - before)) -lt 20 ]
}
sleep 5
ok 'it has read what pages begin with' wait_for 180 is_quiet
node "$data/tests/browser/load.mjs" "$link" >"$work/page" 2>"$work/err" || cat "$work/err" >&2
retell 'browser' "$work/page"

"$bin" serve token add streams --role analyst --access "$work/access" >"$work/secret" 2>/dev/null
origin=${link%/enter*}
curl -s -o /dev/null -c "$work/cookie" -d "{\"token\":\"$(cat "$work/secret")\"}" "$origin/api/1/session"
SECONDS_OPEN=20 node "$data/tests/browser/streams.mjs" 200 "$origin" "$(awk '/borderflow/ { print $7 }' "$work/cookie")" >"$work/streams" &
streams=$!
sleep 8
during=$(curl -s -o /dev/null -w '%{time_total}' -b "$work/cookie" "$origin/api/1/table?by=app&last=7d")
wait "$streams"
equal 'two hundred streams are open, and each is told' '200 200' "$(cat "$work/streams")"
ok "a table meanwhile: $during s" awk "BEGIN { exit !($during <= 1) }"
ok "the server took $(peak) MB at most" test "$(peak)" -le 200
finish
