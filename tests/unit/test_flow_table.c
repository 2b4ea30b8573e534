/* Flows as a reader of records sees them: what TCP did, what is to be looked at, how the
 * table grows. */
/* Most lines of a scenario say nothing of what they acknowledge. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#include "collector/flow_context.h"
#include "collector/flow_report.h"
#include "collector/flow_table.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/made_records.h"

#define START_NS (1750000000 * NS_PER_S)

static const struct made_end client = { 1, 50000 }, server = { 2, 443 };

static struct made_table *table_with(const struct collector_options *options)
{
	static const struct collector_options none = { 0 };
	return made_table_create(options ? options : &none);
}

/* What a line of a scenario looks like: who, flags, sequence number, payload, when. */
struct step {
	char from; /* 'c' or 's' */
	uint8_t flags;
	uint32_t seq, payload_bytes;
	uint32_t at_us;
	uint32_t ack; /* 0: all that the other has sent so far */
};

static void play(struct made_table *made, const struct step *steps, unsigned count)
{
	uint32_t behind[2] = { 0, 0 };

	for (unsigned i = 0; i < count; i++) {
		const struct step *step = &steps[i];
		bool from_client = step->from == 'c';
		struct packet packet = made_tcp(from_client ? client : server,
			from_client ? server : client, START_NS + step->at_us * NS_PER_US,
			step->flags, step->seq, step->payload_bytes);
		packet.tcp_window = 64000;
		packet.tcp_scale = TCP_SCALE_NONE;
		packet.tcp_ack =
			step->flags & TCP_ACK ? step->ack ? step->ack : behind[!from_client] : 0;
		if (!step->ack && !(step->flags & TCP_RST)) {
			behind[from_client] = step->seq + step->payload_bytes +
					      !!(step->flags & (TCP_SYN | TCP_FIN));
		}
		made_table_batch(made, &packet, 1);
	}
}

static void test_connection(const char *name, const struct step *steps, unsigned count,
	enum tcp_state state, uint32_t retransmissions, uint32_t rtt_us, bool start_seen)
{
	struct made_table *made = table_with(NULL);
	uint64_t packets = 0;

	play(made, steps, count);
	const struct flow_record *record = only_record(made);
	is_text(tcp_state_name(record->tcp_state), tcp_state_name(state), "%s: state", name);
	is_int(record->retransmissions, retransmissions, "%s: sent again", name);
	is_int(record->rtt_us, rtt_us, "%s: round trip", name);
	ok(is_from(record, client), "%s: the client began", name);
	ok(record->start_seen == start_seen, "%s: start %sseen", name, start_seen ? "" : "not ");
	for (unsigned i = 0; i < count; i++) {
		packets += steps[i].from == 'c';
	}
	is_int((int64_t)record->packets[0], (int64_t)packets, "%s: packets of the client", name);
	is_int((int64_t)record->packets[1], (int64_t)(count - packets), "%s: of the server", name);
	made_table_destroy(made);
}

#define CONNECTION(name, state, again, rtt, seen, ...)                                             \
	do {                                                                                       \
		static const struct step steps[] = { __VA_ARGS__ };                                \
		test_connection(                                                                   \
			name, steps, sizeof(steps) / sizeof(steps[0]), state, again, rtt, seen);   \
	} while (0)

enum {
	SYN = TCP_SYN,
	SYN_ACK = TCP_SYN | TCP_ACK,
	ACK = TCP_ACK,
	FIN = TCP_FIN | TCP_ACK,
	RST = TCP_RST
};

static void test_connections(void)
{
	CONNECTION("a whole connection", TCP_STATE_CLOSED, 0, 900, true, { 'c', SYN, 100, 0, 0 },
		{ 's', SYN_ACK, 500, 0, 800 }, { 'c', ACK, 101, 0, 900 },
		{ 'c', ACK, 101, 50, 950 }, { 's', ACK, 501, 70, 2000 }, { 'c', FIN, 151, 0, 2100 },
		{ 's', FIN, 571, 0, 2200 }, { 'c', ACK, 152, 0, 2300 });
	CONNECTION("an unanswered SYN, sent again", TCP_STATE_SYN, 2, 0, true,
		{ 'c', SYN, 100, 0, 0 }, { 'c', SYN, 100, 0, 1000000 },
		{ 'c', SYN, 100, 0, 3000000 });
	CONNECTION("a SYN sent again, and a handshake that has no time", TCP_STATE_ESTABLISHED, 1,
		0, true, { 'c', SYN, 100, 0, 0 }, { 'c', SYN, 100, 0, 1000000 },
		{ 's', SYN_ACK, 500, 0, 1000300 }, { 'c', ACK, 101, 0, 1000400 });
	CONNECTION("data in a SYN, as much as a segment holds", TCP_STATE_SYN_ACK, 0, 0, true,
		{ 'c', SYN, 1000, 1460, 0 }, { 's', SYN_ACK, 5000, 0, 100, 2461 });
	CONNECTION("… and more than that is no answer to it", TCP_STATE_SYN, 0, 0, true,
		{ 'c', SYN, 1000, 1461, 0 }, { 's', SYN_ACK, 5000, 0, 100, 2462 });
	CONNECTION("who asked does not answer himself", TCP_STATE_SYN, 1, 0, true,
		{ 'c', SYN, 1000, 0, 0 }, { 'c', SYN_ACK, 1000, 0, 100, 77 });
	CONNECTION("a refused SYN", TCP_STATE_REFUSED, 0, 0, true, { 'c', SYN, 100, 0, 0 },
		{ 's', RST | ACK, 0, 0, 300 });
	CONNECTION("half open, then given up", TCP_STATE_SYN_ACK, 0, 0, true,
		{ 'c', SYN, 100, 0, 0 }, { 's', SYN_ACK, 500, 0, 300 }, { 'c', RST, 101, 0, 400 });
	CONNECTION("reset after the handshake", TCP_STATE_RESET, 0, 400, true,
		{ 'c', SYN, 100, 0, 0 }, { 's', SYN_ACK, 500, 0, 300 }, { 'c', ACK, 101, 0, 400 },
		{ 'c', ACK, 101, 10, 500 }, { 's', RST, 501, 0, 600 });
	CONNECTION("segments sent again", TCP_STATE_ESTABLISHED, 2, 400, true,
		{ 'c', SYN, 100, 0, 0 }, { 's', SYN_ACK, 500, 0, 300 }, { 'c', ACK, 101, 0, 400 },
		{ 'c', ACK, 101, 1000, 500 }, { 'c', ACK, 1101, 1000, 600 },
		{ 'c', ACK, 101, 1000, 700 }, { 'c', ACK, 1101, 500, 800 },
		{ 'c', ACK, 1601, 600, 900 });
	CONNECTION("a keep-alive is not sent again", TCP_STATE_MIDSTREAM, 0, 0, false,
		{ 'c', ACK, 100, 10, 0 }, { 'c', ACK, 109, 1, 100 }, { 'c', ACK, 110, 10, 200 });
	CONNECTION("numbers wrap", TCP_STATE_MIDSTREAM, 1, 0, false,
		{ 'c', ACK, 0xfffffff0, 32, 0 }, { 'c', ACK, 16, 100, 10 },
		{ 'c', ACK, 0xfffffff0, 32, 20 });
	CONNECTION("the answer overtook the SYN", TCP_STATE_SYN_ACK, 0, 0, true,
		{ 's', SYN_ACK, 500, 0, 300, 101 }, { 'c', SYN, 100, 0, 400 });
	CONNECTION("data overtook the SYN", TCP_STATE_ESTABLISHED, 0, 0, true,
		{ 'c', ACK, 101, 10, 300 }, { 'c', SYN, 100, 0, 400 });
	CONNECTION("one side only", TCP_STATE_ESTABLISHED, 0, 0, true, { 'c', SYN, 100, 0, 0 },
		{ 'c', ACK, 101, 0, 500 }, { 'c', ACK, 101, 20, 600 });
	CONNECTION("started before us, the answer first", TCP_STATE_MIDSTREAM, 0, 0, false,
		{ 's', ACK, 900, 100, 0 }, { 'c', ACK, 10, 0, 300 });
	CONNECTION("one goodbye", TCP_STATE_CLOSING, 0, 0, false, { 's', FIN, 900, 100, 0 },
		{ 'c', ACK, 10, 0, 300 });
}

/* Each line: do the packets make one flow or two? */
static void test_port_reuse(void)
{
	static const struct {
		const char *name;
		unsigned flows, count;
		struct step steps[6];
	} cases[] = {
		{ "a SYN after both goodbyes", 2, 5,
			{ { 'c', SYN, 100, 0, 0 }, { 's', SYN_ACK, 500, 0, 100 },
				{ 'c', FIN, 101, 0, 200 }, { 's', FIN, 501, 0, 300 },
				{ 'c', SYN, 7777, 0, 400 } } },
		{ "a SYN after a reset", 2, 3,
			{ { 'c', SYN, 100, 0, 0 }, { 's', RST | ACK, 0, 0, 100 },
				{ 'c', SYN, 7777, 0, 200 } } },
		{ "the same SYN again after the answer was lost", 1, 3,
			{ { 'c', SYN, 100, 0, 0 }, { 's', SYN_ACK, 500, 0, 100 },
				{ 'c', SYN, 100, 0, 1000000 } } },
		{ "another SYN where the first was never answered", 2, 2,
			{ { 'c', SYN, 100, 0, 0 }, { 'c', SYN, 7777, 0, 1000000 } } },
		{ "a forged SYN into an open connection", 1, 5,
			{ { 'c', SYN, 100, 0, 0 }, { 's', SYN_ACK, 500, 0, 100 },
				{ 'c', ACK, 101, 0, 200 }, { 'c', SYN, 7777, 0, 300 },
				{ 'c', ACK, 101, 10, 400 } } },
		{ "both sides open at once", 1, 4,
			{ { 'c', SYN, 100, 0, 0 }, { 's', SYN, 500, 0, 10 },
				{ 'c', SYN_ACK, 100, 0, 100 }, { 's', SYN_ACK, 500, 0, 110 } } },
		{ "late packets after the goodbye", 1, 5,
			{ { 'c', FIN, 101, 0, 200 }, { 's', FIN, 501, 0, 300 },
				{ 'c', ACK, 102, 0, 400 }, { 's', ACK, 502, 0, 500 },
				{ 's', FIN, 501, 0, 1000000 } } },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_table *made = table_with(NULL);
		play(made, cases[i].steps, cases[i].count);
		made_table_finish(made);
		is_int((int64_t)made->count, cases[i].flows, "%s", cases[i].name);
		made_table_destroy(made);
	}
}

/* A connection on which somebody meddles: what its flow says, and that no other flow begins. */
#define OPENED                                                                                     \
	{ 'c', SYN, 1000, 0, 0 }, { 's', SYN_ACK, 5000, 0, 100 }, { 'c', ACK, 1001, 0, 200 },      \
		{ 'c', ACK, 1001, 100, 300 }, { 's', ACK, 5001, 500, 400 },                        \
	{                                                                                          \
		'c', ACK, 1101, 0, 500                                                             \
	}
#define GOES_ON                                                                                    \
	{ 'c', ACK, 1101, 100, 60000000 }, { 's', ACK, 5501, 100, 60000100 },                      \
	{                                                                                          \
		'c', ACK, 1201, 0, 60000200                                                        \
	}

static void test_resets(void)
{
	CONNECTION("a reset far beyond the window", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 's', RST, 3000005501, 0, 600 }, GOES_ON);
	CONNECTION("a reset left of the window", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 's', RST, 5001, 0, 600 }, GOES_ON);
	CONNECTION("a reset one left of the window", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 'c', RST, 1100, 0, 600 }, GOES_ON);
	CONNECTION("a reset in the window, answered with a challenge", TCP_STATE_ESTABLISHED, 0,
		200, true, OPENED, { 's', RST, 5502, 0, 600 }, { 'c', ACK, 1101, 0, 700 }, GOES_ON);
	CONNECTION("a reset in the window, and silence", TCP_STATE_RESET, 0, 200, true, OPENED,
		{ 's', RST, 6000, 0, 600 });
	CONNECTION("a reset of the right number, by somebody else", TCP_STATE_ESTABLISHED, 0, 200,
		true, OPENED, { 's', RST, 5501, 0, 600 }, { 's', ACK, 5501, 100, 700 },
		{ 'c', ACK, 1101, 0, 800 });
	CONNECTION("a reset of the right number", TCP_STATE_RESET, 0, 200, true, OPENED,
		{ 's', RST | ACK, 5501, 0, 600 });
	CONNECTION("a reset that answers what was not acknowledged", TCP_STATE_RESET, 0, 200, true,
		OPENED, { 's', ACK, 5501, 800, 600 }, { 's', RST, 5501, 0, 700 });
	CONNECTION("a reset behind the goodbye", TCP_STATE_RESET, 0, 200, true, OPENED,
		{ 'c', FIN, 1101, 0, 600 }, { 'c', RST, 1101, 0, 700 });
	CONNECTION("a reset of another number behind the goodbye", TCP_STATE_CLOSING, 0, 200, true,
		OPENED, { 'c', FIN, 1101, 0, 600 }, { 'c', RST, 3000001101, 0, 700 });
}

static void test_refusals(void)
{
	CONNECTION("a refusal that acknowledges nothing", TCP_STATE_SYN, 0, 0, true,
		{ 'c', SYN, 1000, 0, 0 }, { 's', RST, 0, 0, 100 });
	CONNECTION("a refusal that acknowledges another number", TCP_STATE_SYN, 0, 0, true,
		{ 'c', SYN, 1000, 0, 0 }, { 's', RST | ACK, 0, 0, 100, 1000 },
		{ 's', RST | ACK, 0, 0, 200, 1002 });
	CONNECTION("a refusal, and then the answer", TCP_STATE_ESTABLISHED, 0, 200, true,
		{ 'c', SYN, 1000, 0, 0 }, { 's', RST | ACK, 0, 0, 100, 1001 },
		{ 's', SYN_ACK, 5000, 0, 150 }, { 'c', ACK, 1001, 0, 200 });
	CONNECTION("a refusal, and data all the same", TCP_STATE_ESTABLISHED, 0, 0, true,
		{ 'c', SYN, 1000, 0, 0 }, { 's', RST | ACK, 0, 0, 100, 1001 },
		{ 's', ACK, 5001, 200, 8000 });
	CONNECTION("a refusal, and an acknowledgement without data", TCP_STATE_REFUSED, 0, 0, true,
		{ 'c', SYN, 1000, 0, 0 }, { 's', RST | ACK, 0, 0, 100, 1001 },
		{ 's', ACK, 5001, 0, 8000, 1001 });
	CONNECTION("a refusal behind the answer", TCP_STATE_ESTABLISHED, 0, 200, true,
		{ 'c', SYN, 1000, 0, 0 }, { 's', SYN_ACK, 5000, 0, 100 },
		{ 's', RST | ACK, 0, 0, 150, 1001 }, { 'c', ACK, 1001, 0, 200 });
	CONNECTION("tried again after a refusal, with the same number", TCP_STATE_REFUSED, 1, 0,
		true, { 'c', SYN, 1000, 0, 0 }, { 's', RST | ACK, 0, 0, 100, 1001 },
		{ 'c', SYN, 1000, 0, 500000 }, { 's', RST | ACK, 0, 0, 500100, 1001 });
	CONNECTION("an answer from an older connection", TCP_STATE_SYN, 0, 0, true,
		{ 'c', SYN, 1000, 0, 0 }, { 's', ACK, 70000, 0, 100, 99000 },
		{ 'c', RST, 99000, 0, 200 });
}

/* Sent again is what was really seen before. */
static void test_sent_again(void)
{
	CONNECTION("two out of order", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 's', ACK, 6501, 1000, 600 }, { 's', ACK, 5501, 1000, 610 },
		{ 's', ACK, 7501, 1000, 620 });
	CONNECTION("five backwards", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 'c', ACK, 1501, 100, 600 }, { 'c', ACK, 1401, 100, 610 },
		{ 'c', ACK, 1301, 100, 620 }, { 'c', ACK, 1201, 100, 630 },
		{ 'c', ACK, 1101, 100, 640 });
	CONNECTION("more gaps than are kept, filled in any order", TCP_STATE_ESTABLISHED, 0, 200,
		true, OPENED, { 'c', ACK, 1201, 100, 600 }, { 'c', ACK, 1401, 100, 601 },
		{ 'c', ACK, 1601, 100, 602 }, { 'c', ACK, 1801, 100, 603 },
		{ 'c', ACK, 2001, 100, 604 }, { 'c', ACK, 2201, 100, 605 },
		{ 'c', ACK, 1701, 100, 606 }, { 'c', ACK, 1101, 100, 607 },
		{ 'c', ACK, 2101, 100, 608 }, { 'c', ACK, 1301, 100, 609 });
	CONNECTION("sent again, out of order at first", TCP_STATE_ESTABLISHED, 2, 200, true, OPENED,
		{ 's', ACK, 6501, 1000, 600 }, { 's', ACK, 5501, 1000, 610 },
		{ 's', ACK, 5501, 1000, 620 }, { 's', ACK, 6501, 1000, 630 });
	CONNECTION("lost by the capture, then sent again", TCP_STATE_ESTABLISHED, 0, 200, true,
		OPENED, { 's', ACK, 7501, 1000, 600 }, { 'c', ACK, 1101, 0, 610, 8501 },
		{ 's', ACK, 5501, 1000, 620 });
	CONNECTION("acknowledged before it was captured", TCP_STATE_ESTABLISHED, 0, 200, true,
		OPENED, { 'c', ACK, 1101, 0, 600, 6501 }, { 's', ACK, 5501, 1000, 610 });
	CONNECTION("older than the capture", TCP_STATE_MIDSTREAM, 0, 0, false,
		{ 's', ACK, 9000, 100, 0 }, { 's', ACK, 8000, 100, 10 },
		{ 's', ACK, 9100, 100, 20 });
	CONNECTION("probes of a closed window", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 'c', ACK, 1101, 1, 600 }, { 'c', ACK, 1101, 1, 700000 },
		{ 'c', ACK, 1101, 1, 1500000 }, { 'c', ACK, 1101, 100, 1600000 });
	CONNECTION("keep-alives without a byte", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 'c', ACK, 1100, 0, 600 }, { 's', ACK, 5501, 0, 610 }, { 'c', ACK, 1100, 1, 620 },
		{ 's', ACK, 5501, 0, 630 });
	CONNECTION("data in a SYN that were not taken", TCP_STATE_ESTABLISHED, 0, 200, true,
		{ 'c', SYN, 1000, 16, 0 }, { 's', SYN_ACK, 5000, 0, 100, 1001 },
		{ 'c', ACK, 1001, 100, 200, 5001 });
	CONNECTION("a goodbye sent again", TCP_STATE_CLOSING, 1, 200, true, OPENED,
		{ 'c', FIN, 1101, 0, 600 }, { 'c', FIN, 1101, 0, 700 });
	CONNECTION("beyond the window", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 'c', ACK, 661101, 100, 600 }, { 'c', ACK, 1101, 100, 700 },
		{ 'c', ACK, 1201, 100, 800 });
	CONNECTION("the client answers before it asks", TCP_STATE_ESTABLISHED, 0, 200, true,
		{ 'c', SYN_ACK, 1000, 0, 0, 12345 }, { 'c', SYN, 1000, 0, 0 },
		{ 's', SYN_ACK, 5000, 0, 100, 1001 }, { 'c', ACK, 1001, 0, 200, 5001 },
		{ 'c', ACK, 1001, 100, 300, 5001 }, { 's', ACK, 5001, 500, 400, 1101 });
	CONNECTION("… with another number", TCP_STATE_ESTABLISHED, 0, 200, true,
		{ 'c', SYN_ACK, 4444, 0, 0, 12345 }, { 'c', SYN, 1000, 0, 0 },
		{ 's', SYN_ACK, 5000, 0, 100, 1001 }, { 'c', ACK, 1001, 0, 200, 5001 },
		{ 'c', ACK, 1001, 100, 300, 5001 }, { 's', ACK, 5001, 500, 400, 1101 });
	CONNECTION("… after it", TCP_STATE_ESTABLISHED, 1, 0, true, { 'c', SYN, 1000, 0, 0 },
		{ 'c', SYN_ACK, 1000, 0, 0, 12345 }, { 's', SYN_ACK, 5000, 0, 100, 1001 },
		{ 'c', ACK, 1001, 0, 200, 5001 }, { 'c', ACK, 1001, 100, 300, 5001 },
		{ 's', ACK, 5001, 500, 400, 1101 });
	CONNECTION("left of the window", TCP_STATE_ESTABLISHED, 0, 200, true, OPENED,
		{ 'c', ACK, 501, 100, 600 }, { 'c', ACK, 1101, 100, 700 });
}

#define GOES_ON_SOON                                                                               \
	{ 'c', ACK, 1101, 100, 1000, 5501 }, { 's', ACK, 5501, 100, 1100, 1201 },                  \
	{                                                                                          \
		'c', ACK, 1201, 0, 1200, 5601                                                      \
	}

/* Two connections between the same ports, or one: packets and bytes of the first flow's ends. */
static void test_reopened(void)
{
	static const struct {
		const char *name;
		unsigned flows, count;
		uint64_t packets[2];
		struct step steps[12];
	} cases[] = {
		{ "a new number, and its answer", 2, 9, { 4, 2 },
			{ OPENED, { 'c', SYN, 900000, 0, 2000000 },
				{ 's', SYN_ACK, 7000000, 0, 2000100, 900001 },
				{ 'c', ACK, 900001, 0, 2000200, 7000001 } } },
		{ "a new number, answered at the second try", 2, 9, { 5, 2 },
			{ OPENED, { 'c', SYN, 900000, 0, 2000000 },
				{ 'c', SYN, 900000, 0, 3000000 },
				{ 's', SYN_ACK, 7000000, 0, 3000100, 900001 } } },
		{ "a new number, whose answer was not captured", 2, 9, { 5, 2 },
			{ OPENED, { 'c', SYN, 900000, 0, 2000000 },
				{ 'c', ACK, 900001, 100, 2000200, 7000001 },
				{ 's', ACK, 7000001, 100, 2000300, 900101 } } },
		{ "a forged SYN in a silence of a minute", 1, 10, { 7, 3 },
			{ OPENED, { 'c', SYN, 900000, 0, 30000000 }, GOES_ON } },
		{ "a forged SYN, and a challenge", 1, 11, { 7, 4 },
			{ OPENED, { 'c', SYN, 900000, 0, 600 }, { 's', ACK, 5501, 0, 700, 1101 },
				GOES_ON } },
		{ "a forged SYN and what would follow it", 1, 11, { 8, 3 },
			{ OPENED, { 'c', SYN, 900000, 0, 600 },
				{ 'c', ACK, 900001, 100, 700, 7000001 }, GOES_ON } },
		{ "a forged SYN behind the answer to the first", 1, 7, { 4, 3 },
			{ { 'c', SYN, 1000, 0, 0 }, { 's', SYN_ACK, 5000, 0, 100, 1001 },
				{ 'c', SYN, 900000, 0, 150 }, { 'c', ACK, 1001, 100, 200, 5001 },
				{ 'c', ACK, 900001, 100, 250, 5001 },
				{ 's', ACK, 5001, 50, 300, 1101 },
				{ 's', ACK, 5051, 50, 400, 1101 } } },
		{ "… and before it", 1, 6, { 4, 2 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', SYN, 900000, 0, 50 },
				{ 's', SYN_ACK, 5000, 0, 100, 1001 },
				{ 'c', ACK, 1001, 100, 200, 5001 },
				{ 'c', ACK, 900001, 100, 250, 5001 },
				{ 's', ACK, 5001, 50, 300, 1101 } } },
		{ "a new number at once, and its answer", 2, 4, { 1, 0 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', SYN, 900000, 0, 50 },
				{ 's', SYN_ACK, 5000, 0, 100, 900001 },
				{ 'c', ACK, 900001, 100, 200, 5001 } } },
		{ "a new number where the first was given up", 2, 2, { 1, 0 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', SYN, 900000, 0, 3000000 } } },
		{ "a new number within a tenth of a second", 1, 2, { 2, 0 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', SYN, 900000, 0, 99999 } } },
		{ "… and after it", 2, 2, { 1, 0 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', SYN, 900000, 0, 100000 } } },
		{ "a forged reset, and a forged SYN", 1, 11, { 8, 3 },
			{ OPENED, { 'c', RST | TCP_ACK, 1101, 0, 600, 5501 },
				{ 'c', SYN, 900000, 0, 700 }, GOES_ON_SOON } },
		{ "… of a number close before the first", 1, 12, { 8, 4 },
			{ OPENED, { 'c', RST | TCP_ACK, 1101, 0, 600, 5501 },
				{ 'c', SYN, 900, 0, 700 }, { 's', ACK, 5001, 500, 750, 1101 },
				GOES_ON_SOON } },
		{ "… and a forged SYN-ACK", 1, 11, { 8, 3 },
			{ OPENED, { 'c', RST | TCP_ACK, 1101, 0, 600, 5501 },
				{ 'c', SYN_ACK, 900000, 0, 700, 77777 }, GOES_ON_SOON } },
		{ "an answer again, of another number, that the client takes", 1, 3, { 1, 2 },
			{ { 's', SYN_ACK, 5000, 0, 0, 1001 },
				{ 's', SYN_ACK, 7000000, 0, 100, 1001 },
				{ 'c', ACK, 1001, 100, 200, 7000001 } } },
		{ "a reset, and a new number that is answered", 2, 9, { 5, 2 },
			{ OPENED, { 'c', RST, 1101, 0, 600 }, { 'c', SYN, 900000, 0, 700 },
				{ 's', SYN_ACK, 7000000, 0, 800, 900001 } } },
		{ "… and one that is refused", 2, 9, { 5, 2 },
			{ OPENED, { 'c', RST, 1101, 0, 600 }, { 'c', SYN, 900000, 0, 700 },
				{ 's', RST | TCP_ACK, 0, 0, 800, 900001 } } },
		{ "an answer of the client before its own SYN, with payload", 2, 4, { 0, 1 },
			{ { 'c', SYN_ACK, 1000, 50, 0, 12345 }, { 'c', SYN, 1000, 0, 10 },
				{ 's', SYN_ACK, 5000, 0, 100, 1001 },
				{ 'c', ACK, 1001, 100, 200, 5001 } } },
		{ "half a mirror, a new number behind a goodbye", 2, 4, { 0, 2 },
			{ { 's', SYN_ACK, 5000, 0, 0, 1001 }, { 's', FIN, 5001, 0, 100, 1001 },
				{ 's', SYN_ACK, 7000000, 0, 200, 900001 },
				{ 's', ACK, 7000001, 0, 300, 900101 } } },
		{ "half a mirror, no goodbye", 2, 5, { 3, 0 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', ACK, 1001, 0, 100, 5001 },
				{ 'c', ACK, 1001, 100, 200, 5001 },
				{ 'c', SYN, 900000, 0, 2000000 },
				{ 'c', ACK, 900001, 0, 2000100, 7000001 } } },
		{ "the SYN seen last", 1, 8, { 5, 3 },
			{ { 's', SYN_ACK, 5000, 0, 0, 1001 }, { 'c', ACK, 1001, 0, 100, 5001 },
				{ 'c', ACK, 1001, 100, 200, 5001 },
				{ 's', ACK, 5001, 50, 300, 1101 }, { 'c', FIN, 1101, 0, 400, 5051 },
				{ 's', FIN, 5051, 0, 500, 1102 }, { 'c', ACK, 1102, 0, 600, 5052 },
				{ 'c', SYN, 1000, 0, 700 } } },
		{ "SYN and answer seen last", 1, 6, { 4, 2 },
			{ { 'c', ACK, 1001, 0, 100, 5001 }, { 'c', ACK, 1001, 100, 200, 5001 },
				{ 'c', FIN, 1101, 0, 400, 5001 }, { 's', FIN, 5001, 0, 500, 1102 },
				{ 's', SYN_ACK, 5000, 0, 600, 1001 },
				{ 'c', SYN, 1000, 0, 700 } } },
		{ "a SYN seen last, as far below as it may lie", 1, 4, { 3, 1 },
			{ { 'c', ACK, 2000000, 100, 0, 5001 }, { 'c', FIN, 2000100, 0, 100, 5001 },
				{ 's', FIN, 5001, 0, 200, 2000101 },
				{ 'c', SYN, 1999999 - (1 << 20), 0, 300 } } },
		{ "… and one further", 2, 4, { 2, 1 },
			{ { 'c', ACK, 2000000, 100, 0, 5001 }, { 'c', FIN, 2000100, 0, 100, 5001 },
				{ 's', FIN, 5001, 0, 200, 2000101 },
				{ 'c', SYN, 1999999 - (1 << 20) - 1, 0, 300 } } },
		{ "an answer seen last, to what was said first", 1, 4, { 3, 1 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', ACK, 1001, 100, 100, 5001 },
				{ 'c', TCP_RST, 1101, 0, 200 },
				{ 's', SYN_ACK, 5000, 0, 300, 1001 + (1 << 16) } } },
		{ "… and to what cannot have been", 2, 4, { 3, 0 },
			{ { 'c', SYN, 1000, 0, 0 }, { 'c', ACK, 1001, 100, 100, 5001 },
				{ 'c', TCP_RST, 1101, 0, 200 },
				{ 's', SYN_ACK, 5000, 0, 300, 1002 + (1 << 16) } } },
		{ "a SYN five seconds behind what it opened", 1, 3, { 1, 2 },
			{ { 's', ACK, 5001, 100, 0, 1101 }, { 'c', SYN, 900000, 0, 5000000 },
				{ 's', SYN_ACK, 7000000, 0, 5000100, 900001 } } },
		{ "… and later, of another connection", 2, 3, { 0, 1 },
			{ { 's', ACK, 5001, 100, 0, 1101 }, { 'c', SYN, 900000, 0, 5000001 },
				{ 's', SYN_ACK, 7000000, 0, 5000100, 900001 } } },
		{ "a SYN stamped before what it opened", 1, 3, { 1, 2 },
			{ { 's', ACK, 5001, 100, 300, 1101 }, { 'c', SYN, 900000, 0, 100 },
				{ 's', SYN_ACK, 7000000, 0, 400, 900001 } } },
		{ "numbers come round, and the ports again", 2, 8, { 3, 2 },
			{ { 'c', SYN, 0xffffff00, 0, 0 }, { 's', SYN_ACK, 0xfffffff0, 0, 100 },
				{ 'c', ACK, 0xffffff01, 1000, 200 },
				{ 'c', FIN, 0x000002e9, 0, 300 }, { 's', FIN, 0xfffffff1, 0, 400 },
				{ 'c', SYN, 0x00100000, 0, 500 },
				{ 's', SYN_ACK, 0x00200000, 0, 600 },
				{ 'c', ACK, 0x00100001, 0, 700 } } },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_table *made = table_with(NULL);
		play(made, cases[i].steps, cases[i].count);
		made_table_finish(made);
		is_int((int64_t)made->count, cases[i].flows, "%s: flows", cases[i].name);
		is_int((int64_t)made->records[0].packets[0], (int64_t)cases[i].packets[0],
			"%s: packets of the client in the first", cases[i].name);
		is_int((int64_t)made->records[0].packets[1], (int64_t)cases[i].packets[1],
			"%s: and of the server", cases[i].name);
		made_table_destroy(made);
	}
}

static void test_families_and_contexts(void)
{
	struct made_table *made = table_with(NULL);
	struct context vlan = { .vlan_id = 7, .tunnels = { TUNNEL_VLAN } };
	struct packet packets[4] = {
		made_packet(false, IPPROTO_UDP, client, server, START_NS),
		made_packet(true, IPPROTO_UDP, client, server, START_NS),
		made_packet(false, IPPROTO_UDP, client, server, START_NS),
		made_packet(true, IPPROTO_UDP, server, client, START_NS),
	};

	packets[2].context = contexts_intern(made->contexts, &vlan);
	made_table_batch(made, packets, 4);
	is_int(made->batch.opened_count, 3, "IPv4, IPv6 and another VLAN are three flows");
	ok(made->batch.opened[1] & FLOW_NUMBER_V6 && !(made->batch.opened[0] & FLOW_NUMBER_V6),
		"numbers tell the families apart");
	struct flow_ends ends;
	flow_report_ends(made->table, made->batch.opened[1], &ends);
	ok(!addr_is_v4(&ends.source) && ends.source_port == client.port && ends.protocol == 17,
		"the ends of a live flow");
	made_table_finish(made);
	is_int((int64_t)made->count, 3, "three records");
	unsigned tagged = made->records[0].context.vlan_id ? 0 : 1, plain = 1 - tagged;
	ok(made->records[tagged].flow_id == made->records[plain].flow_id &&
			made->records[0].flow_id != made->records[2].flow_id,
		"with an id for each five numbers: another sensor sees other tags");
	ok((made->records[0].flow_id ^ made->records[2].flow_id) & FLOW_ID_ENDS,
		"… and its upper half tells other ends");
	is_int(made->records[1].context.vlan_id, 7, "the VLAN is in the record");
	is_int((int64_t)made->records[2].packets[1], 1, "both directions are one flow in IPv6");
	made_table_destroy(made);
}

/* Two sensors on one wire, with tables, clocks and first packets of their own. */
static void test_ids(void)
{
	struct made_table *here = table_with(NULL), *there = table_with(NULL);
	struct packet syn = made_packet(false, IPPROTO_TCP, client, server, START_NS);
	struct packet answer = made_packet(false, IPPROTO_TCP, server, client, START_NS + 1000);
	struct packet again;

	syn.tcp_flags = TCP_SYN;
	syn.tcp_seq = 12345;
	answer.tcp_flags = TCP_SYN | TCP_ACK;
	answer.tcp_seq = 999;
	again = syn;
	again.tcp_seq = 54321;
	again.time_ns = START_NS + 200 * NS_PER_S;
	struct packet first[2] = { syn, answer };
	made_table_batch(here, first, 2);
	first[0].time_ns += 7 * NS_PER_MS;
	first[1].time_ns += 7 * NS_PER_MS;
	made_table_batch(there, first, 2);
	made_table_batch(there, &again, 1);
	made_table_finish(here);
	made_table_finish(there);
	is_int((int64_t)there->count, 2, "the same ports once more: another flow");
	ok(here->records[0].flow_id == there->records[0].flow_id,
		"two sensors give a connection the same id");
	ok(there->records[0].flow_id != there->records[1].flow_id, "the next one has another");
	ok((there->records[0].flow_id & FLOW_ID_ENDS) == (there->records[1].flow_id & FLOW_ID_ENDS),
		"… whose upper half says that its ends are the same");
	made_table_destroy(here);
	made_table_destroy(there);
}

static void test_peeks(void)
{
	struct made_table *made = table_with(NULL);
	struct packet packets[6];

	for (unsigned i = 0; i < 6; i++) {
		bool from_client = i % 2 == 0;
		packets[i] = made_tcp(from_client ? client : server, from_client ? server : client,
			START_NS + i, TCP_ACK, 100, i == 0 ? 0 : 10);
	}
	packets[5].flags |= PACKET_FRAGMENT;
	made_table_batch(made, packets, 6);
	const struct collector_batch *batch = &made->batch;
	is_int(batch->opened_count, 1, "one flow opened");
	is_int(batch->opened_packet[0], 0, "by the first packet");
	is_int(batch->peek_count, 4,
		"payload is to be looked at, empty packets and fragments are not");
	ok(batch->peeks[0].packet == 1 && !batch->peeks[0].from_source &&
			batch->peeks[1].packet == 2 && batch->peeks[1].from_source,
		"in order and with direction");
	struct flow_state *state = flow_table_state(made->table, batch->opened[0]);
	state->flags &=
		(uint8_t) ~(state->flags & FLOW_SOURCE_HIGH ? FLOW_WANTED_HIGH : FLOW_WANTED_LOW);
	made_table_batch(made, packets, 6);
	is_int(batch->peek_count, 2, "only the direction that is still wanted");
	made_table_destroy(made);
}

/* The note is read when a record is taken: what is learnt from a batch stands in the records of
 * that batch. */
static void test_note(void)
{
	struct made_table *made = table_with(NULL);
	struct packet packets[2] = {
		made_packet(false, IPPROTO_UDP, client, server, START_NS),
		made_packet(false, IPPROTO_UDP, client, server, START_NS + 200 * NS_PER_S),
	};
	struct flow_record records[4];

	made->batch.packets.count = 2;
	memcpy(made->batch.packets.packets, packets, sizeof(packets));
	flow_table_batch(made->table, &made->batch);
	is_int(made->batch.opened_count, 2, "two flows in one batch");
	ok(made->batch.opened[0] != made->batch.opened[1], "of different numbers");
	flow_table_state(made->table, made->batch.opened[0])->note = 4711;
	flow_table_state(made->table, made->batch.opened[1])->note = 4712;
	is_int((int64_t)flow_table_take(made->table, records, 4), 1, "the first is over");
	is_int(records[0].note, 4711, "and carries what was noted afterwards");
	is_int((int64_t)flow_table_take(made->table, records, 4), 0, "no more");
	flow_table_finish(made->table);
	is_int((int64_t)flow_table_take(made->table, records, 4), 1, "the second at the end");
	is_int(records[0].note, 4712, "and its note");
	made_table_destroy(made);
}

static void test_full_counters(void)
{
	struct collector_options options = { .whole_flows = true };
	struct made_table *made = table_with(&options);
	uint64_t sum = 0;
	unsigned last = 0;

	for (unsigned i = 0; i < 5; i++) {
		struct packet packet =
			made_packet(false, IPPROTO_UDP, client, server, START_NS + i);
		packet.ip_bytes = 2000000000;
		made_table_batch(made, &packet, 1);
	}
	made_table_finish(made);
	is_int((int64_t)made->count, 3, "a part each time a counter would overflow");
	for (size_t i = 0; i < made->count; i++) {
		sum += made->records[i].bytes[0];
		last += made->records[i].is_last;
		is_int(made->records[i].part, (int64_t)i, "part %zu", i);
	}
	is_int((int64_t)sum, 10000000000, "nothing is lost");
	is_int((int64_t)made->records[made->count - 1].total_bytes[0], 10000000000, "whole total");
	is_int(last, 1, "one last part");
	made_table_destroy(made);
}

/* More packets than the hot record counts. */
static void test_many_packets(void)
{
	enum { PACKETS = 200000 };
	struct made_table *made = table_with(NULL);
	static struct packet packets[PACKET_BATCH_MAX];

	for (uint32_t i = 0; i < PACKETS; i += PACKET_BATCH_MAX / 2) {
		for (unsigned j = 0; j < PACKET_BATCH_MAX / 2; j++) {
			packets[j] = made_packet(false, IPPROTO_UDP, client, server, START_NS + i);
		}
		made_table_batch(made, packets, PACKET_BATCH_MAX / 2);
	}
	const struct flow_record *record = only_record(made);
	is_int((int64_t)record->packets[0], PACKETS + 64, "many packets, one part");
	is_int((int64_t)record->total_packets[0], PACKETS + 64, "and in the whole flow");
	is_int((int64_t)record->bytes[0], (PACKETS + 64) * 100, "their bytes");
	made_table_destroy(made);
}

static bool find_all(struct made_table *made, uint32_t count, bool is_v6)
{
	struct flow_family *family = &made->table->families[is_v6];
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct packet packet = made_packet(
			is_v6, IPPROTO_UDP, (struct made_end){ i, (uint16_t)i }, server, START_NS);
		uint64_t hash = flow_index_hash(&family->index, &packet.key);
		found += flow_context_find(made->table, family, hash, &packet) != FLOW_NONE;
	}
	return found == count;
}

static void test_growth(bool is_v6)
{
	enum { FLOWS = 300000 };
	struct made_table *made = table_with(NULL);
	static struct packet packets[PACKET_BATCH_MAX];
	const char *family = is_v6 ? "IPv6" : "IPv4";

	for (uint32_t i = 0; i < FLOWS; i += PACKET_BATCH_MAX) {
		unsigned count = FLOWS - i < PACKET_BATCH_MAX ? FLOWS - i : PACKET_BATCH_MAX;
		for (unsigned j = 0; j < count; j++) {
			packets[j] = made_packet(is_v6, IPPROTO_UDP,
				(struct made_end){ i + j, (uint16_t)(i + j) }, server, START_NS);
		}
		made_table_batch(made, packets, count);
	}
	is_int(flow_table_live(made->table), FLOWS, "%s: all live", family);
	ok(find_all(made, FLOWS, is_v6), "%s: all found after growth", family);
	double bytes = (double)flow_table_bytes(made->table) / FLOWS;
	ok(bytes <= (is_v6 ? 256 : 168), "%s: %.0f bytes a flow", family, bytes);
	made_table_tick(made, START_NS + 600 * NS_PER_S);
	is_int((int64_t)made->count, FLOWS, "%s: all ended", family);
	is_int(made->table->families[is_v6].index.count, 0, "%s: the index is empty", family);
	made_table_destroy(made);
}

int main(void)
{
	test_connections();
	test_port_reuse();
	test_resets();
	test_refusals();
	test_sent_again();
	test_reopened();
	test_families_and_contexts();
	test_ids();
	test_peeks();
	test_note();
	test_full_counters();
	test_many_packets();
	test_growth(false);
	test_growth(true);
	return done_testing();
}
