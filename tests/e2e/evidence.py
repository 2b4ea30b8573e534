#!/usr/bin/env python3
"""evidence.py SCENE OUT.pcap: frames of a segment on which somebody lies about whose device is whose (docs/evidence.md).

A laptop that is enrolled (MAC LAPTOP) has 10.1.0.10; what a phone at 10.2.0.20 sends comes through a router (MAC ROUTER), and
the phone uses TikTok. Each scene adds what somebody makes up, and says so in its function's words."""
import struct
import sys

from frames import BEGIN, address, datagram, frame, frames, packet, segment, summed, write

LAPTOP, ROUTER, OTHER = "001122000001", "00aabb0000fe", "00aabb000066"
LAPTOP_IP, PHONE_IP, SERVER_IP, STRANGER_IP = "10.1.0.10", "10.2.0.20", "203.0.113.80", "198.51.100.7"


def hello(name):
    server = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name.encode() if name else b""
    extensions = (struct.pack("!HH", 0, len(server)) + server if name else b"") + bytes.fromhex("002b0003020304")
    body = b"\3\3" + b"r" * 32 + b"\0" + bytes.fromhex("00021301") + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    message = b"\1" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack("!H", len(message)) + message


def visit(time, mac, ip, port, name="www.tiktok.com", ttl=64, options=b"\2\4\5\xb4"):
    """A connection of TLS that the server answers, with words of both."""
    there, back = (mac, "00aabb0000ff"), ("00aabb0000ff", mac)
    ways, answers = (ip, SERVER_IP), (SERVER_IP, ip)
    asked, said = hello(name), bytes.fromhex("1603030032" "0200002e0303") + b"r" * 32 + \
        bytes.fromhex("00130100" "0006" "002b00020304") + b"\x17\3\3\x04\0" + b"s" * 1024
    words, page = b"\x17\3\3\0\x40" + b"f" * 64 + b"\x17\3\3\x02\0" + b"c" * 512, b"\x17\3\3\x20\0" + b"p" * 8192
    segment(time, *there, ways, (port, 443), (1000, 0), 2, ttl=ttl, options=options)
    segment(time + .01, *back, answers, (443, port), (9000, 1001), 18)
    segment(time + .02, *there, ways, (port, 443), (1001, 9001), 24, asked, ttl)
    segment(time + .03, *back, answers, (443, port), (9001, 1001 + len(asked)), 24, said)
    at, of = 1001 + len(asked), 9001 + len(said)
    then = at + len(words)
    segment(time + .04, *there, ways, (port, 443), (at, of), 24, words, ttl)
    segment(time + .05, *back, answers, (443, port), (of, then), 24, page)
    segment(time + .06, *there, ways, (port, 443), (then, of + len(page)), 17, b"", ttl)
    segment(time + .07, *back, answers, (443, port), (of + len(page), then + 1), 17)
    segment(time + .08, *there, ways, (port, 443), (then + 1, of + len(page) + 1), 16, b"", ttl)


def dhcp(message, mac, given="0.0.0.0", options=b""):
    head = b"\2" if message == 5 else b"\1"
    return (head + b"\1\6\0" + b"xid!" + b"\0" * 8 + address(given) + b"\0" * 8 + bytes.fromhex(mac) + b"\0" * 202 +
            bytes.fromhex("63825363") + bytes([53, 1, message]) + options + b"\xff")


def lease(time, server, given, mac=LAPTOP, source=ROUTER):
    datagram(time, source, OTHER, (server, given), (67, 68), dhcp(5, mac, given, b"\x33\4\0\1\x51\x80"))


def arp(time, mac, ip):
    frame(time, mac, "ffffffffffff", 0x0806, bytes.fromhex("0001080006040001") + bytes.fromhex(mac) + address(ip) + b"\0" * 6 +
          address(ip))


def laptop(first=0, count=15, name="www.example.com", **more):
    for i in range(count):
        visit(first + i * 60, LAPTOP, LAPTOP_IP, 40000 + first + i, name, **more)


def phone(first=900):
    """The router is known by what it brings from outside, before the phone speaks."""
    datagram(first - 1, ROUTER, OTHER, (STRANGER_IP, LAPTOP_IP), (5000, 5000), b"?", 50)
    for i in range(3):
        visit(first + i * 60, ROUTER, PHONE_IP, 50000 + i, ttl=63)


def wrap(first, kind, there, back=None, port=50000):
    """What was sent from frames[first] on comes in tunnels: from the laptop `there`, to it `back`; None: as it was."""
    ways = {address(LAPTOP_IP): there, address(PHONE_IP): there}
    for i in range(first, len(frames)):
        time, data = frames[i]
        outer = ways.get(data[26:30], back)
        if outer is None:
            continue
        before = {"ipip": b"", "gre": bytes.fromhex("00000800"), "vxlan": bytes.fromhex("0800000000002a00") + data[:14],
                  "erspan": bytes.fromhex("100088be" "00000001" "1000000100000000") + data[:14]}[kind]
        inner = before + data[14:]
        if kind == "vxlan":
            inner = struct.pack("!HHHH", port, 4789, 8 + len(inner), 0) + inner
        protocol = {"ipip": 4, "gre": 47, "erspan": 47, "vxlan": 17}[kind]
        packet(0, OTHER, ROUTER, outer, protocol, inner, 50)
        frames[i] = (time, frames.pop()[1])


def tunnel(kind, there, back, port=50000):
    laptop()
    first = len(frames)
    laptop(901, 3, "www.tiktok.com")
    wrap(first, kind, there, back, port)


IN, OUT = (STRANGER_IP, "10.9.0.1"), ("10.9.0.1", STRANGER_IP)


def tunnel_outside():
    """Somebody outside writes both directions of a conversation into one tunnel to an address of ours."""
    tunnel("ipip", IN, IN)


def tunnel_two():
    """The same from two places outside, to two addresses of ours."""
    tunnel("gre", IN, ("192.0.2.99", "10.9.0.2"))


def tunnel_answered():
    """The same over VXLAN, the answers being sent bare, in the server's name."""
    tunnel("vxlan", IN, None)


def tunnel_lookup():
    """Somebody outside writes question and answer of a look-up; the laptop then goes there without a name."""
    laptop()
    first = len(frames)
    question = bytes.fromhex("00070100000100000000000003") + b"www" + b"\6tiktok\3com\0\0\1\0\1"
    answer = bytes.fromhex("0007818000010001") + question[8:] + bytes.fromhex("c00c00010001000000780004") + address(SERVER_IP)
    datagram(890, LAPTOP, ROUTER, (LAPTOP_IP, "10.0.0.53"), (5353 + 1, 53), question)
    datagram(890.1, ROUTER, LAPTOP, ("10.0.0.53", LAPTOP_IP), (53, 5353 + 1), answer)
    wrap(first, "ipip", IN, IN)
    laptop(901, 3, None)


def look_up(time, there, back, name="www.tiktok.com", port=5354, server=SERVER_IP, asked_ttl=64):
    """Question and answer of the laptop's address, in frames between those MACs."""
    words = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack("!HHHHHH", port, 0x100, 1, 0, 0, 0) + words + b"\0\0\1\0\1"
    answer = struct.pack("!HHHHHH", port, 0x8180, 1, 1, 0, 0) + question[12:] + bytes.fromhex("c00c00010001000000780004") + address(server)
    datagram(time, *there, (LAPTOP_IP, "10.0.0.53"), (port, 53), question, asked_ttl)
    datagram(time + .1, *back, ("10.0.0.53", LAPTOP_IP), (53, port), answer)


def lookup_own():
    """The laptop looks a name up and goes there without one."""
    laptop()
    look_up(890, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    laptop(901, 3, None)


def lookup_forged():
    """Another machine on the segment asks in the laptop's name, and answers in the resolver's."""
    laptop()
    look_up(890, (OTHER, ROUTER), (OTHER, LAPTOP))
    laptop(901, 3, None)


def lookup_forged_answered():
    """… and the resolver answers; the laptop goes there much later."""
    laptop()
    look_up(890, (OTHER, ROUTER), (ROUTER, LAPTOP), asked_ttl=63)
    laptop(1700, 3, None)


def lookup_forged_in_pieces():
    """… with a question in fragments, whose sender is not to be seen."""
    laptop()
    look_up(890, (OTHER, ROUTER), (ROUTER, LAPTOP))
    time, whole = frames[-2]
    frames[-2:-1] = []
    for at in range(0, len(whole) - 34, 24):
        packet(890 + at / 1e4, OTHER, ROUTER, (LAPTOP_IP, "10.0.0.53"), 17, whole[34 + at:58 + at],
               fragment=(0x2000 if at + 24 < len(whole) - 34 else 0) | at // 8)
    laptop(901, 3, None)


def lookup_forged_beside():
    """… on the port from which the laptop itself asks."""
    laptop()
    look_up(889, (LAPTOP, ROUTER), (ROUTER, LAPTOP), "www.example.com", server="203.0.113.81")
    look_up(890, (OTHER, ROUTER), (OTHER, LAPTOP))
    laptop(901, 3, None)


def lookup_raced():
    """… which is faster than the resolver with an answer to what the laptop does ask."""
    laptop()
    look_up(890, (LAPTOP, ROUTER), (OTHER, LAPTOP))
    look_up(890.2, (LAPTOP, ROUTER), (ROUTER, LAPTOP), server="203.0.113.81")
    del frames[-2]
    laptop(901, 3, None)


def lookup_shared():
    """Two names lead the laptop to one address, and it goes there without one."""
    laptop()
    look_up(890, (LAPTOP, ROUTER), (ROUTER, LAPTOP), "www.example.org")
    look_up(891, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    laptop(901, 3, None)


def lookup_used():
    """One name leads it there, and it goes there by another one first."""
    look_up(1, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    laptop(10)
    laptop(920, 3, None)


def lookup_over():
    """The other name was looked up too long ago."""
    look_up(1, (LAPTOP, ROUTER), (ROUTER, LAPTOP), "www.example.org")
    look_up(2050, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    laptop(2100, 3, None)


def lookup_kept():
    """The look-up's two minutes are over soon, but not those for which a browser keeps the address."""
    laptop()
    look_up(890, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    laptop(1005, 3, None)


def lookup_old():
    """… and they are as well."""
    laptop()
    look_up(890, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    laptop(1140, 3, None)


def lookup_again():
    """… but the laptop has asked anew."""
    laptop()
    look_up(890, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    look_up(1600, (LAPTOP, ROUTER), (ROUTER, LAPTOP))
    laptop(1630, 3, None)


def tunnel_echoed():
    """A server of ours echoes what somebody outside asks it, to a port that tunnels have: all of it comes from us."""
    tunnel("vxlan", OUT, OUT, 53)


def tunnel_asked(port=40007, late=.02):
    """The same of a service of ours on any port, with what he asks."""
    laptop()
    first = len(frames)
    laptop(901, 3, "www.tiktok.com")
    wrap(first, "vxlan", OUT, OUT, port)
    for time, data in frames[first:]:
        udp = data[34:]
        asked = udp[2:4] + udp[:2] + udp[4:]
        packet(time - BEGIN - late, ROUTER, OTHER, IN, 17, asked, 50)


def tunnel_asked_slowly():
    """… and answers late: what it says is no longer taken for the same packet seen twice."""
    tunnel_asked(late=.5)


def tunnel_ours():
    """An end of ours wraps both directions, for a collector outside."""
    tunnel("vxlan", OUT, OUT)


def tunnel_branch():
    """A branch whose gateway was not declared: its devices' words come from outside, and ours goes back to them."""
    tunnel("gre", IN, OUT)


def tunnel_mirror():
    """A switch of ours mirrors both directions to the sensor in one tunnel."""
    tunnel("erspan", ("10.9.0.9", "10.9.0.1"), ("10.9.0.9", "10.9.0.1"))


def tunnel_mirrored():
    """The switch mirrors what somebody outside writes into a tunnel."""
    tunnel_outside()
    wrap(len(frames) - 3 * 9, "erspan", ("10.9.0.9", "10.9.0.1"), ("10.9.0.9", "10.9.0.1"))


def labels(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def lookup(time, number, port, name, given, alias=None):
    """A question and its answer, which leads over an alias where there is one."""
    head, asked = struct.pack("!H", number), labels(name) + b"\0\1\0\1"
    records = b"\xc0\x0c\0\5\0\1\0\0\0\x3c" + struct.pack("!H", len(labels(alias))) + labels(alias) if alias else b""
    records += (labels(alias) if alias else b"\xc0\x0c") + bytes.fromhex("0001000100000078" "0004") + address(given)
    datagram(time, LAPTOP, ROUTER, (LAPTOP_IP, "10.0.0.53"), (port, 53), head + bytes.fromhex("01000001000000000000") + asked)
    datagram(time + .01, ROUTER, LAPTOP, ("10.0.0.53", LAPTOP_IP), (53, port), head + bytes.fromhex("81800001") +
             struct.pack("!H", 2 if alias else 1) + b"\0\0\0\0" + asked + records)


def own_names():
    """Names of our own: asked for second from one port, and behind an alias; then said outside, with a stranger's."""
    lookup(1, 1, 40000, "www.stranger.example", SERVER_IP)
    lookup(2, 2, 40000, "pc7.body.example", "10.1.2.3")
    lookup(3, 3, 40001, "portal.partner.example", "10.1.2.4", "pc8.region.example")
    for i, name in enumerate(("annas-laptop.body.example", "eriks-pc.region.example", "www.stranger.example")):
        visit(10 + i, LAPTOP, LAPTOP_IP, 41000 + i, name)


def truth():
    """Nobody lies: the laptop uses TikTok."""
    laptop()
    laptop(901, 3, "www.tiktok.com")


def server_asks(*said):
    """The laptop opens connections and says nothing that tells; the server names TikTok in what only a client says."""
    there, back = (LAPTOP, "00aabb0000ff"), ("00aabb0000ff", LAPTOP)
    for i, asked in enumerate(said):
        time, ports, ways = i * 60, (40000 + i, 8000), (LAPTOP_IP, SERVER_IP)
        segment(time, *there, ways, ports, (1000, 0), 2, options=b"\2\4\5\xb4")
        segment(time + .01, *back, ways[::-1], ports[::-1], (9000, 1001), 18)
        segment(time + .02, *there, ways, ports, (1001, 9001), 16)
        segment(time + .03, *back, ways[::-1], ports[::-1], (9001, 1001), 24, asked)
        at = 9001 + len(asked)
        segment(time + .04, *there, ways, ports, (1001, at), 24, b"m" * 3000)
        segment(time + .05, *back, ways[::-1], ports[::-1], (at, 4001), 24, b"n" * 9000)
        segment(time + .06, *there, ways, ports, (4001, at + 9000), 17)
        segment(time + .07, *back, ways[::-1], ports[::-1], (at + 9000, 4002), 17)


def outside_says(said, heard):
    """Somebody outside asks another machine of ours in the laptop's name."""
    laptop()
    for i in range(3):
        time, ways, ports, there = 901 + i * 60, (STRANGER_IP, "10.1.0.80"), (44000 + i, 443), (ROUTER, OTHER)
        segment(time, *there, ways, ports, (1000, 0), 2)
        segment(time + .01, *there[::-1], ways[::-1], ports[::-1], (9000, 1001), 18)
        segment(time + .02, *there, ways, ports, (1001, 9001), 24, said)
        segment(time + .03, *there[::-1], ways[::-1], ports[::-1], (9001, 1001 + len(said)), 24, heard)
        segment(time + .04, *there, ways, ports, (1001 + len(said), 9001 + len(heard)), 24, b"\x17\3\3\x04\0" + b"c" * 1024)


SAID = bytes.fromhex("1603030032" "0200002e0303") + b"r" * 32 + bytes.fromhex("00130100" "0006" "002b00020304") + \
    b"\x17\3\3\x04\0" + b"s" * 1024


def outside_proxy():
    outside_says(b"PROXY TCP4 10.1.0.10 203.0.113.80 40001 443\r\n" + hello("www.tiktok.com"), SAID)


def outside_proxy_2():
    outside_says(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + address(LAPTOP_IP) + address(SERVER_IP) +
                 struct.pack("!HH", 40001, 443) + hello("www.tiktok.com"), SAID)


def outside_forwarded():
    outside_says(b"GET / HTTP/1.1\r\nHost: www.tiktok.com\r\nX-Forwarded-For: 10.1.0.10\r\nForwarded: for=10.1.0.10\r\n\r\n",
                 b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")


def outside_quote():
    """ICMP from outside quotes a hello that the laptop never sent (RFC 792)."""
    laptop()
    for i in range(6):
        segment(0, LAPTOP, ROUTER, (LAPTOP_IP, SERVER_IP), (45000 + i, 443), (1, 1), 24, hello("www.tiktok.com"))
        message = struct.pack("!BBHI", 3, 13 if i % 2 else 3, 0, 0) + frames.pop()[1][14:]
        packet(901 + i * 10, ROUTER, LAPTOP, (STRANGER_IP, LAPTOP_IP), 1, message[:2] + struct.pack("!H", summed(message)) + message[4:])


def neighbour_tcp():
    """A neighbour answers over TCP what the laptop asks its neighbours (LLMNR)."""
    laptop()
    ways, ports, there = (LAPTOP_IP, "10.1.0.66"), (50002, 5355), (LAPTOP, OTHER)
    asked = struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + labels("www.tiktok.com") + b"\0\1\0\1"
    said = struct.pack("!HHHHHH", 7, 0x8000, 1, 1, 0, 0) + asked[12:] + bytes.fromhex("c00c00010001000000780004") + address(SERVER_IP)
    segment(884, *there, ways, ports, (1000, 0), 2)
    segment(884.01, *there[::-1], ways[::-1], ports[::-1], (9000, 1001), 18)
    segment(884.02, *there, ways, ports, (1001, 9001), 24, struct.pack("!H", len(asked)) + asked)
    segment(884.03, *there[::-1], ways[::-1], ports[::-1], (9001, 1003 + len(asked)), 24, struct.pack("!H", len(said)) + said)
    laptop(901, 3, None)


def peer_format(kind):
    """The laptop sends to a server what nobody knows; the server answers as a peer of BitTorrent, WireGuard or OpenVPN does."""
    laptop()
    answers = {"tcp": b"\x13BitTorrent protocol" + bytes(8) + b"h" * 40, "torrent": b"d1:rd2:id20:" + b"n" * 20 + b"5:nodes0:e1:t2:aa1:y1:re",
               "wireguard": bytes.fromhex("02000000") + b"w" * 88, "openvpn": b"\x40" + b"s" * 8 + b"\1" + bytes(4) + b"c" * 8 + bytes(4)}
    for i in range(3):
        time, ways, ports = 901 + i * 60, (LAPTOP_IP, SERVER_IP), (40000 + i, 8000)
        for k in range(0 if kind == "tcp" else 6):
            datagram(time + k, LAPTOP, ROUTER, ways, ports, b"q%d" % k * 30)
            datagram(time + k + .1, ROUTER, LAPTOP, ways[::-1], ports[::-1], answers[kind])
    if kind == "tcp":
        frames.clear()
        server_asks(*[answers[kind]] * 3)


def peer_tcp():
    peer_format("tcp")


def peer_torrent():
    peer_format("torrent")


def peer_wireguard():
    peer_format("wireguard")


def peer_openvpn():
    peer_format("openvpn")


def peer_asked():
    """The laptop begins WireGuard itself."""
    laptop()
    for i in range(3):
        time, ways, ports = 901 + i * 60, (LAPTOP_IP, SERVER_IP), (40000 + i, 8000)
        datagram(time, LAPTOP, ROUTER, ways, ports, bytes.fromhex("01000000") + b"i" * 144)
        datagram(time + .1, ROUTER, LAPTOP, ways[::-1], ports[::-1], bytes.fromhex("02000000") + b"w" * 88)
        for k in range(1, 6):
            datagram(time + k, LAPTOP, ROUTER, ways, ports, bytes.fromhex("0400000077777777") + struct.pack("<Q", k) + b"d" * 64)
            datagram(time + k + .1, ROUTER, LAPTOP, ways[::-1], ports[::-1], bytes.fromhex("0400000069696969") + struct.pack("<Q", k) + b"d" * 64)


def der(tag, body):
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack("!H", len(body))) + body


def certificate(name):
    """With that common name, as in a handshake."""
    kind, time = der(0x30, der(6, b"\x2a\x86\x48\xce\x3d\x04\x03\x02")), der(0x30, der(23, b"260101000000Z") * 2)
    subject = der(0x30, der(0x31, der(0x30, der(6, b"\x55\x04\x03") + der(12, name.encode()))))
    body = der(2, b"\1") + kind + subject + time + subject + der(0x30, kind + der(3, bytes(17)))
    whole = der(0x30, der(0x30, body) + kind + der(3, bytes(9)))
    return (len(whole) + 3).to_bytes(3, "big") + len(whole).to_bytes(3, "big") + whole


def peer_certificate():
    """The other end of a call (DTLS with keys of SRTP, RFC 5764) signs itself with a name of its choice: nobody checks it."""
    laptop()
    ways, there, back = (LAPTOP_IP, SERVER_IP), (LAPTOP, ROUTER), (ROUTER, LAPTOP)

    def record(kind, epoch, number, body):
        return bytes([kind]) + struct.pack("!HHHIH", 0xfefd, epoch, 0, number, len(body)) + body

    def message(kind, number, body):
        length = len(body).to_bytes(3, "big")
        return bytes([kind]) + length + struct.pack("!H", number) + bytes(3) + length + body
    extension = bytes.fromhex("000e000500020001" "00")
    asked = b"\xfe\xfd" + b"r" * 32 + b"\0\0" + bytes.fromhex("0002c02b0100") + struct.pack("!H", len(extension)) + extension
    said = b"\xfe\xfd" + b"s" * 32 + b"\0\xc0\x2b\0"
    for i in range(3):
        time, ports = 901 + i * 60, (40000 + i, 8000)
        datagram(time, *there, ways, ports, record(22, 0, 0, message(1, 0, asked)))
        datagram(time + .01, *back, ways[::-1], ports[::-1], record(22, 0, 0, message(2, 0, said)))
        datagram(time + .02, *back, ways[::-1], ports[::-1], record(22, 0, 1, message(11, 1, certificate("www.tiktok.com"))))
        for k in range(1, 20):
            datagram(time + k, *there, ways, ports, record(23, 1, k, b"d" * 600))
            datagram(time + k + .1, *back, ways[::-1], ports[::-1], record(23, 1, k, b"d" * 900))


def server_request():
    server_asks(b"GET / HTTP/1.1\r\nHost: www.tiktok.com\r\n\r\n", b"CONNECT www.tiktok.com:443 HTTP/1.1\r\n\r\n")


def server_hello():
    server_asks(hello("www.tiktok.com"), b"PROXY TCP4 10.1.0.10 203.0.113.80 40001 443\r\n" + hello("www.tiktok.com"))


def lease_outside():
    """Somebody outside sends a lease: the phone's address is the laptop's."""
    laptop()
    lease(890, STRANGER_IP, PHONE_IP)
    phone()


def lease_doubt():
    """Somebody outside sends a lease: the laptop's address is another's."""
    laptop()
    lease(890, STRANGER_IP, LAPTOP_IP, OTHER)
    laptop(901, 3, "www.tiktok.com")


def ask_outside():
    """Somebody outside relays a request: a private MAC that comes anew is one that went, by its identifier."""
    options = b"\x3d\x13\xff\0\0\0\1\0\1\0\1abcdefghij"
    went, came = "021122000001", "021122000002"
    datagram(-9, went, "ffffffffffff", ("0.0.0.0", "255.255.255.255"), (68, 67), dhcp(3, went, options=options))
    for i in range(15):
        visit(i * 60, went, "10.1.0.98", 60001 + i)
    asked = bytearray(dhcp(3, came, options=options))
    asked[24:28] = address(STRANGER_IP)
    datagram(895, ROUTER, OTHER, (STRANGER_IP, LAPTOP_IP), (67, 67), bytes(asked))
    for i in range(15):
        visit(901 + i * 60, came, "10.1.0.99", 60101 + i)


def lease_inside():
    """A DHCP server inside leases the phone's address to the laptop: what a lease behind a router is for, forged or not."""
    laptop()
    lease(890, "10.2.0.1", PHONE_IP)
    phone()


def arp_routed():
    """ARP in the laptop's name, for an address that is behind the router."""
    laptop()
    arp(890, LAPTOP, PHONE_IP)
    phone()


def arp_other():
    """Somebody's ARP for the laptop's address."""
    laptop()
    for i in range(20):
        arp(890 + i, OTHER, LAPTOP_IP)
    laptop(901, 3, "www.tiktok.com")


def mac_beside():
    """Frames with the laptop's address and another MAC, while it speaks."""
    laptop()
    visit(895, OTHER, LAPTOP_IP, 60000)
    laptop(901, 3, "www.tiktok.com")


def leak():
    """The laptop sends with addresses that it had elsewhere, before it has its own, and later."""
    datagram(-5, LAPTOP, "ffffffffffff", ("169.254.7.7", "169.254.255.255"), (137, 137), b"?")
    laptop()
    datagram(895, LAPTOP, OTHER, ("169.254.7.7", "169.254.255.255"), (137, 137), b"?")
    datagram(896, LAPTOP, OTHER, ("172.32.4.4", SERVER_IP), (5353, 5000), b"?")
    laptop(901, 3, "www.tiktok.com")


def private_mac():
    """A private MAC that asks as the laptop does, with its identifier and its fingerprint."""
    options = b"\x37\3\1\3\6\x3c\x08MSFT 5.0\x3d\x13\xff\0\0\0\1\0\1\0\1abcdefghij"
    datagram(-9, LAPTOP, "ffffffffffff", ("0.0.0.0", "255.255.255.255"), (68, 67), dhcp(3, LAPTOP, options=options))
    laptop(0, 5)
    datagram(890, "021122000001", "ffffffffffff", ("0.0.0.0", "255.255.255.255"), (68, 67),
             dhcp(3, "021122000001", options=options))
    for i in range(15):
        visit(901 + i * 20, "021122000001", "10.1.0.99", 60001 + i)


def crowd():
    """The laptop plays many: kinds of TCP, and distances."""
    kinds = [b"\2\4\5\xb4", b"\2\4\5\xb4\4\2\1\1", b"\1\1\1\1\2\4\5\xb4"]
    for i in range(24):
        visit(i * 30, LAPTOP, LAPTOP_IP, 41000 + i, "www.example.com", ttl=(64, 128, 255)[i % 3], options=kinds[i % 3])
    laptop(901, 3, "www.tiktok.com")


def second_address():
    """The laptop has a second address beside its own, and uses TikTok with that."""
    laptop()
    for i in range(14):
        visit(i * 60 + 20, LAPTOP, "10.1.0.11", 42000 + i, "www.example.com")
    for i in range(3):
        visit(901 + i * 60, LAPTOP, "10.1.0.11", 43000 + i)


def main():
    told = (truth, lease_outside, lease_doubt, ask_outside, lease_inside, arp_routed, arp_other, mac_beside, leak, private_mac,
            second_address, crowd, tunnel_outside, tunnel_two, tunnel_answered, tunnel_lookup, tunnel_echoed, tunnel_asked, tunnel_asked_slowly, tunnel_ours,
            tunnel_branch, tunnel_mirror,
            tunnel_mirrored, own_names, server_request, server_hello, lookup_own, lookup_forged, lookup_forged_answered,
            lookup_forged_in_pieces, lookup_forged_beside, lookup_raced, lookup_shared, lookup_used, lookup_over, lookup_kept, lookup_old, lookup_again, outside_proxy, outside_proxy_2, outside_forwarded,
            outside_quote, neighbour_tcp, peer_tcp, peer_torrent,
            peer_wireguard, peer_openvpn, peer_asked, peer_certificate)
    scenes = {function.__name__: function for function in told}
    scenes[sys.argv[1]]()
    write(sys.argv[2])


main()
