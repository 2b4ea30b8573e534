#!/bin/sh
# What `borderflow analyze --flows` writes is what ecs-flow.schema.json says: validated by ajv, on captures of every
# kind, whole, in parts and under pseudonyms. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs node
[ -x "$bin" ] || skip 'borderflow is not built'
[ -d "$data/tests/node/node_modules/ajv" ] || skip 'ajv is not installed (npm ci in tests/node)'
corpus=${BORDERFLOW_CORPUS:-$data/../shared/corpus}
schema=$data/analyzer/share/ecs-flow.schema.json

valid() {
	node "$data/tests/node/validate_ndjson.js" "$schema" >"$work/out" 2>"$work/err"
}

# The captures: a generated day where the generator is built, and every fortieth of the corpus.
captures=$work/captures
[ -x "$traffic" ] && generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 &&
	echo "$work/day.pcap" >"$captures"
[ -d "$corpus/labelled/pcaps" ] &&
	find "$corpus/labelled/pcaps" -name '*.pcap*' -size -4000k | sort | awk 'NR % 40 == 1' >>"$captures"
[ -s "$captures" ] || skip 'no captures: neither the traffic generator nor the corpus is here'

# flows OPTIONS...: the records of all captures, one after the other.
flows() {
	while read -r capture; do
		"$bin" analyze --summary none --flows - "$@" "$capture" 2>/dev/null
	done <"$captures" >"$work/flows.ndjson"
}

flows
[ -s "$work/flows.ndjson" ]
check $? "$(wc -l <"$captures") captures give $(wc -l <"$work/flows.ndjson") flows"
looks_at "$work/flows.ndjson"
valid <"$work/flows.ndjson"
check $? 'whole flows are valid'

flows --parts
valid <"$work/flows.ndjson"
check $? 'parts of flows are valid'

(umask 077; printf '%064d' 7 >"$work/key")
flows --pseudonymize "$work/key"
valid <"$work/flows.ndjson"
check $? 'flows under pseudonyms are valid'
grep -q '"device":"' "$work/flows.ndjson" && ! grep -q '"community_id"' "$work/flows.ndjson"
check $? '… they hold pseudonyms and no Community ID'

# Every word that a record can say of policy and block is known to the schema.
words() {
	sed -n "/^#define $1(X)/,/^\$/s/.*, \"\([a-z-]*\)\").*/\1/p" "$data/analyzer/record/record.h"
}
for field in block:BLOCK_OUTCOMES verdict:POLICY_VERDICTS action:POLICY_ACTIONS; do
	words "${field#*:}" | while read -r word; do
		sed -n "1s/\"${field%:*}\":\"[^\"]*\"/\"${field%:*}\":\"$word\"/p" "$work/flows.ndjson"
	done >"$work/said.ndjson"
	[ "$(wc -l <"$work/said.ndjson")" -gt 4 ] && valid <"$work/said.ndjson"
	check $? "every ${field%:*} is a word of the schema"
done

# The validator itself: what is not as the schema says must be refused.
head -1 "$work/flows.ndjson" >"$work/one"
for change in 's/"port":[0-9]*/"port":"x"/' 's/"@timestamp":"[^"]*"/"@timestamp":"yesterday"/' \
	's/"zone":"[^"]*"/"zone":"moon"/' 's/"kind":"event"/"kind":"event","odd":1/' 's/"dataset":"[^"]*",//'; do
	sed "$change" "$work/one" >"$work/changed"
	cmp -s "$work/one" "$work/changed" && continue
	if valid <"$work/changed"; then check 1 "refused: $change"; else check 0 "refused: $change"; fi
done
finish
