#!/usr/bin/env python3
"""Captures and the places of flows in them, for packets.sh.

places.py check RECORDS.ndjson CAPTURE…     the frames at the places of each record have the times of its first and last packet
places.py split CAPTURE FIRST SECOND        two captures, the last fifth of the first again in the second
places.py blot CAPTURE OFFSET OUT           the same with nothing but zeros between its head and the offset
places.py same LEFT.pcapng RIGHT.pcapng     the same packets, with times and comments
"""
import json, os, struct, sys
from datetime import datetime, timezone

HEAD = 64 << 10


def nanoseconds(text):
    whole, fraction = text.rstrip("Z").split(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0"))


def time_at(content, offset):
    """Of a record of a pcap with nanoseconds, or of a packet block of a pcapng with them."""
    if content[:4] == b"\x0a\x0d\x0d\x0a":
        kind, _, _, high, low = struct.unpack_from("<IIIII", content, offset)
        return (high << 32 | low) if kind == 6 else None
    seconds, fraction = struct.unpack_from("<II", content, offset)
    unit = {b"\x4d\x3c\xb2\xa1": 1, b"\xd4\xc3\xb2\xa1": 1000}[content[:4]]
    return seconds * 10**9 + fraction * unit


def check(records, *captures):
    content = {os.path.basename(path): open(path, "rb").read() for path in captures}
    count = 0
    for line in open(records):
        record = json.loads(line)
        for end, time in (("first", "event.start"), ("last", "event.end")):
            name = record[f"borderflow.packets.{end}_input"].split(":")[0]
            offset = record[f"borderflow.packets.{end}_offset"]
            if time_at(content[name], offset) != nanoseconds(record[time]):
                sys.exit(f"{record}: another time at {end}_offset")
            count += 1
    print(f"{count} places")
    sys.exit(0 if count > 100 else "too few")


def split(capture, first, second):
    content = open(capture, "rb").read()
    places, at = [], 24
    while at < len(content):
        places.append(at)
        at += 16 + struct.unpack_from("<I", content, at + 8)[0]
    open(first, "wb").write(content[: places[len(places) * 3 // 5]])
    open(second, "wb").write(content[:24] + content[places[len(places) // 2] :])


def blot(capture, offset, out):
    content = bytearray(open(capture, "rb").read())
    content[HEAD : int(offset)] = bytes(max(0, int(offset) - HEAD))
    open(out, "wb").write(content)


def packets(path):
    content, at, found = open(path, "rb").read(), 0, []
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        found += [content[at : at + length]] if kind == 6 else []
        at += length
    return found


def same(left, right):
    left, right = packets(left), packets(right)
    sys.exit(0 if left and left == right else f"{len(left)} packets and {len(right)}, or others")


{"check": check, "same": same, "split": split, "blot": blot}[sys.argv[1]](*sys.argv[2:])
