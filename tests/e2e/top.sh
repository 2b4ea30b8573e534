#!/bin/sh
# `borderflow top`: a sensor at its socket, two sensors in one Redis, a third that falls silent, and a real terminal
# (tmux): keys, filter, another size, no colour. Root only. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
. "$(dirname "$0")/redis.sh"
. "$(dirname "$0")/wire.sh"
needs_sender
export LC_ALL=C.UTF-8
sensors=
terminal() {
	tmux -L "borderflow-$$" "$@" 2>/dev/null
}
stop() {
	terminal kill-server
	kill_hard $sensors
	stop_redis
	remove_wire
}

# Sensors with one key count devices alike.
head -c 32 /dev/urandom >"$work/key"
chmod 600 "$work/key"

start() { # start NAME INTERFACE
	ip netns exec "$netns" "$bin" capture -i "$2" --config "$work/empty.yaml" --user nobody --language en --policy "$data/tests/traffic/day-policy.yaml" \
		--pseudonymize "$work/key" \
		--redis "$redis_url" --sensor "$1" --heartbeat 1s --redis-every 1s --redis-merge-every 1s --socket "$work/kept/$1.sock" 2>"$work/$1.log" &
	started=$!
	sensors="$sensors $started"
	wait_for 5 grep -q capturing "$work/$1.log" && return 0
	cat "$work/$1.log"
	return 1
}

top() {
	"$bin" top --once --lines 100 "$@"
}

# The numbers of a row: what "2.4 MB" says, in bytes. Rounded to three digits, so that it is compared roughly.
bytes_of() { # bytes_of COLUMN-FROM-THE-RIGHT ROW-PATTERN FILE
	grep -E "$2" "$3" | sed -E 's/([0-9.]+) (B|kB|MB|GB)\b/\1\2/g; s/ ([kMG]?bit\/s)/\1/g' | awk -v back="$1" '{ print $(NF - back) }' |
		sed 's/kB/*1e3/; s/MB/*1e6/; s/GB/*1e9/; s/B//' | awk -F '*' '{ printf "%.0f", $1 * (NF > 1 ? $2 : 1) }'
}

about() { # about NUMBER NUMBER: within two in a hundred
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > 0 && b > 0 && a / b > 0.98 && a / b < 1.02) }' && return 0
	echo "$1 is not about $2"
	return 1
}

top_says() { # top_says VIEW PATTERN
	top --redis "$redis_url" --view "$1" >"$work/page" 2>&1 && grep -qE "$2" "$work/page"
}

add_veth 1
: >"$work/empty.yaml"
mkdir "$work/kept" && chmod 777 "$work/kept"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
start_redis

ok 'a sensor starts' start north tap0
north=$started
ok 'another one' start south tap1
[ $status -eq 0 ] || exit 1
ip netns exec "$netns" "$tools/sender" --interface send0 --pps 120000 "$work/day.pcap" >"$work/sent" &
sender=$!
inside "$tools/sender" --interface send1 --pps 120000 "$work/day.pcap" >/dev/null
wait $sender
sent=$(cut -d' ' -f1 "$work/sent")

# What ended so far: a flow is counted when it was closed for some seconds, or silent for minutes.
ok 'the socket says how much was read' wait_for 10 sh -c \
	"'$bin' top --once --socket '$work/kept/north.sock' --view sensors | grep -q '^north  *up .* 0  *0\$'"
ok 'apps are named, with who controls them' wait_for 15 sh -c \
	"'$bin' top --once --lines 100 --socket '$work/kept/north.sock' >'$work/page' && grep -qE '^TikTok +China ' '$work/page'"
ok 'no device is shown' sh -c "! grep -qE '(^|[^0-9])(10|172|192)\\.[0-9]+\\.' '$work/page'"
for view in units servers control zones classes matrix alerts; do
	top --socket "$work/kept/north.sock" --view $view >"$work/$view"
	ok "$view" [ $? -eq 0 -a "$(wc -l <"$work/$view")" -gt 5 ]
done
alerts_tell() {
	top --socket "$work/kept/north.sock" --view alerts | grep -qE '^20.* policy.violation +TikTok in '
}
ok 'alerts tell app and unit' wait_for 10 alerts_tell
top --socket "$work/kept/north.sock" --filter tok | sed 1,5d >"$work/page"
ok 'a filter leaves what it names' grep -q '^TikTok' "$work/page"
ok '… and nothing else' [ "$(wc -l <"$work/page")" -eq 1 ]

# Both in one Redis: twice the one, once all that was closed is in.
ok 'Redis knows both sensors' wait_for 5 top_says sensors '^2 sensors'
devices_of() { # devices_of SOURCE WINDOW
	top "$@" --view control | sed -n 's,^CN China.*bit/s *,,p'
}
# What a sensor applied to its own sums comes to those of all a little later, bytes and devices, which Redis counts by the day;
# and each goes on closing flows.
add_up() {
	top --redis "$redis_url" --view control >"$work/both"
	top --socket "$work/kept/north.sock" --view control >"$work/one"
	both=$(bytes_of 2 '^CN China' "$work/both") one=$(bytes_of 2 '^CN China' "$work/one")
	devices=$(devices_of --socket "$work/kept/north.sock" --window day)
	devices_of_both=$(devices_of --redis "$redis_url" --window day)
	about "${both:-0}" $((2 * ${one:-0})) >"$work/sums" && [ "$devices_of_both" = "$devices" ]
}
wait_for 30 add_up
ok 'their bytes add up' about "${both:-0}" $((2 * ${one:-0}))
equal '… their devices do not: they are the same' "${devices:-some}" "$devices_of_both"
# At one o'clock (UTC) the last hour is all of the day so far.
less=hour
[ "$(date -u +%H)" = 01 ] && less=recent
equal 'of less than a day it does not say how many' '?' "$(devices_of --redis "$redis_url" --window $less)"
sed 's/^k:.*//; /^organisation/a k: 1000' "$data/tests/traffic/day-policy.yaml" >"$work/strict.yaml"
top --redis "$redis_url" --policy "$work/strict.yaml" >"$work/page"
ok 'of a body below a larger k no app is shown' sh -c "[ -s '$work/page' ] && ! grep -q '^TikTok' '$work/page'"
ok '… which is said, and not that there is nothing' sh -c "grep -q '^Fewer than 1000 devices' '$work/page' &&
	grep -q '^Sent to: - (fewer than 1000 devices)' '$work/page' && ! grep -qi 'nothing yet' '$work/page'"

# A real terminal.
if command -v tmux >/dev/null; then
	on_screen() {
		terminal capture-pane -p -t top >"$work/screen" && grep -qE "$1" "$work/screen"
	}
	shown() { # shown PATTERN: on the screen, within three seconds
		wait_for 3 on_screen "$1" && return 0
		cat "$work/screen"
		return 1
	}
	press() {
		terminal send-keys -t top "$@"
	}
	terminal new-session -d -s top -x 80 -y 24 "'$bin' top --socket '$work/kept/north.sock'; echo ended with \$?; sleep 60"
	ok 'the screen fills 80 by 24' shown '^TikTok +China'
	ok '… to the last line' [ "$(sed -n 24p "$work/screen" | cut -c1-6)" = '? help' ]
	ok '… and not beyond its width' [ "$(wc -L <"$work/screen")" -le 80 ]
	terminal capture-pane -pe -t top >"$work/colored"
	ok 'zones have colours' grep -q "$(printf '\033\\[3[0-9]')" "$work/colored"
	press '?'
	ok '? shows the keys' shown '^/ +filter'
	press '?' 2
	ok '2 shows units' shown '^unit '
	press Tab
	ok 'Tab goes on to servers' shown "^server's country"
	press 4 / C h i n a
	ok 'a filter is typed' shown '^filter: China_'
	press Enter
	ok '… and kept' shown 'matching "China"'
	ok '… and leaves one country' [ "$(grep -cE '^[A-Z][A-Z] [A-Z]' "$work/screen")" = 1 ]
	press Escape s
	ok 's sorts by another column' shown 'by devices'
	press w w
	ok 'w takes another window' shown 'today since'
	press p
	ok 'p pauses' shown '^paused'
	press p
	terminal resize-window -t top -x 120 -y 30
	ok 'a larger window is used' shown '^server.*|.*controlled from.*down rate +devices$'
	ok '… to its last line' [ "$(sed -n 30p "$work/screen" | cut -c1-6)" = '? help' ]
	terminal resize-window -t top -x 60 -y 12
	sleep 0.5
	ok 'a small one does no harm' shown '^north '
	press q
	ok 'q ends it' shown '^ended with 0'
	terminal kill-server
	terminal new-session -d -s top -x 80 -y 24 "NO_COLOR=1 '$bin' top --socket '$work/kept/north.sock'"
	shown '^TikTok' >/dev/null
	terminal capture-pane -pe -t top >"$work/colored"
	ok 'NO_COLOR is obeyed' sh -c "! grep -q '$(printf '\033\\[')[34][0-7]m' '$work/colored'"
fi

# Silence.
kill -KILL "$north"
ok 'a sensor that was killed is silent' wait_for 12 top_says sensors '^north +SILENT'
alerts_of() {
	ask XRANGE bf:1:alerts - + | grep -c "$1"
}
silent_alerts() {
	[ "$(alerts_of '^sensor.silent$')" = 1 ]
}
ok 'one alert says so' wait_for 5 silent_alerts
ok '… which top shows' top_says alerts 'sensor.silent +Sensor north is silent'
ok 'the socket it left is no trouble' start north tap0
generate --scenario plain --out "$work/plain.pcap" >/dev/null 2>&1
inside "$tools/sender" --interface send1 --pps 20000 "$work/plain.pcap" >"$work/sent"
sent=$((sent + $(cut -d' ' -f1 "$work/sent")))
sleep 0.5
kill -TERM $sensors 2>/dev/null
for process in $sensors; do
	wait "$process" 2>/dev/null
done
sensors=
# Flows that were open when it was told to end are in the last thing it says, and in what it leaves behind.
said=$(sed -n 's/^\([0-9]*\) records, .*/\1/p' "$work/south.log" | tail -n 1)
ok 'the last word of a sensor has all of its records' [ "$(ask HGET 'bf:1:{south}:health' records)" = "$said" ]
ok '… and of its batches' grep -qE '^Redis: up; [1-9][0-9]* batches applied, .* 0 waiting, 0 lost' "$work/south.log"
ok 'sensors that are stopped take their leave' top_says sensors '^No sensor has shown itself'
ok '… without an alert' silent_alerts
ok '… and their sockets with them' [ ! -e "$work/kept/north.sock" -a ! -e "$work/kept/south.sock" ]
ok 'every packet was counted' [ "$(sed -n 's/^tap1 queue 0: \([0-9]*\) frames, 0 dropped.*/\1/p' "$work/south.log")" = "$sent" ]

says 3 'start one with borderflow capture' 'no sensor: a sentence says what to do' \
	"$bin" top --once --socket "$work/kept/none.sock"
finish
