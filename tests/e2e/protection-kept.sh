#!/bin/sh
# What an archive of pseudonyms is protected by stays with it: the k and the time zone that it was written under, and which
# key opens it. No door asks for less, and all cut time alike. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq
needs_built
[ -e /usr/share/zoneinfo/Europe/Stockholm ] || skip 'no time zones here'

umask 077
"$bin" keys init --keys "$work/keys" >/dev/null 2>&1
"$bin" keys init --keys "$work/others" >/dev/null 2>&1
sed 's/^k: 5$/k: 12\ntimezone: Europe\/Stockholm/' "$data/tests/traffic/day-policy.yaml" >"$work/strict.yaml"
sed 's/^k: 5$/k: 1\ntimezone: Europe\/Stockholm/' "$data/tests/traffic/day-policy.yaml" >"$work/lax.yaml"
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1
archive=$work/archive
make_archive() { # POLICY
	"$bin" analyze --policy "$1" --keys "$work/keys" --archive "$archive" --summary none "$work/day.pcap" 2>>"$work/log"
}
flows() {
	"$bin" flows -a "$archive" --top 0 -o ndjson "$@" 2>>"$work/log"
}
units() {
	flows -g unit "$@" | jq -r '.["borderflow.unit"]' | grep -cv '^(others'
}
make_archive "$work/strict.yaml"
ok 'the archive says under which k, and by whose days' \
	eval 'grep -qx "k 12" "$archive/protection" && grep -qx "zone Europe/Stockholm" "$archive/protection"'

# No door asks for less than that.
looks_at "$archive"
ok 'units of fewer than twelve devices are not shown' [ "$(units)" -lt "$(units --key "$work/keys/pseudonym.key")" ]
small=$("$bin" flows -a "$archive" --key "$work/keys/pseudonym.key" --reason test -o ndjson 2>/dev/null |
	jq -r 'select(.borderflow.device) | [.borderflow.unit, .borderflow.device] | @tsv' | sort -u | cut -f1 | uniq -c |
	awk '$1 < 12 { sub(/^ *[0-9]+ /, ""); print }')
ok 'there are such units' [ -n "$small" ]
flows -g unit | jq -r '.["borderflow.unit"]' >"$work/shown"
looks_at "$work/shown"
equal '… none of which is named' '' "$(printf '%s\n' "$small" | grep -Fxf "$work/shown")"
"$bin" report -a "$archive" --policy "$work/lax.yaml" --from 2026-03-17 --to 2026-03-17 -l en -o "$work/report" >/dev/null 2>>"$work/log"
ok 'a report by a policy with k: 1 names some' grep -q 'Teknik' "$work/report/csv/en/units.csv"
equal '… and none of them either' '' "$(printf '%s\n' "$small" | grep -Ff - "$work/report/csv/en/units.csv")"
looks_at "$archive"
make_archive "$work/lax.yaml"
ok 'a run with a smaller k changes nothing of it' grep -qx 'k 12' "$archive/protection"

# Whoever has the key may see devices, and nobody with another one.
for key in "$work/others/pseudonym.key" "$work/keys/flow.key"; do
	says 2 'is not the key' "$(basename "$(dirname "$key")")/$(basename "$key") does not open the groups" \
		"$bin" flows -a "$archive" --key "$key" -g unit,app
	says 2 'is not the key' '… of devices' "$bin" flows -a "$archive" --key "$key" --reason test -g device
done

# One clock at all doors, whatever clock is asked for.
for zone in UTC Europe/Stockholm Asia/Kathmandu Asia/Kolkata; do
	for window in 06:15:00Z/17:45:00Z 05:00:00Z/18:00:00Z 22:00:00Z/23:00:00Z; do
		flows -g app,hour --from "2026-03-17T${window%/*}" --to "2026-03-17T${window#*/}" --time-zone "$zone" |
			sort >"$work/told.$(echo "$zone-${window%/*}" | tr / -)"
	done
done
looks_at "$work/told.UTC-05:00:00Z"
for window in 06:15:00Z 05:00:00Z 22:00:00Z; do
	equal "from $window on the same is told by every clock" 1 "$(cksum "$work"/told.*-"$window" | cut -d' ' -f1,2 | sort -u | wc -l)"
done
ok '… and something is' [ -s "$work/told.UTC-05:00:00Z" ]
looks_at "$archive"
says 0 '2026-03-17 to 2026-03-17, Europe/Stockholm' 'a day of units is one of the archive'"'"'s' \
	"$bin" flows -a "$archive" -g unit --from 2026-03-17 --to 2026-03-18 --time-zone Europe/Stockholm
says 2 'no whole day of Europe/Stockholm' 'one of another clock is none' \
	"$bin" flows -a "$archive" -g unit --from 2026-03-17 --to 2026-03-18 --time-zone UTC
sed 's/^timezone: .*/timezone: UTC/' "$work/lax.yaml" >"$work/utc.yaml"
says 2 'is told by days of Europe/Stockholm' 'a report by other days is refused' \
	"$bin" report -a "$archive" --policy "$work/utc.yaml" --from 2026-03-17 --to 2026-03-17 -o "$work/other"

# A draft may be made to ask about one flow: what it is told does not say whether there was one.
small=$(printf '%s\n' "$small" | head -1)
draft() { # BYTES
	sed '/^rules:/,$d' "$work/strict.yaml"
	printf 'rules:\n  - {id: probe, match: {zone: [eu, eea, third], bytes_up_least: %s}, scope: {unit: "%s"}, action: deny, confidence: 10, basis: D}\n' \
		"$1" "$small"
}
for bytes in 1kB 900MB; do
	draft "$bytes" >"$work/draft-$bytes.yaml"
	"$bin" policy replay "$work/draft-$bytes.yaml" --archive "$archive" --json 2>>"$work/log" | jq -c '.rows, .undecided' >"$work/replayed-$bytes"
	"$bin" policy hygiene "$work/draft-$bytes.yaml" --archive "$archive" >"$work/held-$bytes" 2>>"$work/log"
	"$bin" policy hygiene "$work/draft-$bytes.yaml" --archive "$archive" --key "$work/keys/pseudonym.key" >"$work/seen-$bytes" 2>>"$work/log"
done
looks_at "$work/replayed-1kB" "$work/held-1kB"
ok 'a replay says the same of a few devices and of none' cmp "$work/replayed-1kB" "$work/replayed-900MB"
ok '… and something' grep -q other_units "$work/replayed-1kB"
ok 'so does hygiene' cmp "$work/held-1kB" "$work/held-900MB"
ok '… but to whoever has the key' eval '! cmp -s "$work/seen-1kB" "$work/seen-900MB"'
says 2 'is not the key' '… and no other one' "$bin" policy hygiene "$work/draft-1kB.yaml" --archive "$archive" --key "$work/others/pseudonym.key"

looks_at "$archive"
# An hour of which too few are told is no filter either: what is left out would be theirs.
told=0
all=$(flows -g zone --from 2026-03-17 --to 2026-03-18 --time-zone Europe/Stockholm | jq -s 'map(.["network.bytes"]) | add')
for hour in 2026-03-17T01 2026-03-17T02 2026-03-17T05 2026-03-17T07 2026-03-17T10 2026-03-17T22; do
	some=$(flows -g zone "hour == $hour" | jq -s 'map(.["network.bytes"]) | add // 0')
	devices=$("$bin" flows -a "$archive" --key "$work/keys/pseudonym.key" --reason test "hour == $hour" --time-zone Europe/Stockholm \
		-o ndjson 2>/dev/null | jq -r '.borderflow.device // empty' | sort -u | wc -l)
	told=$((told + (some > 0)))
	ok "hour $hour alone ($devices devices) is told where twelve were active, or not at all" [ "$some" = 0 -o "$devices" -ge 12 ]
done
ok 'some hours are told, and the day is' [ "$told" -gt 1 -a "$all" -gt 0 ]
finish
