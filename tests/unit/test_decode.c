/* Packets built by hand, byte by byte, and what becomes of them. */
#include "tests/unit/decode_fixture.h"

static void test_tcp(void)
{
	start();
	put_ethernet("0800");
	put_inner_tcp();
	put("00000000 0000"); /* padding */
	const struct packet *packet = decode_link_type(1);
	if (!ok(packet != NULL, "TCP over IPv4")) {
		return;
	}
	is_int(packet->ip_bytes, 40, "padding does not count");
	is_int(packet->payload_wire_bytes, 0, "nor is it payload");
	is_int(packet->tcp_flags, TCP_SYN, "flags");
	is_int(packet->tcp_seq, 1, "sequence");
	is_int(packet->tcp_ack, 2, "acknowledgement");
	is_int(packet->tcp_window, 0xffff, "window");
	is_int(packet->key.v4.addr[0][3], 1, "the smaller end comes first");
	is_int(port(&packet->key.v4.port_be[0]), 40000, "with its port");
	is_int(packet->flags, 0, "sent by the low end");
	struct flow_key4 there = packet->key.v4;
	memcpy(bytes + 26, "\x0a\x00\x00\x02\x0a\x00\x00\x01", 8);
	memcpy(bytes + 34, "\x01\xbb\x9c\x40", 4);
	packet = decode_link_type(1);
	ok(packet && memcmp(&there, &packet->key.v4, sizeof(there)) == 0,
		"the answer has the same key");
	is_int(packet ? packet->flags : 0, PACKET_FROM_HIGH, "and comes from the high end");
}

static void test_cut(void)
{
	start();
	put_ethernet("0800");
	put_ipv4(1000, 17, 1, 0);
	put_udp(1000, 2000, 992);
	put_zeros(10);
	struct frame frame = frame_of(1);
	frame.wire_bytes = 1034;
	const struct packet *packet = decode(frame);
	is_int(packet ? packet->ip_bytes : 0, 1020, "the snaplen does not change the IP length");
	is_int(packet ? packet->payload_bytes : 0, 10, "payload that was captured");
	is_int(packet ? packet->payload_wire_bytes : 0, 992, "payload that was there");
	frame.captured_bytes = 14 + 20 + 4;
	packet = decode(frame);
	is_int(packet ? port(&packet->key.v4.port_be[1]) : 0, 2000, "cut right behind the ports");
	expect_refusal();
	frame.captured_bytes = 14 + 20 + 3;
	ok(is_refused(decode(frame), DECODE_REFUSED_TRANSPORT_CUT), "cut inside the ports");
	expect_refusal();
	frame.captured_bytes = 14 + 19;
	ok(is_refused(decode(frame), DECODE_REFUSED_IP_CUT), "cut inside IP");
	expect_refusal();
	frame.captured_bytes = 13;
	ok(is_refused(decode(frame), DECODE_REFUSED_LINK_CUT), "cut inside Ethernet");
	expect_refusal();
	frame.captured_bytes = 0;
	ok(is_refused(decode(frame), DECODE_REFUSED_LINK_CUT), "nothing at all");
}

/* What a snaplen leaves of TCP's header is read to the byte. */
static void test_cut_tcp(void)
{
	start();
	put_ethernet("0800");
	put_inner_tcp();
	for (unsigned left = 7; left <= 16; left++) {
		struct frame frame = frame_of(1);
		frame.captured_bytes = 14 + 20 + left;
		const struct packet *packet = decode(frame);
		if (!ok(packet != NULL, "%u bytes of TCP", left)) {
			continue;
		}
		is_int(packet->tcp_seq, left >= 8 ? 1 : 0, "%u bytes: sequence", left);
		is_int(packet->tcp_ack, left >= 12 ? 2 : 0, "%u bytes: acknowledgement", left);
		is_int(packet->tcp_flags, left >= 14 ? TCP_SYN : 0, "%u bytes: flags", left);
	}
	start();
	put_ethernet("0800");
	put_ipv4(28, 6, 1, 0);
	put("9c40 01bb 00000001 00000000 7002 ffff 0000 0000 0402 0303 07 01 0000");
	const struct packet *packet = decode_link_type(1);
	is_int(packet ? packet->tcp_scale : 0, 7, "an option of two bytes is stepped over");
}

static void test_lies(void)
{
	start();
	put_ethernet("0800");
	put_ipv4(20, 6, 1, 0);
	put("9c40 01bb 00000001 00000002 f0 02 ffff 0000 0000");
	const struct packet *packet = decode_link_type(1);
	ok(packet && packet->payload_wire_bytes == 0,
		"a TCP header longer than its packet: no payload");
	start();
	put_ethernet("0800");
	put_ipv4(12, 17, 1, 0);
	put("03e8 07d0 0003 0000 01020304");
	packet = decode_link_type(1);
	ok(packet && packet->payload_wire_bytes == 0,
		"a UDP length shorter than its header: no payload");
	start();
	put_ethernet("0800");
	put_ipv4(12, 17, 1, 0);
	put("03e8 07d0 ffff 0000 01020304");
	packet = decode_link_type(1);
	is_int(packet ? packet->payload_wire_bytes : 0, 4, "a UDP length beyond IP: what IP holds");
	start();
	put_ethernet("0800");
	put("4500 0000 0001 0000 40 06 0000 0a000001 0a000002");
	put_tcp();
	put_zeros(100);
	packet = decode_link_type(1);
	is_int(packet ? packet->ip_bytes : 0, 140,
		"length 0 (segmentation offload): the frame tells");
	expect_refusal();
	bytes[14] = 0x44;
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_IP_HEADER), "a header of 16 bytes");
	expect_refusal();
	bytes[14] = 0x55;
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_IP_VERSION), "version 5");
	expect_refusal();
	start();
	put_ethernet("0800");
	put_ipv4(2, 6, 1, 0);
	put("9c40");
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_TRANSPORT_HEADER),
		"IP too short for ports");
}

static void test_ipv6(void)
{
	start();
	put_ethernet("86dd");
	put_ipv6(20, 6);
	put_tcp();
	const struct packet *packet = decode_link_type(1);
	ok(packet && (packet->flags & PACKET_V6), "TCP over IPv6");
	is_int(packet ? packet->ip_bytes : 0, 60, "with its length");
	struct flow_key6 plain = packet ? packet->key.v6 : (struct flow_key6){ 0 };
	start();
	put_ethernet("86dd");
	put_ipv6(8 + 8 + 24 + 24 + 20, 0);
	put("2b00 050200000100");                                    /* hop by hop */
	put("3c00 00000000 0000");                                   /* routing */
	put("3302 0000000000000000 0000000000000000 0000000000 00"); /* destination options */
	put("0604 0000 00000001 00000001 000000000000000000000000"); /* authentication */
	put_tcp();
	packet = decode_link_type(1);
	ok(packet && memcmp(&packet->key.v6, &plain, sizeof(plain)) == 0,
		"behind extension headers it is the same flow");
	start();
	put_ethernet("86dd");
	put_ipv6(0, 59);
	put_zeros(6);
	packet = decode_link_type(1);
	ok(packet && packet->key.v6.protocol == 59 && packet->ip_bytes == 40,
		"no next header is a flow of 59");
	start();
	put_ethernet("86dd");
	put_ipv6(8, 58);
	put("8700 0000 00000000");
	packet = decode_link_type(1);
	is_int(packet ? port(&packet->key.v6.port_be[0]) : 0, 135, "a neighbour is asked for");
	is_int(packet ? port(&packet->key.v6.port_be[1]) : 0, 136, "and its answer pairs");
}

static void test_icmp(void)
{
	start();
	put_ethernet("0800");
	put_ipv4(8, 1, 1, 0);
	put("0800 0000 00010001");
	const struct packet *packet = decode_link_type(1);
	is_int(packet ? port(&packet->key.v4.port_be[0]) : 99, 8, "echo: type at its sender");
	is_int(packet ? port(&packet->key.v4.port_be[1]) : 99, 0,
		"the reply's type at the other end");
	is_int(packet ? packet->flags & PACKET_ONE_ICMP_WAY : 1, 0, "two ways");
	bytes[34] = 3;
	bytes[35] = 1;
	packet = decode_link_type(1);
	is_int(packet ? port(&packet->key.v4.port_be[1]) : 99, 1,
		"unreachable: its code at the other end");
	ok(packet && (packet->flags & PACKET_ONE_ICMP_WAY), "one way");
}

static void test_other_protocols(void)
{
	start();
	put_ethernet("0800");
	put_ipv4(12, 132, 1, 0);
	put("0b59 0b5a 00000000 00000000");
	const struct packet *packet = decode_link_type(1);
	is_int(packet ? port(&packet->key.v4.port_be[0]) : 0, 2905, "SCTP has ports");
	start();
	put_ethernet("0800");
	put_ipv4(16, 50, 1, 0);
	put_zeros(16);
	packet = decode_link_type(1);
	ok(packet && packet->key.v4.protocol == 50 && packet->key.v4.port_be[0] == 0,
		"ESP is a flow of 50");
	is_int(packet ? packet->payload_wire_bytes : 0, 16, "whose payload is IP's");
	start();
	put_ethernet("0800");
	put("4600 002c 0001 0000 40 06 0000 0a000001 0a000002 01010101");
	put_tcp();
	packet = decode_link_type(1);
	ok(packet && packet->key.v4.protocol == 6 && packet->tcp_flags == TCP_SYN,
		"IPv4 options are stepped over");
}

static void test_tags(void)
{
	for (unsigned round = 0; round < 2; round++) {
		start();
		put_ethernet("8100");
		put("a007 0800");
		put_inner_tcp();
		const struct packet *packet = decode_link_type(1);
		is_tunnelled(packet, TUNNEL_VLAN, TUNNEL_NONE, round ? "the VLAN again" : "a VLAN");
		is_int(packet ? context_of(packet)->vlan_id : 0, 7, "its number");
	}
	start();
	put_ethernet("88a8");
	put("0064 8100 00c8 0800");
	put_inner_tcp();
	const struct packet *packet = decode_link_type(1);
	is_tunnelled(packet, TUNNEL_QINQ, TUNNEL_NONE, "two VLANs");
	is_int(packet ? context_of(packet)->inner_vlan_id : 0, 200, "the inner number");
	start();
	put_ethernet("8100");
	put("e000 0800");
	put_inner_tcp();
	packet = decode_link_type(1);
	ok(packet && packet->context == 0, "a priority alone is no VLAN");
	start();
	put_ethernet("8847");
	put("00010040 00011140");
	put_inner_tcp();
	is_tunnelled(decode_link_type(1), TUNNEL_MPLS, TUNNEL_NONE, "labels");
	start();
	put_ethernet("8847");
	put("00011140 00000000");
	put_ethernet("0800");
	put_inner_tcp();
	is_tunnelled(decode_link_type(1), TUNNEL_MPLS, TUNNEL_NONE, "a pseudowire");
	start();
	put_ethernet("8864");
	put("1100 0001 002a 0021");
	put_inner_tcp();
	is_tunnelled(decode_link_type(1), TUNNEL_PPPOE, TUNNEL_NONE, "PPPoE");
	start();
	put_ethernet("0030 aaaa03 000000 0800");
	put_inner_tcp();
	packet = decode_link_type(1);
	ok(packet && packet->key.v4.protocol == 6, "LLC and SNAP");
	expect_refusal();
	start();
	put("020000000001 020000000002");
	for (unsigned i = 0; i < 40; i++) {
		put("8100 0001");
	}
	put("0800");
	put_inner_tcp();
	ok(is_refused(decode_link_type(1), DECODE_REFUSED_TAG_DEPTH), "forty tags are too many");
}

static void put_udp_tunnel(unsigned tunnel_port, unsigned inner_bytes)
{
	start();
	put_ethernet("0800");
	put_ipv4(8 + inner_bytes, 17, 1, 0);
	put_udp(50000, tunnel_port, inner_bytes);
}

static void test_ip_tunnels(void)
{
	start();
	put_ethernet("0800");
	put_ipv4(40, 4, 1, 0);
	put_inner_tcp();
	is_tunnelled(decode_link_type(1), TUNNEL_IPIP, TUNNEL_NONE, "IP in IP");
	start();
	put_ethernet("0800");
	put_ipv4(60, 41, 1, 0);
	put_ipv6(20, 6);
	put_tcp();
	const struct packet *packet = decode_link_type(1);
	ok(packet && (packet->flags & PACKET_V6) &&
			context_of(packet)->tunnels[0] == TUNNEL_SIXINFOUR,
		"6in4");
	start();
	put_ethernet("0800");
	put_ipv4(52, 47, 1, 0);
	put("3000 0800 00000009 00000001");
	put_inner_tcp();
	packet = decode_link_type(1);
	is_tunnelled(packet, TUNNEL_GRE, TUNNEL_NONE, "GRE");
	is_int(packet ? context_of(packet)->network_id : 0, 9, "its key");
	start();
	put_ethernet("0800");
	put_ipv4(70, 47, 1, 0);
	put("1000 88be 00000001 1000 0001 00000000");
	put_ethernet("0800");
	put_inner_tcp();
	is_tunnelled(decode_link_type(1), TUNNEL_ERSPAN, TUNNEL_NONE, "ERSPAN II");
	start();
	put_ethernet("0800");
	put_ipv4(12, 47, 1, 0);
	put("0000 0800 45000400 00000000");
	packet = decode_link_type(1);
	ok(packet && packet->key.v4.protocol == 47,
		"what cannot be opened is a flow of the tunnel");
}

static void test_udp_tunnels(void)
{
	put_udp_tunnel(4789, 62);
	put("08000000 000009 00");
	put_ethernet("0800");
	put_inner_tcp();
	const struct packet *packet = decode_link_type(1);
	is_tunnelled(packet, TUNNEL_VXLAN, TUNNEL_NONE, "VXLAN");
	is_int(packet ? context_of(packet)->network_id : 0, 9, "its network");
	put_udp_tunnel(6081, 66);
	put("01006558 000009 00 00000000");
	put_ethernet("0800");
	put_inner_tcp();
	is_tunnelled(decode_link_type(1), TUNNEL_GENEVE, TUNNEL_NONE, "GENEVE");
	put_udp_tunnel(2152, 56);
	put("34ff 0030 00000001 000000 85 01000900 ");
	put_inner_tcp();
	is_tunnelled(
		decode_link_type(1), TUNNEL_GTPU, TUNNEL_NONE, "GTP-U with an extension header");
	put_udp_tunnel(1701, 48);
	put("0002 0001 0001 ff03 0021");
	put_inner_tcp();
	length -= 2;
	put_udp_tunnel(1701, 50);
	put("0002 0001 0001 ff03 0021");
	put_inner_tcp();
	is_tunnelled(decode_link_type(1), TUNNEL_L2TP, TUNNEL_NONE, "L2TP");
	put_udp_tunnel(3544, 60 + 8);
	put("0000 0001 00000001");
	put("60000000 0014 06 40 20010000000000000000000000000001 "
	    "20010db8000000000000000000000002");
	put_tcp();
	packet = decode_link_type(1);
	ok(packet && (packet->flags & PACKET_V6) && context_of(packet)->tunnels[0] == TUNNEL_TEREDO,
		"Teredo");
	put_udp_tunnel(4789, 62);
	put("08000000 000009 00");
	put_ethernet("0800");
	put("44"); /* an IP header of 16 bytes */
	put_zeros(39);
	packet = decode_link_type(1);
	ok(packet && packet->key.v4.protocol == 17 && port(&packet->key.v4.port_be[1]) == 4789,
		"a port alone is no tunnel");
}

/* One inner packet behind each link type's header. */
static void test_link_types(void)
{
	static const struct {
		uint16_t link_type;
		const char *header;
	} links[] = {
		{ 0, "02000000" },
		{ 0, "00000002" },
		{ 9, "ff03 0021" },
		{ 9, "21" },
		{ 12, "" },
		{ 14, "" },
		{ 50, "ff03 0021" },
		{ 50, "0f00 0800" },
		{ 51, "1100 0001 002a 0021" },
		{ 101, "" },
		{ 104, "0f00 0800" },
		{ 105, "0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800" },
		{ 105, "8801 0000 020000000001 020000000002 020000000003 1000 0000 aaaa03 000000 "
		       "0800" },
		{ 108, "00000002" },
		{ 113, "0000 0001 0006 020000000001 0000 0800" },
		{ 127, "0000 0900 02000000 00 0801 0000 020000000001 020000000002 020000000003 "
		       "1000 aaaa03 000000 "
		       "0800" },
		{ 127, "0000 0900 02000000 20 8801 0000 020000000001 020000000002 020000000003 "
		       "1000 0000 0000 "
		       "aaaa03 000000 0800" },
		{ 228, "" },
		{ 276, "0800 0000 00000001 0001 00 06 0200000000010000" },
	};

	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		start();
		put(links[i].header);
		put_inner_tcp();
		const struct packet *packet = decode_link_type(links[i].link_type);
		ok(packet && packet->key.v4.protocol == 6 && packet->ip_bytes == 40,
			"link type %u (%u)", links[i].link_type, i);
	}
	expect_refusal();
	ok(is_refused(decode_link_type(147), DECODE_REFUSED_LINK_UNKNOWN),
		"a link type nobody knows");
}

static void test_refusals(void)
{
	static const struct {
		const char *type;
		enum decode_refusal refusal;
	} cases[] = {
		{ "0806", DECODE_REFUSED_ARP },
		{ "88cc", DECODE_REFUSED_LINK_CONTROL },
		{ "8137", DECODE_REFUSED_NOT_IP },
		{ "88e5 2c00 00000001 0000000000000000 0800", DECODE_REFUSED_LINK_ENCRYPTED },
		{ "0026 424203", DECODE_REFUSED_LINK_CONTROL },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_refusal();
		start();
		put_ethernet(cases[i].type);
		put_zeros(40);
		ok(is_refused(decode_link_type(1), cases[i].refusal), "%s is refused as %s",
			cases[i].type, decode_refusal_name(cases[i].refusal));
	}
	expect_refusal();
	start();
	put("0841 0000 020000000001 020000000002 020000000003 1000 01020304 05060708");
	ok(is_refused(decode_link_type(105), DECODE_REFUSED_LINK_ENCRYPTED),
		"an encrypted 802.11 frame");
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		ok(decode_refusal_name(i)[0] && decode_refusal_sentence(i)[0], "%s has a sentence",
			decode_refusal_name(i));
	}
}

int main(void)
{
	decoder = decoder_create();
	test_tcp();
	test_cut();
	test_cut_tcp();
	test_lies();
	test_ipv6();
	test_icmp();
	test_other_protocols();
	test_tags();
	test_ip_tunnels();
	test_udp_tunnels();
	test_link_types();
	test_refusals();
	decoder_destroy(decoder);
	return done_testing();
}
