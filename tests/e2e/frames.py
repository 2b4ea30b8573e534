"""Frames of Ethernet and IPv4, one after the other, and a pcap of them. No library but Python's."""
import struct

BEGIN = 1773700000.0
frames = []


def address(text):
    return bytes(int(part) for part in text.split("."))


def summed(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(time, source, target, kind, payload):
    frames.append((BEGIN + time, bytes.fromhex(target) + bytes.fromhex(source) + struct.pack("!H", kind) + payload))


def packet(time, source, target, ip, protocol, payload, ttl=64, fragment=0):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, ttl, protocol, 0) + address(ip[0]) + address(ip[1])
    frame(time, source, target, 0x0800, head[:10] + struct.pack("!H", summed(head)) + head[12:] + payload)


def datagram(time, source, target, ip, ports, payload, ttl=64):
    packet(time, source, target, ip, 17, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload, ttl)


def segment(time, source, target, ip, ports, numbers, flags, payload=b"", ttl=64, options=b""):
    head = struct.pack("!HHIIBBHHH", *ports, *numbers, (20 + len(options)) << 2, flags, 64000, 0, 0) + options
    pseudo = address(ip[0]) + address(ip[1]) + struct.pack("!HH", 6, len(head) + len(payload))
    head = head[:16] + struct.pack("!H", summed(pseudo + head + payload)) + head[18:]
    packet(time, source, target, ip, 6, head + payload, ttl)


def write(path):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for time, data in sorted(frames, key=lambda item: item[0]):
            out.write(struct.pack("<IIII", int(time), int(time % 1 * 1e6), len(data), len(data)) + data)
