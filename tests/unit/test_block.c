/* Where the bounds of block.c and attempts.c lie, to the byte and to the nanosecond. */
#include "analyzer/policy/block.h"

#include <string.h>

#include "analyzer/policy/attempts.h"
#include "base/clock.h"
#include "collector/packet.h"
#include "tests/tap.h"

static const struct blocking nothing_declared;

static void set_payload(struct record *record, unsigned end, uint64_t payload)
{
	enum { PACKETS = 20, HEADERS = PACKETS * 40 + 20 + 16 * 12 };

	record->flow.packets[end] = record->flow.total_packets[end] = PACKETS;
	record->flow.bytes[end] = record->flow.total_bytes[end] = HEADERS + (uint32_t)payload;
}

/* A TLS connection that is over, with so much payload each way. */
static struct record talk(uint64_t up, uint64_t down)
{
	struct record record = { 0 };

	addr_parse("10.1.1.1", &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	record.own_side = RECORD_SOURCE;
	record.flow.protocol = 6;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.is_last = true;
	record.flow.end = FLOW_END_CLOSED;
	record.l7.protocol = L7_TLS;
	record.l7.exchange = L7_EXCHANGE_NONE;
	set_payload(&record, 0, up);
	set_payload(&record, 1, down);
	return record;
}

static void outcome(const struct record *record, enum block_outcome wanted, const char *title)
{
	is_int(block_outcome_of(record, &nothing_declared), wanted, "%s", title);
}

static void test_bytes(void)
{
	struct record record = talk(1000, 47);

	record.flow.retransmissions = 1;
	outcome(&record, BLOCK_DROPPED_AFTER_HELLO, "47 bytes are an alert of TLS");
	set_payload(&record, 1, 48);
	outcome(&record, BLOCK_UNSURE, "48 bytes are an answer");
	record = talk(10000, 9999);
	outcome(&record, BLOCK_UNSURE, "a byte less than is clear, one way");
	record = talk(9999, 10000);
	outcome(&record, BLOCK_UNSURE, "… or the other");
	record = talk(10000, 10000);
	outcome(&record, BLOCK_PASSED, "so much each way has passed");
	record = talk(1000, 9999);
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	record.flow.tcp_flags[1] = TCP_RST;
	outcome(&record, BLOCK_DROPPED_AFTER_HELLO, "reset within the largest handshake");
	set_payload(&record, 1, 10000);
	outcome(&record, BLOCK_UNSURE, "reset behind it");
}

static void test_page(void)
{
	struct record record = talk(15999 - 10000, 39999);

	record.l7.exchange = L7_EXCHANGE_ONE;
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	outcome(&record, BLOCK_UNSURE, "the largest page");
	set_payload(&record, 1, 40000);
	outcome(&record, BLOCK_PASSED, "no page is larger");
	record = talk(15999, 9999);
	record.l7.exchange = L7_EXCHANGE_ONE;
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	outcome(&record, BLOCK_UNSURE, "the largest request");
	set_payload(&record, 0, 16000);
	outcome(&record, BLOCK_PASSED, "nobody asks a page so much");
}

/* A datagram of a single byte is an answer: no closing of a stream stands before it. */
static void test_datagrams(void)
{
	struct record record = talk(100, 0);

	record.flow.protocol = 17;
	record.flow.tcp_state = TCP_STATE_NONE;
	record.l7.protocol = L7_QUIC;
	record.flow.packets[1] = record.flow.total_packets[1] = 1;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 28;
	outcome(&record, BLOCK_DROPPED, "a datagram of nothing is no answer");
	record.flow.bytes[1] = record.flow.total_bytes[1] = 29;
	outcome(&record, BLOCK_UNSURE, "one of a byte is");
	addr_parse("2001:db8::1", &record.flow.source);
	addr_parse("2001:db8::80", &record.flow.destination);
	outcome(&record, BLOCK_DROPPED, "… but not under the longer header of IPv6");
	record.flow.bytes[1] = record.flow.total_bytes[1] = 49;
	outcome(&record, BLOCK_UNSURE, "… which has one byte more here");
}

/* Whose page it may be: of a firewall that declares its issuer a page shows that one. */
static void test_page_issuer(void)
{
	uint64_t issuer = 4711;
	const struct blocking declared = { .page_issuers = &issuer, .page_issuer_count = 1 };
	struct record record = talk(500, 5000);

	record.l7.exchange = L7_EXCHANGE_ONE;
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	record.l7.issuers[0] = 4712;
	outcome(&record, BLOCK_UNSURE, "where no firewall is declared anybody may have signed it");
	is_int(block_outcome_of(&record, &declared), BLOCK_PASSED,
		"another's certificate is not the firewall's");
	record.l7.issuers[0] = 0;
	is_int(block_outcome_of(&record, &declared), BLOCK_UNSURE, "one that is not seen may be");
	record.l7.issuers[1] = 4711;
	is_int(block_outcome_of(&record, &declared), BLOCK_BLOCK_PAGE, "its own is");
}

static void test_patience(void)
{
	struct record record = talk(1000, 1000);

	record.flow.retransmissions = 2;
	outcome(&record, BLOCK_UNSURE, "two segments sent again tell nothing");
	record.flow.retransmissions = 3;
	outcome(&record, BLOCK_DROPPED_AFTER_HELLO, "three do");
	record = talk(1000, 0);
	record.flow.end_ns = 3 * NS_PER_S - 1;
	outcome(&record, BLOCK_UNSURE, "hung up before three seconds");
	record.flow.end_ns = 3 * NS_PER_S;
	outcome(&record, BLOCK_DROPPED_AFTER_HELLO, "waited for three seconds");
}

/* Who is not answered for long has waited, whatever the capture's clock says of packets. */
static void test_silence(void)
{
	struct record record = talk(1000, 0);

	outcome(&record, BLOCK_UNSURE, "hung up at once");
	record.flow.end = FLOW_END_IDLE;
	outcome(&record, BLOCK_DROPPED_AFTER_HELLO, "fell silent");
}

static void test_lookups(void)
{
	struct record record = talk(40, 0);

	record.l7.protocol = L7_DNS;
	record.l7.dns_unanswered = true;
	record.flow.total_packets[0] = 1;
	outcome(&record, BLOCK_UNSURE, "one question may have lost its answer");
	record.flow.total_packets[0] = 2;
	outcome(&record, BLOCK_DNS, "two have not");
}

/* How many attempts two tries are that lie so far apart, and how many are counted at a time. */
static void test_window(uint64_t apart_ns, int wanted)
{
	const uint64_t start_ns = UINT64_C(1000000) * NS_PER_S;
	struct attempts *attempts = attempts_create();
	const struct attempt_row *rows;
	struct record record = talk(1000, 0);
	size_t count;

	record.flow.end_ns = record.flow.start_ns = record.flow.flow_start_ns = start_ns;
	record.decision.rule = 1;
	record.decision.action = POLICY_ACTION_DENY;
	record.decision.verdict = POLICY_VERDICT_VIOLATION;
	record.decision.block = BLOCK_DROPPED_AFTER_HELLO;
	record.device.identity = record.flow.source;
	attempts_add(attempts, &record, 1, 11, false);
	attempts_close(attempts, start_ns + ATTEMPT_WINDOW_S * NS_PER_S);
	is_int((int64_t)attempts_rows(attempts, &rows), 0, "its last moment is of the window");
	record.flow.flow_start_ns = record.flow.start_ns = start_ns + apart_ns;
	attempts_add(attempts, &record, 1, 11, false);
	attempts_close(attempts, UINT64_MAX);
	count = attempts_rows(attempts, &rows);
	is_int(count == 1 ? (int64_t)rows[0].count : -1, wanted, "apart by %llu ns",
		(unsigned long long)apart_ns);
	attempts_destroy(attempts);
}

/* How many devices have tried: each counts once, however often it did, up to the bound. */
static void test_devices(void)
{
	struct attempts *attempts = attempts_create();
	struct record record = talk(1000, 0);
	const struct attempt_row *rows;

	record.decision.rule = 1;
	record.decision.action = POLICY_ACTION_DENY;
	record.decision.verdict = POLICY_VERDICT_VIOLATION;
	record.decision.block = BLOCK_DROPPED_AFTER_HELLO;
	for (unsigned i = 0; i < ATTEMPT_DEVICES_MAX + 2; i++) {
		for (unsigned again = 0; again < 2; again++) {
			record.device.identity = record.flow.source;
			record.device.identity.bytes[15] = (uint8_t)i;
			record.flow.start_ns = (1000 + again * 3600) * NS_PER_S;
			record.flow.flow_start_ns = record.flow.start_ns;
			attempts_add(attempts, &record, 1, 11, false);
		}
		if (i == 1) {
			attempts_close(attempts, UINT64_MAX);
			attempts_rows(attempts, &rows);
			is_int((int64_t)rows[0].count, 4, "two devices tried twice each");
			is_int(rows[0].devices, 2, "… and are two");
		}
	}
	attempts_close(attempts, UINT64_MAX);
	attempts_rows(attempts, &rows);
	is_int(rows[0].devices, ATTEMPT_DEVICES_MAX, "more than there is room for are as many");
	is_int((int64_t)rows[0].count, 2 * (ATTEMPT_DEVICES_MAX + 2), "… and all their tries");
	attempts_destroy(attempts);
}

int main(void)
{
	test_bytes();
	test_datagrams();
	test_devices();
	test_page();
	test_page_issuer();
	test_patience();
	test_silence();
	test_lookups();
	test_window(ATTEMPT_WINDOW_S * NS_PER_S, 1);
	test_window(ATTEMPT_WINDOW_S * NS_PER_S + 1, 2);
	return done_testing();
}
