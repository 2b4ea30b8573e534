/* Which packets were seen twice, and which only look like it. */
#include "collector/duplicates.h"

#include <netinet/in.h>

#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/packets.h"

#define START_NS (1750000000 * NS_PER_S)

static const struct made_end client = { 1, 50000 }, server = { 2, 443 };

static struct contexts *contexts;

/* A pair of packets, the second so much later. */
struct pair {
	struct packet packets[2];
};

static struct packet segment(bool is_v6, uint16_t ip_id, uint32_t seq, uint32_t payload_bytes)
{
	/* Behind what may be TCP's options. */
	static const uint8_t bytes[76] = { [12] = 1, 2, 3 };
	struct packet packet = made_packet(is_v6, IPPROTO_TCP, client, server, START_NS);

	packet.tcp_flags = TCP_ACK;
	packet.tcp_seq = seq;
	packet.tcp_ack = 77;
	packet.ip_id = ip_id;
	packet.payload = bytes + 12;
	packet.payload_bytes = packet.payload_wire_bytes = payload_bytes;
	return packet;
}

static struct packet datagram(uint16_t ip_id, const char *payload)
{
	struct packet packet = made_packet(false, IPPROTO_UDP, client, server, START_NS);

	packet.ip_id = ip_id;
	packet.payload = (const uint8_t *)payload;
	packet.payload_bytes = packet.payload_wire_bytes = (uint32_t)strlen(payload);
	return packet;
}

static struct pair twice(struct packet packet, uint64_t apart_ns)
{
	struct pair pair = { { packet, packet } };

	pair.packets[1].time_ns += apart_ns;
	return pair;
}

static void is_left(struct pair pair, unsigned left, const char *what)
{
	struct duplicates *duplicates = duplicates_create(contexts);

	is_int(duplicates_remove(duplicates, pair.packets, NULL, 2), left, "%s", what);
	duplicates_destroy(duplicates);
}

static void test_pairs(void)
{
	struct pair pair;

	is_left(twice(segment(false, 7, 100, 20), 20000), 1, "a segment, 20 microseconds apart");
	is_left(twice(segment(true, 0, 100, 20), 20000), 1, "… of IPv6");
	is_left(twice(segment(false, 7, 100, 0), 0), 1,
		"an acknowledgement with an identification");
	is_left(twice(datagram(9, "question"), 500000), 1, "a datagram");
	is_left(twice(segment(false, 7, 100, 20), 200 * NS_PER_MS), 2, "sent again after a while");
	is_left(twice(segment(true, 0, 100, 0), 20000), 2, "two acknowledgements of IPv6");
	is_left(twice(datagram(0, "question"), 500000), 2, "two datagrams, no identification");
	pair = twice(segment(false, 7, 100, 20), 20000);
	pair.packets[1].ip_id = 8;
	is_left(pair, 2, "sent again at once, with an identification of its own");
	pair = twice(datagram(9, "question"), 20000);
	pair.packets[1].payload = (const uint8_t *)"questioN";
	is_left(pair, 2, "one bit of payload");
	pair = twice(segment(false, 7, 100, 20), 20000);
	pair.packets[0].context = 5;
	is_left(pair, 1, "with its tag, and without");
	pair.packets[1].context = 6;
	is_left(pair, 2, "under two tags");
	pair = twice(datagram(9, "same"), 0);
	pair.packets[0].flags |= PACKET_FRAGMENT;
	pair.packets[1].flags |= PACKET_FRAGMENT;
	is_left(pair, 2, "fragments are not judged");
	pair = twice(segment(false, 7, 100, 20), 0);
	pair.packets[0].time_ns += 30000;
	is_left(pair, 1, "the copy has the earlier stamp");
}

/* A copy in a tunnel that somebody outside wrote does not outrank the packet itself. */
static void test_outside(void)
{
	struct pair pair = twice(segment(false, 7, 100, 20), 20000);

	pair.packets[0].context = CONTEXT_FROM_OUTSIDE;
	is_left(pair, 2, "bare, behind what somebody outside wrapped");
	pair = twice(segment(false, 7, 100, 20), 20000);
	pair.packets[1].context = CONTEXT_FROM_OUTSIDE;
	is_left(pair, 1, "wrapped outside, behind the bare one");
}

/* A frame of one VLAN, and the packet in it. */
struct framed {
	uint8_t bytes[128];
	struct packet packet;
};

static void frame(struct framed *framed, bool is_v6, uint16_t context, uint8_t mac, uint8_t hops)
{
	enum { TAGGED = 18, TCP_BYTES = 20, V4 = 20, V6 = 40 };
	uint8_t *bytes = framed->bytes, ip_bytes = is_v6 ? V6 : V4;

	memset(bytes, 0, sizeof(framed->bytes));
	bytes[6] = 2;
	bytes[11] = mac;
	bytes[12] = 0x81;
	bytes[16] = is_v6 ? 0x86 : 0x08;
	bytes[17] = is_v6 ? 0xdd : 0;
	bytes[TAGGED] = is_v6 ? 0x60 : 0x45;
	bytes[TAGGED + (is_v6 ? 7 : 8)] = hops;
	bytes[TAGGED + (is_v6 ? 6 : 9)] = IPPROTO_TCP;
	framed->packet = segment(is_v6, is_v6 ? 0 : 7, 3000000, 20);
	framed->packet.tcp_ack = 5000000;
	framed->packet.context = context;
	framed->packet.frame_ahead = (uint8_t)(TAGGED + ip_bytes + TCP_BYTES);
	framed->packet.payload = bytes + framed->packet.frame_ahead;
}

/* What a router passes on from one VLAN to another is seen on both of its sides. */
static void test_routed(void)
{
	const struct context vlans[2] = { { .vlan_id = 10, .tunnels = { TUNNEL_VLAN } },
		{ .vlan_id = 20, .tunnels = { TUNNEL_VLAN } } };
	uint16_t one = contexts_intern(contexts, &vlans[0]);
	uint16_t other = contexts_intern(contexts, &vlans[1]);
	struct framed copies[2];

	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		const char *family = is_v6 ? "IPv6" : "IPv4";
		frame(&copies[0], is_v6, one, 1, 64);
		frame(&copies[1], is_v6, other, 2, 63);
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 1,
			is_v6 ? "routed into another VLAN, IPv6" : "routed into another VLAN");
		copies[1].packet.time_ns += 20 * NS_PER_MS;
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 2, family);
		frame(&copies[1], is_v6, other, 2, 64);
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 1,
			"a firewall that leaves the hops alone");
		copies[0].packet.tcp_seq = copies[1].packet.tcp_seq = 1000;
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 2,
			"the same numbers, counted from the start, in two address plans");
		frame(&copies[1], is_v6, other, 2, 62);
		copies[1].packet.tcp_seq = 1000;
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 2,
			"… and not as far away");
		frame(&copies[0], is_v6, one, 1, 64);
		frame(&copies[1], is_v6, other, 2, 64);
		copies[1].packet.time_ns += 2 * NS_PER_MS;
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, is_v6 ? 2 : 1,
			"by another way of as many hops: of IPv6 it may have been sent again");
		frame(&copies[0], is_v6, one, 1, 64);
		frame(&copies[1], is_v6, other, 2, 63);
		copies[0].packet.payload_bytes = copies[0].packet.payload_wire_bytes = 0;
		copies[1].packet.payload_bytes = copies[1].packet.payload_wire_bytes = 0;
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 1,
			"a bare acknowledgement, routed");
		frame(&copies[0], is_v6, one, 1, 64);
		frame(&copies[1], is_v6, other, 1, 64);
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 2,
			"by the same MAC address: no router stood between");
		frame(&copies[1], is_v6, other, 2, 40);
		is_left((struct pair){ { copies[0].packet, copies[1].packet } }, 2,
			"too many hops apart");
	}
}

/* What nobody could tell by itself counts where others just came twice. */
static void test_doubtful(void)
{
	struct duplicates *duplicates = duplicates_create(contexts);
	struct packet packets[6] = { segment(true, 0, 100, 20), segment(true, 0, 100, 20),
		segment(true, 0, 120, 0), segment(true, 0, 120, 0), segment(true, 0, 120, 20),
		segment(true, 0, 120, 20) };

	is_int(duplicates_remove(duplicates, packets, NULL, 6), 3,
		"acknowledgements among doubled ones");
	is_int(packets[1].tcp_seq, 120, "the others stay in their order");
	is_int(packets[2].payload_bytes, 20, "… the last as well");
	duplicates_destroy(duplicates);
}

/* That a router's two sides are seen says nothing of two lines on one side. */
static void test_beside_routed(void)
{
	struct duplicates *duplicates = duplicates_create(contexts);
	struct framed copies[2];
	struct pair pair;

	for (uint32_t i = 0; i < 20; i++) {
		frame(&copies[0], false, 0, 1, 64);
		frame(&copies[1], false, 0, 2, 63);
		copies[0].packet.tcp_seq = copies[1].packet.tcp_seq = 3000000 + 20 * i;
		pair = (struct pair){ { copies[0].packet, copies[1].packet } };
		is_int(duplicates_remove(duplicates, pair.packets, NULL, 2), 1, "routed");
	}
	pair = twice(datagram(0, "prod.web.api.requests.total.success:1|c"), NS_PER_MS);
	is_int(duplicates_remove(duplicates, pair.packets, NULL, 2), 2,
		"the same line twice beside what a router passes on");
	duplicates_destroy(duplicates);
}

/* What is sent again at once, and is the same to the last bit, is no copy. */
static void test_repeated(void)
{
	static const char *const repeated[] = {
		"prod.web.api.requests.total.success:1|c",
		"<27>Mar 29 08:00:12 web1 nginx: connect() failed (111: Connection refused)",
		"M-SEARCH * HTTP/1.1 HOST: 239.255.255.250:1900",
	};
	static const uint8_t zeros[64];
	struct packet echo = datagram(0, "");

	for (unsigned i = 0; i < sizeof(repeated) / sizeof(repeated[0]); i++) {
		is_left(twice(datagram(0, repeated[i]), NS_PER_MS), 2, repeated[i]);
	}
	echo.payload = zeros;
	echo.payload_bytes = echo.payload_wire_bytes = sizeof(zeros);
	is_left(twice(echo, NS_PER_MS), 2, "an echo of zeros");
}

/* A device that gives all its datagrams one identification, and says the same again and again;
 * between them, where the mirror doubles, segments of others. */
static unsigned left_of_device(bool is_doubled, unsigned each_us)
{
	enum { DATAGRAMS = 2000 };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < DATAGRAMS; i++) {
		uint64_t later_ns = (uint64_t)i * each_us * NS_PER_US;
		struct pair same = twice(datagram(1, "temperature=21.5"), 30 * NS_PER_US);
		struct pair other = twice(segment(false, (uint16_t)(i + 2), i, 20), 30000);
		for (unsigned at = 0; at < 2; at++) {
			same.packets[at].time_ns += later_ns;
			other.packets[at].time_ns += later_ns;
		}
		left += duplicates_remove(duplicates, same.packets, NULL, 1 + is_doubled);
		duplicates_remove(duplicates, other.packets, NULL, 1 + is_doubled);
	}
	duplicates_destroy(duplicates);
	return left;
}

/* All comes twice, and twice again 20 ms later. */
static unsigned left_of_slow_mirror(void)
{
	enum { DATAGRAMS = 1000 };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < DATAGRAMS; i++) {
		for (unsigned at = 0; at < 2; at++) {
			struct pair pair =
				twice(datagram((uint16_t)(i + 1), "question"), 30 * NS_PER_US);
			pair.packets[0].time_ns += i * 50 * NS_PER_MS + at * 20 * NS_PER_MS;
			pair.packets[1].time_ns += i * 50 * NS_PER_MS + at * 20 * NS_PER_MS;
			left += duplicates_remove(duplicates, pair.packets, NULL, 2);
		}
	}
	duplicates_destroy(duplicates);
	return left;
}

/* Ten datagrams that nothing tells apart, and a segment, then the copies of all of them. */
static unsigned left_of_bursts(bool is_doubled)
{
	enum { ROUNDS = 500, BURST = 10 };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct pair other = twice(segment(false, (uint16_t)(i + 2), i, 20), 20 * NS_PER_US);
		for (unsigned copy = 0; copy <= is_doubled; copy++) {
			for (unsigned at = 0; at < BURST; at++) {
				struct pair same = twice(datagram(0, "load=0.10"), 0);
				same.packets[0].time_ns += i * 100 * NS_PER_MS + at * NS_PER_US +
							   copy * 20 * NS_PER_US;
				left += duplicates_remove(duplicates, same.packets, NULL, 1);
			}
			other.packets[copy].time_ns += i * 100 * NS_PER_MS;
			left += duplicates_remove(duplicates, &other.packets[copy], NULL, 1);
		}
	}
	duplicates_destroy(duplicates);
	return left;
}

/* One datagram of bytes without a pattern, sent again and again. */
static unsigned left_of_binary(unsigned each_us)
{
	enum { DATAGRAMS = 2000 };
	static const char binary[] =
		"\x9c\x11\xe3\x42\xb7\x05\xd9\x6a\xf1\x28\x8d\x3e\xa4\x77\xc0\x1b"
		"\x95\x4f\xee\x02\xba\x61\xd3\x38\xf7\x2c\x81\x5d\xa9\x74\xcb\x16";
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < DATAGRAMS; i++) {
		struct pair same = twice(datagram(0, binary), 0);
		same.packets[0].time_ns += (uint64_t)i * each_us * NS_PER_US;
		left += duplicates_remove(duplicates, same.packets, NULL, 1);
	}
	duplicates_destroy(duplicates);
	return left;
}

static void test_standing(void)
{
	unsigned left = left_of_device(false, 1000);

	ok(left >= 1990, "one identification for all, each millisecond: %u of 2000 count", left);
	left = left_of_device(false, 100);
	ok(left >= 1890, "… ten times as often: %u of 2000", left);
	is_int(left_of_slow_mirror(), 2000, "two mirrors that double, one 20 ms behind: twice");
	left = left_of_device(true, 20000);
	ok(left >= 2000 && left < 2050, "… where all comes twice: %u of 2000", left);
	left = left_of_device(true, 1000);
	ok(left > 1980 && left < 2050, "… and each millisecond: %u of 2000", left);
	left = left_of_bursts(true);
	ok(left > 5400 && left < 5600, "bursts of the same where all comes twice: %u of 5500",
		left);
	is_int(left_of_bursts(false), 5500, "… and where nothing does");
	left = left_of_binary(1000);
	ok(left >= 1980, "the same that looks encrypted, each millisecond: %u of 2000 count", left);
}

/* The same bytes of a stream, a moment later by the clock that its sender stamps them with. */
static void test_sent_again(void)
{
	static const uint8_t stamps[2][20] = { { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 9, 'a', 'b' },
		{ 1, 1, 8, 10, 0, 0, 0, 3, 0, 0, 0, 9, 'a', 'b' } };
	struct pair pair = twice(segment(true, 0, 100, 8), 2 * NS_PER_MS);

	pair.packets[0].payload = pair.packets[1].payload = stamps[0] + 12;
	is_left(pair, 1, "a segment of IPv6 with its time stamp");
	pair.packets[1].payload = stamps[1] + 12;
	is_left(pair, 2, "… sent again 2 ms later, with another one");
}

/* IPv6 without time stamps: what is lost on the way is sent again within a millisecond or two, byte
 * for byte, but seldom; a mirror's copies are as late, and half of all. */
static unsigned left_of_stream(unsigned copied_each, bool is_doubled_first)
{
	enum { SEGMENTS = 2000 };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < SEGMENTS; i++) {
		struct pair pair = twice(segment(true, 0, 3000000 + 20 * i, 20), NS_PER_MS);
		pair.packets[0].time_ns += i * 2 * NS_PER_MS;
		pair.packets[1].time_ns += i * 2 * NS_PER_MS;
		if (is_doubled_first && i == 0) {
			pair.packets[0].tcp_flags |= TCP_SYN;
			pair.packets[1].tcp_flags |= TCP_SYN;
		}
		left += duplicates_remove(
			duplicates, pair.packets, NULL, i % copied_each == 0 ? 2 : 1);
	}
	duplicates_destroy(duplicates);
	return left - SEGMENTS;
}

static void test_resent(void)
{
	unsigned more;

	is_int(left_of_stream(50, false), 40, "one of fifty sent again a millisecond later: kept");
	is_int(left_of_stream(10, false), 200, "one of ten");
	more = left_of_stream(1, true);
	ok(more < 10, "all of them a millisecond later: copies (%u too many)", more);
	more = left_of_stream(2, true);
	ok(more < 10, "half of them: copies (%u too many)", more);
}

/* … and with them the acknowledgements between, which nothing tells apart. */
static void test_acknowledged(void)
{
	enum { SEGMENTS = 2000 };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < SEGMENTS; i++) {
		struct pair pair =
			twice(segment(true, 0, 3000000 + 20 * i, i % 2 ? 0 : 20), NS_PER_MS);
		pair.packets[0].time_ns += i * 2 * NS_PER_MS;
		pair.packets[1].time_ns += i * 2 * NS_PER_MS;
		left += duplicates_remove(duplicates, pair.packets, NULL, 2);
	}
	ok(left < SEGMENTS + 30, "half of them acknowledgements: %u too many", left - SEGMENTS);
	duplicates_destroy(duplicates);
}

/* A flight of which the copies come behind the whole of it. */
static void test_flight(void)
{
	enum { FLIGHT = 20, MS_APART = 3 };
	struct duplicates *duplicates = duplicates_create(contexts);
	struct packet packets[4 * FLIGHT];
	/* Encrypted to look at. */
	static uint8_t payloads[FLIGHT][40];

	for (unsigned i = 0; i < FLIGHT; i++) {
		for (unsigned j = 0; j < sizeof(payloads[i]); j++) {
			payloads[i][j] = (uint8_t)((i * 40 + j + 1) * 2654435769U >> 13);
		}
		packets[2 * i + 1] = segment(true, 0, 100, i % 2 ? 0 : 20);
		packets[2 * i + 1].tcp_seq = 100 + i / 2;
		packets[2 * i] = datagram(0, "");
		packets[2 * i].payload = payloads[i];
		packets[2 * i].payload_bytes = packets[2 * i].payload_wire_bytes = 40;
	}
	memcpy(packets + 2 * FLIGHT, packets, 2 * FLIGHT * sizeof(packets[0]));
	for (unsigned i = 2 * FLIGHT; i < 4 * FLIGHT; i++) {
		packets[i].time_ns += MS_APART * NS_PER_MS;
	}
	is_int(duplicates_remove(duplicates, packets, NULL, 4 * FLIGHT), 2 * FLIGHT,
		"a flight of one flow and its copy, milliseconds later");
	duplicates_destroy(duplicates);
}

/* A gigabit, all of which comes again 3 ms later. */
static void test_busy(void)
{
	enum { BETWEEN = 400, PACKETS = 20 * BETWEEN };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < PACKETS; i++) {
		struct packet packet = segment(false, (uint16_t)i, 1400 * i, 20);
		packet.time_ns += i * 3 * NS_PER_MS / BETWEEN;
		left += duplicates_remove(duplicates, &packet, NULL, 1);
		if (i >= BETWEEN) {
			packet = segment(false, (uint16_t)(i - BETWEEN), 1400 * (i - BETWEEN), 20);
			packet.time_ns += i * 3 * NS_PER_MS / BETWEEN;
			left += duplicates_remove(duplicates, &packet, NULL, 1);
		}
	}
	ok(left < PACKETS + PACKETS / 1000, "a busy link and its copy: %u too many",
		left - PACKETS);
	duplicates_destroy(duplicates);
}

/* A capture of which every packet comes twice from somewhere in the middle on. */
static void test_noticed_later(void)
{
	enum { SINGLE = 100000, DOUBLED = 100000 };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (uint32_t i = 0; i < SINGLE; i++) {
		struct packet packet = segment(false, (uint16_t)i, 100 * i, 20);
		packet.time_ns += i * 10000ULL;
		left += duplicates_remove(duplicates, &packet, NULL, 1);
	}
	is_int(left, SINGLE, "nothing is taken out of a capture without duplicates");
	left = 0;
	for (uint32_t i = 0; i < DOUBLED; i++) {
		struct pair pair = twice(segment(false, (uint16_t)i, 7 * i, 20), 2000);
		pair.packets[0].time_ns += (SINGLE + i) * 10000ULL;
		pair.packets[1].time_ns += (SINGLE + i) * 10000ULL;
		left += duplicates_remove(duplicates, pair.packets, NULL, 2);
	}
	ok(left < DOUBLED + 8000, "doubling is noticed within some thousand packets: %u too many",
		left - DOUBLED);
	duplicates_destroy(duplicates);
}

/* The same segments again, each so much later, the identification of the second being so much
 * higher. */
static struct duplicates_late late_of(const uint64_t *apart_ns, unsigned kinds, uint16_t renamed)
{
	enum { SEGMENTS = 400 };
	struct duplicates *duplicates = duplicates_create(contexts);
	unsigned left = 0;

	for (unsigned i = 0; i < SEGMENTS; i++) {
		struct pair pair =
			twice(segment(false, (uint16_t)(1 + i), 100 * i, 20), apart_ns[i % kinds]);
		pair.packets[0].time_ns += i * NS_PER_S;
		pair.packets[1].time_ns += i * NS_PER_S;
		pair.packets[1].ip_id = (uint16_t)(pair.packets[1].ip_id + renamed);
		left += duplicates_remove(duplicates, pair.packets, NULL, 2);
	}
	is_int(left, 2 * SEGMENTS, "none of them is taken out");
	struct duplicates_late late = duplicates_late(duplicates);
	duplicates_destroy(duplicates);
	return late;
}

static void test_late(void)
{
	const uint64_t steady_ns[] = { 20 * NS_PER_MS, 21 * NS_PER_MS, 18 * NS_PER_MS };
	const uint64_t apart_ns[] = { 20 * NS_PER_MS, 45 * NS_PER_MS, 120 * NS_PER_MS,
		300 * NS_PER_MS };
	struct duplicates_late late = late_of(steady_ns, 3, 0);

	is_int(late.asked, 800, "all that have an identification are asked about");
	ok(late.packets == 400 && late.apart_ns == 20 * NS_PER_MS,
		"a mirror that is 20 ms late, or nearly so");
	ok(late_of(apart_ns, 4, 0).packets < 20, "what comes now sooner and now later is none");
	is_int(late_of(steady_ns, 3, 5000).packets, 0, "nor what was sent again as another packet");
}

int main(void)
{
	contexts = contexts_create();
	test_pairs();
	test_outside();
	test_routed();
	test_doubtful();
	test_beside_routed();
	test_repeated();
	test_standing();
	test_sent_again();
	test_resent();
	test_acknowledged();
	test_flight();
	test_busy();
	test_noticed_later();
	test_late();
	contexts_destroy(contexts);
	return done_testing();
}
