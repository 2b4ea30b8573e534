/* Who began a flow, by its first packet: ports, types, groups. */
#include "collector/flow_initiator.h"

#include <netinet/in.h>

#include "base/clock.h"
#include "tests/unit/made_records.h"

#define START_NS (1750000000 * NS_PER_S)

/* 255.255.255.255 and 239.255.0.1, as hosts counted from 10.0.0.0. */
#define BROADCAST (UINT32_MAX - 0x0a000000)
#define MULTICAST (0xefff0001 - 0x0a000000)

static void test_initiators(void)
{
	static const struct {
		const char *name;
		uint8_t protocol;
		struct made_end first, other;
		bool first_began;
	} cases[] = {
		{ "UDP, high to high: the first packet", IPPROTO_UDP, { 1, 50000 }, { 2, 51000 },
			true },
		{ "UDP, an answer from DNS", IPPROTO_UDP, { 1, 53 }, { 2, 51000 }, false },
		{ "UDP, both service ports", IPPROTO_UDP, { 1, 123 }, { 2, 123 }, true },
		{ "UDP, an answer from a registered port, just begun", IPPROTO_UDP, { 1, 3478 },
			{ 2, 51000 }, false },
		{ "syslog, from its port to another one", IPPROTO_UDP, { 1, 514 }, { 2, 5514 },
			true },
		{ "a trap, from the agent's own port", IPPROTO_UDP, { 1, 161 }, { 2, 162 }, true },
		{ "a flow export, from its port to another one", IPPROTO_UDP, { 1, 2055 },
			{ 2, 9996 }, true },
		{ "a usual port before a small one: WireGuard", IPPROTO_UDP, { 1, 20003 },
			{ 2, 51820 }, true },
		{ "… and its answer", IPPROTO_UDP, { 1, 51820 }, { 2, 20003 }, true },
		{ "a usual port before a system port: NFS", IPPROTO_TCP, { 1, 700 }, { 2, 2049 },
			true },
		{ "one way, from a system port to a registered one", IPPROTO_UDP, { 1, 700 },
			{ 2, 7000 }, true },
		{ "DHCP to everybody", IPPROTO_UDP, { 1, 67 }, { BROADCAST, 68 }, true },
		{ "mDNS", IPPROTO_UDP, { 1, 5353 }, { MULTICAST, 5353 }, true },
		{ "SSDP's announcement", IPPROTO_UDP, { 1, 1900 }, { MULTICAST, 50000 }, true },
		{ "TCP, an answer from a registered port", IPPROTO_TCP, { 1, 8080 }, { 2, 51000 },
			false },
		{ "TCP, a question to a service", IPPROTO_TCP, { 1, 51000 }, { 2, 8080 }, true },
		{ "ICMP echo", IPPROTO_ICMP, { 1, 8 }, { 2, 0 }, true },
		{ "ICMP echo reply", IPPROTO_ICMP, { 1, 0 }, { 2, 8 }, false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_table *made = made_table_create(&(struct collector_options){ 0 });
		struct packet packet = made_packet(
			false, cases[i].protocol, cases[i].first, cases[i].other, START_NS);
		packet.tcp_flags = cases[i].protocol == IPPROTO_TCP ? TCP_ACK : 0;
		made_table_batch(made, &packet, 1);
		const struct flow_record *record = only_record(made);
		is_int((int64_t)record->packets[0], cases[i].first_began, "%s", cases[i].name);
		if (cases[i].protocol == IPPROTO_ICMP) {
			ok(record->icmp_type == 8 && record->source_port == 0,
				"%s: as the source would have asked", cases[i].name);
		}
		made_table_destroy(made);
	}
}

/* Both ends speak: the first packet may be an answer whose question was missed. */
static void test_initiators_of_two(void)
{
	struct made_table *made = made_table_create(&(struct collector_options){ 0 });
	struct made_end guard = { 2, 51820 }, peer = { 1, 20003 };
	struct packet packets[2] = { made_packet(false, IPPROTO_UDP, guard, peer, START_NS),
		made_packet(false, IPPROTO_UDP, peer, guard, START_NS + 1) };

	made_table_batch(made, packets, 2);
	const struct flow_record *record = only_record(made);
	ok(is_from(record, peer), "the answer first: the other end began");
	made_table_destroy(made);
}

static struct flow_initiator began(uint8_t protocol, uint16_t from, uint16_t to, uint8_t flags)
{
	struct made_end sender = { 1, from }, receiver = { 2, to };
	struct packet packet = made_packet(false, protocol, sender, receiver, START_NS);

	packet.flags |= flags;
	packet.tcp_flags = protocol == IPPROTO_TCP ? TCP_ACK : 0;
	return flow_initiator_of(&packet, false);
}

/* The last port of a kind, and the first of the next. */
static void test_initiators_by_port(void)
{
	ok(began(IPPROTO_UDP, 1023, 1024, 0).is_high, "a system port answers one that is none");
	ok(!began(IPPROTO_UDP, 1023, 1022, 0).is_high, "… not another system port");
	ok(!began(IPPROTO_UDP, 1024, 2000, 0).is_high, "nor does a port that is none");
	ok(flow_initiator_answers(8080, 32768) && !flow_initiator_answers(8080, 32767),
		"ports of clients begin at 32768");
	ok(!began(IPPROTO_TCP, 51000, 443, 0).is_known, "of TCP only a SYN is known");
	ok(began(IPPROTO_ICMP, 0, 8, 0).is_high, "an echo's reply answers");
	ok(!began(IPPROTO_ICMP, 0, 0, PACKET_ONE_ICMP_WAY).is_high,
		"… not where nothing could have been asked");
}

/* Broadcast to a network looks like any other address; the frame says to whom it goes. */
static void test_frames_for_all(void)
{
	static const uint8_t frames[4][56] = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 9 },
		{ 0x33, 0x33, 0, 0, 0, 1, 2, 9 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct packet packet = made_packet(false, IPPROTO_UDP, (struct made_end){ 1, 67 },
		(struct made_end){ 255, 1068 }, START_NS);

	packet.frame_ahead = 42;
	packet.payload = frames[0] + 42;
	ok(!flow_initiator_of(&packet, false).is_high && !flow_initiator_of(&packet, true).is_high,
		"what goes to all stations answers nobody");
	ok(!flow_initiator_of(&packet, true).is_known, "… and may not be the first of its kind");
	packet.payload = frames[1] + 42;
	ok(flow_initiator_of(&packet, false).is_high, "… to some of them it may");
	packet.payload = frames[2] + 42;
	ok(flow_initiator_of(&packet, false).is_high, "… and where both MACs are made up");
	packet.payload = frames[3] + 42;
	ok(flow_initiator_of(&packet, false).is_high, "… or there is no sender");
}

int main(void)
{
	test_initiators();
	test_frames_for_all();
	test_initiators_of_two();
	test_initiators_by_port();
	return done_testing();
}
