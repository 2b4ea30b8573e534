/* Which packets of the same five numbers are one flow where VLANs and tunnels differ. */
/* Most packets of a scenario are of UDP. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#include "collector/flow_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/packets.h"

#define START_NS (1750000000 * NS_PER_S)

static const struct made_end client = { 1, 50000 }, server = { 2, 443 };

enum { SYN = TCP_SYN, SYN_ACK = TCP_SYN | TCP_ACK, ACK = TCP_ACK };

/* A packet of a scenario over several contexts: of TCP where it has flags. */
struct tagged {
	char from; /* 'c' or 's' */
	uint16_t vlan;
	uint8_t flags;
	uint32_t seq, ack;
};

static struct packet tagged_packet(
	struct made_table *made, const struct tagged *tagged, uint64_t time_ns)
{
	struct context vlan = { .vlan_id = tagged->vlan, .tunnels = { TUNNEL_VLAN } };
	bool from_client = tagged->from == 'c';
	struct made_end from = from_client ? client : server, to = from_client ? server : client;
	struct packet packet = made_packet(false, IPPROTO_UDP, from, to, time_ns);

	if (tagged->flags) {
		packet = made_tcp(from, to, time_ns, tagged->flags, tagged->seq, 0);
		packet.tcp_ack = tagged->ack;
		packet.tcp_scale = TCP_SCALE_NONE;
	}
	packet.context = tagged->vlan ? contexts_intern(made->contexts, &vlan) : 0;
	return packet;
}

/* How many flows under each rule, and the VLANs of those under "auto" in the order of their starts.
 */
static void test_contexts(void)
{
	static const struct {
		const char *name;
		unsigned count, flows[FLOW_CONTEXT_RULE_COUNT];
		uint16_t vlans[2];
		struct tagged packets[8];
	} cases[] = {
		{ "a tag on the questions alone", 4, { 1, 2, 1 }, { 100, 0 },
			{ { 'c', 100 }, { 's', 0 }, { 'c', 100 }, { 's', 0 } } },
		{ "a tag on the answers alone", 4, { 1, 2, 1 }, { 100, 0 },
			{ { 'c', 0 }, { 's', 100 }, { 'c', 0 }, { 's', 100 } } },
		{ "a tag of its own for each sender", 4, { 1, 2, 1 }, { 7, 0 },
			{ { 'c', 7 }, { 's', 8 }, { 'c', 7 }, { 's', 8 } } },
		{ "two plans of the same addresses, side by side", 6, { 2, 2, 1 }, { 7, 8 },
			{ { 'c', 7 }, { 'c', 8 }, { 's', 7 }, { 's', 8 }, { 'c', 7 },
				{ 'c', 8 } } },
		{ "two plans, the second answer first", 6, { 2, 2, 1 }, { 7, 8 },
			{ { 'c', 7 }, { 'c', 8 }, { 's', 8 }, { 's', 7 }, { 'c', 8 },
				{ 'c', 7 } } },
		{ "two plans, and one of them tagged one way", 6, { 2, 3, 1 }, { 7, 8 },
			{ { 'c', 7 }, { 'c', 8 }, { 's', 8 }, { 's', 0 }, { 'c', 7 },
				{ 's', 0 } } },
		{ "TCP, a tag on one way", 4, { 1, 2, 1 }, { 100, 0 },
			{ { 'c', 100, SYN, 1000, 0 }, { 's', 0, SYN_ACK, 5000, 1001 },
				{ 'c', 100, ACK, 1001, 5001 }, { 's', 0, ACK, 5001, 1001 } } },
		{ "TCP, numbers of another connection", 2, { 2, 2, 1 }, { 7, 8 },
			{ { 'c', 7, SYN, 1000, 0 }, { 's', 8, SYN_ACK, 5000, 900000001 } } },
		{ "TCP, a link gives way to another with its own tags", 6, { 1, 4, 1 }, { 300, 0 },
			{ { 'c', 100, SYN, 1000, 0 }, { 's', 200, SYN_ACK, 5000, 1001 },
				{ 'c', 100, ACK, 1001, 5001 }, { 'c', 300, ACK, 1001, 5001 },
				{ 's', 400, ACK, 5001, 1001 }, { 'c', 300, ACK, 1001, 5001 } } },
		{ "TCP, another connection of the same ends goes on elsewhere", 6, { 2, 3, 1 },
			{ 100, 300 },
			{ { 'c', 100, SYN, 1000, 0 }, { 's', 200, SYN_ACK, 5000, 1001 },
				{ 'c', 100, ACK, 1001, 5001 }, { 'c', 300, ACK, 900000001, 5001 },
				{ 's', 300, ACK, 5001, 900000001 },
				{ 'c', 300, ACK, 900000001, 5001 } } },
		{ "TCP, two plans with the same numbers", 6, { 2, 2, 1 }, { 7, 8 },
			{ { 'c', 7, SYN, 1000, 0 }, { 'c', 8, SYN, 1000, 0 },
				{ 's', 8, SYN_ACK, 5000, 1001 }, { 's', 7, SYN_ACK, 5000, 1001 },
				{ 'c', 7, ACK, 1001, 5001 }, { 'c', 8, ACK, 1001, 5001 } } },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned rule = 0; rule < FLOW_CONTEXT_RULE_COUNT; rule++) {
			struct collector_options options = { .context = rule };
			struct made_table *made = made_table_create(&options);
			for (unsigned j = 0; j < cases[i].count; j++) {
				struct packet packet = tagged_packet(
					made, &cases[i].packets[j], START_NS + j * NS_PER_MS);
				made_table_batch(made, &packet, 1);
			}
			made_table_finish(made);
			is_int((int64_t)made->count, cases[i].flows[rule], "%s: flows, rule %u",
				cases[i].name, rule);
			for (size_t j = 0; rule == FLOW_CONTEXT_AUTO && j < made->count; j++) {
				is_int(made->records[j].context.vlan_id, cases[i].vlans[j],
					"%s: VLAN", cases[i].name);
			}
			made_table_destroy(made);
		}
	}
}

/* Whatever the rule: what somebody outside wrapped joins no direction that spoke otherwise. */
static void test_from_outside(void)
{
	for (unsigned rule = 0; rule < FLOW_CONTEXT_RULE_COUNT; rule++) {
		struct collector_options options = { .context = rule };
		struct made_table *made = made_table_create(&options);
		struct context outside = { .tunnels = { TUNNEL_IPIP }, .is_from_outside = 1 };
		struct packet packets[2] = {
			made_packet(false, IPPROTO_UDP, client, server, START_NS),
			made_packet(false, IPPROTO_UDP, client, server, START_NS),
		};

		packets[1].context = contexts_intern(made->contexts, &outside);
		made_table_batch(made, packets, 2);
		made_table_finish(made);
		is_int((int64_t)made->count, 2, "wrapped outside: another flow, rule %u", rule);
		made_table_destroy(made);
	}
}

/* A way that holds for one direction, between ends 1 and 2 where they are known. */
static uint16_t way(struct made_table *made, uint32_t id, bool is_back, uint16_t end)
{
	struct context context = { .way_id = id,
		.way_ends = { is_back ? 2 : end, is_back ? end : 2 },
		.tunnels = { TUNNEL_GTPU } };

	return contexts_intern(made->contexts, &context);
}

/* Ways that TCP does not tell of: which answer is whose, and what moved. */
static void test_ways(void)
{
	static const struct {
		const char *name;
		unsigned flows, count;
		struct {
			char from;
			uint8_t id, end;
		} packets[6];
	} cases[] = {
		{ "answers between the same ends, the second first", 2, 6,
			{ { 'c', 1, 1 }, { 'c', 2, 3 }, { 's', 12, 3 }, { 's', 11, 1 },
				{ 'c', 1, 1 }, { 's', 12, 3 } } },
		{ "between one pair of ends: who waited first", 2, 6,
			{ { 'c', 1, 1 }, { 'c', 2, 1 }, { 's', 11, 1 }, { 's', 12, 1 },
				{ 'c', 1, 1 }, { 's', 12, 1 } } },
		{ "answers that move on", 1, 4,
			{ { 'c', 1, 1 }, { 's', 11, 1 }, { 's', 12, 3 }, { 'c', 1, 3 } } },
		{ "questions under another number", 2, 4,
			{ { 'c', 1, 1 }, { 's', 11, 1 }, { 'c', 2, 1 }, { 's', 12, 1 } } },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_table *made = made_table_create(&(struct collector_options){ 0 });
		for (unsigned j = 0; j < cases[i].count; j++) {
			bool is_back = cases[i].packets[j].from == 's';
			struct packet packet =
				made_packet(false, IPPROTO_UDP, is_back ? server : client,
					is_back ? client : server, START_NS + j * NS_PER_MS);
			packet.context =
				way(made, cases[i].packets[j].id, is_back, cases[i].packets[j].end);
			made_table_batch(made, &packet, 1);
		}
		made_table_finish(made);
		is_int((int64_t)made->count, cases[i].flows, "%s", cases[i].name);
		for (size_t j = 0; j < made->count; j++) {
			ok(made->records[j].packets[0] > 0 && made->records[j].packets[1] > 0,
				"%s: both ways", cases[i].name);
		}
		made_table_destroy(made);
	}
}

/* Where both contexts carry both directions of flows, an answer in one is none to a question in the
 * other; unless TCP has proved that one of them is given to one direction alone. */
static void test_learnt_contexts(void)
{
	for (unsigned proved = 0; proved < 2; proved++) {
		struct made_table *made = made_table_create(&(struct collector_options){ 0 });
		struct tagged both[4] = { { 'c', 7 }, { 's', 7 }, { 'c', 8 }, { 's', 8 } };
		struct tagged proof[2] = { { 'c', 7, SYN, 1000, 0 }, { 's', 9, SYN_ACK, 1, 1001 } };
		struct tagged question = { 'c', 7 }, answer = { 's', 8 };
		struct packet packet;

		for (unsigned i = 0; i < 4; i++) {
			packet = tagged_packet(made, &both[i], START_NS);
			packet.key.v4.port_be[0] = htons(1);
			made_table_batch(made, &packet, 1);
		}
		for (unsigned i = 0; proved && i < 2; i++) {
			packet = tagged_packet(made, &proof[i], START_NS);
			made_table_batch(made, &packet, 1);
		}
		uint64_t before = made->table->flows_opened;
		packet = tagged_packet(made, &question, START_NS);
		made_table_batch(made, &packet, 1);
		packet = tagged_packet(made, &answer, START_NS);
		made_table_batch(made, &packet, 1);
		is_int((int64_t)(made->table->flows_opened - before), proved ? 1 : 2,
			proved ? "TCP has proved a tag to be one way" : "both tags go both ways");
		made_table_destroy(made);
	}
}

int main(void)
{
	test_contexts();
	test_learnt_contexts();
	test_from_outside();
	test_ways();
	return done_testing();
}
