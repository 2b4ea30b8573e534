#!/bin/sh
# What --jobs is worth on this machine: several compressed captures in one analysis, by how many are unpacked side by side. The
# records are the same; the times and the memory are printed, not judged. Prints TAP.
. "$(dirname "$0")/../e2e/tap.sh"
needs_built
needs python3
for seed in 1 2 3; do
	generate --scenario day --seed $seed --out "$work/$seed.pcap" 2>/dev/null && gzip "$work/$seed.pcap" || exit 1
done
for jobs in 1 2 4; do
	python3 - "$bin" analyze --progress never --summary none --jobs $jobs --flows "$work/$jobs.ndjson" "$work"/*.gz <<'END'
import resource, subprocess, sys, time
begun = time.monotonic()
status = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"# {sys.argv[6]} {sys.argv[7]}: {time.monotonic() - begun:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of a core, "
      f"{used.ru_maxrss / 1024:.0f} MB")
sys.exit(status)
END
	check $? "$jobs at a time"
done
cmp "$work/1.ndjson" "$work/2.ndjson" >"$work/out" 2>&1 && cmp "$work/1.ndjson" "$work/4.ndjson" >"$work/out" 2>&1
check $? 'the records are the same'
finish
