#!/bin/sh
# What a shell completes: commands, options, and the fields, signs and words of a filter. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs bash
[ -x "$bin" ] || skip 'borderflow is not built'

"$bin" help --completion bash >"$work/bash"
"$bin" help --completion zsh >"$work/zsh"
folder=$(cd "$(dirname "$bin")" && pwd)

# completes WORD…: what bash offers for the last word, as it would at a prompt
completes() {
	PATH=$folder:$PATH BORDERFLOW_DATA=$(cd "$data" && pwd) bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_borderflow; printf "%s\n" "${COMPREPLY[@]}"' - "$work/bash" "$@" | tr '\n' ' '
}
equal 'a command' 'flows ' "$(completes borderflow flo)"
equal 'an option' '--verify ' "$(completes borderflow flows --veri)"
equal 'a field' 'verdict ' "$(completes borderflow flows verd)"
ok '… also behind and' sh -c "[ '$(completes borderflow flows app == x and verd)' = 'verdict ' ]"
equal 'a sign' '<= ' "$(completes borderflow flows bytes '<=')"
equal 'the words of a field' 'violation ' "$(completes borderflow flows verdict == viol)"
equal '… of a path as well' 'tls ' "$(completes borderflow flows network.protocol == tl)"
equal '… of what is true or false' 'true ' "$(completes borderflow flows inferred == t)"
equal 'apps by their ids' 'tiktok ' "$(completes borderflow flows app == tikto)"
equal 'fields to group by' 'parent ' "$(completes borderflow flows --group-by paren)"
if command -v zsh >/dev/null; then
	ok 'zsh reads its own' zsh -n "$work/zsh"
else
	passed_over 'zsh' 'zsh is not installed'
fi
ok 'zsh has the same words' grep -q "verdict.*) echo '.*violation" "$work/zsh"
finish
