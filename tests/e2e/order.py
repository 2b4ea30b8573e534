"""Writes a capture in which it matters for a record what came before it. networks: addresses that no policy declares to be
ours, of which one shows halfway that it stands on a link of ours. attempts: more tries wait for an answer than there is room
for, between flows that go on. Usage: order.py networks|attempts FILE."""
import struct
import sys

FIRST, UDP, TCP = 1772800000, 17, 6


def packet(protocol, source, destination, content):
    ends = bytes(source) + bytes(destination)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(content), 1, 0, 64, protocol, 0)
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + ip + ends + content


def datagram(source, destination, ports, payload=b"x" * 20):
    return packet(UDP, source, destination, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload)


def spoken(own, other, port):
    return [datagram(own, other, (port, 4000)), datagram(other, own, (4000, port))]


def networks():
    for network in range(30):
        for number in range(200):
            yield from spoken([10, 1, network, number], [203, 0, network, 9], 2000 + number)
            if number == 100:
                yield datagram([203, 0, network, 77], [224, 0, 0, 1], (5000, 5000))


def attempts():
    for number in range(16000):
        syn = struct.pack("!HHIIBBHHH", 1024 + number, 443, number * 1000, 0, 0x50, 2, 64000, 0, 0)
        yield packet(TCP, [10, 1, number % 20, number % 200], [203, 0, 113, number % 250], syn)
        if number % 2:
            yield from spoken([10, 2, 0, number % 200], [198, 51, 100, number % 200], 2000 + number)
        if number > 8000 and number % 3 == 0:
            yield from spoken([10, 1, 0, number % 200], [198, 51, 100, number % 200], 12000 + number)


def main():
    packets = {"networks": networks, "attempts": attempts}[sys.argv[1]]()
    with open(sys.argv[2], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, content in enumerate(packets):
            time = (FIRST + number // 16, number % 16 * 60000)
            out.write(struct.pack("<IIII", *time, len(content), len(content)) + content)


main()
