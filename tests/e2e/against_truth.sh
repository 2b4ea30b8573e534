# Generated captures against what `borderflow analyze` says of them; sourced after tap.sh.
#
#     against_truth TITLE SCENARIO [OPTION…]    makes (with the generator's options), analyses, compares
needs_built
# The networks of the generator's world; no database of the machine has a say.
mkdir "$work/geo" && cp "$data/tests/traffic/geo-overrides.tsv" "$work/geo/overrides.tsv" || exit 1

against_truth() {
	title=$1 scenario=$2
	shift 2
	if ! { generate --scenario "$scenario" --out "$work/t.pcap" --truth "$work/truth.tsv" --alerts "$work/alerts.tsv" "$@" &&
		"$bin" analyze --summary none --geo "$work/geo" --policy "$data/tests/traffic/day-policy.yaml" \
			--flows "$work/flows.ndjson" --alerts "$work/alerts.ndjson" "$work/t.pcap"; } >"$work/out" 2>"$work/err"; then
		check 1 "$title: made and analysed"
		return
	fi
	if [ "$#" -eq 0 ]; then
		set -- --alerts-truth "$work/alerts.tsv" --alerts "$work/alerts.ndjson"
	else
		set -- # an alert can hang on a packet that was lost: flows only
	fi
	"$tools/compare" --networks --truth "$work/truth.tsv" --flows "$work/flows.ndjson" "$@" >"$work/tap"
	retell "$title" "$work/tap"
}
