#include "analyzer/record/probe_marker.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/classify/dissect/tls_hello.h"
#include "analyzer/classify/dissect/wire_crypto.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/vantage_judge.h"
#include "base/clock.h"
#include "dashboards/probe/probe_hello.h"
#include "dashboards/probe/probe_reply.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { NOW_S = 1800000000 };

static const uint8_t secret[32] = { 1, 2, 3 }, other_secret[32] = { 1, 2, 4 };
static struct probe_key *key, *other_key;
static struct catalogue *catalogue;

static struct probe_hello hello_of(const char *name)
{
	return (struct probe_hello){ .transport = PROBE_TCP,
		.name = name,
		.name_length = strlen(name),
		.time_s = NOW_S,
		.segment = probe_segment(key, "North"),
		.number = 7 };
}

static bool holds(const uint8_t *marker, const char *name, uint8_t transport, uint64_t now_s)
{
	struct probe_hello read = {
		.transport = transport, .name = name, .name_length = strlen(name)
	};

	return probe_marker_check(key, marker, now_s, &read) && read.time_s == NOW_S &&
	       read.segment == probe_segment(key, "North") && read.number == 7;
}

static void test_marker(void)
{
	static const char name[] = "www.tiktok.com";
	struct probe_hello hello = hello_of(name);
	uint8_t marker[PROBE_MARKER_BYTES], forged[PROBE_MARKER_BYTES];
	unsigned accepted = 0;

	ok(probe_marker_make(key, &hello, marker), "a marker is made");
	ok(holds(marker, name, PROBE_TCP, NOW_S), "and holds");
	ok(!holds(marker, "www.tiktok.org", PROBE_TCP, NOW_S), "for no other name");
	ok(!holds(marker, name, PROBE_QUIC, NOW_S), "nor for another transport");
	ok(probe_is_timely(NOW_S, NOW_S + PROBE_WINDOW_S) &&
			probe_is_timely(NOW_S, NOW_S - PROBE_WINDOW_S),
		"for five minutes around its time");
	ok(!probe_is_timely(NOW_S, NOW_S + PROBE_WINDOW_S + 1) &&
			!probe_is_timely(NOW_S, NOW_S - PROBE_WINDOW_S - 1),
		"and no longer");
	ok(holds(marker, name, PROBE_TCP, NOW_S + PROBE_KNOWN_S) &&
			holds(marker, name, PROBE_TCP, NOW_S - PROBE_KNOWN_S) &&
			!holds(marker, name, PROBE_TCP, NOW_S + PROBE_KNOWN_S + 1),
		"for a day it is known for one");
	for (unsigned bit = 0; bit < 8 * PROBE_MARKER_BYTES; bit++) {
		memcpy(forged, marker, sizeof(forged));
		forged[bit / 8] ^= (uint8_t)(1u << bit % 8);
		accepted += holds(forged, name, PROBE_TCP, NOW_S);
	}
	ok(accepted == 0, "with any bit changed it is none (%u)", accepted);
	probe_marker_make(other_key, &hello, forged);
	ok(!holds(forged, name, PROBE_TCP, NOW_S), "one under another key is none");
	ok(probe_segment(key, "North") != probe_segment(key, "South") &&
			probe_segment(key, "North") != probe_segment(other_key, "North"),
		"segments are told apart, and by holders of the key alone");
}

/* The hello is one that our own reader takes for one, whole, with its name and its marker. */
static void test_hellos(void)
{
	static const uint8_t entropy[PROBE_ENTROPY_BYTES] = { 9, 8, 7 };
	static const char name[] = "www.tiktok.com";
	uint8_t marker[PROBE_MARKER_BYTES], out[PROBE_HELLO_MAX], plain[PROBE_HELLO_MAX];
	struct probe_hello probe = hello_of(name);
	struct client_hello read;

	probe_marker_make(key, &probe, marker);
	size_t length = probe_put_tls_hello(marker, name, out);
	ok(client_hello_parse(reader_over(out + 9, length - 9), false, &read) && read.is_whole &&
			read.server_name_length == strlen(name) &&
			memcmp(read.server_name, name, strlen(name)) == 0 &&
			memcmp(read.random, marker, sizeof(marker)) == 0,
		"TLS: a whole hello with name and marker");

	length = probe_put_quic_hello(marker, name, entropy, out);
	ok(length == PROBE_HELLO_MAX, "QUIC: a datagram of 1,200 bytes (%zu)", length);
	struct quic_crypto *crypto = quic_crypto_create();
	const struct quic_packet packet = { .version = 1,
		.cid = out + 6,
		.cid_length = 8,
		.bytes = out,
		.count = length,
		.number_offset = 26,
		.from_client = true };
	size_t opened = quic_open_initial(crypto, &packet, plain);
	quic_crypto_destroy(crypto);
	/* CRYPTO, offset 0, a length of two bytes, the message's header. */
	ok(opened > 0 && plain[0] == 6 && plain[4] == 1, "that opens with the keys of its ID");
	size_t bytes = (size_t)plain[6] << 8 | plain[7];
	ok(client_hello_parse(reader_over(plain + 8, bytes), false, &read) && read.is_whole &&
			read.best_version == 0x0304 &&
			memcmp(read.random, marker, sizeof(marker)) == 0,
		"and holds a whole hello of TLS 1.3 with the marker");
}

static void test_replies(void)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	static const uint8_t page[] = "HTTP/1.1 302 Found\r\n";
	static const uint8_t half[] = { 22, 3, 3, 0, 90, 2, 0, 0, 86 };
	struct probe_reply reply;

	ok(probe_read_tls_reply(alert, sizeof(alert), NULL, &reply) && reply.result == PROBE_ALERT,
		"an alert");
	ok(probe_read_tls_reply(page, sizeof(page), NULL, &reply) && reply.result == PROBE_OTHER,
		"an answer that is no TLS");
	ok(!probe_read_tls_reply(half, sizeof(half), NULL, &reply) &&
			reply.result == PROBE_HANDSHAKE,
		"the beginning of a handshake: more is wanted");
}

/* A ServerHello and a certificate of TLS 1.2 whose issuer has an organisation alone; its subject
 * has a common name. */
static enum probe_result read_issuer(const char *block_issuer, struct probe_reply *reply)
{
	static const char records[] = "\x16\x03\x03\0\x04\x02\0\0\0"
				      "\x16\x03\x03\0\x44\x0b\0\0\x40\0\0\x3d\0\0\x3a"
				      "\x30\x38\x30\x36\x02\x01\x01\x30\0"
				      "\x30\x15\x31\x13\x30\x11\x06\x03\x55\x04\x0a\x0c\x0a"
				      "Our Wall 1"
				      "\x30\0"
				      "\x30\x16\x31\x14\x30\x12\x06\x03\x55\x04\x03\x0c\x0b"
				      "www.example";

	probe_read_tls_reply((const uint8_t *)records, sizeof(records) - 1, block_issuer, reply);
	return reply->result;
}

static void test_issuers(void)
{
	struct probe_reply reply = { 0 };

	is_int(read_issuer(NULL, &reply), PROBE_HANDSHAKE, "a handshake");
	is_text(reply.issuer, "Our Wall 1", "the issuer's organisation, not the subject's name");
	is_int(read_issuer("our wall 1", &reply), PROBE_BLOCK_PAGE, "the firewall's, in any case");
	is_int(read_issuer("Our Wall", &reply), PROBE_HANDSHAKE, "a part of it is not");
	is_int(read_issuer("www.example", &reply), PROBE_HANDSHAKE, "nor is the subject");
}

static struct policy *policy_of_north(void)
{
	static const char rules[] = "organisation: Exempelstad kommun\n"
				    "own_networks: [192.0.2.0/24]\n"
				    "units:\n  North: {networks: [192.0.2.0/24]}\n";
	struct policy_problems problems;
	struct policy *policy;
	struct err err;

	if (policy_parse(&policy, "rules.yaml", rules, strlen(rules), NULL, NULL, &problems, &err) <
		0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return policy;
}

/* A probe from North, whose flow is over. */
static struct record record_of_north(const struct policy *policy)
{
	struct record record;
	struct record_labels labels;

	record_plain(&record, &labels);
	policy_locate(policy, &record);
	record.flow.is_last = true;
	record.flow.flow_start_ns = NOW_S * NS_PER_S;
	record.l7.probe_time_s = NOW_S;
	record.l7.probe_segment = probe_segment(key, "North");
	return record;
}

/* A marker that comes in a second flow was copied: it proves nothing. */
static void test_copies(void)
{
	struct vantage *vantage = vantage_create();
	struct policy *policy = policy_of_north();
	const struct reference reference = { .policy = policy };
	uint16_t north = policy_find_unit(policy, "North");
	struct record record = record_of_north(policy);

	vantage->probe_key = key;
	vantage_take(vantage, &reference, &record, 1);
	record.flow.flow_id++;
	vantage_take(vantage, &reference, &record, 1);
	const struct segment_day *day = segment_days_find(&vantage->days, north, NOW_S / 86400);
	ok(day && day->probes == 1, "a probe proves the day of its unit, once");
	ok(vantage->probes.refused == 1, "its copy is refused and counted");
	record.l7.probe_number++;
	vantage_take(vantage, &reference, &record, 1);
	ok(day->probes == 2 && vantage->probes.refused == 1,
		"another one of the same second is no copy");
	record.l7.probe_time_s -= 3600;
	vantage_take(vantage, &reference, &record, 1);
	ok(day->probes == 2 && vantage->probes.untimely == 1 && vantage->probes.apart_s == -3600,
		"one whose clock is an hour behind proves nothing, and is counted");
	record.l7.probe_time_s += 3601;
	record.flow.flow_id++;
	record.decision.unit = 0;
	vantage_take(vantage, &reference, &record, 1);
	record.decision.unit = north;
	record.flow.flow_id++;
	vantage_take(vantage, &reference, &record, 1);
	ok(day->probes == 3 && vantage->probes.refused == 2,
		"a copy from elsewhere that comes first takes nothing from the real one, and is "
		"counted");
	for (unsigned i = 0; i < 200; i++) {
		record.l7.probe_time_s++;
		vantage_take(vantage, &reference, &record, 1);
	}
	record.l7.probe_time_s -= 200;
	vantage_take(vantage, &reference, &record, 1);
	ok(day->probes == 203 && vantage->probes.refused == 3,
		"a copy is known behind two hundred others");
	unsigned count = vantage->probes.count;
	record.l7.probe_segment = probe_segment(key, "Elsewhere");
	vantage_take(vantage, &reference, &record, 1);
	ok(vantage->probes.count == count + 1 && day->probes == 203,
		"a segment that the policy does not know proves nothing of its units");
	vantage_destroy(vantage);
	policy_free(policy);
}

/* What became of the latest probe, in words; "" where none was seen. */
static const char *outcome_of(struct vantage *vantage, const struct reference *reference)
{
	static struct vantage_report report;
	const struct vantage_context context = { .reference = reference,
		.now_ns = NOW_S * NS_PER_S };
	const char *outcome = "";

	vantage_judge(vantage, &context, &report);
	for (unsigned i = 0; i < report.findings.count; i++) {
		const struct vantage_finding *finding = &report.findings.items[i];
		if (finding->code == VANTAGE_PROBE || finding->code == VANTAGE_PROBE_REFUSED) {
			outcome = finding->figures[4].text;
		}
	}
	return outcome;
}

static const char *said_of(const struct reference *reference, struct vantage *vantage,
	struct record *record, uint8_t protocol, uint8_t tcp_state, uint8_t seen)
{
	record->flow.protocol = protocol;
	record->flow.tcp_state = tcp_state;
	record->flow.total_packets[0] = 2;
	record->flow.total_bytes[0] = 1000;
	record->flow.total_packets[1] = record->flow.total_bytes[1] = 0;
	record->seen = seen;
	record->flow.flow_id++;
	record->l7.probe_number++;
	vantage_take(vantage, reference, record, 1);
	return outcome_of(vantage, reference);
}

/* A hello that is sent again once the sensor listens says nothing of which ways it sees. */
static void test_late(void)
{
	struct vantage *vantage = vantage_create();
	struct policy *policy = policy_of_north();
	const struct reference reference = { .policy = policy, .catalogue = catalogue };
	struct record record = record_of_north(policy);

	vantage->probe_key = key;
	is_text(said_of(&reference, vantage, &record, 6, TCP_STATE_MIDSTREAM, RECORD_SEEN_OUT_ONLY),
		"probe_late", "a hello sent again is told as such");
	is_text(said_of(&reference, vantage, &record, 17, TCP_STATE_NONE, RECORD_SEEN_OUT_ONLY),
		"block_dropped", "behind it QUIC that nobody answers is unanswered");
	is_text(said_of(&reference, vantage, &record, 6, TCP_STATE_ESTABLISHED,
			RECORD_SEEN_OUT_ONLY),
		"probe_one_way", "a connection of which one way is seen is told as such");
	is_text(said_of(&reference, vantage, &record, 17, TCP_STATE_NONE, RECORD_SEEN_OUT_ONLY),
		"probe_one_way", "and then silence of QUIC is none");
	record.l7.probe_time_s += 2 * PROBE_WINDOW_S;
	record.flow.flow_start_ns += 2 * PROBE_WINDOW_S * NS_PER_S;
	is_text(said_of(&reference, vantage, &record, 17, TCP_STATE_NONE, RECORD_SEEN_OUT_ONLY),
		"block_dropped", "but not ten minutes later");
	vantage_destroy(vantage);
	policy_free(policy);
}

/* What came back of a hello, where it was no TLS. */
static void test_answers(void)
{
	struct vantage *vantage = vantage_create();
	struct policy *policy = policy_of_north();
	const struct reference reference = { .policy = policy, .catalogue = catalogue };
	struct record record = record_of_north(policy);

	vantage->probe_key = key;
	record.l7.protocol = L7_TLS;
	record.seen = RECORD_SEEN_BOTH;
	record.flow.protocol = 6;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.total_packets[0] = record.flow.total_packets[1] = 4;
	record.flow.total_bytes[0] = 1000;
	record.flow.total_bytes[1] = 208;
	record.flow.tcp_flags[1] = TCP_FIN;
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	vantage_take(vantage, &reference, &record, 1);
	is_text(outcome_of(vantage, &reference), "probe_closed", "a goodbye for an answer is one");
	record.l7.findings = 1 << L7_FINDING_UNANSWERED;
	record.l7.probe_number++;
	record.flow.total_bytes[1] = 600;
	vantage_take(vantage, &reference, &record, 1);
	is_text(outcome_of(vantage, &reference), "probe_other", "… and so is a page");
	vantage_destroy(vantage);
	policy_free(policy);
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	key = probe_key_create(secret);
	other_key = probe_key_create(other_secret);
	test_marker();
	test_hellos();
	test_replies();
	test_issuers();
	test_copies();
	test_late();
	test_answers();
	probe_key_destroy(key);
	probe_key_destroy(other_key);
	catalogue_close(catalogue);
	return done_testing();
}
