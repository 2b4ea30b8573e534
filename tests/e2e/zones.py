#!/usr/bin/env python3
"""zones.py OUT.pcap: names in zones of our own, each taught in another way while a flow that shows a name of it has ended before
the record of what taught it is due. The zone that the n-th way teaches is zone<n>.example; names in it begin with "annas". What
teaches nothing has zones stray<n>.example, whose names begin with "plain"."""
import sys
from struct import pack

import frames
from frames import address, datagram, segment

PC, ROUTER = "001122000001", "00aabb0000fe"
OWN, RESOLVER, SERVER, OUTSIDE = "10.20.1.13", "10.1.0.254", "10.20.9.9", "203.0.113.80"
A, NS, CNAME, SOA, PTR, MX, AAAA, SRV, HTTPS = 1, 2, 5, 6, 12, 15, 28, 33, 65
LINK_PC, LINK_ROUTER = "fe80" + "0" * 27 + "d", "fe80" + "0" * 27 + "1"
OWN_6 = bytes.fromhex("20010db8002000000000000000000013")
state = {"time": 0.0, "port": 5000}


def named(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part) + b"\0"


def record(name, kind, data):
    return named(name) + pack("!HHIH", kind, 1, 300, len(data)) + data


def message(number, name, kind, answers=None, more=(), opcode=0):
    flags = opcode << 11 | (0x100 if answers is None else 0x8180)
    return pack("!HHHHHH", number, flags, 1, len(answers or ()), 0, len(more)) + named(name) + pack("!HH", kind, 1) + \
        b"".join(answers or ()) + b"".join(more)


def ask(name, kind, answers, more=(), asked=True, opcode=0, fresh=True):
    """Over UDP: the record is due long after the flows that follow."""
    state["port"] += fresh
    state["time"] += .1
    port = state["port"]
    if asked:
        datagram(state["time"], PC, ROUTER, (OWN, RESOLVER), (port, 53), message(port, name, kind, opcode=opcode))
    datagram(state["time"] + .02, ROUTER, PC, (RESOLVER, OWN), (53, port), message(port, name, kind, answers, more, opcode))


def connection(ends, port, said, heard, close=True):
    """What is said and heard, then the end of it, or silence."""
    state["port"] += 1
    state["time"] += .1
    time, ways, answers = state["time"], (state["port"], port), (port, state["port"])
    back = ends[::-1]
    segment(time, PC, ROUTER, ends, ways, (1000, 0), 2)
    segment(time + .01, ROUTER, PC, back, answers, (9000, 1001), 18)
    segment(time + .02, PC, ROUTER, ends, ways, (1001, 9001), 24, said)
    segment(time + .03, ROUTER, PC, back, answers, (9001, 1001 + len(said)), 24, heard)
    if close:
        after, behind = 1001 + len(said), 9001 + len(heard)
        segment(time + .04, PC, ROUTER, ends, ways, (after, behind), 17)
        segment(time + .05, ROUTER, PC, back, answers, (behind, after + 1), 17)
        segment(time + .06, PC, ROUTER, ends, ways, (after + 1, behind + 1), 16)


def visit(name):
    connection((OWN, OUTSIDE), 80, b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % name.encode(), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def handshake(kind, body):
    return b"\x16\x03\x03" + pack("!H", 4 + len(body)) + bytes([kind]) + len(body).to_bytes(3, "big") + body


def hello(name):
    server = named(name)[1:] and name.encode()
    entry = b"\0" + pack("!H", len(server)) + server
    extension = pack("!HHH", 0, len(entry) + 2, len(entry)) + entry if name else b""
    return handshake(1, b"\x03\x03" + bytes(32) + b"\0" + pack("!H", 2) + b"\xc0\x2f" + b"\x01\0" + pack("!H", len(extension)) + extension)


def der(tag, body):
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + pack("!H", len(body))
    return bytes([tag]) + size + body


def certificate(name, common="server"):
    alternative = der(0x30, der(6, b"\x55\x1d\x11") + der(4, der(0x30, der(0x82, name.encode()))))
    subject = der(0x30, der(0x31, der(0x30, der(6, b"\x55\x04\x03") + der(12, common.encode()))))
    time = der(0x30, der(23, b"260101000000Z") * 2)
    algorithm = der(0x30, der(6, b"\x2a\x86\x48\xce\x3d\x04\x03\x02"))
    body = der(0xa0, der(2, b"\x02")) + der(2, b"\x01") + algorithm + subject + time + subject + \
        der(0x30, algorithm + der(3, bytes(17))) + der(0xa3, der(0x30, alternative))
    whole = der(0x30, der(0x30, body) + algorithm + der(3, bytes(9)))
    return handshake(11, (len(whole) + 3).to_bytes(3, "big") + len(whole).to_bytes(3, "big") + whole)


SERVER_HELLO = handshake(2, b"\x03\x03" + bytes(32) + b"\0\xc0\x2f\0")


def dhcp(kind, options):
    head = bytes([kind, 1, 6, 0]) + pack("!IHH", 7, 0, 0) + bytes(4) + address(OWN) + bytes(8) + bytes.fromhex(PC) + bytes(202)
    return head + b"\x63\x82\x53\x63" + b"".join(bytes([code, len(value)]) + value for code, value in options) + b"\xff"


def lease(options):
    state["time"] += .1
    state["port"] += 1
    datagram(state["time"], ROUTER, PC, (RESOLVER, "10.20.1.%d" % (state["port"] % 256)), (67, 68), dhcp(2, [(53, b"\x05")] + options))


def request(options):
    """What a client says of itself, before it has an address."""
    datagram(state["time"] + .05, PC, "ff" * 6, ("0.0.0.0", "255.255.255.255"), (68, 67), dhcp(1, [(53, b"\x03")] + options))
    state["time"] += .1


def six(protocol, ends, payload, source=PC, target="333300000001"):
    """IPv6 on the link."""
    head = pack("!IHBB", 6 << 28, len(payload), protocol, 255) + b"".join(bytes.fromhex(end) for end in ends)
    frames.frame(state["time"] + .05, source, target, 0x86dd, head + payload)
    state["time"] += .1


def request_6(options):
    body = b"\x03abc" + b"".join(pack("!HH", code, len(value)) + value for code, value in [(1, b"\0\3\0\1" + bytes.fromhex(PC))] + options)
    six(17, (LINK_PC, "ff02" + "0" * 23 + "10002"), pack("!HHHH", 546, 547, 8 + len(body), 0) + body)


def advertise(domains, network):
    """A router's advertisement (RFC 4861, 4.2), with a network and domains to search (RFC 8106, 5.2)."""
    names = b"".join(named(domain) for domain in domains)
    names += bytes(-len(names) % 8)
    body = b"\x86\0\0\0\x40\0\x07\x08" + bytes(8) + pack("!BBBBIII", 3, 4, 64, 0xc0, 600, 600, 0) + bytes.fromhex(network) + bytes([31, 1 + len(names) // 8, 0, 0]) + pack("!I", 600) + names
    six(58, (LINK_ROUTER, "ff02" + "0" * 27 + "1"), body, source=ROUTER)


def netbios(name):
    """A machine registers its name (RFC 1002, 4.2.2)."""
    text = "".join(chr(65 + (byte >> 4)) + chr(65 + (byte & 15)) for byte in name.ljust(15).encode() + b"\0")
    state["port"] += 1
    state["time"] += .1
    body = pack("!HHHHHH", 7, 0x2910, 1, 0, 0, 1) + named(text) + pack("!HHHHHIHH", 32, 1, 0xc00c, 32, 1, 300000, 6, 0) + address(OWN)
    datagram(state["time"], PC, ROUTER, (OWN, "10.20.255.255"), (137, 137), body)


def neighbour_says(name):
    """mDNS: an answer that nobody asked for in words (RFC 6762, 8.3)."""
    state["time"] += .1
    body = pack("!HHHHHH", 0, 0x8400, 0, 1, 0, 0) + record(name, A, address(OWN))
    datagram(state["time"], PC, ROUTER, (OWN, "224.0.0.251"), (5353, 5353), body)


def asks_neighbours(name):
    state["port"] += 1
    state["time"] += .1
    datagram(state["time"], PC, ROUTER, (OWN, "224.0.0.252"), (state["port"], 5355), message(0, name, A))


def change(zone, refusal=None):
    """A machine wants its zone to hold its name (RFC 2136)."""
    state["port"] += 1
    state["time"] += .1
    asked = message(state["port"], zone, 6, opcode=5)
    datagram(state["time"], PC, ROUTER, (OWN, RESOLVER), (state["port"], 53), asked)
    if refusal:
        datagram(state["time"] + .02, ROUTER, PC, (RESOLVER, OWN), (53, state["port"]), asked[:2] + bytes([0xa8, refusal]) + asked[4:])


def realm_asked(realm, client=None):
    """AS-REQ of RFC 4120, 5.4.1, whose body holds options, who asks, realm, a time and a number."""
    who = client and der(0xa1, der(0x30, der(0xa0, der(2, b"\1")) + der(0xa1, der(0x30, der(27, client.encode())))))
    body = der(0xa0, der(3, bytes(5))) + (who or b"") + der(0xa2, der(27, realm.encode())) + der(0xa5, der(24, b"20261201000000Z")) + \
        der(0xa7, der(2, b"\x01")) + der(0xa8, der(0x30, der(2, b"\x12")))
    whole = der(0x6a, der(0x30, der(0xa1, der(2, b"\x05")) + der(0xa2, der(2, b"\x0a")) + der(0xa4, der(0x30, body))))
    return pack("!I", len(whole)) + whole


def searched(base, found=b"\x87\x0bobjectClass"):
    """A search of LDAP: where, how deep, and what for."""
    body = der(4, base) + der(10, b"\0") * 2 + der(2, b"\0") * 2 + der(1, b"\0") + found + der(0x30, b"")
    return der(0x30, der(2, b"\1") + der(0x63, body))


def controller():
    state["port"] += 1
    state["time"] += .1
    asked = der(0xa0, der(0xa3, der(4, b"DnsDomain") + der(4, b"zone22.example.")) + der(0xa3, der(4, b"Host") + der(4, b"PC7")))
    datagram(state["time"], PC, ROUTER, (OWN, SERVER), (state["port"], 389), searched(b"", asked))


def challenge(zone, machine="SERVER"):
    """NTLM's, of MS-NLMP, 2.2.1.2: of the names beside it those of DNS tell a zone."""
    names = [(2, "KOMMUN"), (1, machine), (4, zone), (3, "server." + zone), (0, "")]
    pairs = b"".join(pack("<HH", kind, 2 * len(name)) + name.encode("utf-16-le") for kind, name in names)
    return b"NTLMSSP\0" + pack("<IHHIIQQHHIQ", 2, 0, 0, 56, 0xa2898205, 7, 0, len(pairs), len(pairs), 56, 0) + pairs


def shared(command, body):
    """A message of SMB 2."""
    message = b"\xfeSMB" + pack("<HHIHH", 64, 0, 0, command, 1) + bytes(48) + body
    return pack("!I", len(message)) + message


def neighbours(port, group, name):
    state["port"] += 1
    state["time"] += .1
    datagram(state["time"], PC, ROUTER, (OWN, group), (state["port"], port), message(0, name, A))
    datagram(state["time"] + .01, ROUTER, PC, (SERVER, OWN), (port, state["port"]),
             message(0, name, A, [record(name, A, address(SERVER))]))


def system_name(name):
    """What a machine of ours answers to whoever manages it (RFC 3418)."""
    state["port"] += 1
    state["time"] += .1
    for answer, value in enumerate((der(5, b""), der(4, name.encode()))):
        variable = der(0x30, der(0x30, der(6, bytes.fromhex("2b06010201010500")) + value))
        body = der(0x30, der(2, b"\1") + der(4, b"public") + der(0xa2 if answer else 0xa0, der(2, b"\7") + der(2, b"\0") * 2 + variable))
        ends, ports = ((SERVER, OWN), (161, state["port"])) if answer else ((OWN, SERVER), (state["port"], 161))
        datagram(state["time"], ROUTER if answer else PC, PC if answer else ROUTER, ends, ports, body)


def head_of(zone, head):
    return record(zone, SOA, named(head) + named("hostmaster." + head) + pack("!IIIII", 1, 2, 3, 4, 5))


def desktop(*answers):
    """RDP turns into TLS ([MS-RDPBCGR] 2.2.1.1), whose certificate the machine has made itself."""
    connection((OWN, SERVER), 3389, bytes.fromhex("030000130ee000000000000100080003000000") + hello(""),
               bytes.fromhex("030000130ed000001234000200080002000000") + b"".join(answers), close=False)


def inside(name, *answers):
    connection((OWN, SERVER), 443, hello(name), b"".join(answers), close=False)


def led_to(name, *ips):
    return [record(name, A, address(ip)) for ip in ips]


def second():
    ask("www.elsewhere.example", A, led_to("www.elsewhere.example", OUTSIDE))
    ask("pc.zone2.example", A, led_to("pc.zone2.example", SERVER), fresh=False)


def over_tcp():
    said = message(9, "pc.zone9.example", A), message(9, "pc.zone9.example", A, led_to("pc.zone9.example", SERVER))
    connection((OWN, RESOLVER), 53, *(pack("!H", len(one)) + one for one in said), close=False)


SERVICE = pack("!HHH", 0, 100, 389) + named("dc.zone6.example")
WAYS = [
    lambda: ask("pc.zone1.example", A, led_to("pc.zone1.example", SERVER)),
    second,
    lambda: ask("portal.elsewhere.example", A, [record("portal.elsewhere.example", CNAME, named("pc.zone3.example"))] +
                led_to("pc.zone3.example", SERVER)),
    lambda: ask("13.1.20.10.in-addr.arpa", PTR, [record("13.1.20.10.in-addr.arpa", PTR, named("annas-pc.zone4.example"))]),
    lambda: ask(".".join(OWN_6.hex()[::-1]) + ".ip6.arpa", PTR,
                [record(".".join(OWN_6.hex()[::-1]) + ".ip6.arpa", PTR, named("annas-pc.zone5.example"))]),
    lambda: ask("_ldap._tcp.zone6.example", SRV, [record("_ldap._tcp.zone6.example", SRV, SERVICE)], led_to("dc.zone6.example", SERVER)),
    lambda: ask("pc.zone7.example", HTTPS, [record("pc.zone7.example", HTTPS, pack("!HBHH", 1, 0, 4, 4) + address(SERVER))]),
    lambda: ask("pc.zone8.example", A, led_to("pc.zone8.example", OUTSIDE, SERVER)),
    over_tcp,
    lambda: ask("pc.zone10.example", AAAA, [record("pc.zone10.example", AAAA, OWN_6)]),
    lambda: neighbours(5355, "224.0.0.252", "pc.zone11.example"),
    lambda: neighbours(5353, "224.0.0.251", "pc.zone12.example"),
    lambda: lease([(15, b"zone13.example")]),
    lambda: lease([(81, b"\x01\xff\xffannas-pc.zone14.example")]),
    lambda: lease([(119, named("ad.zone15.example"))]),
    lambda: inside("intranet.zone16.example", SERVER_HELLO),
    lambda: inside("", SERVER_HELLO + certificate("*.zone17.example")),
    lambda: connection((OWN, SERVER), 88, realm_asked("ZONE18.EXAMPLE"), b"\0\0\0\x04\x7e\x02\x30\0", close=False),
    lambda: ask("zone19.example", 6, [], opcode=5),
    lambda: ask("zone20.example", MX, [record("zone20.example", MX, b"\0\x0a" + named("mail.zone20.example"))],
                led_to("mail.zone20.example", SERVER)),
    lambda: connection((OWN, SERVER), 389, searched(b"CN=Users,DC=zone21,DC=example"), der(0x30, der(2, b"\1") + der(0x65, b"")),
                       close=False),
    controller,
    lambda: connection((OWN, SERVER), 445, shared(0, bytes(36)) + shared(1, b"NTLMSSP\0\1\0\0\0"),
                       shared(0, bytes(64)) + shared(1, bytes(8) + challenge("zone23.example")), close=False),
    lambda: connection((OWN, SERVER), 389, der(0x30, der(2, b"\1") + der(0x60, der(2, b"\3") + der(4, b"") + der(0xa3, b""))),
                       der(0x30, der(2, b"\1") + der(0x61, der(10, b"\x0e") + der(4, b"") * 2 + der(0x87, challenge("zone24.example")))),
                       close=False),
    # What a machine says of itself: its name, whatever zone that is told in later, and the zone that it thinks it is in.
    lambda: request([(81, b"\x01\0\0annas-pc.zone25.example")]),
    lambda: request([(12, b"Annas-26")]),
    lambda: request_6([(39, b"\x01" + named("annas-pc.zone27.example"))]),
    lambda: change("zone28.example", refusal=5),
    lambda: change("zone29.example"),
    lambda: asks_neighbours("annas-pc.zone30.example"),
    lambda: advertise(["ad.zone31.example", "other.example"], "2a00b0b000780001" + "0" * 16),
    lambda: neighbour_says("annas-32.local"),
    lambda: netbios("ANNAS-33"),
    lambda: request([(81, b"\x05\0\0\x08annas-34")]),
    lambda: lease([(12, b"annas-35")]),
    lambda: connection((OWN, SERVER), 80, b"GET / HTTP/1.1\r\nHost: intranet.zone36.example\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", close=False),
    # What is asked for in one's own domain alone.
    lambda: ask("wpad.zone37.example", A, []),
    lambda: ask("_ldap._tcp.Town-Hall._sites.dc._msdcs.zone38.example", SRV, []),
    # Who keeps the names of our addresses.
    lambda: ask("20.10.in-addr.arpa", SOA, [head_of("20.10.in-addr.arpa", "dc.zone39.example")]),
    lambda: ask("1.20.10.in-addr.arpa", NS, [record("1.20.10.in-addr.arpa", NS, named("dc.zone40.example"))]),
    lambda: ask("9.9.20.10.in-addr.arpa", PTR, [], [head_of("20.10.in-addr.arpa", "dc.zone41.example")]),
    lambda: ask("pc.zone42.example", AAAA, [record("pc.zone42.example", AAAA, bytes.fromhex("0064ff9b" + "0" * 16) + address(SERVER))]),
    # All of an own certificate, also where somebody else is asked for.
    lambda: inside("", SERVER_HELLO + certificate("www.elsewhere.example", "pc.zone43.example")),
    lambda: inside("www.elsewhere.example", SERVER_HELLO + certificate("*.zone44.example")),
    lambda: connection((OWN, OUTSIDE), 88, realm_asked("ZONE45.EXAMPLE"), b"\0\0\0\x04\x7e\x02\x30\0", close=False),
    lambda: connection((OWN, SERVER), 88, realm_asked("BODY.EXAMPLE", "ANNAS-46$"), b"\0\0\0\x04\x7e\x02\x30\0", close=False),
    lambda: connection((OWN, SERVER), 445, shared(0, bytes(36)) + shared(1, b"NTLMSSP\0\1\0\0\0"),
                       shared(0, bytes(64)) + shared(1, bytes(8) + challenge("body.example", "ANNAS-47")), close=False),
    lambda: connection((OWN, OUTSIDE), 25, b"EHLO annas-48\r\n", b"220 mail.elsewhere.example ESMTP\r\n", close=False),
    lambda: system_name("annas-49"),
    lambda: lease([(119, named("body.example") + named("ad.zone50.example"))]),
    lambda: desktop(SERVER_HELLO, certificate("www.elsewhere.example", "ANNAS-51")),
]
STRAYS = [
    lambda: ask("pc.stray1.example", A, led_to("pc.stray1.example", OUTSIDE)),
    lambda: ask("pc.stray2.example", A, led_to("pc.stray2.example", SERVER), asked=False),
    # Who answers for one zone says nothing of another.
    lambda: ask("_ldap._tcp.else.example", SRV, [record("_ldap._tcp.else.example", SRV, SERVICE)], led_to("pc.stray3.example", SERVER)),
    lambda: ask("7.113.0.203.in-addr.arpa", PTR, [record("7.113.0.203.in-addr.arpa", PTR, named("pc.stray4.example"))]),
    lambda: connection((OUTSIDE, SERVER), 443, hello("pc.stray5.example"), SERVER_HELLO, close=False),
    lambda: lease([(12, b"pc.stray6.example")]),
    lambda: connection((OUTSIDE, SERVER), 445, shared(0, bytes(36)), shared(1, challenge("stray7.example")), close=False),
    # What is sent from outside is nobody's word here.
    lambda: datagram(state["time"], ROUTER, PC, (OUTSIDE, OWN), (68, 67), dhcp(1, [(53, b"\x03"), (12, b"plain-8")])),
    lambda: datagram(state["time"], ROUTER, PC, (OUTSIDE, RESOLVER), (4000, 53), message(7, "stray9.example", 6, opcode=5)),
    lambda: datagram(state["time"], ROUTER, PC, (OUTSIDE, OWN), (4000, 5355), message(0, "plain-10.stray10.example", A)),
    lambda: ask("113.0.203.in-addr.arpa", SOA, [head_of("113.0.203.in-addr.arpa", "ns.stray11.example")]),
    lambda: connection((OUTSIDE, SERVER), 25, b"EHLO plain-12.stray12.example\r\n", b"220 mail.body.example ESMTP\r\n", close=False),
    lambda: connection((OWN, OUTSIDE), 443, hello(""), SERVER_HELLO + certificate("*.stray13.example"), close=False),
    lambda: datagram(state["time"], ROUTER, PC, (OUTSIDE, RESOLVER), (4000, 53), message(7, "wpad.stray14.example", A)),
    # Nobody's own: the servers that answer for private addresses to whom nobody else does (RFC 7534).
    lambda: ask("10.in-addr.arpa", SOA, [head_of("10.in-addr.arpa", "prisoner.stray15.example")], asked=False),
]


def main():
    for ways, name in (WAYS, "annas-%d.zone%d.example"), (STRAYS, "plain-%d.stray%d.example"):
        for number, way in enumerate(ways, 1):
            way()
            visit(name % (number, number))
            state["time"] += 8
    frames.write(sys.argv[1])


main()
