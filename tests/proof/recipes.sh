#!/bin/sh
# docs/recipes.md with every tool that it names: none may be passed over. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
"$(dirname "$0")/../e2e/recipes.sh" >"$work/tap"
retell recipes "$work/tap"
equal 'recipes that were passed over, since their tool is not installed (./quickstart proof recipes installs it)' 0 \
	"$(grep -c '# SKIP' "$work/tap")"
finish
