#!/bin/bash
# Every capture of the corpus through `analyze`: it ends within ten seconds with status 0 or 3, a bad file is named with
# where and why, and no packet is lost uncounted. Prints TAP, a line a folder.
set -u
corpus=${BORDERFLOW_CORPUS:-}
if [ ! -d "$corpus/robust" ]; then
	echo '1..0 # SKIP no corpus (BORDERFLOW_CORPUS)'
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One capture; says what is wrong with it, or nothing.
check_one() {
	local file=$1 out status
	out=$(timeout 10 "$BORDERFLOW_BIN" analyze --summary json --progress never "$file" 2>&1 >"$2.json")
	status=$?
	case $status in
	0) ;;
	3) case $out in *"${file##*/}"*:*) ;; *) echo "$file: status 3, but the message does not say where: $out" ;; esac ;;
	124) echo "$file: took more than ten seconds" ;;
	*) echo "$file: status $status: $(echo "$out" | tail -n 5)" ;;
	esac
	case $out in *'not conserved'*) echo "$file: $out" ;; esac
}
export -f check_one

number=0
failed=0
for folder in labelled/pcaps robust community-id; do
	[ -d "$corpus/$folder" ] || continue
	number=$((number + 1))
	count=$(find "$corpus/$folder" -maxdepth 1 -type f ! -name '*.md' ! -name '*.json' ! -name COPYING | wc -l)
	find "$corpus/$folder" -maxdepth 1 -type f ! -name '*.md' ! -name '*.json' ! -name COPYING -print0 |
		xargs -0 -P "$(nproc)" -n 1 bash -c 'check_one "$1" "$0/$$"' "$work" >"$work/wrong" 2>&1
	if [ -s "$work/wrong" ]; then
		failed=1
		echo "not ok $number - $folder: $count captures"
		head -n 40 "$work/wrong" | sed 's/^/# /'
	else
		echo "ok $number - $folder: $count captures"
	fi
done
echo "1..$number"
exit $failed
