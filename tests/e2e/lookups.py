#!/usr/bin/env python3
"""lookups.py OUT.pcap: flows that only a look-up names, each with another way of looking up: over UDP, from a port that asks for
much else, over TCP in two pieces, in fragments, and an answer that nobody asked for. The n-th name
is n.web.telegram.org, asked for by 10.1.0.n; the flows have no name of their own."""
import struct
import sys

import frames
from frames import address, datagram, packet, segment

CLIENT, ROUTER = "001122000001", "00aabb0000fe"


def named(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def question(number, name, kind=1):
    return struct.pack("!HHHHHH", number, 0x100, 1, 0, 0, 0) + named(name) + struct.pack("!HH", kind, 1)


def answer(number, name, ips, kind=1):
    head = struct.pack("!HHHHHH", number, 0x8180, 1, len(ips), 0, 0) + named(name) + struct.pack("!HH", kind, 1)
    return head + b"".join(struct.pack("!HHHIH", 0xc00c, kind, 1, 300, len(ip)) + ip for ip in ips)


def ask(time, client, port, number, name, ips, kind=1, asked=True):
    if asked:
        datagram(time, CLIENT, ROUTER, (client, "10.1.0.254"), (port, 53), question(number, name, kind))
    datagram(time + .02, ROUTER, CLIENT, ("10.1.0.254", client), (53, port), answer(number, name, ips, kind))


def ask_over_tcp(time, client, name, ip):
    ways, answers, port = (client, "10.1.0.254"), ("10.1.0.254", client), 5003
    asked, said = question(3, name), answer(3, name, [address(ip)])
    asked, said = struct.pack("!H", len(asked)) + asked, struct.pack("!H", len(said)) + said
    segment(time, CLIENT, ROUTER, ways, (port, 53), (1000, 0), 2)
    segment(time + .01, ROUTER, CLIENT, answers, (53, port), (9000, 1001), 18)
    segment(time + .02, CLIENT, ROUTER, ways, (port, 53), (1001, 9001), 24, asked)
    segment(time + .03, ROUTER, CLIENT, answers, (53, port), (9001, 1001 + len(asked)), 24, said[:20])
    segment(time + .04, ROUTER, CLIENT, answers, (53, port), (9021, 1001 + len(asked)), 24, said[20:])


def ask_in_fragments(time, client, name, ips):
    datagram(time, CLIENT, ROUTER, (client, "10.1.0.254"), (5004, 53), question(4, name))
    said = answer(4, name, ips)
    whole = struct.pack("!HHHH", 53, 5004, 8 + len(said), 0) + said
    for at in range(0, len(whole), 400):
        more = 0x2000 if at + 400 < len(whole) else 0
        packet(time + .01 + at / 1e5, ROUTER, CLIENT, ("10.1.0.254", client), 17, whole[at:at + 400], fragment=more | at // 8)


def talk(time, client, server, count=4):
    """A datagram each way that shows nothing."""
    for i in range(count):
        datagram(time + i / 10, CLIENT, ROUTER, (client, server), (6000, 6001), b"\x80\x7f" + b"q" * 60)
        datagram(time + i / 10 + .05, ROUTER, CLIENT, (server, client), (6001, 6000), b"\x81\x7f" + b"a" * 300)


def main():
    name = "%d.web.telegram.org"
    ask(0, "10.1.0.1", 5001, 1, name % 1, [address("203.0.113.1")])
    for i in range(20):
        ask(1 + i / 10, "10.1.0.2", 5002, i, name % 2 if i == 10 else "%d.example.net" % i, [address("203.0.113.%d" % (2 if i == 10 else 100 + i))])
    ask_over_tcp(4, "10.1.0.3", name % 3, "203.0.113.3")
    ask_in_fragments(5, "10.1.0.4", name % 4, [address("203.0.113.%d" % i) for i in (4, *range(130, 190))])
    ask(6, "10.1.0.5", 5005, 5, name % 5, [address("203.0.113.5")], asked=False)
    for i in range(1, 6):
        talk(10 + i, "10.1.0.%d" % i, "203.0.113.%d" % i)
    frames.write(sys.argv[1])


main()
