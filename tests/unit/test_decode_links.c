/* Link types, tags and tunnels: one packet behind each, the same every time. */
#include "tests/unit/decode_fixture.h"

/* 10.0.0.1:40000 to 10.0.0.2:443, with a checksum that is right. */
static void put_checked_tcp(void)
{
	put("4500 0028 0001 0000 40 06 66cd 0a000001 0a000002");
	put_tcp();
}

/* 2001:db8::1:40000 to 2001:db8::2:443. */
static void put_tcp6(void)
{
	put_ipv6(20, 6);
	put_tcp();
}

static bool is_plain(const struct packet *packet)
{
	return packet && packet->key.v4.protocol == 6 && packet->ip_bytes == 40 &&
	       port(&packet->key.v4.port_be[0]) == 40000 && packet->tcp_flags == TCP_SYN;
}

static bool is_plain6(const struct packet *packet)
{
	return packet && (packet->flags & PACKET_V6) && packet->key.v6.protocol == 6 &&
	       packet->ip_bytes == 60;
}

static void test_links(void)
{
	static const struct {
		uint16_t link_type;
		bool is_v6;
		const char *header, *what;
	} links[] = {
		{ 0, false, "00080000", "loopback with an EtherType" },
		{ 0, true, "000086dd", "loopback with another" },
		{ 6, false, "1040 020000000001 020000000002 aaaa03 000000 0800", "token ring" },
		{ 6, false, "1040 020000000001 820000000002 0410 0021 aaaa03 000000 0800",
			"token ring with a route" },
		{ 100, false, "aaaa03 000000 0800", "ATM" },
		{ 100, false, "aaaa03 0080c2 0007 0000 020000000001 020000000002 0800",
			"ATM, bridged" },
		{ 123, true, "02 01 0020 aaaa03 0080c2 0001 0000 020000000001 020000000002 86dd",
			"SunATM, bridged with a checksum" },
		{ 1, false,
			"01000c0000 00 020000000002 0042 aaaa03 00000c 00c8 0000 0000 "
			"020000000001 020000000002 0800",
			"Cisco's inter-switch link" },
		{ 107, false, "1841 0800", "frame relay, Cisco's" },
		{ 107, true, "18404061 86dd", "frame relay, Cisco's, four bytes of address" },
		{ 107, false, "1841 03 cc", "frame relay, RFC 2427" },
		{ 107, false, "1841 03 00 80 000000 0800", "frame relay, SNAP" },
		{ 107, false, "1841 03 00 80 0080c2 0007 020000000001 020000000002 0800",
			"frame relay, bridged" },
		{ 107, false, "1841 8847 00011140", "frame relay, labels" },
		{ 206, false, "01 1841 0800", "frame relay with a direction" },
		{ 9, false, "003d c0000001 0021", "PPP over several links, in one piece" },
		{ 9, true, "3d c001 57", "… with short numbers and protocols" },
		{ 9, false, "0031 0001 020000000001 020000000002 0800", "PPP, bridged" },
		{ 9, false, "0031 4001 00000007 020000000001 020000000002 0800",
			"… with the number of a network" },
		{ 105, false,
			"8803 0000 020000000001 020000000002 020000000003 1000 020000000004 0001 "
			"00 1f 00000001 aaaa03 000000 0800",
			"802.11, a mesh" },
		{ 105, true,
			"8802 0000 010000000001 020000000002 020000000003 1000 0001 "
			"01 1f 00000001 020000000005 aaaa03 000000 86dd",
			"802.11, to a group of a mesh, for another" },
		{ 105, false,
			"8801 0000 020000000001 020000000002 020000000003 1000 00ff "
			"aaaa03 000000 0800",
			"802.11, no mesh: that bit is of a queue" },
		{ 106, false, "aaaa03 000000 0800", "ATM of Linux" },
		{ 143, false, "00 00 0042 0000 020000000001 020000000002 0800", "DOCSIS" },
		{ 143, true, "01 04 005a 30100000 0000 020000000001 020000000002 86dd",
			"DOCSIS with an extended header" },
		{ 274, false, "55555555555555d5 020000000001 020000000002 0800",
			"Ethernet with its preamble" },
		{ 274, false, "55555555555555e6 020000000001 020000000002 0800",
			"… the first part of a frame that may be interrupted" },
		{ 109, false, "02000000 00001000 00000003", "enc, little-endian" },
		{ 109, true, "0000001c 00001000 00000003", "enc, big-endian, FreeBSD's IPv6" },
		{ 122, false, "0000000000000001 0000000000000002 aaaa03 000000 0800",
			"IP over Fibre Channel" },
		{ 123, false, "02 01 0020 aaaa03 000000 0800", "SunATM" },
		{ 138, false, "0000000000000001 0000000000000002 0800", "FireWire" },
		{ 197, false, "0000000000000000 01 04 0048 0000 002c 0f000800", "ERF, HDLC" },
		{ 197, false, "0000000000000000 01 04 0048 0000 002c ff03 0021", "ERF, PPP" },
		{ 197, false, "0000000000000000 01 04 0048 0000 002c 1841 0800",
			"ERF, frame relay" },
		{ 197, false,
			"0000000000000000 02 04 0048 0000 0036 0000 020000000001 020000000002 "
			"0800",
			"ERF, Ethernet" },
		{ 197, true,
			"0000000000000000 82 04 0048 0000 004a 0300000000000000 0000 "
			"020000000001 020000000002 86dd",
			"ERF, Ethernet, an extension header" },
		{ 197, false,
			"0000000000000000 94 04 0048 0000 003a 8300000000000000 "
			"0400000000000000 0000 020000000001 020000000002 8100 0007 0800",
			"ERF, Ethernet with a hash, two extension headers, a VLAN" },
		{ 197, false, "0000000000000000 05 04 0048 0000 002c 00000001 0f000800",
			"ERF, many channels of HDLC" },
		{ 197, false, "0000000000000000 04 04 0048 0000 0034 00000000 aaaa03 000000 0800",
			"ERF, AAL5" },
		{ 197, false,
			"0000000000000000 09 04 0048 0000 0034 00000001 00000000 aaaa03 000000 "
			"0800",
			"ERF, many channels of AAL5" },
		{ 197, false, "0000000000000000 0a 04 0048 0000 002c ff03 0021",
			"ERF, HDLC with a colour" },
		{ 197, false,
			"0000000000000000 0b 04 0048 0000 0036 0000 020000000001 020000000002 "
			"0800",
			"ERF, Ethernet with a colour" },
		{ 197, false, "0000000000000000 16 04 0038 0000 0028", "ERF, IPv4" },
		{ 197, true, "0000000000000000 17 04 004c 0000 003c", "ERF, IPv6" },
		{ 239, false,
			"02 00 0001 0800 0100 0800 01 00 0900 0a00 65746830 00000000 2c00 0900",
			"NFLOG" },
		{ 239, false, "02 00 0001 0008 0001 0800 01 00 002c 0009",
			"NFLOG of a big-endian machine" },
		{ 239, true, "0a 00 0001 0800 0100 86dd 01 00 4000 0900", "NFLOG, IPv6" },
		{ 239, false, "07 00 0001 0800 0100 0800 01 00 2c00 0900", "NFLOG of a bridge" },
		{ 239, false, "07 00 0001 0800 0100 8100 01 00 3000 0900 0007 0800",
			"NFLOG of a bridge, a VLAN" },
		{ 242, false,
			"0000000000000000000000000000000000000000 "
			"0000000000000000000000000000000000000000 0800 0000",
			"IP over InfiniBand" },
		{ 258, false, "10000000 01000000 01000000 00000000 020000000001 020000000002 0800",
			"PKTAP, Ethernet" },
		{ 258, false, "10000000 01000000 0c000000 00000000", "PKTAP, IP" },
		{ 258, true, "10000000 01000000 00000000 00000000 1e000000", "PKTAP, loopback" },
		{ 258, false, "10000000 01000000 09000000 00000000 ff03 0021", "PKTAP, PPP" },
		{ 149, false, "10000000 01000000 01000000 00000000 020000000001 020000000002 0800",
			"PKTAP by Apple's own number" },
		{ 219, false, "00011140", "MPLS" },
		{ 281, false, "020000000001 020000000002 20000001 0800", "Broadcom's tag" },
		{ 282, false, "20000001 020000000001 020000000002 0800",
			"Broadcom's tag in front" },
		{ 284, false, "020000000001 020000000002 c0080000 0800", "Marvell's tag" },
		{ 284, true, "020000000001 020000000002 00080000 86dd", "Marvell's, to the CPU" },
		{ 285, false, "020000000001 020000000002 dada 0000 c0080000 0800",
			"Marvell's with an EtherType" },
	};

	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		start();
		put(links[i].header);
		if (links[i].is_v6) {
			put_tcp6();
		} else {
			put_checked_tcp();
		}
		const struct packet *packet = decode_link_type(links[i].link_type);
		ok(links[i].is_v6 ? is_plain6(packet) : is_plain(packet), "%s", links[i].what);
	}
}

static void test_marvell_vlan(void)
{
	start();
	put("020000000001 020000000002 e0080007 0800");
	put_checked_tcp();
	const struct packet *packet = decode_link_type(284);
	ok(is_plain(packet) && context_of(packet)->vlan_id == 7,
		"Marvell's tag has the VLAN of a frame that was tagged");
}

/* Tags between addresses and EtherType. */
static void test_tags(void)
{
	static const char *const tags[] = {
		"894f 0fc2 01 01 00000fff", /* NSH, IPv4 */
		"894f 0fc6 01 03 00000fff 00000000000000000000000000000000 "
		"020000000003 020000000004 0800",               /* NSH, Ethernet */
		"894f 0fc2 02 04 00000fff 0fc2 01 01 00000ffe", /* NSH in NSH */
		"894f 0fc2 02 05 00000fff 00011140",            /* NSH, labels */
		"8100 0007 894f 0fc2 01 01 00000fff",
		"8100 0007 0030 aaaa03 000000 0800", /* LLC behind a VLAN */
		"8988 000000000001 0800",
		"8988 000000000001 8100 0007 0800",
		"8899 a002 0800", /* Realtek, two bytes */
		"8899 9002 0800",
		"8899 04 00 0000 0001 0800", /* and six */
		"8899 04 00 0000 0001 8100 0007 0800",
		"dada 0000 c0080000 0800",
		"c0080001 0800", /* Marvell's, unannounced */
		"00080001 0800",
		"2000 0001 0800", /* Broadcom's */
		"892f 1044 0001 0800",
		"22f3 0002 0001 0002 020000000003 020000000004 0800", /* TRILL */
		"22f3 0042 0001 0002 00000000 020000000003 020000000004 8100 0007 0800",
		"f1c1 0000 0001 0800",
	};

	for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		start();
		put_ethernet(tags[i]);
		put_checked_tcp();
		ok(is_plain(decode_link_type(1)), "behind %s", tags[i]);
	}
	expect_refusal();
	start();
	put_ethernet("8899 2300 0000 0000");
	put_zeros(50);
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_LINK_CONTROL),
		"Realtek's loop detection holds nothing");
	expect_refusal();
	start();
	put_ethernet("9999 0001 0800");
	put("4500 0028 0001 0000 40 06 1111 0a000001 0a000002");
	put_tcp();
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_NOT_IP),
		"a tag nobody announced is believed only with a good checksum behind it");
}

/* What stands behind labels, which do not say. */
static void test_labels(void)
{
	static const struct {
		const char *bytes;
		bool is_v6;
		const char *what;
	} cases[] = {
		{ "", false, "IPv4" },
		{ "", true, "IPv6" },
		{ "481122334455 667788990011 0800", false, "Ethernet, its address with a 4" },
		{ "6c1122334455 667788990011 0800", false, "with a 6" },
		{ "6c1122334455 667788990011 86dd", true, "with a 6, IPv6" },
		{ "6c1122334455 667788990011 8100 0007 0800", false, "with a 6, a VLAN" },
		{ "00000000 6c1122334455 667788990011 0800", false, "a control word" },
		{ "001122334455 667788990011 0800", false, "an address with a 0, no control word" },
		{ "101122334455 667788990011 0800", false, "an address with a 1" },
		{ "00000001 001122334455 667788990011 86dd", true,
			"a control word, an address with a 0" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start();
		put_ethernet("8847 00011140");
		put(cases[i].bytes);
		if (cases[i].is_v6) {
			put_tcp6();
		} else {
			put_checked_tcp();
		}
		const struct packet *packet = decode_link_type(1);
		ok(cases[i].is_v6 ? is_plain6(packet) : is_plain(packet), "behind labels: %s",
			cases[i].what);
	}
	expect_refusal();
	start();
	put_ethernet("8847 00011140");
	put("481122334455 667788990011 88cc");
	put_zeros(46);
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_LINK_CONTROL),
		"a frame without IP is not taken for IPv4");
	expect_refusal();
	bytes[18] = 0x6c;
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_LINK_CONTROL), "nor for IPv6");
	expect_refusal();
	start();
	put_ethernet("8847 00011140 10000007");
	put_zeros(50);
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_LINK_CONTROL),
		"a pseudowire's own messages");
}

static void put_tunnel(unsigned protocol, unsigned inner_bytes)
{
	start();
	put_ethernet("0800");
	put_ipv4(inner_bytes, protocol, 1, 0);
}

static void put_udp_tunnel(unsigned tunnel_port, unsigned inner_bytes)
{
	put_tunnel(17, 8 + inner_bytes);
	put_udp(50000, tunnel_port, inner_bytes);
}

/* Headers in front of a packet of 40 bytes. */
static void test_tunnels(void)
{
	static const struct {
		unsigned protocol, udp_port;
		const char *header;
		enum tunnel_kind kind;
		const char *what;
	} cases[] = {
		{ 47, 0,
			"0000 8200 8801 0000 020000000001 020000000002 020000000003 1000 0000 "
			"aaaa03 000000 0800",
			TUNNEL_GRE, "GRE of an access point" },
		{ 47, 0,
			"0000 9000 0188 0000 020000000001 020000000002 020000000003 1000 0000 "
			"aaaa03 000000 0800",
			TUNNEL_GRE, "… with its control field swapped" },
		{ 47, 0, "2001 6400 0036 0100 020000000001 020000000002 0800", TUNNEL_GRE,
			"GRE, MikroTik's Ethernet" },
		{ 47, 0, "0000 6559 1841 0800", TUNNEL_GRE, "GRE, frame relay" },
		{ 47, 0, "0000 894f 0fc2 01 01 00000fff", TUNNEL_GRE, "GRE, NSH" },
		{ 103, 0, "2100 0000 00000000", TUNNEL_PIM, "a PIM register" },
		{ 115, 0, "00000001 020000000001 020000000002 0800", TUNNEL_L2TP,
			"L2TP version 3" },
		{ 143, 0, "020000000001 020000000002 0800", TUNNEL_IPIP, "Ethernet in IP" },
		{ 115, 0, "00000001 1122334455667788 00000000 020000000001 020000000002 0800",
			TUNNEL_L2TP, "… with cookie and sublayer" },
		{ 115, 0, "00000001", TUNNEL_L2TP, "… IP" },
		{ 17, 1701, "0003 0000 00000001 11223344 020000000001 020000000002 0800",
			TUNNEL_L2TP, "L2TP version 3 behind UDP" },
		{ 17, 4341, "40000000 00000000", TUNNEL_LISP, "LISP" },
		{ 17, 4341, "08000000 00000901", TUNNEL_LISP, "LISP with an instance" },
		{ 17, 4789, "0800000000000901 020000000001 020000000002 0800", TUNNEL_VXLAN,
			"VXLAN, reserved byte set" },
		{ 17, 4789, "ffffffff000009ff 020000000001 020000000002 0800", TUNNEL_VXLAN,
			"VXLAN, every reserved bit set" },
		{ 17, 4790, "0c00000400000900 0fc2 01 01 00000fff", TUNNEL_VXLAN,
			"VXLAN-GPE, NSH" },
		{ 17, 4790, "3d00000100000901", TUNNEL_VXLAN, "VXLAN-GPE, reserved bits set" },
		{ 17, 6081, "003f6558 000009ff 020000000001 020000000002 0800", TUNNEL_GENEVE,
			"GENEVE, reserved bits set" },
		{ 17, 6081, "01c00800 00000901 01020380", TUNNEL_GENEVE,
			"GENEVE, reserved bits and an option, IP" },
		{ 17, 2152, "30ff 0036 00000001 020000000001 020000000002 0800", TUNNEL_GTPU,
			"GTP-U, Ethernet" },
		{ 17, 2152, "30ff 0036 00000001 6c0000000001 020000000002 0800", TUNNEL_GTPU,
			"GTP-U, Ethernet, an address with a 6" },
		{ 17, 7932, "0000000000000000 00000000 020000000001 020000000002 0800",
			TUNNEL_HP_ERM, "HP's mirror" },
		{ 17, 6080, "0004 0000", TUNNEL_GUE, "GUE, IPv4" },
		{ 17, 6080, "0204 8000 0000000100000002", TUNNEL_GUE, "GUE with fields" },
		{ 17, 6080, "002f 0000 0000 6558 020000000001 020000000002 0800", TUNNEL_GUE,
			"GUE, GRE" },
		{ 17, 6080, "0061 0000 3000 020000000001 020000000002 0800", TUNNEL_GUE,
			"GUE, EtherIP" },
		{ 17, 6080, "008f 0000 020000000001 020000000002 0800", TUNNEL_GUE,
			"GUE, Ethernet" },
		{ 17, 6080, "", TUNNEL_GUE, "GUE, the packet itself" },
		{ 17, 37008, "01 00 0001 01 020000000001 020000000002 0800", TUNNEL_TZSP, "TZSP" },
		{ 17, 37008, "01 01 0001 00 0a01d0 290400000001 01 020000000001 020000000002 0800",
			TUNNEL_TZSP, "TZSP with tags" },
		{ 17, 37008,
			"01 00 0012 01 0801 0000 020000000001 020000000002 020000000003 1000 "
			"aaaa03 000000 0800",
			TUNNEL_TZSP, "TZSP, 802.11" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start();
		put(cases[i].header);
		unsigned inner_bytes = length + 40;
		if (cases[i].protocol == 17) {
			put_udp_tunnel(cases[i].udp_port, inner_bytes);
		} else {
			put_tunnel(cases[i].protocol, inner_bytes);
		}
		put(cases[i].header);
		put_checked_tcp();
		const struct packet *packet = decode_link_type(1);
		ok(is_plain(packet) && context_of(packet)->tunnels[0] == cases[i].kind, "%s",
			cases[i].what);
	}
	put_udp_tunnel(7932, 66);
	put("0000000000000000 00 2007 80 020000000001 020000000002 0800");
	put_checked_tcp();
	const struct packet *packet = decode_link_type(1);
	ok(is_plain(packet) && context_of(packet)->vlan_id == 7, "HP's mirror keeps the VLAN");
}

/* A mirror that cut the frame says so; then the packet's own length is the true one. */
static void test_cut_mirror(void)
{
	put_tunnel(47, 70);
	put("1000 88be 00000001 1000 0401 00000000");
	put_ethernet("0800");
	put("4500 05dc 0001 0000 40 06 6119 0a000001 0a000002");
	put_tcp();
	const struct packet *packet = decode_link_type(1);
	is_int(packet ? packet->ip_bytes : 0, 1500, "ERSPAN: a packet that the mirror cut");
	bytes[14 + 20 + 10] = 0;
	packet = decode_link_type(1);
	is_int(packet ? packet->ip_bytes : 0, 40, "one that it did not cut, and lies");
}

static void test_refusals(void)
{
	static const struct {
		uint16_t link_type;
		const char *bytes;
		enum decode_refusal refusal;
	} cases[] = {
		{ 178, "4d474381", DECODE_REFUSED_LINK_JUNIPER },
		{ 137, "4d474381", DECODE_REFUSED_LINK_JUNIPER },
		{ 247, "00000000", DECODE_REFUSED_LINK_INFINIBAND },
		{ 197, "0000000000000000 15 04 0048 0000 0030", DECODE_REFUSED_LINK_INFINIBAND },
		{ 197, "0000000000000000 03 04 0048 0000 0034", DECODE_REFUSED_LINK_PIECES },
		{ 197, "0000000000000000 30 04 0048 0000 0034", DECODE_REFUSED_LINK_CONTROL },
		{ 197, "0000000000000000 7f 04 0048 0000 0034", DECODE_REFUSED_LINK_UNKNOWN },
		{ 197, "0000000000000000 82 04 0048", DECODE_REFUSED_LINK_CUT },
		{ 9, "003d 80000001 0021 4500", DECODE_REFUSED_LINK_PIECES },
		{ 9, "0031 0002 00000000", DECODE_REFUSED_NOT_IP },
		{ 143, "02 00 0006 0000", DECODE_REFUSED_LINK_CONTROL },
		{ 143, "c2 00 0006 0000", DECODE_REFUSED_LINK_CONTROL },
		{ 143, "01 05 005a 43018001 00 0000", DECODE_REFUSED_LINK_ENCRYPTED },
		{ 274, "55555555555561 00", DECODE_REFUSED_LINK_PIECES },
		{ 149, "00000000 00000000 00000000", DECODE_REFUSED_LINK_UNKNOWN },
		{ 258, "10000000 02000000 01000000 00000000", DECODE_REFUSED_LINK_CONTROL },
		{ 258, "6c000000 01000000 01000000 00000000", DECODE_REFUSED_LINK_CUT },
		{ 239, "02 00 0001 0800 0100 0800 01 00", DECODE_REFUSED_LINK_CUT },
		{ 239, "02 01 0001 0800 0100 0800 01 00", DECODE_REFUSED_LINK_CONTROL },
		{ 109, "02000000 00001000 0000", DECODE_REFUSED_LINK_CUT },
		{ 107, "1841 0806", DECODE_REFUSED_ARP },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_refusal();
		start();
		put(cases[i].bytes);
		ok(is_refused(decode_link_type(cases[i].link_type), cases[i].refusal),
			"link type %u, %s: %s", cases[i].link_type, cases[i].bytes,
			decode_refusal_name(cases[i].refusal));
	}
}

int main(void)
{
	decoder = decoder_create();
	test_links();
	test_marvell_vlan();
	test_tags();
	test_labels();
	test_tunnels();
	test_cut_mirror();
	test_refusals();
	decoder_destroy(decoder);
	return done_testing();
}
