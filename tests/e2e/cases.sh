#!/bin/bash
# Wire cases: small captures, each with the right answer, from BORDERFLOW_CASES (../shared/cases beside the tree) and from
# tests/e2e/cases. The answers stand in cases.tsv, a line each:
#
#     CASE  QUESTION  ANSWER  [TODO]      (tabs between)
#
# TODO: known not to be so yet; once it is, the mark has to go.
# A question is a word of the list below, asked of every flow in the order of their starts and joined by ", "; or any jq
# expression over {flows, summary}. Own networks are 192.0.2.0/24 and 2001:db8::/48, and a rule denies TikTok. Prints TAP,
# a line an answer.
set -u
. "$(dirname "$0")/tap.sh"
needs jq
here=$(dirname "$0")
cases=${BORDERFLOW_CASES:-$data/../shared/cases}
[ -x "$bin" ] || skip 'borderflow is not built'

words='
	def each(f): [.flows[] | f | tostring] | join(", ");
	def count: .flows | length | tostring;
	def who: each("\(.source.ip):\(.source.port // 0) > \(.destination.ip):\(.destination.port // 0)");
	def packets: each("\(.source.packets)/\(.destination.packets)");
	def bytes: each("\(.source.bytes)/\(.destination.bytes)");
	def app: each(.network.application);
	def protocol: each(.network.protocol // "none");
	def name: each(.destination.domain // "none");
	def sni: each(.tls.client.server_name // "none");
	def state: each(.borderflow.tcp.state // "none");
	def resent: each(.borderflow.tcp.retransmissions // 0);
	def vlan: each(.network.vlan.id // "none");
	def tunnel: each((.borderflow.tunnel // ["none"]) | join("+"));
	def ended: each(.borderflow.end_reason);
	def evidence: each((.borderflow.app.evidence // ["none"]) | join("+"));
	def verdict: each(.borderflow.policy.verdict);
	def block: each(.borderflow.block);
	def refused: .summary.packets.refused_by_reason | to_entries | map("\(.key) \(.value)") | join(", ");'

cat >"$work/policy.yaml" <<'POLICY'
own_networks: [192.0.2.0/24, "2001:db8::/48"]
rules:
  - {id: ban-tiktok, match: {app: tiktok}, action: deny, basis: decision}
POLICY

# Where the case of this name lies; nothing where it is not here.
find_case() {
	local folder file
	for folder in "$here/cases" "$cases"; do
		for file in "$folder/$1.pcap" "$folder/$1.pcapng"; do
			[ ! -f "$file" ] || { echo "$file"; return; }
		done
	done
}

# The questions of each case, for jq: all at once, since it takes long to start.
declare -A asked told
while IFS=$'\t' read -r name question _; do
	case $name in '' | '#'*) continue ;; esac
	asked[$name]+="${asked[$name]:+, }([$question | tostring] | join(\" \"))"
done <"$here/cases.tsv"

# What the program says of a case: the answers to its questions, a line each; made once.
told_of() {
	local base=$work/$1
	[ ! -f "$base.answers" ] || return 0
	"$bin" analyze --policy "$work/policy.yaml" --flows "$base.ndjson" --summary json --progress never \
		"$2" >"$base.summary" 2>"$base.err"
	jq -cn --slurpfile flows "$base.ndjson" --slurpfile summary "$base.summary" \
		'{flows: ($flows | sort_by(."@timestamp")), summary: $summary[0]}' >"$base.json" 2>>"$base.err"
	jq -r "$words ${asked[$1]}" "$base.json" >"$base.answers" 2>&1
}

missing=0
while IFS=$'\t' read -r name question answer todo; do
	case $name in '' | '#'*) continue ;; esac
	file=$(find_case "$name")
	if [ -z "$file" ]; then
		passed_over "$name: $question" 'no such capture (BORDERFLOW_CASES)'
		missing=$((missing + 1))
		continue
	fi
	told_of "$name" "$file"
	told[$name]=$((${told[$name]:-0} + 1))
	got=$(sed -n "${told[$name]}p" "$work/$name.answers")
	if [ -n "$todo" ]; then
		not_yet "$name: $question" "$answer" "$got"
	else
		equal "$name: $question" "$answer" "$got"
	fi
done <"$here/cases.tsv"
[ $missing -eq 0 ] || echo "# $missing answers not asked for: their captures are not here"
finish
