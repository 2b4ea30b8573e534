#!/bin/sh
# Two consecutive months of bodies with one small unit, all that is published of them: the reports, and each day's flows by
# unit and app as anybody may ask for them. An attacker guesses how many devices (1 to 4) the small unit has no better than
# the prior; where nothing is protected, always. WORLDS says how many bodies (200). Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
[ -x ./tests/proof/two_months ] || skip 'two_months is not built'
needs python3
worlds=${WORLDS:-200}

policy() {
	cat <<-END
		organisation: Exempelstad kommun
		timezone: UTC
		k: $1
		own_networks: [192.0.2.0/24]
		rules: [{id: watched, match: {app: tiktok}, action: report, basis: a test}]
		units: {unit-0: {networks: [192.0.2.0/28]}, unit-1: {networks: [192.0.2.16/28]}, unit-2: {networks: [192.0.2.32/28]},
		  unit-3: {networks: [192.0.2.48/28]}, unit-4: {networks: [192.0.2.64/28]}, unit-5: {networks: [192.0.2.80/28]}}
	END
}

# publish FOLDER K: what goes out of each world
publish() {
	folder=$1
	policy "$2" >"$folder/policy.yaml"
	for world in "$folder"/[0-9]*; do
		for month in 2026-09 2026-10; do
			mkdir "$world/$month"
			"$bin" report --archive "$world/archive" --policy "$folder/policy.yaml" --month $month --language en \
				--out "$world/$month/report" >/dev/null
			case $month in 2026-09) days='07 08 09 10' ;; *) days='05 06 07 08' ;; esac
			from=
			for day in $days; do
				[ -z "$from" ] || "$bin" flows --archive "$world/archive" \
					--from $month-"$from" --to $month-"$day" -g unit,app --sum flows --top 0 \
					>"$world/$month/day-$from.ndjson" 2>/dev/null
				from=$day
			done
		done
	done
}

mkdir "$work/worlds" "$work/open"
./tests/proof/two_months "$work/worlds" "$worlds" 7 5
check $? "$worlds bodies"
publish "$work/worlds" 5
read -r count right known <<END
$(python3 "$data/tests/proof/two_months.py" "$work/worlds")
END
# One in four, and three times how far chance takes it from there.
most=$(awk -v n="$count" 'BEGIN { printf "%d", n / 4 + 3 * sqrt(n * 3 / 16) }')
equal 'the small unit follows from nothing' 0 "$known"
ok "… and is guessed right in $right of $count, by chance in up to $most" [ "$right" -le "$most" ]

# The same attacker, where nothing is protected: it is the protection that stops it.
./tests/proof/two_months "$work/open" 5 8 1
publish "$work/open" 1
equal 'unprotected it follows from what is published' '5 5 5' "$(python3 "$data/tests/proof/two_months.py" "$work/open")"
finish
