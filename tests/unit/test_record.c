/* What a record by itself says: which ways crossed the sensor, whose word it is, what is known of
 * its bytes. */
#include "analyzer/record/record.h"

#include <string.h>

#include "tests/tap.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMP6 = 58 };

static void test_vantage(void)
{
	for (unsigned own = 0; own < 2; own++) {
		struct record record = { .own_side = own ? RECORD_DESTINATION : RECORD_SOURCE };
		record.at_least = 3;
		addr_parse("10.1.1.1", &record.flow.source);
		addr_parse("10.1.1.2", &record.flow.destination);
		record.flow.total_packets[0] = record.flow.total_packets[1] = 1;
		record_note_vantage(&record);
		is_int(record.seen, RECORD_SEEN_BOTH, "both ways");
		ok(addr_equal(&record.device.identity,
			   own ? &record.flow.destination : &record.flow.source) &&
				record.device.kind == DEVICE_ADDRESS && record.at_least == 0,
			"… of our end's address");
		record.flow.total_packets[own] = 0;
		record_note_vantage(&record);
		is_int(record.seen, RECORD_SEEN_IN_ONLY, "what we sent was not seen");
		record.flow.total_packets[own] = 1;
		record.flow.total_packets[!own] = 0;
		record_note_vantage(&record);
		is_int(record.seen, RECORD_SEEN_OUT_ONLY, "what came back was not");
	}
}

/* Only an end of ours, or a tunnel that one wrapped, says that we took part. */
static void test_hearsay(void)
{
	static const struct {
		unsigned packets_own, packets_other;
		enum flow_wrapped own, other;
		bool is_hearsay;
		const char *what;
	} cases[] = {
		{ 1, 1, FLOW_BARE, FLOW_BARE, false, "no tunnel" },
		{ 1, 1, FLOW_WRAPPED_OUTSIDE, FLOW_BARE, true, "we, in a tunnel from outside" },
		{ 1, 1, FLOW_WRAPPED_OUTSIDE, FLOW_WRAPPED_OUTSIDE, true, "both of them" },
		{ 1, 1, FLOW_WRAPPED_OUTSIDE, FLOW_WRAPPED_INSIDE, false,
			"… but answers go there in one of ours" },
		{ 1, 0, FLOW_WRAPPED_OUTSIDE, FLOW_WRAPPED_INSIDE, true,
			"… which are none where there are no answers" },
		{ 1, 1, FLOW_BARE, FLOW_WRAPPED_OUTSIDE, false, "only the other end" },
		{ 1, 1, FLOW_WRAPPED_INSIDE, FLOW_BARE, false, "a tunnel of ours" },
		{ 0, 1, FLOW_BARE, FLOW_WRAPPED_OUTSIDE, true,
			"who is called in one from outside" },
		{ 0, 1, FLOW_BARE, FLOW_WRAPPED_INSIDE, false, "… in one of ours" },
		{ 0, 1, FLOW_BARE, FLOW_BARE, false, "… in none" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned own = 0; own < 2; own++) {
			struct record record = { .own_side =
							 own ? RECORD_DESTINATION : RECORD_SOURCE };
			record.flow.total_packets[own] = cases[i].packets_own;
			record.flow.total_packets[!own] = cases[i].packets_other;
			record.flow.wrapped[own] = (uint8_t)cases[i].own;
			record.flow.wrapped[!own] = (uint8_t)cases[i].other;
			ok(record_is_hearsay(&record) == cases[i].is_hearsay, "%s: %s",
				cases[i].what, cases[i].is_hearsay ? "hearsay" : "seen");
		}
	}
}

/* What did not cross the sensor is not nothing, where somebody must have answered or would have
 * been asked in vain. */
static void test_known(void)
{
	static const struct {
		uint8_t protocol, icmp_type;
		enum tcp_state tcp;
		enum l7_protocol l7;
		const char *to;
		unsigned packets, bytes;
		bool is_known; /* that nothing came back */
	} cases[] = {
		{ TCP, 0, TCP_STATE_SYN, L7_UNKNOWN, "192.0.2.1", 3, 180, true },
		{ TCP, 0, TCP_STATE_REFUSED, L7_UNKNOWN, "192.0.2.1", 3, 180, true },
		{ TCP, 0, TCP_STATE_CLOSED, L7_UNKNOWN, "192.0.2.1", 3, 180, false },
		{ TCP, 0, TCP_STATE_MIDSTREAM, L7_UNKNOWN, "192.0.2.1", 3, 180, false },
		{ UDP, 0, TCP_STATE_NONE, L7_UNKNOWN, "192.0.2.1", 16, 1600, true },
		{ UDP, 0, TCP_STATE_NONE, L7_UNKNOWN, "192.0.2.1", 17, 1700, false },
		{ UDP, 0, TCP_STATE_NONE, L7_UNKNOWN, "224.0.0.251", 17, 1700, true },
		{ UDP, 0, TCP_STATE_NONE, L7_UNKNOWN, "ff02::fb", 17, 1700, true },
		{ UDP, 0, TCP_STATE_NONE, L7_SYSLOG, "192.0.2.1", 99, 9900, true },
		{ UDP, 0, TCP_STATE_NONE, L7_NETFLOW, "192.0.2.1", 99, 9900, true },
		{ UDP, 0, TCP_STATE_NONE, L7_DNS, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_DNSCRYPT, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_NTP, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_SNMP, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_RADIUS, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_LDAP, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_KERBEROS, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_RPC, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_SIP, "192.0.2.1", 1, 60, false },
		{ UDP, 0, TCP_STATE_NONE, L7_STUN, "192.0.2.1", 1, 60, false },
		/* a client alone can send no more than Initials, which are full */
		{ UDP, 0, TCP_STATE_NONE, L7_QUIC, "192.0.2.1", 20, 24000, true },
		{ UDP, 0, TCP_STATE_NONE, L7_QUIC, "192.0.2.1", 20, 23999, false },
		{ ICMP, 8, TCP_STATE_NONE, L7_ICMP, "192.0.2.1", 1, 84, false },
		{ ICMP, 3, TCP_STATE_NONE, L7_ICMP, "192.0.2.1", 1, 84, true },
		{ ICMP, 128, TCP_STATE_NONE, L7_ICMP, "192.0.2.1", 1, 84, true },
		{ ICMP, 8, TCP_STATE_NONE, L7_ICMP, "224.0.0.1", 1, 84, true },
		{ ICMP6, 128, TCP_STATE_NONE, L7_ICMP, "2001:db8::1", 1, 84, false },
		{ ICMP6, 8, TCP_STATE_NONE, L7_ICMP, "2001:db8::1", 99, 8400, true },
		{ ICMP6, 128, TCP_STATE_NONE, L7_ICMP, "ff02::1", 1, 84, true },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = { .flow.protocol = cases[i].protocol };
		record.flow.icmp_type = cases[i].icmp_type;
		record.flow.tcp_state = (uint8_t)cases[i].tcp;
		record.l7.protocol = (uint8_t)cases[i].l7;
		addr_parse(cases[i].to, &record.flow.destination);
		record.flow.total_packets[0] = cases[i].packets;
		record.flow.total_bytes[0] = cases[i].bytes;
		ok(record_knows_bytes(&record, 1) == cases[i].is_known,
			"%u packets of protocol %u, %s, to %s: what came back is %s",
			cases[i].packets, cases[i].protocol, l7_protocol_name(cases[i].l7),
			cases[i].to, cases[i].is_known ? "nothing" : "not known");
		record.flow.total_packets[1] = 1;
		ok(record_knows_bytes(&record, 1) && record_knows_all_bytes(&record, 1),
			"… and known where one was seen");
		record.at_least = 2;
		ok(!record_knows_all_bytes(&record, 1) && record_knows_all_bytes(&record, 0),
			"… but not all of them, where another sensor saw more");
		record.flow.total_packets[0] = 0;
		ok(!record_knows_bytes(&record, 0), "… and never of who began, unseen");
	}
}

static void test_verdicts(void)
{
	for (unsigned verdict = 0; verdict < POLICY_VERDICT_COUNT; verdict++) {
		bool is_it = verdict == POLICY_VERDICT_VIOLATION ||
			     verdict == POLICY_VERDICT_REPORTED ||
			     verdict == POLICY_VERDICT_UNAPPROVED;
		ok(policy_verdict_is_to_be_stopped(verdict) == is_it, "\"%s\" is %s",
			policy_verdict_name(verdict), is_it ? "to be stopped" : "not");
	}
}

int main(void)
{
	test_vantage();
	test_hearsay();
	test_known();
	test_verdicts();
	return done_testing();
}
