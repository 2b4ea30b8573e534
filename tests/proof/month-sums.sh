#!/bin/sh
# A generated month, four ways: what roll-ups add up to, what a scan of records does, what a real redis-server holds, and the
# generator's truth; and the report made of it. All are equal, to the byte (exact cells, before publication). Prints TAP.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/tap.sh"
needs jq
needs_built
. "$(dirname "$0")/../e2e/redis.sh"

policy=$data/tests/traffic/day-policy.yaml
"$traffic" --scenario month --end 2026-11-01T00:00 --out "$work/month.pcap" --truth "$work/truth.tsv" 2>/dev/null ||
	broken 'the generator failed'
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/key" && chmod 600 "$work/key"
start_redis
exits 0 "$bin" analyze --summary none --policy "$policy" --pseudonymize "$work/key" --archive "$work/archive" \
	--redis "$redis_url" "$work/month.pcap"
check $? 'a month goes into an archive and Redis'

# by FIELD HOW…: "value bytes flows" of the month, exact, with the key
by() {
	field=$1
	shift
	"$bin" flows --archive "$work/archive" --key "$work/key" --from 2026-10-01 --to 2026-11-02 -g "$field" --sum flows,bytes \
		--top 0 "$@" 2>"$work/said" |
		jq -r '[(to_entries[0].value | if . == "" then "unknown" else . end), .["network.bytes"], .flows] | @tsv' | sort
}
# in_redis DIMENSION: the same
in_redis() {
	ask EVAL "local sums, lines = {}, {}
		for _, what in ipairs({'up', 'down', 'flows'}) do
			local start = 'bf:1:{all:default}:h:' .. ARGV[1] .. '.' .. what .. ':'
			for _, key in ipairs(redis.call('KEYS', start:gsub('[{}]', '%0') .. '*')) do
				local name = key:sub(#start + 1):gsub(':[^:]*\$', '')
				sums[name] = sums[name] or {0, 0}
				local all = redis.call('HGETALL', key)
				for i = 2, #all, 2 do
					local place = what == 'flows' and 2 or 1
					sums[name][place] = sums[name][place] + all[i]
				end
			end
		end
		for name, sum in pairs(sums) do lines[#lines + 1] = string.format('%s\t%.0f\t%.0f', name, sum[1], sum[2]) end
		return table.concat(lines, '\n')" 0 "$1" | sort
}
total() {
	awk -F '\t' '{ bytes += $2; flows += $3 } END { printf "%.0f bytes, %d flows\n", bytes, flows }'
}

for field in zone app; do
	by "$field" >"$work/$field.hours"
	ok "$field: of hours" grep -q 'hours add up' "$work/said"
	by "$field" --from-records >"$work/$field.records"
	in_redis "$field" >"$work/$field.redis"
	ok "$field: there are several" [ "$(wc -l <"$work/$field.hours")" -gt 3 ]
	ok "$field: hours say what records do" cmp "$work/$field.hours" "$work/$field.records"
	ok "$field: … and what Redis does" cmp "$work/$field.hours" "$work/$field.redis"
	equal "$field: … and the generator" "$(awk -F '\t' 'NR > 1 { bytes += $8 + $9; flows++ }
		END { printf "%.0f bytes, %d flows\n", bytes, flows }' "$work/truth.tsv")" "$(total <"$work/$field.hours")"
done
for app in tiktok temu telegram spotify; do
	equal "$app: the generator's sums" "$(awk -F '\t' -v app="$app" '$12 == app { bytes += $8 + $9; flows++ }
		END { printf "%.0f bytes, %d flows\n", bytes, flows }' "$work/truth.tsv")" \
		"$(grep "^$app	" "$work/app.hours" | total)"
done
exits 0 "$bin" report --archive "$work/archive" --policy "$policy" --month 2026-10 --language en --out "$work/report"
check $? 'a report of it'
equal 'the report says the same of zones' "$(grep -v '^internal' "$work/zone.hours")" "$(jq -r '.report.tables.zones[] |
	select((.is_sum | not) and .flows > 0) | [.zone, .sent + .received, .flows] | @tsv' "$work/report/report.json" | sort)"
finish
