#!/usr/bin/env python3
"""device_cases.py make FOLDER: what is on real segments and looks like something else, each case in a VLAN and a network of its
own, in one capture: who is who (truth.tsv) and an inventory. device_cases.py score TRUTH < flows.ndjson: a line a case.

Every flow goes to a server of its own, by which the truth knows it: case, device, server. In a score `mixed` are flows said to
be one device's that others of that identity are not of, `many` and `one` are flows said to be of many and of one device, `lent`
those with the class of an enrolled device that they are not of. No library but Python's."""
import collections
import ipaddress
import json
import os
import struct
import sys

BEGIN, MINUTE, ROUTER = 1773700000, 60, "00005e000101"
LINUX, WINDOWS = bytes.fromhex("020405b40402080a"), bytes.fromhex("020405b40103030801010402")
PHONE = bytes.fromhex("020405b40103030601010402")  # one vendor's, without a clock, and what some of its programs ask for
PHONE_MPTCP = PHONE[:-4] + bytes.fromhex("1e0c008100112233445566770101") + PHONE[-2:]
PHONE_FAST_OPEN = PHONE + bytes.fromhex("22020101")
frames, truth, inventory = [], [], []


class Case:
    """One VLAN: 10.N.0.0/16 and 2001:db8:N::/48."""

    def __init__(self, name):
        self.name, self.number, self.servers = name, len({row[0] for row in truth}) + 1, 0
        self.vlan = 100 + self.number
        truth.append((name, "", ""))

    def mac(self, host):
        return "0011%02x0000%02x" % (self.number, host)

    def address(self, host, version=4):
        if version == 4:
            return bytes((10, self.number, host >> 8 & 255, host & 255))
        return ipaddress.ip_address("2001:db8:%x::%x" % (self.number, host)).packed

    def frame(self, minute, mac, kind, payload, target="ffffffffffff"):
        head = bytes.fromhex(target + mac) + struct.pack("!HHH", 0x8100, self.vlan, kind)
        frames.append((BEGIN + minute * MINUTE, len(frames), head + payload))

    def flow(self, minute, device, host, mac=None, ttl=64, stack=LINUX, clock=None, version=4, port=443):
        """A SYN and its answer."""
        self.servers += 1
        mac, source = mac or self.mac(host), self.address(host, version)
        server = "11.%d.%d.%d" if version == 4 else "2001:db9:%x:%x::%x"
        server = ipaddress.ip_address(server % (self.number, self.servers >> 8, self.servers & 255))
        if stack == LINUX:
            time = int(minute * MINUTE * 1000) if clock is None else clock
            stack = LINUX + struct.pack("!II", time & 0xffffffff, 0) + bytes.fromhex("01030307")
        truth.append((self.name, device, str(server)))
        ports = 1024 + self.servers, port
        for is_answer in (0, 1):
            segment = struct.pack("!HHIIBBHHH", *ports[::-1 if is_answer else 1], 1, is_answer * 2, (20 + len(stack)) << 2,
                                  0x12 if is_answer else 2, 64000, 0, 0) + stack
            ways = (server.packed, source) if is_answer else (source, server.packed)
            if version == 4:
                head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 57 if is_answer else ttl, 6, 0)
            else:
                head = struct.pack("!IHBB", 0x60000000, len(segment), 6, 57 if is_answer else ttl)
            frame = head + ways[0] + ways[1] + segment
            self.frame(minute + is_answer / 1000, ROUTER if is_answer else mac, 0x0800 if version == 4 else 0x86dd, frame,
                       mac if is_answer else ROUTER)

    def desktop(self, minute, host, server):
        """Remote desktop (RDP) that is used for two minutes."""
        connect = bytes.fromhex("030000130ee000000000000100080003000000")
        confirm = bytes.fromhex("030000130ed00000123400021f080002000000")
        numbers = [1000, 5000]
        segments = [(0, 2, b""), (1, 0x12, b""), (0, 0x10, b""), (0, 0x18, connect), (1, 0x18, confirm)] + \
            [(turn % 2, 0x18, b"\x17\3\3\0\x10" + b"d" * 16) for turn in range(60)]
        for turn, (side, flags, payload) in enumerate(segments):
            ends, ports = (host, server)[::-1 if side else 1], (40000 + host, 3389)[::-1 if side else 1]
            answered = numbers[1 - side] if flags != 2 else 0
            segment = struct.pack("!HHIIBBHHH", *ports, numbers[side], answered, 5 << 4, flags, 64000, 0, 0) + payload
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 128 if side else 64, 6, 0)
            head += self.address(ends[0]) + self.address(ends[1])
            self.frame(minute + turn / 30, self.mac(ends[0]), 0x0800, head + segment, self.mac(ends[1]))
            numbers[side] += len(payload) + (flags & 2 > 0)

    def arp(self, minute, host, mac=None):
        mac = mac or self.mac(host)
        self.frame(minute, mac, 0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + bytes.fromhex(mac) + self.address(host) +
                   bytes.fromhex(ROUTER) + self.address(254))

    def dhcp(self, minute, mac, kind, host=0, name=None, client=None, is_renewal=False):
        """Of the client (3: request) or of the server (5: it is given)."""
        is_answer = kind == 5
        options = bytes((53, 1, kind, 55, 4, 1, 3, 6, 15))
        options += bytes((12, len(name))) + name.encode() if name else b""
        options += bytes((61, len(client))) + client if client else b""
        options += bytes((51, 4)) + struct.pack("!I", 86400) + bytes((54, 4)) + self.address(254) if is_answer else b""
        body = struct.pack("!BBBBIHH", 2 if is_answer else 1, 1, 6, 0, 7, 0, 0) + \
            (self.address(host) if is_renewal else bytes(4)) + (self.address(host) if is_answer else bytes(4)) + bytes(8) + \
            bytes.fromhex(mac) + bytes(10 + 192) + bytes.fromhex("63825363") + options + b"\xff"
        ports = (67, 68) if is_answer else (68, 67)
        datagram = struct.pack("!HHHH", *ports, 8 + len(body), 0) + body
        ways = self.address(254) + b"\xff" * 4 if is_answer else \
            (self.address(host) + self.address(254) if is_renewal else bytes(4) + b"\xff" * 4)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0)
        self.frame(minute, ROUTER if is_answer else mac, 0x0800, head + ways + datagram)

    def neighbours(self, count, minutes=60, ttl=64, mac=None):
        """Others of the segment, each on its own, every three minutes or so."""
        for host in range(100, 100 + count):
            for turn in range(minutes // 3):
                self.flow(turn * 3 + (host * 7 % 30) / 10, "neighbour-%d" % host, host, mac=mac, ttl=ttl)

    def enrol(self, device, *macs):
        for mac in macs:
            inventory.append((device, mac))


def repeater(name, apart, alone=0):
    """Three stations behind one MAC that is the repeater's, one address each: two systems where it is enrolled, and else one."""
    case = Case(name)
    is_enrolled = not name.endswith("alike")
    if is_enrolled:
        case.enrol("laptop-of-" + name, case.mac(9))
    for turn in range(alone):
        case.flow(turn, "station-1", 1, mac=case.mac(9))
    for turn in range(40):
        host = 1 + turn % 3
        other = {"stack": WINDOWS, "ttl": 128} if is_enrolled and host == 2 else {}
        case.flow(alone + turn * apart, "station-%d" % host, host, mac=case.mac(9), **other)


def addresses(name, apart, count=2):
    """An enrolled device with several addresses of IPv4, in turn."""
    case = Case(name)
    case.enrol("twin-" + name, case.mac(1))
    for turn in range(60):
        host = 1 + turn % count
        case.flow(turn * apart, "twin-" + name, host, mac=case.mac(1))
        case.arp(turn * apart + 0.05, host, case.mac(1))


def repeater_v6():
    """The same in IPv6, two systems."""
    case = Case("repeater-v6")
    for turn in range(40):
        host = 1 + turn % 3
        case.flow(turn, "station-%d" % host, host, mac=case.mac(9), version=6, stack=WINDOWS if host == 3 else LINUX,
                  ttl=128 if host == 3 else 64)


def beyond(name, version):
    """A router that nobody knows for one and that was enrolled, with three hosts beyond."""
    case = Case(name)
    case.enrol("router-of-" + name, case.mac(9))
    for turn in range(40):
        host = 1 + turn % 3 if version == 6 else 1
        case.flow(turn, "host-%d" % host, host, mac=case.mac(9), version=version, ttl=63)


def controller():
    """A wireless controller that answers ARP for three, whose frames come through a router."""
    case = Case("controller")
    case.enrol("controller", case.mac(9))
    case.neighbours(8, 12, 63, ROUTER)
    for turn in range(40):
        host = 1 + turn % 3
        case.arp(turn * 1.5, host, case.mac(9))
        case.flow(turn * 1.5 + 0.1, "client-%d" % host, host, mac=ROUTER, ttl=63)


def backup_router():
    """A dozen behind a router, which another one stands in for: all of them a hop further, twice."""
    case = Case("backup-router")
    for minute in range(80):
        ttl = 62 if 20 <= minute < 40 or minute >= 60 else 63
        for turn in range(5):
            case.flow(minute + turn / 10, "busy", 50, mac=ROUTER, ttl=ttl)
        case.flow(minute + 0.7, "other-%d" % (minute % 12), 60 + minute % 12, mac=ROUTER, ttl=ttl)


def behind_firewall():
    """A segment that a firewall shows a hop away, with the MACs of its own; the others are near."""
    case = Case("before-firewall")
    case.neighbours(30, 30)
    case = Case("behind-firewall")
    case.neighbours(12, 30, 63)


def building():
    """A router brings its own floor and, a hop further, another building."""
    case = Case("floor")
    case.neighbours(20, 30, 63, ROUTER)
    other = Case("other-building")
    other.number, other.vlan = case.number, case.vlan
    other.servers = 5000
    for minute in range(60):
        for turn in range(4):
            host = 0x300 + (minute * 4 + turn) % 12
            other.flow(minute + turn / 5, "far-%d" % host, host, mac=ROUTER, ttl=62)


def hotspot(name, neighbours):
    """An enrolled phone that shares its connection: a laptop and a tablet behind it."""
    case = Case(name)
    case.enrol("phone-of-" + name, case.mac(1))
    case.neighbours(neighbours)
    for minute in range(10):
        case.flow(minute, "phone-of-" + name, 1)
    for minute in range(10, 60):
        case.flow(minute, "phone-of-" + name, 1)
        case.flow(minute + 0.2, "laptop", 1, ttl=127, stack=WINDOWS)
        case.flow(minute + 0.4, "tablet", 1, ttl=63)


def reboots():
    """One device whose clock begins anew whenever it is started."""
    case = Case("reboots")
    for minute in range(90):
        case.flow(minute, "box", 1, clock=minute * 60000 + minute // 30 * 77777777)


def private_macs():
    """A phone with a new MAC a day and the identifier it had."""
    case = Case("private-macs")
    for day in range(3):
        mac, begin = "02aa%02x0000%02x" % (case.number, day), day * 1440
        case.dhcp(begin, mac, 3, name="phone", client=b"\xffphone-7")
        for minute in range(1, 30):
            case.flow(begin + minute, "phone", 10 + day, mac=mac)


def clones():
    """Two machines made from one image: made-up MACs, the same identifier. The second starts while the first runs."""
    case = Case("clones")
    for host in (0, 1):
        mac = "525400%02x00%02x" % (case.number, host)
        case.dhcp(host * 30, mac, 3, client=b"\xffone-image")
        for turn in range(2 * (90 - 30 * host)):
            case.flow(host * 30 + turn / 2 + 0.1, "clone-%d" % host, 10 + host, mac=mac)


def lease_reuse():
    """An address that another has minutes later; the lease of the first still runs."""
    case = Case("lease-reuse")
    for host, begin in ((1, 0), (2, 32), (3, 70)):
        case.dhcp(begin, case.mac(host), 5, 77)
        for minute in range(1, 30):
            case.flow(begin + minute, "laptop-%d" % host, 77, mac=case.mac(host))


def renewals():
    """Only what clients ask is seen, never an answer; addresses change."""
    case = Case("renewals")
    for host in (1, 2, 3):
        for hour in range(4):
            last = 20 + (host + hour) % 3
            case.dhcp(hour * 60, case.mac(host), 3, last, is_renewal=True)
            for minute in range(8, 55, 4):
                case.flow(hour * 60 + minute + host / 10, "laptop-%d" % host, last, mac=case.mac(host))


def two_sites():
    """The same address at two sites, both at work."""
    case = Case("two-sites")
    for minute in range(30):
        for site in (1, 2):
            case.vlan = 500 + site
            case.flow(minute + site / 3, "site-%d" % site, 5, mac=case.mac(site))


def docks():
    """One MAC, a laptop after another."""
    case = Case("docks")
    for host in range(4):
        case.dhcp(host * 60, case.mac(9), 3, name="laptop-%d" % host)
        for minute in range(1, 50, 2):
            case.flow(host * 60 + minute, "laptop-%d" % host, 9, stack=WINDOWS, ttl=128)


def containers():
    """Containers that share the address of their host."""
    case = Case("containers")
    case.neighbours(10)
    for minute in range(60):
        case.flow(minute, "host", 1)
        case.flow(minute + 0.3, "host", 1, ttl=63)


def privacy():
    """Three with an address that stays and a new one every hour, each tried for by DAD."""
    case = Case("privacy")
    for minute in range(0, 240, 2):
        for host in (1, 2, 3):
            case.flow(minute + host / 10, "laptop-%d" % host, host * 4096 + minute // 60, mac=case.mac(host), version=6)
            case.flow(minute + host / 10 + 0.05, "laptop-%d" % host, host)


def gateway():
    """A VPN gateway that brings its clients under its own MAC, a few at a time."""
    case = Case("vpn-gateway")
    case.enrol("gateway", case.mac(9))
    for turn in range(60):
        host = 30 + turn % 4
        case.flow(turn, "client-%d" % host, host, mac=case.mac(9), ttl=127 if host % 2 else 63,
                  stack=WINDOWS if host % 2 else LINUX)


def adapters():
    """One laptop at its dock and on its own, both enrolled."""
    case = Case("adapters")
    case.enrol("twin", case.mac(1), case.mac(2))
    for minute in range(60):
        case.flow(minute, "twin", 1 if minute // 20 % 2 else 2)


def terminal_server():
    """A server on whose desktop five sit: one system, one clock, one address."""
    case = Case("terminal-server")
    case.neighbours(5)
    for host in range(100, 105):
        case.desktop(1 + host % 5 * 3, host, 1)
    for minute in range(60):
        case.flow(minute, "user-%d" % (minute % 5), 1, stack=WINDOWS, ttl=128)


def one_vendor():
    """Phones of one kind, each with a MAC and an address of its own; some programs ask for MPTCP or Fast Open."""
    case = Case("one-vendor")
    for minute in range(40):
        for host in range(1, 31):
            stack = (PHONE, PHONE_MPTCP, PHONE, PHONE_FAST_OPEN)[minute % 4]
            case.flow(minute + host / 40, "phone-%d" % host, host, stack=stack)


def translator(name, systems, near=8, ttl_of=lambda ttl: ttl - 1, pause=2):
    """So many devices behind one address, among neighbours."""
    case = Case(name)
    case.neighbours(near)
    for turn in range(90):
        stack, ttl = systems[(turn * 5 // 3) % len(systems)]
        case.flow(turn * pause / 3, "behind-%d" % (turn * 5 // 3 % len(systems)), 1, stack=stack, ttl=ttl_of(ttl))


def carrier(name, addresses, homes=120, neighbours=4):
    """A carrier's translator: homes, each with a router and some devices of its own, behind few addresses, each home always behind
    the same one and in a block of its ports. The devices are two or three hops away; most of them speak once."""
    case = Case(name)
    case.neighbours(neighbours)
    systems = (PHONE, 64), (LINUX, 64), (WINDOWS, 128), (PHONE_MPTCP, 64), (LINUX, 64)
    for turn in range(300):
        home, device = turn * 7 % homes, turn * 11 % 3
        stack, ttl = systems[(home + device) % len(systems)]
        clock = (home * 3 + device) * 77777 + turn * 12000
        case.flow(turn / 5, "home-%d-%d" % (home, device), 1 + home % addresses, mac=case.mac(1), stack=stack, ttl=ttl - 2 - home % 2,
                  clock=clock)


def prefix_translator():
    """NPTv6: a router rewrites prefixes, and each host keeps an address of its own."""
    case = Case("prefix-translator")
    for minute in range(60):
        for host in range(1, 13):
            case.flow(minute + host / 15, "host-%d" % host, host, mac=ROUTER, ttl=63, version=6)


def desktops():
    """VDI: machines of one image on one host, each with a MAC and an address of its own."""
    case = Case("desktops")
    for minute in range(40):
        for host in range(1, 21):
            case.flow(minute + host / 30, "desktop-%d" % host, host, mac="005056%02x00%02x" % (case.number, host), stack=WINDOWS, ttl=128)


def pool():
    """A VPN gateway that gives an address to another client every few minutes, under its own MAC, and takes it back."""
    case = Case("pool")
    for turn in range(120):
        host, client = 40 + turn % 8, turn // 8 % 3
        case.flow(turn / 2, "client-%d-%d" % (host, client), host, mac=case.mac(9), ttl=127 if client == 1 else 63,
                  stack=WINDOWS if client == 1 else LINUX)


def moved():
    """A laptop between two networks and back."""
    case = Case("moved")
    for minute in range(0, 180):
        case.flow(minute, "laptop", 1 + minute // 45 % 2, mac=case.mac(1))


def spoofed_arp():
    """Somebody says that he has another's address, and passes on what he gets."""
    case = Case("spoofed-arp")
    case.enrol("twin-victim", case.mac(1))
    case.neighbours(6, 30)
    for minute in range(30):
        case.flow(minute, "twin-victim", 1)
        case.flow(minute + 0.2, "intruder", 66, stack=WINDOWS, ttl=128)
        if minute >= 10:
            case.arp(minute + 0.4, 1, case.mac(66))
            case.flow(minute + 0.5, "twin-victim", 1, mac=case.mac(66), ttl=63)


def cloned_mac():
    """An enrolled printer's MAC, which somebody's laptop uses as well, under an address of its own."""
    case = Case("cloned-mac")
    case.enrol("twin-printer", case.mac(1))
    for minute in range(40):
        case.flow(minute, "twin-printer", 1)
        if minute >= 10:
            case.flow(minute + 0.5, "intruder", 2, mac=case.mac(1), stack=WINDOWS, ttl=128)


def shared_address():
    """Two servers with an address each, and a third one that goes from one to the other (VRRP with their own MACs)."""
    case = Case("shared-address")
    for minute in range(60):
        master = 1 if minute < 30 else 2
        case.flow(minute, "node-1", 1)
        case.flow(minute + 0.2, "node-2", 2)
        if minute % 30 == 0:
            case.arp(minute + 0.3, 10, case.mac(master))
        case.flow(minute + 0.5, "node-%d" % master, 10, mac=case.mac(master))


def ipvlan():
    """Containers that have addresses of their own under their host's MAC."""
    case = Case("ipvlan")
    for minute in range(40):
        for host in range(1, 5):
            case.flow(minute + host / 5, "container-%d" % host, host, mac=case.mac(9))


def phone_with_pc():
    """A desk phone through which a computer is connected, for a while."""
    case = Case("phone-with-pc")
    for minute in range(40):
        case.flow(minute, "desk-phone", 1, stack=PHONE)
        if minute >= 10:
            case.flow(minute + 0.3, "pc", 2, stack=WINDOWS, ttl=128)


def make(folder):
    repeater("repeater", 0.7)
    repeater("repeater-slow", 7, 30)
    repeater("repeater-alike", 0.7)
    repeater("repeater-slow-alike", 7, 30)
    addresses("second-address", 0.7)
    addresses("second-address-slow", 7)
    addresses("server", 0.2, 5)
    repeater_v6()
    beyond("beyond-v6", 6)
    beyond("beyond-v4", 4)
    controller()
    backup_router()
    behind_firewall()
    building()
    translator("two-alike", [(PHONE, 64)] * 2)
    translator("two-hidden", [(LINUX, 64), (WINDOWS, 128)], ttl_of=lambda ttl: 64)
    translator("nat64", [(PHONE, 64), (LINUX, 64), (WINDOWS, 128)] * 20, near=2)
    translator("large", [(PHONE, 64), (LINUX, 64), (WINDOWS, 128), (PHONE, 64)] * 64, pause=0.2)
    translator("unseen", [(PHONE, 64), (LINUX, 64), (WINDOWS, 128)], near=30)
    carrier("carrier", 1)
    carrier("carrier-pool", 4)
    carrier("carrier-alone", 1, neighbours=0)
    hotspot("hotspot", 12)
    hotspot("hotspot-alone", 2)
    for case in (one_vendor, prefix_translator, desktops, pool, reboots, private_macs, clones, lease_reuse, renewals, two_sites, docks, containers, privacy, gateway, adapters, moved,
                 terminal_server, spoofed_arp, cloned_mac, shared_address, ipvlan, phone_with_pc):
        case()
    with open(os.path.join(folder, "cases.pcap"), "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for time, _, frame in sorted(frames):
            out.write(struct.pack("<IIII", int(time), int(time % 1 * 1000000), len(frame), len(frame)) + frame)
    with open(os.path.join(folder, "truth.tsv"), "w", encoding="ascii") as out:
        out.writelines("\t".join(row) + "\n" for row in truth)
    with open(os.path.join(folder, "inventory.csv"), "w", encoding="ascii") as out:
        out.write("id,class,mac\n" + "".join("%s,enrolled,%s\n" % row for row in inventory))


def score(path):
    rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="ascii")]
    of_server = {server: (case, device) for case, device, server in rows if server}
    said = collections.defaultdict(list)
    for line in sys.stdin:
        record = json.loads(line)
        case, device = of_server.get(record["destination"].get("ip"), (None, None))
        ours = record.get("borderflow", {})
        said[case].append((device, ours.get("device_kind", "address"), ours.get("device"), ours.get("class")))
    for case in dict.fromkeys(row[0] for row in rows):
        ones = collections.defaultdict(collections.Counter)
        for device, kind, identity, _ in said[case]:
            if kind == "one":
                ones[identity][device] += 1
        most = {identity: devices.most_common(1)[0][0] for identity, devices in ones.items()}
        mixed = sum(kind == "one" and most[identity] != device for device, kind, identity, _ in said[case])
        enrolled = ("phone-of-", "twin")
        lent = sum(class_ == "enrolled" and not device.startswith(enrolled) for device, _, _, class_ in said[case])
        classed = sum(class_ == "enrolled" for _, _, _, class_ in said[case])
        kinds = collections.Counter(kind for _, kind, _, _ in said[case])
        print(case, "flows", len(said[case]), "one", kinds["one"], "many", kinds["many"], "mixed", mixed, "lent", lent,
              "classed", classed, "identities", len(ones))


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    score(sys.argv[2])
