"""Flows as two observation points see them, with the truth beside: two_points.py SEED MODES A.pcap B.pcap truth.tsv.

Each flow is at the one point, at the other, at both, halved either way, met in the middle, or moved during its life, with
strays and losses; truth.tsv has what either saw of it, by the port of our end: port, bytes out, bytes in, packets. B's clock is
3 ms late. Modes are separated by commas; those that cannot be told exactly are not used unless they are named."""
import random
import socket
import struct
import sys

START = 1773741600  # 2026-03-17T10:00Z, a slot's beginning
SYN, ACK, FIN, RST = 2, 16, 1, 4
MODES = {  # is it seen at A, at B? of a packet that goes out, at the share `at` of the flow's life, by chance
    "a": lambda out, at, middle, chance: (True, False),
    "b": lambda out, at, middle, chance: (False, True),
    "both": lambda out, at, middle, chance: (True, True),
    "out-in": lambda out, at, middle, chance: (out, not out),
    "in-out": lambda out, at, middle, chance: (not out, out),
    "half-more": lambda out, at, middle, chance: (True, out),
    "late": lambda out, at, middle, chance: (True, at >= middle),
    "late-half": lambda out, at, middle, chance: (out, not out and at >= middle),
    "moved": lambda out, at, middle, chance: (at < middle, at >= middle),
    "moved-back": lambda out, at, middle, chance: (at >= middle, at < middle),
    "strays": lambda out, at, middle, chance: (out or chance < 0.02, not out or chance > 0.98),
    "changed": lambda out, at, middle, chance: (out == (at < middle), out == (at >= middle)),
}
EXACT = [mode for mode in MODES if mode != "changed"]


def frame(source, destination, protocol, content):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(content), random.getrandbits(16), 0x4000, 64, protocol, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    macs = b"\x02\x10" + socket.inet_aton(destination) + b"\x02\x10" + socket.inet_aton(source)
    return macs + b"\x08\0" + header + content


def tcp(source, port, destination, other, seq, ack, flags, payload=b""):
    head = struct.pack("!HHIIBBHHH", port, other, seq % 2**32, ack % 2**32, 5 << 4, flags, 64240, 0, 0)
    return frame(source, destination, 6, head + payload)


def udp(source, port, destination, other, payload):
    return frame(source, destination, 17, struct.pack("!HHHH", port, other, 8 + len(payload), 0) + payload)


class Flow:
    """Packets of one: (time, goes out, frame)."""

    def __init__(self, chance, port):
        self.chance, self.port, self.packets = chance, port, []
        self.client, self.server = "10.20.1.%d" % chance.randrange(10, 90), "198.51.100.%d" % chance.randrange(1, 9)
        self.kind = chance.choice(["connection", "connection", "long", "refused", "again", "datagrams", "slow", "question"])
        getattr(self, self.kind)(START + chance.random() * 1500)
        self.packets.sort(key=lambda packet: packet[0])

    def add(self, time, out, flags, seq, ack, payload=b""):
        ends = (self.client, self.port, self.server, 443) if out else (self.server, 443, self.client, self.port)
        self.packets.append((time, out, tcp(*ends, seq, ack, flags, payload)))

    def exchange(self, time, rounds, gap):
        mine, theirs, bytes_of = self.chance.getrandbits(32), self.chance.getrandbits(32), self.chance.randbytes
        for flags, out in ((SYN, True), (SYN | ACK, False), (ACK, True)):
            self.add(time, out, flags, mine + (flags == ACK), theirs + (flags == ACK)) if out else \
                self.add(time, out, flags, theirs, mine + 1)
            time += 0.02
        mine, theirs = mine + 1, theirs + 1
        for _ in range(rounds):
            asked, got = bytes_of(self.chance.randrange(20, 900)), bytes_of(self.chance.randrange(20, 1400))
            self.add(time, True, ACK, mine, theirs, asked)
            mine += len(asked)
            self.add(time + gap / 2, False, ACK, theirs, mine, got)
            theirs, time = theirs + len(got), time + gap
        self.add(time, True, FIN | ACK, mine, theirs)
        self.add(time + 0.02, False, FIN | ACK, theirs, mine + 1)
        self.add(time + 0.04, True, ACK, mine + 1, theirs + 1)
        return time + 0.04

    def connection(self, time):
        self.exchange(time, self.chance.randrange(1, 40), 0.01)

    def long(self, time):
        self.exchange(time, self.chance.randrange(20, 60), self.chance.randrange(1, 15))

    def refused(self, time):
        number = self.chance.getrandbits(32)
        self.add(time, True, SYN, number, 0)
        self.add(time + 0.02, False, RST | ACK, 0, number + 1)

    def again(self, time):
        for _ in range(3):
            time = self.exchange(time, self.chance.randrange(1, 9), 0.01) + self.chance.choice([0.5, 30, 130])

    def talk(self, time, count, gap, port, delay):
        for i in range(count):
            out = self.chance.randbytes(self.chance.randrange(20, 200))
            back = self.chance.randbytes(self.chance.randrange(20, 900))
            self.packets.append((time + i * gap, True, udp(self.client, self.port, self.server, port, out)))
            self.packets.append((time + i * gap + delay, False, udp(self.server, port, self.client, self.port, back)))

    def datagrams(self, time):
        self.talk(time, self.chance.randrange(2, 20), 0.05, 5000, 0.02)

    def slow(self, time):
        self.talk(time, self.chance.randrange(20, 60), self.chance.randrange(5, 25), 5000, 0.02)

    def question(self, time):
        self.talk(time, 1, 1, 5000, self.chance.choice([0.02, 0.02, 0.5]))


def write(path, packets, late_ns):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for time, _, content in sorted(packets, key=lambda packet: packet[0]):
            at = round(time * 1e9) + late_ns
            out.write(struct.pack("<IIII", at // 10**9, at % 10**9, len(content), len(content)) + content)


def main(seed, modes, first, second, truth):
    chance = random.Random(int(seed))
    random.seed(int(seed))
    points, modes = ([], []), EXACT if modes == "exact" else modes.split(",")
    with open(truth, "w") as told:
        for port in range(20000, 20200):
            flow, mode, middle, seen = Flow(chance, port), MODES[chance.choice(modes)], chance.random(), []
            begin, end = flow.packets[0][0], flow.packets[-1][0]
            for packet in flow.packets:
                at = (packet[0] - begin) / (end - begin)
                is_seen = mode(packet[1], at, middle, chance.random())
                for point in (0, 1):
                    if is_seen[point]:
                        points[point].append(packet)
                if any(is_seen):
                    seen.append((packet[1], len(packet[2]) - 14))
            sums = [sum(size for out, size in seen if out == way) for way in (True, False)]
            if seen:
                print(port, *sums, len(seen), sep="\t", file=told)
    write(first, points[0], 0)
    write(second, points[1], 3 * 10**6)


main(*sys.argv[1:])
