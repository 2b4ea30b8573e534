#include "analyzer/classify/probe_refusals.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/reader.h"

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMPV6 = 58 };

/* HELLO_BYTES_MAX: a probe's, which may come in several segments. HEAD_BYTES: of a datagram are
 * enough to know it by, its connection's ID among them. */
enum { SENT_MAX = 256, HELLO_BYTES_MAX = 1200, HEAD_BYTES = 16, UDP_HEADER_BYTES = 8 };

/* No probe waits longer for an answer. */
#define ANSWER_NS (60 * NS_PER_S)

struct sent {
	struct flow_ends ends;
	uint64_t time_ns;
	uint32_t probe_time_s, probe_number;
	uint32_t end_seq;        /* TCP: behind the hello */
	uint32_t datagram_bytes; /* UDP: header and payload */
	uint16_t ip_id;
	uint8_t head[HEAD_BYTES];
	uint8_t refusal; /* enum l7_refusal */
	struct addr told_by;
};

struct probe_refusals {
	uint64_t count; /* of all; the last of them are kept */
	uint64_t latest_ns;
	struct sent items[SENT_MAX];
};

struct probe_refusals *probe_refusals_create(void)
{
	return calloc(1, sizeof(struct probe_refusals));
}

void probe_refusals_destroy(struct probe_refusals *refusals)
{
	free(refusals);
}

static unsigned kept(const struct probe_refusals *refusals)
{
	return refusals->count < SENT_MAX ? (unsigned)refusals->count : SENT_MAX;
}

static bool have_same_ends(const struct flow_ends *one, const struct flow_ends *other)
{
	return one->protocol == other->protocol && one->source_port == other->source_port &&
	       one->destination_port == other->destination_port &&
	       addr_equal(&one->source, &other->source) &&
	       addr_equal(&one->destination, &other->destination);
}

/* NULL: it is none of them. */
static const struct sent *find(const struct probe_refusals *refusals, const struct flow_ends *ends,
	const struct l7_info *l7)
{
	for (unsigned i = 0; i < kept(refusals); i++) {
		const struct sent *sent = &refusals->items[i];
		if (sent->probe_time_s == l7->probe_time_s &&
			sent->probe_number == l7->probe_number &&
			have_same_ends(&sent->ends, ends)) {
			return sent;
		}
	}
	return NULL;
}

void probe_refusals_expect(struct probe_refusals *refusals, const struct l7_info *l7,
	const struct flow_ends *ends, const struct packet *packet)
{
	if (l7->probe_time_s == 0 || find(refusals, ends, l7)) {
		return;
	}
	struct sent *sent = &refusals->items[refusals->count++ % SENT_MAX];
	*sent = (struct sent){ .ends = *ends,
		.time_ns = packet->time_ns,
		.probe_time_s = l7->probe_time_s,
		.probe_number = l7->probe_number,
		.end_seq = packet->tcp_seq + packet->payload_wire_bytes,
		.datagram_bytes = packet->payload_wire_bytes + UDP_HEADER_BYTES,
		.ip_id = packet->ip_id };
	struct reader payload = reader_over(packet->payload, packet->payload_bytes);
	const uint8_t *head = reader_bytes(&payload, HEAD_BYTES);
	if (head) {
		memcpy(sent->head, head, HEAD_BYTES);
	}
	refusals->latest_ns = packet->time_ns;
}

/* The packet that an ICMP message quotes, up to its ports. */
struct quote {
	struct flow_ends ends;
	uint16_t ip_id;
	struct reader rest;
};

static bool read_ip4(struct reader *reader, struct quote *quote)
{
	enum { HEADER_BYTES = 20, OFFSET = 0x1fff };
	uint8_t first = reader_u8(reader);

	reader_skip(reader, 3); /* service, total length */
	quote->ip_id = reader_u16(reader);
	uint16_t fragment = reader_u16(reader);
	reader_skip(reader, 1);
	quote->ends.protocol = reader_u8(reader);
	reader_skip(reader, 2);
	const uint8_t *source = reader_bytes(reader, 4), *destination = reader_bytes(reader, 4);
	if (!reader_ok(reader) || first >> 4 != 4 || (first & 15) * 4 < HEADER_BYTES ||
		fragment & OFFSET) {
		return false;
	}
	reader_skip(reader, (first & 15) * 4U - HEADER_BYTES);
	quote->ends.source = addr_from_v4(source);
	quote->ends.destination = addr_from_v4(destination);
	return true;
}

/* A probe's packets have no extension headers. */
static bool read_ip6(struct reader *reader, struct quote *quote)
{
	uint8_t first = reader_u8(reader);

	reader_skip(reader, 5);
	quote->ip_id = 0;
	quote->ends.protocol = reader_u8(reader);
	reader_skip(reader, 1);
	const uint8_t *source = reader_bytes(reader, 16), *destination = reader_bytes(reader, 16);
	if (!reader_ok(reader) || first >> 4 != 6) {
		return false;
	}
	quote->ends.source = addr_from_v6(source);
	quote->ends.destination = addr_from_v6(destination);
	return true;
}

/* Of a message behind its type and code (RFC 792, RFC 4443): a checksum and four more bytes. */
static bool read_quote(const struct packet *message, struct quote *quote)
{
	struct reader reader = reader_over(message->payload, message->payload_bytes);

	reader_skip(&reader, 6);
	if (!(message->flags & PACKET_V6 ? read_ip6 : read_ip4)(&reader, quote)) {
		return false;
	}
	quote->ends.source_port = reader_u16(&reader);
	quote->ends.destination_port = reader_u16(&reader);
	quote->rest = reader;
	return reader_ok(&reader);
}

static bool is_hello(const struct sent *sent, const struct quote *quote)
{
	struct reader rest = quote->rest;

	if (quote->ends.protocol == IP_TCP) {
		uint32_t seq = reader_u32(&rest);
		return reader_ok(&rest) && sent->end_seq - seq - 1 < HELLO_BYTES_MAX;
	}
	uint16_t bytes = reader_u16(&rest);
	reader_skip(&rest, 2); /* a checksum that a card may not have filled in yet */
	if (!reader_ok(&rest) || bytes != sent->datagram_bytes) {
		return false;
	}
	const uint8_t *head = reader_bytes(&rest, HEAD_BYTES);
	return head ? memcmp(head, sent->head, HEAD_BYTES) == 0
		    : quote->ip_id != 0 && quote->ip_id == sent->ip_id;
}

/* Does "destination unreachable" of that code refuse a packet, and how? */
static enum l7_refusal refusal_of(bool is_v6, uint16_t type, uint16_t code)
{
	enum { UNREACHABLE_4 = 3, UNREACHABLE_6 = 1, CODES = 16 };
	static const uint8_t of_4[CODES] = { [0] = L7_REFUSAL_NO_WAY,
		[1] = L7_REFUSAL_NO_WAY,
		[2] = L7_REFUSAL_NO_WAY,
		[3] = L7_REFUSAL_PORT,
		[6] = L7_REFUSAL_NO_WAY,
		[7] = L7_REFUSAL_NO_WAY,
		[9] = L7_REFUSAL_PROHIBITED,
		[10] = L7_REFUSAL_PROHIBITED,
		[11] = L7_REFUSAL_NO_WAY,
		[12] = L7_REFUSAL_NO_WAY,
		[13] = L7_REFUSAL_PROHIBITED };
	static const uint8_t of_6[CODES] = { [0] = L7_REFUSAL_NO_WAY,
		[1] = L7_REFUSAL_PROHIBITED,
		[2] = L7_REFUSAL_NO_WAY,
		[3] = L7_REFUSAL_NO_WAY,
		[4] = L7_REFUSAL_PORT,
		[5] = L7_REFUSAL_PROHIBITED,
		[6] = L7_REFUSAL_PROHIBITED };

	if (type != (is_v6 ? UNREACHABLE_6 : UNREACHABLE_4) || code >= CODES) {
		return L7_REFUSAL_NONE;
	}
	return is_v6 ? of_6[code] : of_4[code];
}

/* By type and code, which stand where others have ports. */
static enum l7_refusal refusal_in(const struct packet *packet)
{
	bool is_v6 = packet->flags & PACKET_V6, is_high = packet->flags & PACKET_FROM_HIGH;
	uint8_t protocol = is_v6 ? packet->key.v6.protocol : packet->key.v4.protocol;
	const uint16_t *words_be = is_v6 ? packet->key.v6.port_be : packet->key.v4.port_be;

	return protocol == (is_v6 ? IP_ICMPV6 : IP_ICMP)
		       ? refusal_of(is_v6, ntohs(words_be[is_high]), ntohs(words_be[!is_high]))
		       : L7_REFUSAL_NONE;
}

static struct addr end_of(const struct packet *packet, bool is_high)
{
	return packet->flags & PACKET_V6 ? addr_from_v6(packet->key.v6.addr[is_high])
					 : addr_from_v4(packet->key.v4.addr[is_high]);
}

/* To whom sent what it quotes. The first that is said of a hello stays. */
static void hear(
	struct probe_refusals *refusals, const struct packet *packet, enum l7_refusal refusal)
{
	bool is_high = packet->flags & PACKET_FROM_HIGH;
	struct addr sender = end_of(packet, is_high), receiver = end_of(packet, !is_high);
	struct quote quote;

	if (!read_quote(packet, &quote) || !addr_equal(&receiver, &quote.ends.source)) {
		return;
	}
	for (unsigned i = 0; i < kept(refusals); i++) {
		struct sent *sent = &refusals->items[i];
		if (!sent->refusal && have_same_ends(&sent->ends, &quote.ends) &&
			is_hello(sent, &quote)) {
			sent->refusal = (uint8_t)refusal;
			sent->told_by = sender;
		}
	}
}

void probe_refusals_hear(struct probe_refusals *refusals, const struct collector *collector,
	const struct packet_batch *packets)
{
	if (refusals->count == 0 || packets->count == 0 ||
		packets->packets[0].time_ns > refusals->latest_ns + ANSWER_NS) {
		return;
	}
	for (unsigned i = 0; i < packets->count; i++) {
		const struct packet *packet = &packets->packets[i];
		enum l7_refusal refusal = refusal_in(packet);
		if (refusal != L7_REFUSAL_NONE && !(packet->flags & PACKET_FRAGMENT) &&
			!collector_is_from_outside(collector, packet)) {
			hear(refusals, packet, refusal);
		}
	}
}

void probe_refusals_tell(
	const struct probe_refusals *refusals, const struct flow_record *flow, struct l7_info *l7)
{
	const struct flow_ends ends = { .source = flow->source,
		.destination = flow->destination,
		.source_port = flow->source_port,
		.destination_port = flow->destination_port,
		.protocol = flow->protocol };
	const struct sent *sent = l7->probe_time_s ? find(refusals, &ends, l7) : NULL;
	char told_by[ADDR_TEXT_MAX];

	if (sent && sent->refusal) {
		addr_format(&sent->told_by, told_by);
		l7_info_set_refusal(l7, sent->refusal, told_by);
	}
}
