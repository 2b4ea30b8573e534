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
"$bin" policy check "$work/p.yaml" >"$work/said" 2>"$work/err"
looks_at "$work/said"
ok 'no warning of people whom a rule cannot meet' sh -c "! grep -q 'denies to class' '$work/said'"
sed -i 's/unit: Office/unit: Library/' "$work/p.yaml"
says 0 'denies to class "g" as well' '… and one of those whom it can' "$bin" policy check "$work/p.yaml"

# A draft or a watched rule stands before none that is in force; an allow that another one opens does not lose.
for stage in draft watch; do
	cat >"$work/p.yaml" <<-end
		rules:
		  - {id: coming, match: {category: social_video}, action: deny, basis: b, stage: $stage}
		  - {id: told, match: {app: tiktok}, action: report}
	end
	"$bin" policy check "$work/p.yaml" >"$work/said" 2>"$work/err"
	ok "a $stage hides no rule" sh -c "! grep -q 'never decides' '$work/said'"
done
cat >"$work/p.yaml" <<'end'
units: {A: {networks: [10.1.0.0/16]}}
rules:
  - {id: ban, match: {app: tiktok}, action: deny, basis: b}
  - {id: free, match: {app: tiktok}, scope: {unit: A}, action: allow}
  - {id: key, match: {category: social_video}, scope: {unit: A}, action: allow, opens: [ban]}
end
"$bin" policy check "$work/p.yaml" >"$work/said" 2>"$work/err"
ok 'an allow that another one opens does not lose' sh -c "! grep -q 'loses' '$work/said'"
sed -i 's/, opens: .ban.//' "$work/p.yaml"
says 0 'rule "free" loses: rule "ban" denies it, and a unit may only be stricter' '… and without it does' \
	"$bin" policy check "$work/p.yaml"

# What is exported is denied: not what an exception or an allow holds open, what is approved, or what asks for more.
cat >"$work/p.yaml" <<'end'
units: {A: {networks: [10.1.0.0/16]}}
rules:
  - {id: chat, match: {category: messaging}, action: deny, basis: b}
  - {id: free, match: {app: whatsapp}, action: allow}
  - {id: lifted, match: {app: tiktok}, action: deny, basis: b}
  - {id: some, match: {app: [facebook, snapchat], approved: facebook}, scope: {unit: A}, action: deny, basis: b}
  - {id: third, match: {app: zoom, zone: third}, action: deny, basis: b}
  - {id: beyond, match: {parent_country: RU}, scope: {unit: A}, action: deny, basis: b}
exceptions: [{id: e, rules: [lifted], scope: all, approver: x, reason: y, valid_to: 2099-01-01}]
end
"$bin" policy export "$work/p.yaml" >"$work/list"
for denied in telegram.org snapchat.com; do
	ok "export: $denied" grep -qx "$denied" "$work/list"
done
looks_at "$work/list"
for open in whatsapp.com tiktok.com facebook.com zoom.us; do
	ok "export: not $open" sh -c "! grep -qx '$open' '$work/list'"
done
ok 'export: a rule that a list cannot tell' grep -q '^# rule third is not in this list: it asks for places' "$work/list"
ok 'export: a rule without names' grep -q '^# rule beyond is not in this list' "$work/list"
cat >"$work/open.yaml" <<'end'
units: {A: {networks: [10.1.0.0/16]}, B: {networks: [10.2.0.0/16]}}
rules:
  - {id: lifted, match: {app: tiktok}, scope: {unit: A}, action: deny, basis: b}
  - {id: opened, match: {app: snapchat}, scope: {unit: A}, action: deny, basis: b}
  - {id: opens, match: {app: snapchat}, action: allow, opens: [opened], basis: b}
  - {id: later, match: {app: deepseek}, action: deny, grace_until: 2098-01-01, basis: b}
  - {id: host, match: {name: spel.example}, scope: {unit: A}, action: deny, basis: b}
  - {id: other, match: {app: telegram}, action: deny, basis: b}
exceptions:
  - {id: e, rules: [lifted, host], scope: {unit: A}, approver: x, reason: y, valid_to: 2099-01-01}
  - {id: f, rules: [other], scope: {unit: B}, approver: x, reason: y, valid_to: 2099-01-01}
end
"$bin" policy export "$work/open.yaml" >"$work/list"
equal 'export: what is open to all whom a rule denies it is not in a list, and what is open to some is' telegram.org \
	"$(grep -E 'tiktok.com$|snapchat.com$|deepseek.com$|spel.example$|^telegram.org$' "$work/list")"
for rule in lifted opened host; do
	ok "export: … nor is said to be in it: $rule" grep -q "^# rule $rule is not in this list: exceptions or other rules" "$work/list"
done
ok 'export: nor what has time yet' grep -q '^# rule later is not in this list: its time of grace' "$work/list"
cat >"$work/loses.yaml" <<'end'
units: {A: {networks: [10.1.0.0/16]}}
rules:
  - {id: all, match: {app: tiktok}, action: deny, basis: b}
  - {id: unit, match: {app: tiktok}, scope: {unit: A}, action: allow, basis: b}
end
says 0 '^unit. Use of TikTok is allowed, but not where all denies the same' 'print: an allow that loses is not told as if it held' \
	"$bin" policy print "$work/loses.yaml" --language en
says 2 'what is asked.*--app APP' 'explain: no question is no answer' "$bin" policy explain "$work/open.yaml"
says 1 'rule opens is gone: Use of Snapchat is allowed' 'diff: a rule in words' \
	sh -c "grep -v 'id: opens' '$work/open.yaml' >'$work/less.yaml'; '$bin' policy diff '$work/open.yaml' '$work/less.yaml'"
for form in plain nftables; do
	says 0 '^# rule some denies to some devices only' "export: $form says who is meant" \
		"$bin" policy export "$work/p.yaml" --form $form
done

cat >"$work/p.yaml" <<'end'
k: 1
units: {A: {networks: [10.1.0.0/16]}, B: {group: g}}
rules:
  - {id: a, match: {app: tiktok}, scope: {unit: B}, action: deny}
  - {id: b, match: {name: kommune.no}, action: report, valid_to: 2025-01-01}
end
"$bin" policy check "$work/p.yaml" >"$work/said"
lines=$(sed -n 's/^[^:]*:\([0-9]*\):.*/\1/p' "$work/said")
ok 'several things are said at once' test "$(echo "$lines" | wc -l)" -ge 6
looks_at "$work/said"
equal 'in the order of lines' "$(echo "$lines" | sort -n | paste -sd ' ')" "$(echo "$lines" | paste -sd ' ')"
finish
