#!/bin/sh
# What "policy check" says of files with something wrong: by broken.tsv; and in the order of lines. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
[ -x "$bin" ] || skip 'borderflow is not built'
folder=$data/tests/policy
tab=$(printf '\t')

while IFS=$tab read -r what file says; do
	case $what in
	'#'*) continue ;;
	esac
	printf "$file\n" >"$work/p.yaml"
	[ -n "$file" ] || : >"$work/p.yaml"
	"$bin" policy check "$work/p.yaml" >"$work/out" 2>"$work/err"
	grep -qF -- "$says" "$work/out"
	check $? "$what"
done <"$folder/broken.tsv"
while IFS=$tab read -r what file; do
	case $what in
	'#'*) continue ;;
	esac
	printf "$file\n" >"$work/p.yaml"
	"$bin" policy check "$work/p.yaml" >"$work/out" 2>"$work/err" && grep -q ': good: ' "$work/out"
	check $? "$what"
done <"$folder/mended.tsv"

# Every example of the manual is a policy that loads, and its expectations hold.
awk -v folder="$work" '/^\.Sh EXAMPLES/ { on = 1 } /^\.Bd/ && on { path = folder "/example-" ++count ".yaml"; next }
	/^\.Ed/ { path = "" } path { print >path }' "$data/docs/borderflow-policy.5"
for example in "$work"/example-*.yaml; do
	"$bin" policy check "$example" >"$work/out" 2>"$work/err"
	check $? "the manual: $(grep -m 1 -o 'id: [a-z-]*' "$example")"
done

# A unit's ban does not reach guests who are elsewhere.
cat >"$work/p.yaml" <<'end'
units: {Office: {networks: [10.1.0.0/16]}, Library: {networks: [10.2.0.0/16]}}
classes: {g: {networks: [10.2.9.0/24], type: guest}}
rules: [{id: a, match: {app: tiktok}, scope: {unit: Office}, action: deny, basis: b}]
end
"$bin" policy check "$work/p.yaml" >"$work/out" 2>"$work/err"
ok 'no warning of people whom a rule cannot meet' sh -c "! grep -q 'denies to class' '$work/out'"
sed -i 's/unit: Office/unit: Library/' "$work/p.yaml"
says 0 'denies to class "g" as well' '… and one of those whom it can' "$bin" policy check "$work/p.yaml"

cat >"$work/p.yaml" <<'end'
k: 1
units: {A: {networks: [10.1.0.0/16]}, B: {group: g}}
rules:
  - {id: a, match: {app: tiktok}, scope: {unit: B}, action: deny}
  - {id: b, match: {name: kommune.no}, action: report, valid_to: 2025-01-01}
end
"$bin" policy check "$work/p.yaml" >"$work/out"
lines=$(sed -n 's/^[^:]*:\([0-9]*\):.*/\1/p' "$work/out")
ok 'several things are said at once' test "$(echo "$lines" | wc -l)" -ge 6
equal 'in the order of lines' "$(echo "$lines" | sort -n | paste -sd ' ')" "$(echo "$lines" | paste -sd ' ')"
finish
