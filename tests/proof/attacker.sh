#!/bin/sh
# An attacker with the archive, the alerts, the reports and all that Redis held, without keys, recovers no internal address
# of a past month; with one of two keys no device of a million. Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
needs jq
needs python3
needs_built
. "$(dirname "$0")/../e2e/redis.sh"

policy=$data/tests/traffic/day-policy.yaml
generate --scenario day --seed 5 --out "$work/day.pcap" --truth "$work/truth.tsv" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" keys init --keys "$work/keys" >/dev/null
mkdir "$work/bag" "$work/soc" "$work/officer"
start_redis
exits 0 "$bin" analyze --summary none --policy "$policy" --keys "$work/keys" --archive "$work/bag/archive" --desk "$work/bag/desk" \
	--redis "$redis_url" "$work/day.pcap"
check $? 'a day goes into an archive, a desk and Redis'
exits 0 "$bin" report --archive "$work/bag/archive" --policy "$policy" --month 2026-03 --state "$work/bag/desk" --language en --out "$work/bag/report"
check $? '… and a report is made'
ask SAVE >/dev/null && cp "$work/dump.rdb" "$work/bag/"
# What stands in a dump is packed; and as it is read.
ask KEYS '*' | while read -r key; do
	echo "$key"
	case $(ask TYPE "$key") in
	hash) ask HGETALL "$key" ;;
	set) ask SMEMBERS "$key" ;;
	zset) ask ZRANGE "$key" 0 -1 ;;
	stream) ask XRANGE "$key" - + ;;
	*) ask GET "$key" ;;
	esac
done >"$work/bag/redis.txt"

# The attacker has the program as well: all that it says of the files without a key.
"$bin" flows --archive "$work/bag/archive" -o ndjson --reason 'an attack' >"$work/bag/flows.ndjson" 2>/dev/null
"$bin" alerts list --state "$work/bag/desk" --format ndjson >"$work/bag/alerts.ndjson" 2>/dev/null

# The month is over: its key is sealed to both, and destroyed.
cp "$work/keys/pseudonym.key" "$work/true.key"
mv "$work/keys/pseudonym.key" "$work/keys/pseudonym.2026-03.key"
"$bin" keys holder soc --keys "$work/soc" >/dev/null && "$bin" keys holder officer --keys "$work/officer" >/dev/null
says 0 'sealed to both holders' 'the key is sealed' "$bin" keys seal --keys "$work/keys" --soc "$work/soc/soc.pub" \
	--officer "$work/officer/officer.pub"
ok '… and gone' test ! -e "$work/keys/pseudonym.2026-03.key"
cp "$work/keys"/*.sealed "$work/bag/"
for public in soc/soc officer/officer; do cp "$work/$public.pub" "$work/bag/"; done

# Every device of the body as the attacker may list them: its MAC (the generator makes one of each address), its address.
awk -F '\t' 'NR > 1 { print $2; print $4 }' "$work/truth.tsv" | grep '^10\.' | sort -u >"$work/addresses"
own=$(awk -F '\t' 'NR > 1 && $15 == "Skola personal" { print $2; exit }' "$work/truth.tsv")
mac() { awk -F . '{ printf "02:10:%02x:%02x:%02x:%02x\n", $1, $2, $3, $4 }'; }
{
	echo "$own" | mac
	cat "$work/addresses"
	mac <"$work/addresses"
} >"$work/identities"

found() {
	sed -n "s/^$1 //p" "$work/found"
}
attack() {
	python3 "$data/tests/proof/attacker.py" "$work/bag" 2026-03 "$work/identities" "$@" >"$work/found"
}
attack "$work/true.key"
ok "with the key the attack names $(found 'devices named') devices by $(found pseudonyms) pseudonyms" \
	[ "$(found 'devices named')" -gt 50 ]
attack
equal 'without keys no internal address is written' 0 "$(found 'addresses written')"
equal '… no Community ID, which would tell it' 0 "$(found 'community ids')"
equal "… of $(found 'keys tried') keys that the files may hold none fits" 0 "$(found 'keys that fit')"
equal '… and no device is named' 0 "$(found 'devices named')"

# One of the two keys in the bag as well, and what it opens.
for holder in soc officer; do
	cp "$work/$holder/$holder.key" "$work/bag/"
	attack
	equal "with the key of $holder no device is named" 0 "$(found 'devices named')"
	rm "$work/bag/$holder.key"
done
DEVICES=1000000 ./tests/unit/test_sealed_key >"$work/sealed" 2>&1
retell 'a million devices' "$work/sealed"
finish
