"""Writes a capture of flows that begin just before an edge of a five-minute slot. opened: behind it comes a bare
acknowledgement, and only then what tells the app. joined: their beginnings were missed, what they say before the edge tells
who began, against what the ports let guess, and one side alone was heard. Usage: slot_edges.py opened|joined FILE."""
import struct
import sys

SLOTS, FLOWS, FIRST = 24, 60, 1773705600
CLIENT, SERVER = 0, 1


def hello(name):
    host = b"\x00" + struct.pack("!H", len(name)) + name
    extensions = struct.pack("!HHH", 0, len(host) + 2, len(host)) + host
    body = b"\x03\x03" + bytes(33) + b"\x00\x02\x13\x01\x01\x00" + struct.pack("!H", len(extensions)) + extensions
    shake = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack("!H", len(shake)) + shake


def packet(sender, number, flags, sequence, acknowledged, payload=b"", service=443):
    ends = [bytes([10, 20, 0, 10 + number % 40]), bytes([203, 0, 113, 5])]
    ports = [20000 + number, service]
    tcp = struct.pack("!HHIIBBHHH", ports[sender], ports[1 - sender], sequence, acknowledged, 0x50, flags, 64000, 0, 0)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0)
    return bytes(12) + b"\x08\x00" + ip + ends[sender] + ends[1 - sender] + tcp + payload


def opened(edge, at, number):
    said = hello(b"www.tiktok.com" if number % 2 else b"www.example.org")
    end = 101 + len(said)
    return [
        (edge - 2 + at, packet(CLIENT, number, 0x02, 100, 0)),
        (edge - 1.999 + at, packet(SERVER, number, 0x12, 700, 101)),
        (edge - 1.998 + at, packet(CLIENT, number, 0x10, 101, 701)),
        (edge + 0.1 + at, packet(CLIENT, number, 0x10, 101, 701)),
        (edge + 0.101 + at, packet(CLIENT, number, 0x18, 101, 701, said)),
        (edge + 0.15 + at, packet(SERVER, number, 0x11, 701, end)),
        (edge + 0.16 + at, packet(CLIENT, number, 0x11, end, 702)),
    ]


def joined(edge, at, number):
    """Every third flow says nothing that tells who began; ports of no service let guess otherwise than the hello says, and
    so does the one side that was heard."""
    said = b"\x01" * 80 if number % 3 == 2 else hello(b"www.example.org")
    service = 443 if number % 2 else 50000
    end = 101 + len(said)
    heard = [(edge - 1.9 + at, packet(SERVER, number, 0x10, 701, end, b"", service))]
    return heard * (number // 2 % 2) + [
        (edge - 2 + at, packet(CLIENT, number, 0x18, 101, 701, said, service)),
        (edge + 0.1 + at, packet(CLIENT, number, 0x10, end, 701, b"", service)),
        (edge + 0.11 + at, packet(SERVER, number, 0x18, 701, end, b"\x02" * 40, service)),
        (edge + 300.1 + at, packet(CLIENT, number, 0x10, end, 741, b"", service)),
    ]


def main():
    flow = {"opened": opened, "joined": joined}[sys.argv[1]]
    packets = []
    for number in range(SLOTS * FLOWS):
        edge = FIRST + 300 * (1 + number // FLOWS)
        packets += flow(edge, number % FLOWS / 100, number)
    with open(sys.argv[2], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for time, content in sorted(packets, key=lambda entry: entry[0]):
            micros = round(time * 1e6)
            out.write(struct.pack("<IIII", micros // 10**6, micros % 10**6, len(content), len(content)) + content)


main()
