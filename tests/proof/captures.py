#!/usr/bin/env python3
"""captures.py BORDERFLOW CAPTURE…: the packets of each capture, flow by flow, as TAP. Of what can be read of it,

  packets   as many are written of each flow as its record counts, and analysing them alone gives the same records: times,
            bytes, app
  alone     the same of one flow by itself: of one that only a look-up names, where there is any
  read      tcpdump, capinfos and (one in TSHARK_EACH, by default 10) tshark read what was written without a word
  places    the frames at the places that an archive keeps are those of the flow's first and last packet

What differs is named. A run of one core over two thousand captures takes half an hour."""
import collections, gzip, json, os, shutil, struct, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "e2e"))
import packets  # noqa: E402

TSHARK_EACH = int(os.environ.get("TSHARK_EACH", "10"))


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)


def packets_differ(program, capture, work):
    wanted, some, again = (os.path.join(work, name) for name in ("wanted.ndjson", "some.pcapng", "again.ndjson"))
    first = run(program, "analyze", "--summary", "none", "--archive", os.path.join(work, "archive"), "--flows", wanted,
                "--write-packets", some, capture)
    if first.returncode not in (0, 3):
        return None, [f"status {first.returncode}: {first.stderr.strip()}"]
    if not os.path.exists(wanted) or not os.path.getsize(wanted):
        return None, []
    run(program, "analyze", "--summary", "none", "--flows", again, some)
    return some, packets.differences(wanted, some, again)[0]


def choose(records):
    """The id of a flow that is named by a look-up alone; else the last one whose own bytes say its app, or the last. A call whose
    socket tells whose it is in another flow is not asked for by itself; nor is a connection that was tried anew behind another
    from its port, whose SYN ended the record."""
    flows = [json.loads(line) for line in open(records)]
    begun = collections.Counter(flow["borderflow"]["flow"]["id"] for flow in flows if not flow["borderflow"]["flow"]["part"])
    flows = [flow for flow in flows if begun[flow["borderflow"]["flow"]["id"]] < 2] or flows
    # Whether one that nobody answered was tried in vain or seen one way, the others of its capture tell.
    flows = [flow for flow in flows if flow.get("destination", {}).get("packets")] or flows
    named = [flow for flow in flows if flow["network"].get("protocol") not in ("dns", "stun", "rtp", "dtls")
             and flow["borderflow"].get("app", {}).get("evidence")]
    by_lookup = [flow for flow in named if flow["borderflow"]["app"]["evidence"][0] == "dns"]
    return (by_lookup or named or flows)[-1]["borderflow"]["flow"]["id"], bool(by_lookup)


def alone_differs(program, capture, work):
    flow, is_looked_up = choose(os.path.join(work, "wanted.ndjson"))
    one, some, again = (os.path.join(work, name) for name in ("one.ndjson", "one.pcapng", "one-again.ndjson"))
    run(program, "analyze", "--summary", "none", "--flows", one, "--where", f"flow == {flow}", "--write-packets", some, capture)
    run(program, "analyze", "--summary", "none", "--flows", again, some)
    return is_looked_up, packets.differences(one, some, again)[0]


READERS = {
    "tcpdump": ["tcpdump", "-n", "-w", "/dev/null", "-r"],
    "capinfos": ["capinfos"],
    "tshark": ["tshark", "-n", "-r"],
}


def complaint(reader, capture):
    read = run(*READERS[reader], capture)
    lines = [line for line in read.stderr.replace(capture, "it").splitlines()
             if line and not line.startswith(("reading from file", "Running as user"))]
    return f"status {read.returncode} {' '.join(lines)}" if read.returncode or lines else ""


def readers_say(some, capture, each):
    """A reader that complains of the capture itself is no judge (tcpdump: several link types; wireshark: some)."""
    said = []
    for reader in READERS:
        if shutil.which(reader) and (each or reader != "tshark"):
            words = complaint(reader, some)
            if words and not complaint(reader, capture):
                said.append(f"{reader}: {words}")
    return said


def orders(content):
    """Of a pcapng: where each section begins, and its order of bytes."""
    at, found = 0, []
    while at + 12 <= len(content):
        if content[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            found.append((at, "<" if content[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"))
        length = struct.unpack_from(found[-1][1] + "I", content, at + 4)[0]
        at += length if length >= 12 else len(content)
    return found


def frame_at(content, sections, offset):
    """Of the record or block there: what follows its head. None where it is no packet."""
    if not sections:
        return content[offset + (24 if content[:4] in (b"\x34\xcd\xb2\xa1", b"\xa1\xb2\xcd\x34") else 16):]
    order = [order for at, order in sections if at <= offset][-1]
    head = {2: 28, 3: 12, 6: 28}.get(struct.unpack_from(order + "I", content, offset)[0])
    return content[offset + head:] if head else None


def places_differ(program, capture, some, work):
    """Against the packets that are written of each flow, in the order of the capture. Several records have one id where the
    same connection was tried anew: the first place of the first and the last of the last are the ends, each other between."""
    frames, rows = {}, {}
    for frame, flows in packets.blocks(some):
        for flow, _ in flows:
            frames.setdefault(flow, []).append(frame)
    content = (gzip.open if capture.endswith(".gz") else open)(capture, "rb").read()
    sections = orders(content) if content[:4] == b"\x0a\x0d\x0d\x0a" else []
    read = run(program, "flows", "-a", os.path.join(work, "archive"), "--whole", "-o", "ndjson", "--columns",
               "flow,input,first_offset,last_input,last_offset")
    for row in map(json.loads, read.stdout.splitlines()):
        ends = [row.get(f"borderflow.packets.{end}_offset") for end in ("first", "last")]
        rows.setdefault(row["borderflow.flow.id"], []).append(ends)
    wrong = []
    for flow, several in rows.items():
        if None in sum(several, []):
            wrong.append(f"{flow}: a packet without a place")
            continue
        first, last = min(ends[0] for ends in several), max(ends[1] for ends in several)
        for place in sum(several, []):
            wanted = frames[flow][:1] if place == first else frames[flow][-1:] if place == last else frames[flow]
            there = frame_at(content, sections, place)
            if there is None or not any(there.startswith(frame) for frame in wanted):
                wrong.append(f"{flow}: another frame at {place}")
    return 2 * sum(map(len, rows.values())), wrong


def main():
    program, captures = sys.argv[1], sys.argv[2:]
    seen, kinds = collections.Counter(), collections.Counter()
    for number, capture in enumerate(captures):
        with tempfile.TemporaryDirectory() as work:
            some, differ = packets_differ(program, capture, work)
            found = {"packets": differ, "alone": [], "read": [], "places": []}
            if some:
                seen["captures"] += 1
                is_looked_up, found["alone"] = alone_differs(program, capture, work)
                seen["looked up"] += is_looked_up
                found["read"] = readers_say(some, capture, number % TSHARK_EACH == 0)
                count, found["places"] = places_differ(program, capture, some, work)
                seen["places"] += count
            for kind, lines in found.items():
                kinds[kind] += bool(lines)
                for line in lines[:3]:
                    print(f"# {kind}: {os.path.basename(capture)}: {line}", flush=True)
    for number, kind in enumerate(("packets", "alone", "read", "places"), 1):
        good = seen["captures"] and not kinds[kind]
        print(f"{'ok' if good else 'not ok'} {number} - {kind}: of {seen['captures']} captures ({seen['places']} places, {seen['looked up']} flows "
              f"named by a look-up) {kinds[kind]} differ")
    print("1..4")


if __name__ == "__main__":
    main()
