/* What ICMP says of a probe's hello, and which of it counts: frames byte by byte. */
#include "analyzer/classify/probe_refusals.h"

#include "tests/unit/decode_fixture.h"

enum { ETHERNET = 1, HELLO_BYTES = 200, DATAGRAM_BYTES = 1200, TCP = 6, UDP = 17 };

/* The client is 10.0.0.1, port 40000; the server 10.0.0.2; the firewall 10.0.0.9. */
static const char quoted_ids[] = "0a000001 0a000002", told_ids[] = "0a000009 0a000001";

static struct packet_batch packets;

/* Numbers of a packet, as it was sent or as it is quoted. */
struct numbers {
	unsigned protocol, ip_id, client_port, server_port;
	uint32_t seq;
	unsigned payload_bytes;
	char first_byte;
};

static const struct numbers stream = { TCP, 7, 40000, 443, 1001, HELLO_BYTES, 'h' };
static const struct numbers datagram = { UDP, 7, 40000, 443, 0, DATAGRAM_BYTES, 'q' };

static void put_ip(unsigned payload_bytes, unsigned ip_id, unsigned protocol, const char *ends)
{
	char text[96];

	snprintf(text, sizeof(text), "4500 %04x %04x 4000 40 %02x 0000 %s", payload_bytes + 20,
		ip_id, protocol, ends);
	put(text);
}

/* The packet, as far as so many bytes behind its IP header. */
static void put_sent(const struct numbers *numbers, unsigned kept)
{
	unsigned head = numbers->protocol == TCP ? 20 : 8;
	unsigned began = length + 20;
	char text[96];

	put_ip(head + numbers->payload_bytes, numbers->ip_id, numbers->protocol, quoted_ids);
	if (numbers->protocol == TCP) {
		snprintf(text, sizeof(text), "%04x %04x %08x 00000001 5018 ffff 0000 0000",
			numbers->client_port, numbers->server_port, numbers->seq);
	} else {
		snprintf(text, sizeof(text), "%04x %04x %04x 1234", numbers->client_port,
			numbers->server_port, head + numbers->payload_bytes);
	}
	put(text);
	put_zeros(numbers->payload_bytes);
	bytes[began + head] = (uint8_t)numbers->first_byte;
	length = began + kept;
}

static const struct packet *decode_as_batch(void)
{
	const struct packet *packet = decode(frame_of(ETHERNET));

	packets.count = packet != NULL;
	packets.packets[0] = packet ? *packet : packets.packets[0];
	return packet;
}

/* "Destination unreachable" of that code to that receiver, quoting so much. */
static void put_refusal(
	unsigned code, const char *ends, const struct numbers *numbers, unsigned kept)
{
	char text[32];

	start();
	put_ethernet("0800");
	put_ip(8 + 20 + kept, 1, 1, ends);
	snprintf(text, sizeof(text), "03 %02x 0000 00000000", code);
	put(text);
	put_sent(numbers, kept);
}

/* How the hello was refused, by what the message in hand says; NONE: it does not count. */
static enum l7_refusal heard(const struct numbers *sent, struct l7_info *l7, bool is_late)
{
	static const uint32_t probe_number = 77;
	struct probe_refusals *refusals = probe_refusals_create();
	uint8_t message[BYTES_MAX];
	unsigned message_bytes = length;
	const struct flow_ends ends = { .source = addr_from_v4("\x0a\0\0\x01"),
		.destination = addr_from_v4("\x0a\0\0\x02"),
		.source_port = 40000,
		.destination_port = 443,
		.protocol = (uint8_t)sent->protocol };
	const struct flow_record flow = { .source = ends.source,
		.destination = ends.destination,
		.source_port = ends.source_port,
		.destination_port = ends.destination_port,
		.protocol = ends.protocol };

	memcpy(message, bytes, length);
	start();
	put_ethernet("0800");
	put_sent(sent, (sent->protocol == TCP ? 20 : 8) + sent->payload_bytes);
	const struct packet *hello = decode_as_batch();
	l7_info_clear(l7);
	l7->probe_time_s = 1;
	l7->probe_number = probe_number;
	probe_refusals_expect(refusals, l7, &ends, hello);
	memcpy(bytes, message, message_bytes);
	length = message_bytes;
	decode_as_batch();
	packets.packets[0].time_ns += is_late ? UINT64_C(3600000000000) : 0;
	probe_refusals_hear(refusals, NULL, &packets);
	probe_refusals_tell(refusals, &flow, l7);
	probe_refusals_destroy(refusals);
	return l7->refusal;
}

static enum l7_refusal heard_of(const struct numbers *sent, const struct numbers *quoted)
{
	struct l7_info l7;

	put_refusal(13, told_ids, quoted, quoted->protocol == TCP ? 8 : 64);
	return heard(sent, &l7, false);
}

static void test_kinds(void)
{
	static const struct {
		unsigned code;
		enum l7_refusal refusal;
		const char *title;
	} codes[] = { { 13, L7_REFUSAL_PROHIBITED, "a rule forbids it" },
		{ 9, L7_REFUSAL_PROHIBITED, "of the network" },
		{ 3, L7_REFUSAL_PORT, "nobody is at the port" },
		{ 1, L7_REFUSAL_NO_WAY, "no way to the host" },
		{ 4, L7_REFUSAL_NONE, "too large is no refusal" },
		{ 200, L7_REFUSAL_NONE, "nor is a code that nobody knows" } };
	const struct numbers *const sent[] = { &stream, &datagram };
	struct l7_info l7;

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		for (unsigned j = 0; j < 2; j++) {
			put_refusal(codes[i].code, told_ids, sent[j], 64);
			is_int(heard(sent[j], &l7, false), codes[i].refusal, "%s, %s",
				j ? "QUIC" : "TLS", codes[i].title);
		}
	}
	put_refusal(13, told_ids, &stream, 8);
	heard(&stream, &l7, false);
	ok(strcmp(l7_info_refused_by(&l7), "10.0.0.9") == 0, "and who says so: %s",
		l7_info_refused_by(&l7));
}

static struct numbers with_seq(uint32_t seq)
{
	struct numbers numbers = stream;

	numbers.seq = seq;
	return numbers;
}

static void test_streams(void)
{
	struct numbers quoted = with_seq(1001 + HELLO_BYTES - 1);

	is_int(heard_of(&stream, &quoted), L7_REFUSAL_PROHIBITED,
		"TLS: any of the hello's numbers");
	quoted = with_seq(1001 + HELLO_BYTES);
	is_int(heard_of(&stream, &quoted), L7_REFUSAL_NONE, "what is sent behind it is no hello");
	quoted = with_seq(0x80001001);
	is_int(heard_of(&stream, &quoted), L7_REFUSAL_NONE, "another number is forged");
	quoted = stream;
	quoted.client_port = 40001;
	is_int(heard_of(&stream, &quoted), L7_REFUSAL_NONE, "another port is another's");
	quoted.client_port = 40000;
	quoted.protocol = UDP;
	is_int(heard_of(&stream, &quoted), L7_REFUSAL_NONE, "another transport too");
}

static void test_datagrams(void)
{
	struct numbers quoted = datagram;
	struct l7_info l7;

	quoted.ip_id = 8;
	is_int(heard_of(&datagram, &quoted), L7_REFUSAL_PROHIBITED,
		"QUIC: known by its first bytes, whatever identification a router gave it");
	quoted.first_byte = 'x';
	is_int(heard_of(&datagram, &quoted), L7_REFUSAL_NONE, "other bytes are forged");
	put_refusal(13, told_ids, &datagram, 8);
	is_int(heard(&datagram, &l7, false), L7_REFUSAL_PROHIBITED,
		"a header alone is known by its identification");
	put_refusal(13, told_ids, &quoted, 8);
	is_int(heard(&datagram, &l7, false), L7_REFUSAL_NONE, "by no other");
	quoted = datagram;
	quoted.ip_id = 0;
	put_refusal(13, told_ids, &quoted, 8);
	is_int(heard(&quoted, &l7, false), L7_REFUSAL_NONE, "and not where it has none");
	quoted = datagram;
	quoted.payload_bytes = 1199;
	is_int(heard_of(&datagram, &quoted), L7_REFUSAL_NONE, "another length is forged");
}

static void test_whole_messages(void)
{
	struct l7_info l7;
	unsigned counted = 0;

	put_refusal(13, "0a000009 0a000003", &stream, 8);
	is_int(heard(&stream, &l7, false), L7_REFUSAL_NONE, "said to somebody else");
	put_refusal(13, told_ids, &stream, 8);
	is_int(heard(&stream, &l7, true), L7_REFUSAL_NONE, "said an hour later");
	for (unsigned cut = 1; cut <= 36; cut++) {
		put_refusal(13, told_ids, &stream, 8);
		length -= cut;
		counted += heard(&stream, &l7, false) != L7_REFUSAL_NONE;
	}
	is_int(counted, 0, "cut anywhere before the number it is none");
}

/* Over IPv6 there is no identification: the quote is to hold some of the datagram (RFC 4443, 2.4).
 */
static enum l7_refusal heard_over_v6(unsigned kept, const char *first_bytes)
{
	static const char ends[] = "20010db8000000000000000000000001 "
				   "20010db8000000000000000000000002";
	static const char sent_bytes[] = "c1 00000001 08 0102030405060708 08";
	const struct flow_ends flow_ends = { .source = addr_from_v6(
						     "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"),
		.destination = addr_from_v6("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"),
		.source_port = 40000,
		.destination_port = 443,
		.protocol = UDP };
	const struct flow_record flow = { .source = flow_ends.source,
		.destination = flow_ends.destination,
		.source_port = 40000,
		.destination_port = 443,
		.protocol = UDP };
	struct probe_refusals *refusals = probe_refusals_create();
	struct l7_info l7;

	l7_info_clear(&l7);
	l7.probe_time_s = 1;
	start();
	put_ethernet("86dd");
	put("60000000 0028 11 40");
	put(ends);
	put_udp(40000, 443, 32);
	put(sent_bytes);
	put_zeros(32 - 15);
	probe_refusals_expect(refusals, &l7, &flow_ends, decode_as_batch());
	start();
	put_ethernet("86dd");
	put("60000000 0058 3a 40 20010db8000000000000000000000009 "
	    "20010db8000000000000000000000001 01 01 0000 00000000 60000000 0028 11 40");
	put(ends);
	put_udp(40000, 443, 32);
	put(first_bytes);
	put_zeros(32 - 15);
	length -= 32 - kept;
	decode_as_batch();
	probe_refusals_hear(refusals, NULL, &packets);
	probe_refusals_tell(refusals, &flow, &l7);
	probe_refusals_destroy(refusals);
	return l7.refusal;
}

static void test_v6(void)
{
	is_int(heard_over_v6(32, "c1 00000001 08 0102030405060708 08"), L7_REFUSAL_PROHIBITED,
		"IPv6: forbidden");
	is_int(heard_over_v6(32, "c1 00000001 08 0102030405060709 08"), L7_REFUSAL_NONE,
		"another connection is forged");
	is_int(heard_over_v6(4, "c1 00000001 08 0102030405060708 08"), L7_REFUSAL_NONE,
		"and four bytes of it say nothing");
}

int main(void)
{
	decoder = decoder_create();
	test_kinds();
	test_streams();
	test_datagrams();
	test_whole_messages();
	test_v6();
	decoder_destroy(decoder);
	return done_testing();
}
