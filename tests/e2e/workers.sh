#!/bin/sh
# One worker or several: `borderflow analyze` says the same of a flow, record by record and in the same order. Captures of
# others and generated ones, whole flows and parts, a table that is too small; files compressed, piped, split, cut short.
# An archive has fields that records for others lack, so that of parts is held against as well. Prints TAP.
. "$(dirname "$0")/tap.sh"
[ -x "$bin" ] || skip 'borderflow is not built'
corpus=${BORDERFLOW_CORPUS:-../shared/corpus}

# How many workers are held against one.
counts='2 8'

# flows NAME WORKERS OPTIONS...: records and messages of a run, of parts its archive as well. Standard input is $piped, where
# that is set.
flows() {
	name=$work/$1
	of=$2
	shift 2
	rm -rf "$name.archive"
	: >"$name.ndjson"
	case " $* " in *' --parts '*) set -- "$@" --archive "$name.archive" ;; esac
	cat "${piped:-/dev/null}" | "$bin" analyze --flows "$name.ndjson" --workers "$of" --summary none "$@" 2>"$name.err"
}

# FILE OPTIONS...: are the records of all the same? There must be some, or nothing was compared.
same() {
	flows one 1 "$@"
	one=$?
	for workers in $counts; do
		flows more "$workers" "$@"
		more=$?
		[ "$one" -eq "$more" ] && cmp -s "$work/one.err" "$work/more.err" &&
			cmp -s "$work/one.ndjson" "$work/more.ndjson" &&
			{ [ ! -d "$work/one.archive" ] || diff -qr "$work/one.archive" "$work/more.archive" >/dev/null; } || return 1
	done
}

if [ -x "$traffic" ]; then
	for scenario in plain tunnels blocked apps imix churn scan; do
		generate --scenario "$scenario" --packets 30000 --out "$work/made.pcap" 2>/dev/null
		same "$work/made.pcap" && [ -s "$work/one.ndjson" ]
		check $? "$scenario: the same records"
		same "$work/made.pcap" --parts --flow-limit 1000 && [ -s "$work/one.ndjson" ]
		check $? "$scenario: the same parts, with a table of 1,000 flows"
		rm -rf "$work"/*
	done

	# The same packets on other ways in; each must also say what the plain file says.
	generate --scenario day --out "$work/made.pcap" 2>/dev/null
	same "$work/made.pcap"
	mv "$work/one.ndjson" "$work/plain"
	looks_at "$work/plain"
	gzip -1 -k "$work/made.pcap"
	same "$work/made.pcap.gz" && cmp -s "$work/one.ndjson" "$work/plain"
	check $? 'a compressed file: the same records'
	piped=$work/made.pcap
	same - && cmp -s "$work/one.ndjson" "$work/plain"
	check $? 'standard input: the same records'
	piped=
	head -c 300001 "$work/made.pcap" >"$work/cut.pcap"
	same "$work/cut.pcap" && [ "$one" -eq 3 ] && [ -s "$work/one.ndjson" ]
	check $? 'a file that is cut short: the same records, message and status'
	generate --scenario plain --out "$work/other.pcap" 2>/dev/null
	same "$work/made.pcap" "$work/other.pcap" && [ "$(wc -l <"$work/one.ndjson")" -gt "$(wc -l <"$work/plain")" ]
	check $? 'two files: the same records'
	# A series of captures, and one of another sensor beside it; compressed, so that several are unpacked at a time.
	gzip -1 "$work/other.pcap"
	head -c 400000 "$work/made.pcap.gz" >"$work/cut.pcap.gz"
	for jobs in 1 2 3 8; do
		"$bin" analyze --jobs "$jobs" --summary json --flows "$work/jobs.$jobs.ndjson" "$work/cut.pcap.gz" "$work/made.pcap.gz" \
			"$work/other.pcap.gz" 2>"$work/jobs.$jobs.err" |
			sed 's/"wall_ns":[0-9]*//' >"$work/jobs.$jobs.sum"
	done
	differ=0
	for jobs in 2 3 8; do
		for part in ndjson err sum; do
			cmp -s "$work/jobs.1.$part" "$work/jobs.$jobs.$part" || differ=$((differ + 1))
		done
	done
	grep -q 'cut short' "$work/jobs.1.err" && [ "$(wc -l <"$work/jobs.1.ndjson")" -gt 7000 ]
	check $? 'three compressed files, one of them cut short: records'
	equal 'records, summary and message do not depend on how many are unpacked at a time' 0 "$differ"
	looks_at
	rm -rf "$work"/*
else
	passed_over 'generated captures' 'the traffic generator is not built (libgnutls28-dev)'
fi

# Where a part ends at a slot's edge and its flow is known a packet later, or who began it was known before: what the part
# says must not depend on which packets are worked on together, which is something else where they are read ahead or unpacked.
edges() {
	python3 "$data/tests/e2e/slot_edges.py" "$1" "$work/edges.pcap"
	same "$work/edges.pcap" --parts && [ "$(wc -l <"$work/one.ndjson")" -eq "$2" ]
	check $? "parts at a slot's edge: the same of $3"
	mv "$work/one.ndjson" "$work/plain"
	looks_at "$work/plain"
	gzip -1 "$work/edges.pcap"
	same "$work/edges.pcap.gz" --parts && cmp -s "$work/one.ndjson" "$work/plain"
	check $? '… and of a compressed file'
	looks_at
	rm -rf "$work"/*
}
if command -v python3 >/dev/null; then
	edges opened 2880 'a hello behind it'
	edges joined 4320 'who began, told before it'
else
	passed_over "parts at a slot's edge" 'no python3'
fi

# What came before a record decides what is withheld of it, and when an attempt stops waiting; not how many came with it.
in_order() {
	python3 "$data/tests/e2e/order.py" "$1" "$work/order.pcap"
	same "$work/order.pcap" --policy "$work/rules.yaml" --keys "$work/keys" && grep -q "$2" "$work/one.ndjson"
	check $? "$3: the same records"
}
if command -v python3 >/dev/null; then
	printf '%s\n' 'organisation: Exempelstad' 'reference: R 1' 'purpose: transfers' 'legal_basis: law' 'consulted: 2026-01-01' \
		'own_networks: [10.0.0.0/8]' 'units: {office: {networks: [10.1.0.0/16]}}' \
		'classes: {work: {networks: [10.0.0.0/8], type: owned, detail: pseudonym}}' \
		'rules: [{id: out, match: {direction: outbound}, scope: {unit: office}, action: deny, blocked: true, basis: R 1}]' >"$work/rules.yaml"
	"$bin" keys init --keys "$work/keys" >/dev/null 2>&1
	in_order networks '"internal"' 'networks that nobody declared'
	in_order attempts '"block":"dropped"' 'more attempts than may wait'
else
	passed_over 'what came before' 'no python3'
fi

if [ -d "$corpus/labelled/pcaps" ]; then
	checked=0
	# Every eighth is enough for each run of the tests.
	every=${BORDERFLOW_EVERY:-8}
	counts='2 4'
	[ "$every" -gt 1 ] || counts='2 4 8'
	different=0
	records=0
	for file in "$corpus"/labelled/pcaps/* "$corpus"/robust/*; do
		checked=$((checked + 1))
		if [ -f "$file" ] && [ $((checked % every)) -eq 0 ]; then
			rm -rf "$work"/*
			if ! same "$file" || { [ "$every" -eq 1 ] && ! same "$file" --parts; }; then
				echo "# $file: one worker and several differ"
				different=$((different + 1))
			fi
			records=$((records + $(wc -l <"$work/one.ndjson")))
		fi
	done
	[ "$different" -eq 0 ] && [ "$records" -gt 1000 ]
	check $? "captures of others: the same $records records"
else
	passed_over 'captures of others' "no corpus in $corpus"
fi
finish
