#!/bin/sh
# Archives that earlier builds wrote stay readable: of each form one with addresses, one with pseudonyms, made from
# generated traffic (tests/data: archive-0.1.0; archive-rows, from before records were kept in columns;
# archive-columns, from before cells had whole seconds; archive-seconds, from before they named their keys by number;
# archive-keyed, as they are written now). Every field of every record comes back as the build that wrote it read it, the
# packets and bytes are those that the generator sent, and the chain holds. Of archive-seconds and archive-keyed there is
# also one of three days: groups from records, hours and protected tables of days are what that build said. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq gzip
[ -x "$bin" ] || skip 'borderflow is not built'

# A copy: looking at single devices is logged in the archive.
old=$work/old
cp -R "$data/tests/data" "$old" && chmod -R u+w "$old"

# A line for each value, so that fields which came later do not matter; how an id is spelt does not either.
values() {
	jq -r --stream 'select(length == 2) | (.[0] | map(tostring) | join(".")) as $path
		| select($path != "borderflow.flow.id") | "\($path)=\(.[1])"' | LC_ALL=C sort
}

# Packets and bytes of all flows of the generator's truth, in either direction.
truth_sums() {
	gzip -dc "$1" | awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ packets += $at["packets_out"] + $at["packets_in"]; bytes += $at["bytes_out"] + $at["bytes_in"] }
		END { printf "%d %d\n", packets, bytes }'
}

for name in archive-keyed/clear archive-keyed/pseudonyms archive-seconds/clear archive-seconds/pseudonyms \
	archive-columns/clear archive-columns/pseudonyms archive-rows/clear archive-rows/pseudonyms archive-0.1.0/clear archive-0.1.0/pseudonyms; do
	looks_at
	ok "$name: it is read" exits 0 "$bin" flows -a "$old/$name" -o ndjson
	cp "$work/out" "$work/read"
	looks_at "$work/read"
	gzip -dc "$old/$name.ndjson.gz" >"$work/wanted"
	equal "$name: as many records" "$(wc -l <"$work/wanted")" "$(wc -l <"$work/read")"
	values <"$work/wanted" >"$work/wanted.values"
	values <"$work/read" >"$work/read.values"
	LC_ALL=C comm -23 "$work/wanted.values" "$work/read.values" >"$work/out"
	ok "$name: every value that was read in it then" [ ! -s "$work/out" ]
	equal "$name: the packets and bytes that were sent" "$(truth_sums "$old/$name.tsv.gz")" \
		"$(jq -rs '"\(map(.network.packets) | add) \(map(.network.bytes) | add)"' "$work/read")"
	ok "$name: the chain holds" exits 0 "$bin" flows -a "$old/$name" --verify
	ok "$name: its hours are made again byte by byte" exits 0 "$bin" archive rebuild -a "$old/$name"
done

looks_at "$work/read" "$work/groups"
"$bin" keys init --keys "$work/keys" >/dev/null
for form in keyed seconds; do
	days=$old/archive-$form/days
	gzip -dc "$days.tar.gz" | tar -C "$old/archive-$form" -xf -
	# group, then what stands for it: protected tables of days, hours, single records
	while read -r group how; do
		"$bin" flows -a "$days" -g "$group" --top 0 -o ndjson $how >"$work/groups" 2>/dev/null
		ok "archive-$form: by $group it says what it said then" cmp -s "$days.$group.ndjson" "$work/groups"
	done <<-END
		unit
		app,zone --key $work/keys/pseudonym.key
		class,verdict --from-records --key $work/keys/pseudonym.key
	END
	ok "archive-$form: its days are whole" exits 0 "$bin" flows -a "$days" --verify
	ok "archive-$form: hours and days are made again byte by byte" exits 0 "$bin" archive rebuild -a "$days"
done

equal 'groups add up' "$(jq -s 'map(select(.network.application == "tiktok") | .network.bytes) | add' "$work/read")" \
	"$("$bin" flows -a "$old/archive-0.1.0/pseudonyms" -g app --top 0 -o ndjson |
		jq 'select(.["network.application"] == "tiktok") | .["network.bytes"]')"
ok 'no device of it is shown by its address' eval "! jq -r '.source.ip // empty' '$work/read' | grep -q '^10[.]'"
finish
