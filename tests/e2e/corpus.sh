#!/bin/bash
# Every capture of the corpus through `analyze`: it ends within ten seconds of work with status 0 or 3, a bad file is named with
# where and why, and no packet is lost uncounted. Every fourth is read, with BORDERFLOW_EVERY=N every N-th
# (tests/proof/captures.sh: all). Prints TAP, a line a folder.
set -u
. "$(dirname "$0")/tap.sh"
corpus=${BORDERFLOW_CORPUS:-}
[ -d "$corpus/robust" ] || skip 'no corpus (BORDERFLOW_CORPUS)'

# One capture; says what is wrong with it, or nothing.
check_one() {
	local file=$1 out status
	out=$(ulimit -t 10; timeout 120 "$bin" analyze --summary json --progress never "$file" 2>&1 >"$2.json")
	status=$?
	case $status in
	0) ;;
	3) case $out in *"${file##*/}"*:*) ;; *) echo "$file: status 3, but the message does not say where: $out" ;; esac ;;
	124) echo "$file: did not end" ;;
	137 | 152) echo "$file: took more than ten seconds" ;;
	*) echo "$file: status $status: $(echo "$out" | tail -n 5)" ;;
	esac
	case $out in *'not conserved'*) echo "$file: $out" ;; esac
}
export -f check_one
export bin

says_nothing() {
	cat "$1"
	[ ! -s "$1" ]
}

for folder in labelled/pcaps robust community-id; do
	[ -d "$corpus/$folder" ] || continue
	find "$corpus/$folder" -maxdepth 1 -type f ! -name '*.md' ! -name '*.json' ! -name COPYING | sort |
		awk -v every="${BORDERFLOW_EVERY:-4}" 'NR % every == 0' >"$work/files"
	count=$(wc -l <"$work/files")
	tr '\n' '\0' <"$work/files" |
		xargs -0 -P "$(nproc)" -n 1 bash -c 'check_one "$1" "$0/$$"' "$work" >"$work/wrong" 2>&1
	ok "$folder: $count captures" says_nothing "$work/wrong"
done
# Packets that others sealed, of versions for which our own tests seal theirs: the name that is in them is read.
while read -r capture name; do
	[ -f "$corpus/$capture" ] || continue
	equal "the hello of ${capture##*/}" "$name" "$("$bin" analyze --summary none --flows - "$corpus/$capture" 2>"$work/err" |
		jq -rs '[.[].tls.client.server_name // empty] | unique | join(" ")')"
done <<END
robust/peafowl__quic-050.pcap www.google.com
robust/peafowl__quic-039.pcap i.ytimg.com
robust/arkime__quic33-wireshark.pcap www.google.com
robust/suricata-verify__quic-cyu__input.pcap accounts.google.com
robust/suricata-verify__quic-alerts__input.pcap clients1.google.com
labelled/pcaps/ndpi__quic046.pcap i.ytimg.com
END
finish
