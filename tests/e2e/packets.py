#!/usr/bin/env python3
"""packets.py RECORDS.ndjson OUT.pcapng AGAIN.ndjson: are the packets that were written those that the records count, and
does the capture alone give the same records (times, bytes, packets, app)? Prints what differs; exit status 1 where anything
does. Reads the pcapng by itself, block by block."""
import collections
import json
import re
import struct
import sys


def records(path):
    """[(flow, start, end, packets, bytes, app)] and the packets of each flow; of the records of look-ups the flows."""
    rows, counts, lookups = collections.Counter(), collections.Counter(), set()
    for line in open(path):
        record = json.loads(line)
        flow = record["borderflow"]["flow"]["id"]
        rows[(flow, record["event"]["start"], record["event"]["end"], record["network"]["packets"],
              record["network"]["bytes"], record["network"].get("application", ""))] += 1
        counts[flow] += record["network"]["packets"]
        if record["network"].get("protocol") == "dns":
            lookups.add(flow)
    return rows, counts, lookups


def blocks(path):
    """Of each packet in a file whose blocks add up: the frame, and [(flow, packets)] by its comment."""
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0 and struct.unpack_from("<I", data, at + length - 4)[0] == length, "lengths differ at %d" % at
        if kind == 6:
            captured = struct.unpack_from("<I", data, at + 20)[0]
            options = data[at + 28 + (captured + 3) // 4 * 4:at + length - 4]
            code, size = struct.unpack_from("<HH", options)
            assert code == 1, "no comment at %d" % at
            comment = options[4:4 + size]
            assert comment, "an empty comment at %d" % at
            flows = re.findall(rb"flow (f[0-9a-f]{16}) app [^;,]*(?:, (\d+) packets)?", comment)
            yield data[at + 28:at + 28 + captured], [(flow.decode(), int(several or 1)) for flow, several in flows]
        at += length


def written(path):
    """How many packets each flow has by the comments."""
    counts = collections.Counter()
    for _, flows in blocks(path):
        for flow, packets in flows:
            counts[flow] += packets
    return counts


def differences(records_path, some_path, again_path):
    """What differs, a line each; and of how many flows and packets. Look-ups that named a flow come along uncounted."""
    wanted, counts, _ = records(records_path)
    again, _, lookups = records(again_path)
    found = written(some_path)
    wrong = []
    for flow in set(counts) | set(found):
        if counts[flow] != found[flow]:
            wrong.append("flow %s: %d packets in the record, %d written" % (flow, counts[flow], found[flow]))
    again = collections.Counter({row: count for row, count in again.items() if row[0] in counts or row[0] not in lookups})
    known = {row[:5]: row[5] for row in again}
    for row in sorted(wanted):
        if row[:5] not in known:
            wrong.append("no such record of what was written: %s" % (row,))
        elif again[row] != wanted[row]:
            wrong.append("another app: %s for %s" % (known[row[:5]], row))
    if sum(again.values()) != sum(wanted.values()):
        wrong.append("%d records, of what was written %d" % (sum(wanted.values()), sum(again.values())))
    return wrong, len(counts), sum(found.values())


def main():
    wrong, flows, packets = differences(*sys.argv[1:4])
    print("\n".join(wrong + ["%d flows, %d packets, %d differ" % (flows, packets, len(wrong))]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
