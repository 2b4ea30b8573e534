/* Sightings: who has which address, as frames say it; and what frames say that is passed over. */
#include "collector/sightings.h"

#include "base/hash.h"
#include "tests/unit/decode_fixture.h"

static const struct sighting *only(void)
{
	return out.sightings.count == 1 ? &out.sightings.items[0] : NULL;
}

static bool has_mac(const struct sighting *sighting, uint8_t last)
{
	const uint8_t mac[] = { 2, 0, 0, 0, 0, last };

	return sighting && memcmp(sighting->mac, mac, sizeof(mac)) == 0;
}

static bool has_addr(const struct sighting *sighting, const char *text)
{
	struct addr addr;

	return sighting && addr_parse(text, &addr) && addr_equal(&sighting->addr, &addr);
}

static void test_arp(void)
{
	start();
	put_ethernet("8100 0007 0806");
	put("0001 0800 06 04 0001 020000000002 0a000009 000000000000 0a000001");
	ok(!decode_link_type(1) && only() && only()->kind == SIGHTING_ARP && has_mac(only(), 2) &&
			has_addr(only(), "10.0.0.9") && only()->vlan_id == 7,
		"ARP: who asks has an address, in its VLAN");
	start();
	put_ethernet("0806");
	put("0001 0800 06 04 0002 020000000003 0a000009 000000000000 0a000001");
	decode_link_type(1);
	ok(out.sightings.count == 0, "ARP that speaks for another MAC is passed over");
	start();
	put_ethernet("0806");
	put("0001 0800 06 04 0001 020000000002 00000000 000000000000 0a000001");
	decode_link_type(1);
	ok(out.sightings.count == 0, "a probe claims nothing");
	start();
	put_ethernet("0806");
	put("0001 0800 06 04 0001 0200");
	decode_link_type(1);
	ok(out.sightings.count == 0, "a cut one neither");
}

static void put_neighbour(const char *hops, const char *type, const char *option)
{
	start();
	put_ethernet("86dd");
	put("60000000 0020 3a");
	put(hops);
	put("fe800000000000000000000000000001 ff0200000000000000000000000000ff");
	put(type);
	put("00 0000 00000000 20010db8000000000000000000000042");
	put(option);
}

static void test_neighbours(void)
{
	put_neighbour("ff", "88", "02 01 020000000002");
	decode_link_type(1);
	ok(only() && only()->kind == SIGHTING_NEIGHBOUR && has_addr(only(), "2001:db8::42") &&
			has_mac(only(), 2),
		"an advertisement says what its sender has");
	put_neighbour("ff", "87", "01 01 020000000002");
	decode_link_type(1);
	ok(has_addr(only(), "fe80::1"), "a solicitation says where it comes from");
	put_neighbour("40", "88", "02 01 020000000002");
	decode_link_type(1);
	ok(out.sightings.count == 0, "from beyond a router it says nothing");
	put_neighbour("ff", "88", "02 01 020000000009");
	decode_link_type(1);
	ok(out.sightings.count == 0, "nor of another MAC than its sender's");
	put_neighbour("ff", "88", "02 00 020000000002");
	decode_link_type(1);
	ok(out.sightings.count == 0, "an option without length ends it");
}

/* A message of DHCPv4 with its options in hexadecimal. */
static void put_dhcp_4(bool from_client, const char *given, const char *mac, const char *options)
{
	unsigned payload_bytes = 240 + (unsigned)strlen(options) / 2;

	start();
	put_ethernet("0800");
	put_ipv4(8 + payload_bytes, 17, 1, 0);
	put_udp(from_client ? 68 : 67, from_client ? 67 : 68, payload_bytes);
	put(from_client ? "01" : "02");
	put("010600 01020304 00000000 00000000");
	put(given);
	put("00000000 00000000");
	put(mac);
	put_zeros(10 + 64 + 128);
	put("63825363");
	put(options);
}

static void test_dhcp_4(void)
{
	put_dhcp_4(true, "00000000", "020000000002", "3501033703010f060c026161ff");
	decode_link_type(1);
	const struct sighting ask = only() ? *only() : (struct sighting){ .kind = 99 };
	ok(ask.kind == SIGHTING_ASK && has_mac(&ask, 2) && ask.options != 0 && ask.name != 0 &&
			has_addr(&ask, "::"),
		"a client asks: its fingerprint and a hash of its name");
	put_dhcp_4(true, "00000000", "020000000002", "350103370301060f0c026161ff");
	decode_link_type(1);
	ok(only() && only()->options != ask.options && only()->name == ask.name,
		"another order of options is another fingerprint");
	put_dhcp_4(true, "00000000", "020000000007", "350103ff");
	decode_link_type(1);
	ok(out.sightings.count == 0, "nobody asks for another MAC");
	put_dhcp_4(false, "0a000033", "020000000007", "3501053304000151800c026161ff");
	decode_link_type(1);
	ok(only() && only()->kind == SIGHTING_LEASE && has_mac(only(), 7) &&
			has_addr(only(), "10.0.0.51") && only()->lease_s == 86400 &&
			only()->name == 0 && addr_is_v4(&only()->giver),
		"a server gives an address for a day");
	put_dhcp_4(false, "0a000033", "020000000007", "350102ff");
	decode_link_type(1);
	ok(only() && only()->kind == SIGHTING_OFFER && has_mac(only(), 7) &&
			has_addr(only(), "10.0.0.51"),
		"and says before for whom it is");
	put_dhcp_4(false, "0a000033", "020000000007", "350105330900ff");
	decode_link_type(1);
	ok(out.sightings.count == 0, "an option that ends too late spoils it");
}

static void put_dhcp_6(bool from_client, const char *message)
{
	unsigned payload_bytes = 0;

	for (const char *at = message; *at; at++) {
		payload_bytes += *at != ' ';
	}
	payload_bytes /= 2;
	start();
	put_ethernet("86dd");
	put_ipv6(8 + payload_bytes, 17);
	put_udp(from_client ? 546 : 547, from_client ? 547 : 546, payload_bytes);
	put(message);
}

static void test_dhcp_6(void)
{
	put_dhcp_6(true, "01 010203 0001 000a 00030001020000000002 0006 0004 00170018");
	decode_link_type(1);
	const struct sighting ask = only() ? *only() : (struct sighting){ .kind = 99 };
	ok(ask.kind == SIGHTING_ASK && ask.client != 0 && ask.options != 0 && has_mac(&ask, 2),
		"a client of DHCPv6 has a DUID");
	put_dhcp_6(false,
		"07 010203 0001 000a 00030001020000000002 0003 0028 00000001 00000000 00000000 "
		"0005 0018 20010db8000000000000000000000077 00000e10 00015180");
	decode_link_type(1);
	ok(only() && only()->kind == SIGHTING_LEASE && only()->client == ask.client &&
			has_addr(only(), "2001:db8::77") && only()->lease_s == 86400 &&
			has_mac(only(), 1),
		"a server gives it an address");
	put_dhcp_6(false, "0d 00 20010db8000000000000000000000001 "
			  "fe800000000000000000000000000009 004f 0008 0001020000000009 "
			  "0009 003e 07 010203 0001 000a 00030001020000000002 0003 0028 00000001 "
			  "00000000 00000000 0005 0018 20010db8000000000000000000000078 00000e10 "
			  "00015180");
	decode_link_type(1);
	ok(only() && has_mac(only(), 9) && has_addr(only(), "2001:db8::78"),
		"through a relay, which says the client's MAC");
}

static void test_flows(void)
{
	struct sighting sighting;

	start();
	put_ethernet("0800");
	put_ipv4(40, 6, 1, 0);
	put("9c40 01bb 00000001 00000000 a0 02 fff0 0000 0000");
	put("020405b4 0402 080a 00001234 00000000 01 030307");
	const struct packet *packet = decode_link_type(1);
	ok(packet && sighting_of_packet(&sighting, packet) && has_mac(&sighting, 2) &&
			has_addr(&sighting, "10.0.0.1") && sighting.ttl == 0x40 &&
			sighting.window == 0xfff0 && sighting.has_tcp_time &&
			sighting.tcp_time == 0x1234 && sighting.stack != 0,
		"the first frame of a flow: MAC, TTL, what its SYN is like");
	uint32_t stack = sighting.stack;
	memcpy(bytes + length - 4, "\x03\x03\x07\x01", 4);
	packet = decode_link_type(1);
	ok(packet && sighting_of_packet(&sighting, packet) && sighting.stack != stack,
		"another order of options is another implementation");
}

/* Of whatever protocol a flow is, its first frame says who sent it. */
static void test_protocols(void)
{
	static const struct {
		const char *name;
		unsigned protocol;
		const char *content;
	} cases[] = { { "a ping", 1, "0800 0000 0009 0001" }, { "IGMP", 2, "16000000 efffff01" },
		{ "SCTP", 132, "9c40 0016 00000000 00000000" },
		{ "DCCP", 33, "9c40 0016 03000000 00000000" },
		{ "ESP", 50, "00000001 00000001 00000000" }, { "GRE", 47, "20018888 00000001" },
		{ "L2TP where it is none", 17, "9c40 06a5 000c 0000 00000000" } };
	struct sighting sighting;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start();
		put_ethernet("8100 0007 0800");
		put_ipv4(12, cases[i].protocol, 1, 0);
		put(cases[i].content);
		put_zeros(12);
		const struct packet *packet = decode_link_type(1);
		ok(packet && sighting_of_packet(&sighting, packet) && has_mac(&sighting, 2) &&
				has_addr(&sighting, "10.0.0.1") && sighting.ttl == 0x40 &&
				sighting.vlan_id == 7 && sighting.stack == 0,
			"a flow begins: %s", cases[i].name);
	}
	start();
	put_ethernet("86dd");
	put_ipv6(8, 58);
	put("8000 0000 0009 0001");
	const struct packet *packet = decode_link_type(1);
	ok(packet && sighting_of_packet(&sighting, packet) && has_addr(&sighting, "2001:db8::1"),
		"a ping of IPv6");
	start();
	put_ethernet("0800");
	put("4600 002c 0001 0000 40 06 0000 0a000001 0a000002 01010101");
	put_tcp();
	packet = decode_link_type(1);
	ok(packet && sighting_of_packet(&sighting, packet) && sighting.window == 0xffff &&
			sighting.stack != 0,
		"a SYN behind options of IP is read as any other");
}

/* What no router passes on comes from the segment, however few hops it was given. */
static void test_of_segment(void)
{
	static const struct {
		const char *header, *what;
		bool is_of_segment;
	} cases[] = {
		{ "4600 0020 0001 0000 01 02 0000 0a000001 efffff01 94040000", "IGMP to its group",
			true },
		{ "4600 0020 0001 0000 01 02 0000 0a000001 0a000002 94040000", "to one host",
			false },
		{ "4600 0020 0001 0000 02 02 0000 0a000001 efffff01 94040000", "with hops left",
			false },
		{ "4600 0020 0001 0000 01 67 0000 0a000001 e000000d 94040000",
			"a group of the link", true },
		{ "4600 0020 0001 0000 01 67 0000 0a000001 efffff01 94040000", "a group of more",
			false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sighting sighting;
		start();
		put_ethernet("0800");
		put(cases[i].header);
		put("16000000 efffff01");
		const struct packet *packet = decode_link_type(1);
		ok(packet && sighting_of_packet(&sighting, packet) &&
				sighting.is_of_segment == cases[i].is_of_segment,
			"of the segment alone or not: %s", cases[i].what);
	}
}

static void test_nobody(void)
{
	struct sighting sighting;

	start();
	put_ethernet("0800");
	put("4600 0020 0001 0000 01 02 0000 00000000 e0000016 94040000 22000000 00000000");
	const struct packet *packet = decode_link_type(1);
	ok(packet && !sighting_of_packet(&sighting, packet),
		"whoever has no address yet says of none that it has it");
	start();
	put_ethernet("0800");
	put_ipv4(4 + 20 + 8, 47, 1, 0);
	put("0000 0800");
	put_ipv4(8, 1, 1, 0);
	put("0800 0000 0009 0001");
	packet = decode_link_type(1);
	ok(packet && packet->key.v4.protocol == 1 && !sighting_of_packet(&sighting, packet),
		"nor does a ping inside a tunnel");
}

static uint32_t stack_of(const char *options)
{
	struct sighting sighting = { .stack = 0 };
	unsigned count = (unsigned)strlen(options) / 2;
	char offset[8];

	start();
	put_ethernet("0800");
	put_ipv4(20 + count, 6, 1, 0);
	put("9c40 01bb 00000001 00000000");
	snprintf(offset, sizeof(offset), "%02x", (20 + count) << 2);
	put(offset);
	put("02 fff0 0000 0000");
	put(options);
	const struct packet *packet = decode_link_type(1);
	return packet && sighting_of_packet(&sighting, packet) ? sighting.stack : 0;
}

static void test_systems(void)
{
	static const char apple[] = "020405b4010303060101080a000012340000000004020000";
	static const struct {
		const char *options, *what;
	} same[] = {
		{ "020405b4010303060101080a00001234000000000402220201010000", "TCP Fast Open" },
		{ "020405b4010303060101080a00001234000000001e0c0081001122334455667704020000",
			"MPTCP" },
		{ "020405b4010303060101080a0000123400000000fd04f98904020000", "what is tried out" },
	};
	uint32_t stack = stack_of(apple);

	for (unsigned i = 0; i < 3; i++) {
		ok(stack != 0 && stack_of(same[i].options) == stack,
			"a program that asks for %s makes no other system", same[i].what);
	}
	ok(stack_of("020405b40402080a0000123400000000"
		    "01030307") != stack,
		"another system is one");
}

static void test_tags(void)
{
	static const struct {
		const char *tag, *title;
		uint16_t vlan_id;
	} cases[] = { { "8100 0309 0800", "so does the very first frame of a VLAN", 0x309 },
		{ "8100 6000 0800", "and one whose tag bears a priority alone", 0 } };

	for (unsigned i = 0; i < 2; i++) {
		struct sighting sighting;
		start();
		put_ethernet(cases[i].tag);
		put_ipv4(12, 17, 1, 0);
		put_udp(40000, 443, 4);
		put_zeros(4);
		const struct packet *packet = decode_link_type(1);
		ok(packet && sighting_of_packet(&sighting, packet) && has_mac(&sighting, 2) &&
				has_addr(&sighting, "10.0.0.1") &&
				sighting.vlan_id == cases[i].vlan_id,
			"%s", cases[i].title);
	}
}

static void test_tunnels(void)
{
	start();
	put_ethernet("0800");
	put_ipv4(8 + 8 + 14 + 28, 17, 1, 0);
	put_udp(40000, 4789, 8 + 14 + 28);
	put("0800000000004200 020000000001 020000000002 0806");
	put("0001 0800 06 04 0001 020000000002 0a000009 000000000000 0a000001");
	decode_link_type(1);
	ok(out.sightings.count == 0, "what is inside a tunnel is not of this segment");
}

static void test_flood(void)
{
	static struct frame_batch in;

	start();
	put_ethernet("0806");
	put("0001 0800 06 04 0001 020000000002 0a000009 000000000000 0a000001");
	in.count = PACKET_BATCH_MAX;
	for (unsigned i = 0; i < PACKET_BATCH_MAX; i++) {
		in.frames[i] = frame_of(1);
	}
	decode_batch(decoder, &in, &out);
	ok(out.count == 0 && out.sightings.count == SIGHTINGS_MAX && out.sightings.lost == 0,
		"a batch of nothing else is told whole");
}

static void test_order(void)
{
	static const uint64_t times[] = { 5, 9, 12, 1, 5, 10, 20 };
	static struct sightings list;
	unsigned out_of_order = 0;

	for (unsigned i = 0; i < 7; i++) {
		struct sighting *sighting = sightings_add(&list);
		sighting->time_ns = times[i];
		sighting->kind = i < 3 ? SIGHTING_ARP : SIGHTING_FLOW;
	}
	sightings_merge(&list, 3);
	for (unsigned i = 1; i < 7; i++) {
		out_of_order += list.items[i].time_ns < list.items[i - 1].time_ns;
	}
	ok(out_of_order == 0 && list.count == 7 && list.items[0].kind == SIGHTING_FLOW &&
			list.items[6].time_ns == 20,
		"what was decoded and what began are told in order of time");
}

int main(void)
{
	struct hash_key key = hash_key_fixed("test");

	decoder = decoder_create();
	decoder_set_name_key(decoder, &key);
	test_arp();
	test_neighbours();
	test_dhcp_4();
	test_dhcp_6();
	test_flows();
	test_protocols();
	test_of_segment();
	test_nobody();
	test_systems();
	test_tags();
	test_tunnels();
	test_flood();
	test_order();
	decoder_destroy(decoder);
	return done_testing();
}
