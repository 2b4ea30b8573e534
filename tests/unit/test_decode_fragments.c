/* Datagrams in fragments, plain and with tunnels in them, and frames that hold several packets:
 * each byte is counted once, each frame is accounted for, and payload is handed over once. */
#include "collector/datagrams.h"
#include "tests/unit/decode_fixture.h"

enum { FRAMES_MAX = 300, FRAME_BYTES = 2048, SEEN_MAX = 4096 };

static uint8_t frame_bytes[FRAMES_MAX][FRAME_BYTES];
static struct frame_batch in;
static struct packet seen[SEEN_MAX];
static unsigned seen_count;

static uint8_t datagram[68000];
static unsigned datagram_bytes;

static void start_over(void)
{
	decoder_destroy(decoder);
	decoder = decoder_create();
	in.count = seen_count = 0;
}

/* Adds what stands in bytes as the next frame. */
static void add_frame(void)
{
	unsigned i = in.count++;

	memcpy(frame_bytes[i], bytes, length);
	in.frames[i] = (struct frame){ .bytes = frame_bytes[i],
		.time_ns = 1000 + i,
		.captured_bytes = length,
		.wire_bytes = length,
		.link_type = 1 };
}

static void take(void)
{
	for (unsigned i = 0; i < out.count && seen_count < SEEN_MAX; i++) {
		seen[seen_count++] = out.packets[i];
	}
}

static void run(void)
{
	decode_batch(decoder, &in, &out);
	do {
		take();
	} while (decode_rest(decoder, &out));
	in.count = 0;
}

static void end(void)
{
	run();
	decoder_end(decoder);
	while (decode_rest(decoder, &out)) {
		take();
	}
}

static bool is_conserved(void)
{
	const struct decode_stats *stats = decoder_stats(decoder);
	uint64_t sum = stats->packets + stats->held;

	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		sum += stats->refused[i];
	}
	return sum == stats->frames + stats->subframes && stats->packets == seen_count;
}

static uint32_t bytes_seen(void)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < seen_count; i++) {
		sum += seen[i].ip_bytes;
	}
	return sum;
}

/* All are of one flow, the key of the first, in one direction. */
static bool is_one_flow(void)
{
	bool is_one = seen_count > 0;

	for (unsigned i = 1; i < seen_count; i++) {
		bool is_v6 = seen[0].flags & PACKET_V6;
		is_one = is_one &&
			 memcmp(&seen[i].key, &seen[0].key,
				 is_v6 ? sizeof(seen[0].key.v6) : sizeof(seen[0].key.v4)) == 0 &&
			 ((seen[i].flags ^ seen[0].flags) & (PACKET_V6 | PACKET_FROM_HIGH)) == 0;
	}
	return is_one;
}

static unsigned source_port(const struct packet *packet)
{
	unsigned end = (packet->flags & PACKET_FROM_HIGH) != 0;

	return port(packet->flags & PACKET_V6 ? &packet->key.v6.port_be[end]
					      : &packet->key.v4.port_be[end]);
}

/* Payload was handed over once, and is what the datagram's bytes from there on are. */
static bool is_payload_once(unsigned from, unsigned count)
{
	unsigned with_payload = 0;
	bool is_right = true;

	for (unsigned i = 0; i < seen_count; i++) {
		if (seen[i].payload_bytes > 0) {
			with_payload++;
			is_right = is_right && seen[i].payload_bytes == count &&
				   seen[i].payload_wire_bytes == count &&
				   memcmp(seen[i].payload, datagram + from, count) == 0;
		}
	}
	return is_right && with_payload == 1;
}

/* The datagram is what was put, and so many bytes of payload that tell their place. */
static void take_datagram(unsigned payload_bytes)
{
	memcpy(datagram, bytes, length);
	datagram_bytes = length;
	for (unsigned i = 0; i < payload_bytes; i++) {
		datagram[datagram_bytes++] = (uint8_t)(i * 7 + 3);
	}
}

static void put_datagram(unsigned from, unsigned count)
{
	memcpy(bytes + length, datagram + from, count);
	length += count;
}

/* A fragment of the datagram, which is an IP payload of this protocol. */
static void add_fragment4(unsigned protocol, unsigned identification, unsigned from, unsigned count)
{
	start();
	put_ethernet("0800");
	put_ipv4(count, protocol, identification,
		from / 8 | (from + count < datagram_bytes ? 0x2000 : 0));
	put_datagram(from, count);
	add_frame();
}

/* The same in IPv6, behind hop-by-hop options. */
static void add_fragment6(unsigned next, unsigned identification, unsigned from, unsigned count)
{
	char text[64];

	start();
	put_ethernet("86dd");
	put_ipv6(8 + 8 + count, 0);
	snprintf(text, sizeof(text), "2c00 010400000000 %02x00 %04x %08x", next,
		from | (from + count < datagram_bytes), identification);
	put(text);
	put_datagram(from, count);
	add_frame();
}

/* Port 1000 to 2000, 4000 bytes. */
static void make_udp(void)
{
	start();
	put_udp(1000, 2000, 4000);
	take_datagram(4000);
}

static void test_orders(void)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };

	for (unsigned i = 0; i < 12; i++) {
		bool is_v6 = i >= 6;
		start_over();
		make_udp();
		for (unsigned j = 0; j < 3; j++) {
			unsigned piece = orders[i % 6][j], count = piece == 2 ? 1048 : 1480;
			if (is_v6) {
				add_fragment6(17, 7, piece * 1480, count);
			} else {
				add_fragment4(17, 7, piece * 1480, count);
			}
		}
		end();
		is_int(seen_count, 3, "IPv%u, as %u %u %u: three packets", is_v6 ? 6 : 4,
			orders[i % 6][0], orders[i % 6][1], orders[i % 6][2]);
		is_int(bytes_seen(), 4008 + 3 * (is_v6 ? 56 : 20), "each its own bytes");
		ok(is_one_flow() && source_port(&seen[0]) == 1000, "of one flow");
		ok(is_payload_once(8, 4000), "the payload once, and whole");
		ok(seen[0].time_ns == 1000 && (seen[0].flags & PACKET_REASSEMBLED),
			"with the one that came first");
		ok(is_conserved(), "all are accounted for");
	}
}

/* A segment whose very header is in pieces (RFC 1858). */
static void test_tiny(void)
{
	for (unsigned backwards = 0; backwards < 2; backwards++) {
		start_over();
		start();
		put("9c40 01bb 00000001 00000002 50 18 ffff 0000 0000");
		take_datagram(100);
		for (unsigned i = 0; i < 15; i++) {
			unsigned at = 8 * (backwards ? 14 - i : i);
			add_fragment4(6, 9, at, at + 8 < 120 ? 8 : 120 - at);
		}
		end();
		is_int(seen_count, 15, "TCP in pieces of eight: fifteen packets");
		ok(is_one_flow() && is_payload_once(20, 100) && is_conserved(),
			"one segment of one flow");
		ok(seen[0].tcp_flags == (TCP_PSH | TCP_ACK) && seen[0].tcp_seq == 1 &&
				seen[1].tcp_flags == 0,
			"its flags and numbers once");
	}
}

/* What stands in front of the inner packet in the outer one. */
static const struct {
	unsigned protocol, udp_port;
	const char *header;
	enum tunnel_kind kind;
} tunnels[] = {
	{ 4, 0, "", TUNNEL_IPIP },
	{ 47, 0, "0000 0800", TUNNEL_GRE },
	{ 47, 0, "1000 88be 00000001 1000 0001 00000000 020000000001 020000000002 0800",
		TUNNEL_ERSPAN },
	{ 17, 4789, "08000000 000009 00 020000000001 020000000002 0800", TUNNEL_VXLAN },
	{ 17, 6081, "00006558 000009 00 020000000001 020000000002 0800", TUNNEL_GENEVE },
	{ 17, 2152, "30ff 05dc 00000001", TUNNEL_GTPU },
	{ 17, 4341, "40000000 00000000", TUNNEL_LISP },
};

/* The outer datagram of an inner TCP packet of 1500 bytes, 1460 of payload; where that begins. */
static unsigned make_tunnel(unsigned i)
{
	start();
	put(tunnels[i].header);
	unsigned header_bytes = length;
	start();
	if (tunnels[i].protocol == 17) {
		put_udp(50000, tunnels[i].udp_port, header_bytes + 1500);
	}
	put(tunnels[i].header);
	put_ipv4(1480, 6, 1, 0);
	put("9c40 01bb 00000001 00000002 50 18 ffff 0000 0000");
	unsigned payload_at = length;
	take_datagram(1460);
	return payload_at;
}

static void test_tunnels(void)
{
	for (unsigned i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		for (unsigned is_v6 = 0; is_v6 < 4; is_v6++) {
			start_over();
			unsigned payload_at = make_tunnel(i), protocol = tunnels[i].protocol;
			for (unsigned j = 0; j < 2; j++) {
				unsigned from = (j == 0) == (is_v6 < 2) ? 0 : 1480;
				unsigned count = from == 0 ? 1480 : datagram_bytes - 1480;
				if (is_v6 & 1) {
					add_fragment6(protocol, 7, from, count);
				} else {
					add_fragment4(protocol, 7, from, count);
				}
			}
			end();
			ok(seen_count == 2 && is_one_flow() && bytes_seen() == 1500 &&
					context_of(&seen[0])->tunnels[0] == tunnels[i].kind,
				"%s in two fragments (%u): the inner packet, its bytes once",
				tunnel_kind_name(tunnels[i].kind), is_v6);
			ok(is_payload_once(payload_at, 1460) && is_conserved(),
				"and its payload whole");
		}
	}
}

/* The inner packet is a fragment itself, and each outer packet is in fragments as well. */
static void test_tunnel_in_fragments_of_fragments(void)
{
	static uint8_t inner[2][2048];
	unsigned inner_bytes[2];

	start_over();
	make_udp();
	datagram_bytes = 2000; /* 1480 and 520 */
	memcpy(datagram + 4, "\x07\xd0", 2);
	for (unsigned i = 0; i < 2; i++) {
		start();
		put_ipv4(i == 0 ? 1480 : 520, 17, 77, i == 0 ? 0x2000 : 1480 / 8);
		put_datagram(i * 1480, i == 0 ? 1480 : 520);
		memcpy(inner[i], bytes, length);
		inner_bytes[i] = length;
	}
	for (unsigned i = 0; i < 2; i++) {
		memcpy(datagram, inner[1 - i], inner_bytes[1 - i]);
		datagram_bytes = inner_bytes[1 - i];
		add_fragment4(4, 7 + i, 400, datagram_bytes - 400);
		add_fragment4(4, 7 + i, 0, 400);
	}
	end();
	make_udp();
	ok(seen_count == 4 && is_one_flow() && bytes_seen() == 2040,
		"fragments in fragments: four frames, the bytes of two inner packets");
	ok(is_payload_once(8, 1992) && is_conserved(), "one payload");
}

static void test_not_a_tunnel(void)
{
	start_over();
	start();
	put_udp(50000, 4789, 2000);
	take_datagram(2000);
	memset(datagram + 8, 0, 8);
	add_fragment4(17, 7, 1480, 528);
	add_fragment4(17, 7, 0, 1480);
	end();
	ok(seen_count == 2 && is_one_flow() && bytes_seen() == 2048 && is_payload_once(8, 2000),
		"a port alone is no tunnel, in fragments either");
	ok(is_conserved(), "all are accounted for");
}

static void test_given_up(void)
{
	start_over();
	make_udp();
	add_fragment4(17, 7, 0, 1480);
	add_fragment4(17, 7, 1480, 1480);
	run();
	is_int(seen_count, 0, "two of three: they wait");
	is_int(decoder_stats(decoder)->held, 2, "and are said to");
	ok(is_conserved(), "all are accounted for");
	end();
	ok(seen_count == 2 && is_one_flow() && bytes_seen() == 3000,
		"at the end they are what they are");
	ok(seen[0].payload_bytes == 2952 && seen[0].payload_wire_bytes == 4000,
		"with as much payload as there is");
	ok(is_conserved(), "all are accounted for");

	start_over();
	add_fragment4(17, 7, 1480, 1480);
	end();
	ok(seen_count == 0 &&
			decoder_stats(decoder)->refused[DECODE_REFUSED_FRAGMENT_ORPHAN] == 1 &&
			is_conserved(),
		"without the first nobody knows what it is");

	start_over();
	add_fragment4(50, 7, 1480, 1480);
	end();
	ok(seen_count == 1 && seen[0].key.v4.protocol == 50 && bytes_seen() == 1500 &&
			is_conserved(),
		"unless its protocol has no ports");

	start_over();
	make_tunnel(0);
	add_fragment4(4, 7, 0, 1480);
	end();
	ok(seen_count == 1 && bytes_seen() == 1500 && seen[0].key.v4.protocol == 6 &&
			is_conserved(),
		"a tunnel whose last fragment is lost: the inner packet, cut");

	start_over();
	make_udp();
	add_fragment4(17, 7, 0, 1480);
	add_fragment4(17, 8, 0, 1480);
	in.frames[1].time_ns += DATAGRAM_HELD_NS + 1;
	end();
	is_int(seen_count, 2, "after a while it is given up");
	ok(seen[0].time_ns == 1000 && is_conserved(), "by itself");
}

/* Sent once more, or late: it belongs to where its like went. Copies within a moment are the
 * capture's doing. */
static void test_stragglers(void)
{
	const uint64_t later_ns = 10 * NS_PER_MS;

	start_over();
	make_udp();
	for (unsigned i = 0; i < 7; i++) {
		add_fragment4(17, 7, i % 3 * 1480, i % 3 == 2 ? 1048 : 1480);
		in.frames[i].time_ns += i / 3 * later_ns;
	}
	end();
	ok(seen_count == 7 && is_one_flow() && bytes_seen() == 2 * 4068 + 1500 && is_conserved(),
		"everything twice, and one again: seven packets of one flow");

	start_over();
	make_tunnel(1);
	for (unsigned i = 0; i < 4; i++) {
		add_fragment4(47, 7, i / 2 * 1480, i < 2 ? 1480 : datagram_bytes - 1480);
		in.frames[i].time_ns += i % 2 * later_ns;
	}
	end();
	ok(seen_count == 4 && is_one_flow() && bytes_seen() == 1500 && is_conserved(),
		"a tunnel's fragments twice: the inner bytes once");
}

static void test_copies(void)
{
	for (unsigned by_piece = 0; by_piece < 2; by_piece++) {
		start_over();
		make_udp();
		for (unsigned i = 0; i < 6; i++) {
			unsigned piece = by_piece ? i / 2 : i % 3;
			add_fragment4(17, 7, piece * 1480, piece == 2 ? 1048 : 1480);
		}
		end();
		ok(seen_count == 3 && bytes_seen() == 4068 && is_conserved(),
			"%s twice within a moment counts once",
			by_piece ? "each fragment" : "a datagram");
	}
	start_over();
	make_tunnel(1);
	for (unsigned i = 0; i < 4; i++) {
		add_fragment4(47, 7, i / 2 * 1480, i < 2 ? 1480 : datagram_bytes - 1480);
	}
	end();
	ok(seen_count == 2 && is_one_flow() && bytes_seen() == 1500 && is_conserved(),
		"and a tunnel's");

	start_over();
	make_udp();
	for (unsigned i = 0; i < 6; i++) {
		add_fragment4(17, 0, i % 3 * 1480, i % 3 == 2 ? 1048 : 1480);
	}
	end();
	ok(seen_count == 6 && is_conserved(), "datagrams without a number may be alike");
}

/* What overlaps is counted and not believed. */
static void test_overlaps(void)
{
	static const struct {
		unsigned from, count;
	} second[] = { { 1472, 1488 }, { 8, 1472 }, { 0, 1472 }, { 0, 1488 } };

	for (unsigned i = 0; i < sizeof(second) / sizeof(second[0]); i++) {
		start_over();
		make_udp();
		add_fragment4(17, 7, 0, 1480);
		add_fragment4(17, 7, second[i].from, second[i].count);
		end();
		ok(seen_count == 2 && is_one_flow() &&
				bytes_seen() == 1500 + second[i].count + 20 && is_conserved(),
			"overlap %u: both are counted", i);
		ok(seen[0].payload_bytes == 0 && seen[1].payload_bytes == 0,
			"and no payload is handed over");
	}
	start_over();
	make_udp();
	add_fragment4(17, 7, 1472, 1488);
	add_fragment4(17, 7, 0, 1480);
	end();
	ok(seen_count == 2 && is_one_flow() && bytes_seen() == 1500 + 1508 && is_conserved(),
		"overlap, the first one last: both are counted");
	start_over();
	make_tunnel(3);
	add_fragment4(17, 7, 0, 1480);
	add_fragment4(17, 7, 1472, datagram_bytes - 1472);
	end();
	ok(seen_count == 2 && port(&seen[0].key.v4.port_be[1]) == 4789 && is_one_flow() &&
			is_conserved(),
		"a tunnel in what overlaps is not opened");
	start_over();
	make_udp();
	add_fragment4(17, 7, 65528, 1480);
	add_fragment4(17, 7, 0, 1480);
	end();
	ok(is_conserved() && seen_count + decoder_stats(decoder)
						     ->refused[DECODE_REFUSED_FRAGMENT_ORPHAN] ==
				     2,
		"one that ends past 64 KiB");
}

static void test_cut(void)
{
	start_over();
	make_udp();
	for (unsigned i = 0; i < 3; i++) {
		add_fragment4(17, 7, i * 1480, i == 2 ? 1048 : 1480);
		in.frames[i].captured_bytes = 68;
	}
	end();
	ok(seen_count == 3 && is_one_flow() && bytes_seen() == 4068 && is_conserved(),
		"cut by a snaplen of 68: the bytes of all");
	ok(seen[0].payload_bytes == 26 && seen[0].payload_wire_bytes == 4000,
		"and what was captured of the first");
}

static void test_ipv6_headers(void)
{
	start_over();
	start();
	put("1100 0104 00000000"); /* destination options inside */
	put_udp(1000, 2000, 100);
	take_datagram(100);
	add_fragment6(60, 7, 56, 60);
	add_fragment6(60, 7, 0, 56);
	end();
	ok(seen_count == 2 && seen[0].key.v6.protocol == 17 && is_one_flow() &&
			is_payload_once(16, 100) && is_conserved(),
		"further headers inside the fragments");
	start_over();
	make_udp();
	datagram_bytes = 108;
	memcpy(datagram + 4, "\x00\x6c", 2);
	add_fragment6(17, 7, 0, 56);
	add_fragment6(17, 7, 0, 108);
	add_fragment6(17, 7, 56, 52);
	end();
	ok(seen_count == 3 && is_one_flow() && is_conserved(),
		"an atomic fragment between others of its number");
	ok(seen[0].payload_bytes == 100 && (seen[0].flags & PACKET_REASSEMBLED) == 0 &&
			seen[1].payload_bytes == 100,
		"stands alone (RFC 6946)");
}

/* Many small datagrams at once, and memory that is never enough. */
static void test_flood(void)
{
	unsigned whole = 0;

	start_over();
	for (unsigned round = 0; round < 200; round++) {
		seen_count = 0;
		start();
		put_udp(1000, 2000, 1480 * 40);
		take_datagram(1480 * 40);
		for (unsigned i = 0; i < 250; i++) {
			unsigned from = i % 41 * 1480;
			add_fragment4(17, round * 250 + i / 41, from,
				from + 1480 < datagram_bytes ? 1480 : datagram_bytes - from);
		}
		run();
		for (unsigned i = 0; i < seen_count; i++) {
			whole += seen[i].payload_bytes == 1480 * 40 &&
				 memcmp(seen[i].payload, datagram + 8, 1480 * 40) == 0;
		}
	}
	is_int(whole, 1200, "six large datagrams a batch, and one that never ends");
	const struct decode_stats *stats = decoder_stats(decoder);
	uint64_t sum = stats->packets + stats->held;
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		sum += stats->refused[i];
	}
	ok(sum == stats->frames, "all are accounted for");
}

static void put_subframe(const char *type, unsigned payload_bytes, unsigned source_port)
{
	char text[64];

	snprintf(text, sizeof(text), "020000000001 020000000002 %04x aaaa03 000000 %s",
		8 + 28 + payload_bytes, type);
	put(text);
	put_ipv4(8 + payload_bytes, 17, 1, 0);
	put_udp(source_port, 9000, payload_bytes);
	put_zeros(payload_bytes);
}

static void pad(unsigned from)
{
	while ((length - from) & 3) {
		put_zeros(1);
	}
}

static void test_aggregates(void)
{
	start_over();
	start();
	put("8801 0000 020000000001 020000000002 020000000003 1000 8000");
	unsigned from = length;
	put_subframe("0800", 1, 1);
	pad(from);
	put_subframe("0806", 2, 2);
	pad(from);
	put_subframe("0800", 3, 3);
	pad(from);
	put_subframe("0800", 4, 4);
	put_zeros(4); /* a checksum */
	add_frame();
	in.frames[0].link_type = 105;
	end();
	is_int(seen_count, 3, "an aggregate: three packets");
	is_int(bytes_seen(), 3 * 28 + 1 + 3 + 4, "of their own lengths");
	is_int(decoder_stats(decoder)->subframes, 3, "three more than the frame");
	is_int(decoder_stats(decoder)->refused[DECODE_REFUSED_ARP], 1, "one of them without IP");
	ok(is_conserved(), "all are accounted for");

	start_over();
	length -= 30; /* inside the last one's IP header */
	add_frame();
	in.frames[0].link_type = 105;
	end();
	is_int(seen_count, 2, "cut inside the last packet: two packets");
	ok(is_conserved(), "all are accounted for");

	start_over();
	for (unsigned i = 0; i < 256; i++) {
		start();
		put("8801 0000 020000000001 020000000002 020000000003 1000 8000");
		from = length;
		for (unsigned j = 0; j < 20; j++) {
			put_subframe("0800", 3, i * 20 + j);
			pad(from);
		}
		add_frame();
		in.frames[i].link_type = 105;
	}
	seen_count = 0;
	unsigned calls = 0, count = 0, in_order = 0;
	decode_batch(decoder, &in, &out);
	do {
		calls++;
		for (unsigned i = 0; i < out.count; i++, count++) {
			in_order += port(&out.packets[i].key.v4.port_be[0]) == count;
		}
		is_int(out.count > PACKET_BATCH_MAX, 0, "a batch is not overrun");
	} while (decode_rest(decoder, &out));
	is_int(count, 256 * 20, "more packets than a batch holds: none is lost");
	is_int(in_order, 256 * 20, "and they come in order");
	is_int(calls, 20, "in as many batches as it takes");
	start();
	put("8801 0000 020000000001 020000000002 020000000003 1000 8000");
	put_zeros(10);
	expect_refusal();
	ok(is_refused(decode_link_type(105), DECODE_REFUSED_LINK_CUT),
		"an aggregate of nothing is refused as one frame");
}

int main(void)
{
	decoder = decoder_create();
	test_orders();
	test_tiny();
	test_tunnels();
	test_tunnel_in_fragments_of_fragments();
	test_not_a_tunnel();
	test_given_up();
	test_stragglers();
	test_copies();
	test_overlaps();
	test_cut();
	test_ipv6_headers();
	test_flood();
	test_aggregates();
	decoder_destroy(decoder);
	return done_testing();
}
