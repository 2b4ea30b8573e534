#!/bin/sh
# A mirror that shows one way alone: what went the other way is unknown in every output, and no zero. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs jq python3
needs_built
generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
"$bin" keys init --keys "$work/keys" >/dev/null
cat >"$work/one_way.py" <<'END'
# Keeps what own devices sent (out) or got (in).
import struct, sys
content, way = open(sys.argv[1], "rb").read(), sys.argv[3]
with open(sys.argv[2], "wb") as out:
    out.write(content[:24])
    at = 24
    while at < len(content):
        captured = struct.unpack_from("<I", content, at + 8)[0]
        frame, offset, ours = content[at + 16:at + 16 + captured], 14, None
        while frame[offset - 2:offset] in (b"\x81\x00", b"\x88\xa8"):
            offset += 4
        if frame[offset - 2:offset] == b"\x08\x00":
            ours = frame[offset + 12] == 10, frame[offset + 16] == 10
        elif frame[offset - 2:offset] == b"\x86\xdd":
            own = bytes([0x20, 1, 0x0d, 0xb8])
            ours = frame[offset + 8:offset + 12] == own, frame[offset + 24:offset + 28] == own
        if ours and ours[0] != ours[1] and ours[0] == (way == "out"):
            out.write(content[at:at + 16 + captured])
        at += 16 + captured
END
policy=$data/tests/traffic/day-policy.yaml
zeros() { # zeros MEMBER FILE: objects that say it is 0
	jq "[.. | objects | select(has(\"$1\") and .flows > 0) | select(.$1 == 0)] | length" "$2"
}
unknowns() {
	jq "[.. | objects | select(has(\"$1\")) | select(.$1 == null)] | length" "$2"
}
for way in out in; do
	other=$([ $way = out ] && echo bytes_down || echo bytes_up)
	said=$([ $way = out ] && echo received || echo sent)
	python3 "$work/one_way.py" "$work/day.pcap" "$work/$way.pcap" $way
	looks_at
	ok "$way: it is read" "$bin" analyze --policy "$policy" --keys "$work/keys" --archive "$work/archive-$way" --report "$work/report-$way" \
		--summary json --flows "$work/$way.ndjson" "$work/$way.pcap"
	cp "$work/out" "$work/$way.json"
	"$bin" doctor --policy "$policy" --format ndjson --fail-on none "$work/$way.pcap" >"$work/found" 2>"$work/err"
	looks_at "$work/$way.json" "$work/$way.ndjson" "$work/found"
	equal "$way: what is not mirrored is no loss" 0 "$(grep -c '"loss"' "$work/found")"
	equal "$way: no zero in the summary (json)" 0 "$(zeros $other "$work/$way.json")"
	ok "… but unknown: $(unknowns $other "$work/$way.json") times" [ "$(unknowns $other "$work/$way.json")" -gt 20 ]
	equal "$way: none where nothing of a unit is hidden" 0 "$(jq "[.hidden_by_unit[].hidden | select(.$other == 0)] | length" "$work/$way.json")"
	# Nobody answers a group; a try (a SYN that was reset) got nothing, for all that is known.
	equal "$way: none in records" 0 "$(jq -c 'select(.network.protocol != "mdns" and .borderflow.tcp.state != "syn") |
		select(.source.bytes == 0 or .destination.bytes == 0)' "$work/$way.ndjson" | wc -l)"
	"$bin" analyze --policy "$policy" "$work/$way.pcap" >"$work/$way.txt" 2>/dev/null
	looks_at "$work/$way.txt"
	equal "$way: no zero in the summary (text)" 0 "$(grep -cE '  (0 B|>=0 B)( |$)' "$work/$way.txt")"
	equal "$way: no zero in the report (json)" 0 "$(jq '[.report | .. | objects | select((.flows // 0) > 0) |
		select(.'$said' == 0)] | length' "$work/report-$way/report.json")"
	"$bin" report --policy "$policy" --from 2026-03-17 --to 2026-03-18 --language en --archive "$work/archive-$way" --out "$work/month-$way" >/dev/null 2>"$work/err"
	looks_at "$work/month-$way/figures.tsv"
	equal "$way: no zero in the report of its archive" 0 "$(awk -F '\t' '($1 ~ /^(apps|services|countries|units_services)$/) && $3 == "'$said'" && $4 == "0"' \
		"$work/month-$way/figures.tsv" | wc -l)"
	ok "… but figures" [ "$(wc -l <"$work/month-$way/figures.tsv")" -gt 100 ]
	"$bin" flows --archive "$work/archive-$way" -g app,protocol --sum bytes,destination.bytes,source.bytes -o ndjson >"$work/groups.ndjson"
	looks_at "$work/groups.ndjson"
	equal "$way: none in groups of records" 0 "$(jq -c 'select(."network.protocol" != "mdns") |
		select(."destination.bytes" == 0 or ."source.bytes" == 0)' "$work/groups.ndjson" | wc -l)"
	ok '… but unknown' grep -q ':null' "$work/groups.ndjson"
	# Sums of both ways are at least what was seen of one, by hours as by records.
	for how in '' --from-records; do
		"$bin" flows --archive "$work/archive-$way" -g app $how -o ndjson 'app == m365' >"$work/sums" 2>"$work/err"
		ok "$way: at least${how:+ ($how)}" grep -q '"network.bytes_at_least":true' "$work/sums"
		"$bin" flows --archive "$work/archive-$way" -g app $how -o table >"$work/sums" 2>"$work/err"
		ok "$way: >= in the table${how:+ ($how)}" grep -qE '^m365 .*>=[0-9]' "$work/sums"
	done
	"$bin" flows --archive "$work/archive-$way" -g app -o csv >"$work/out" 2>"$work/err"
	grep -q 'are at least what they say' "$work/err"
	check $? "$way: a sentence beside CSV"
done
"$bin" analyze --summary none --archive "$work/archive-both" "$work/day.pcap" 2>/dev/null
"$bin" flows --archive "$work/archive-both" -g app -o csv --top 5 >"$work/largest" 2>"$work/err"
looks_at "$work/largest"
! grep -q 'at least' "$work/err"
check $? 'both ways: nothing of the largest is at least'

# The register: what may have been an attempt is not called used.
cat >"$work/register.yaml" <<'END'
own_networks: [10.0.0.0/8, "2001:db8::/32"]
rules: [{id: ok, match: {app: [google, m365]}, action: allow, basis: b}]
services: [{app: m365, dpia: 2026-01-01}]
END
for way in day out in; do
	"$bin" analyze --summary none --policy "$work/register.yaml" --report "$work/register-$way" --language en "$work/$way.pcap" 2>"$work/err"
	looks_at "$work/register-$way/report.en.html"
	equal "register, $way: used without an entry" "$([ $way = day ] && echo yes || echo no)" \
		"$(grep -q 'used without an entry' "$work/register-$way/report.en.html" && echo yes || echo no)"
done
finish
