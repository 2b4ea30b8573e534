#include "analyzer/policy/block.h"

enum {
	/* Less than this in all is an alert of TLS (7 or 31 bytes a record, RFC 8446 section 6,
	 * sent by whoever closes), not an answer. A ServerHello has more than 80. */
	ANSWER_BYTES_MIN = 48,
	TCP_IPV4_HEADERS = 40,
	TCP_IPV6_HEADERS = 60,
	/* Options: 20 bytes in the first segment, and 12 of timestamps in each later one where the
	 * systems use them. A blocked connection has few segments; in a longer one the options that
	 * are not there must not hide the answer that is. */
	SYN_OPTIONS = 20,
	TIMESTAMP_OPTIONS = 12,
	OPTION_SEGMENTS_MAX = 16,
	UDP_IPV4_HEADERS = 28,
	UDP_IPV6_HEADERS = 48,
	/* More than anybody may send into a connection that was never answered: ten segments (RFC
	 * 6928) of 1,460 bytes, and what TCP sends again. */
	UNACKNOWLEDGED_BYTES_MAX = 32768,
};

/* Which counters of a flow the service sent. */
static unsigned service_end(const struct record *record)
{
	return record->own_side == RECORD_SOURCE ? 1 : 0;
}

/* Is there certainly payload within these packets and IP bytes of one direction? One datagram may
 * be a whole message; a TCP stream must show more than its closing. */
static bool has_message(const struct record *record, uint64_t packets, uint64_t bytes)
{
	bool is_v4 = addr_is_v4(&record->flow.source);
	uint64_t options;

	if (record->flow.protocol != IP_PROTOCOL_TCP) {
		return bytes > packets * (is_v4 ? UDP_IPV4_HEADERS : UDP_IPV6_HEADERS);
	}
	options =
		SYN_OPTIONS +
		TIMESTAMP_OPTIONS * (packets < OPTION_SEGMENTS_MAX ? packets : OPTION_SEGMENTS_MAX);
	return bytes >=
	       packets * (is_v4 ? TCP_IPV4_HEADERS : TCP_IPV6_HEADERS) + options + ANSWER_BYTES_MIN;
}

bool service_had_answered(const struct record *record)
{
	unsigned end = service_end(record);

	return has_message(record, record->flow.total_packets[end] - record->flow.packets[end],
		record->flow.total_bytes[end] - record->flow.bytes[end]);
}

static bool service_has_answered(const struct record *record)
{
	unsigned end = service_end(record);

	return has_message(record, record->flow.total_packets[end], record->flow.total_bytes[end]);
}

/* A mirror that shows one direction only: acknowledgements prove that the other one is there. */
static enum block_outcome outcome_of_one_way(const struct record *record)
{
	return record->flow.total_bytes[1 - service_end(record)] > UNACKNOWLEDGED_BYTES_MAX
		       ? BLOCK_PASSED
		       : BLOCK_NONE;
}

static enum block_outcome outcome_of_tcp(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	unsigned service = service_end(record), device = 1 - service;

	switch (flow->tcp_state) {
	case TCP_STATE_SYN:
	case TCP_STATE_SYN_ACK:
		return flow->is_last ? BLOCK_DROPPED : BLOCK_NONE;
	case TCP_STATE_REFUSED:
		return BLOCK_REFUSED;
	default:
		break;
	}
	if (service_has_answered(record)) {
		return BLOCK_PASSED;
	}
	if (flow->total_packets[service] == 0) {
		return outcome_of_one_way(record);
	}
	if (flow->is_last &&
		has_message(record, flow->total_packets[device], flow->total_bytes[device])) {
		return BLOCK_DROPPED_AFTER_HELLO;
	}
	return BLOCK_NONE;
}

enum block_outcome block_outcome_of(const struct record *record)
{
	const struct flow_record *flow = &record->flow;

	if (record->l7.dns_blocked) {
		return BLOCK_DNS;
	}
	if (record->l7.protocol == L7_DNS) {
		return BLOCK_NONE;
	}
	switch (flow->protocol) {
	case IP_PROTOCOL_TCP:
		return outcome_of_tcp(record);
	case IP_PROTOCOL_UDP:
	case IP_PROTOCOL_SCTP:
		if (service_has_answered(record)) {
			return BLOCK_PASSED;
		}
		return flow->is_last ? BLOCK_DROPPED : BLOCK_NONE;
	default:
		return BLOCK_NONE;
	}
}
