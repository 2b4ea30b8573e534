#include "analyzer/record/community_id.h"

#include <string.h>

#include "analyzer/record/digest.h"

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMPV6 = 58, IP_SCTP = 132 };

/* The specification pairs a request with its answer, so that both directions
 * have one identifier. */
static const uint8_t counterparts_v4[][2] = { { 0, 8 }, { 9, 10 }, { 13, 14 }, { 15, 16 },
	{ 17, 18 } };
static const uint8_t counterparts_v6[][2] = { { 128, 129 }, { 130, 131 }, { 133, 134 },
	{ 135, 136 }, { 139, 140 }, { 144, 145 } };

struct end_pair {
	const uint8_t *addr[2];
	uint16_t port[2];
	bool has_ports, is_one_way;
};

static bool find_counterpart(
	const uint8_t pairs[][2], size_t count, uint8_t type, uint16_t *counterpart)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i][0] == type || pairs[i][1] == type) {
			*counterpart = pairs[i][pairs[i][0] == type];
			return true;
		}
	}
	return false;
}

static void pair_icmp(const struct flow_record *flow, struct end_pair *ends)
{
	bool is_v6 = flow->protocol == IP_ICMPV6;
	size_t count = is_v6 ? sizeof(counterparts_v6) / 2 : sizeof(counterparts_v4) / 2;

	ends->has_ports = true;
	ends->port[0] = flow->icmp_type;
	if (!find_counterpart(is_v6 ? counterparts_v6 : counterparts_v4, count, flow->icmp_type,
		    &ends->port[1])) {
		ends->port[1] = flow->icmp_code;
		ends->is_one_way = true;
	}
}

static void fill_ends(
	const struct flow_record *flow, size_t offset, size_t addr_bytes, struct end_pair *ends)
{
	*ends = (struct end_pair){ .addr = { flow->source.bytes + offset,
					   flow->destination.bytes + offset },
		.port = { flow->source_port, flow->destination_port } };
	switch (flow->protocol) {
	case IP_ICMP:
	case IP_ICMPV6:
		pair_icmp(flow, ends);
		break;
	case IP_TCP:
	case IP_UDP:
	case IP_SCTP:
		ends->has_ports = true;
		break;
	default:
		ends->port[0] = ends->port[1] = 0;
	}
	int order = memcmp(ends->addr[0], ends->addr[1], addr_bytes);
	if (!ends->is_one_way && (order > 0 || (order == 0 && ends->port[0] > ends->port[1]))) {
		const uint8_t *addr = ends->addr[0];
		uint16_t port = ends->port[0];
		ends->addr[0] = ends->addr[1];
		ends->addr[1] = addr;
		ends->port[0] = ends->port[1];
		ends->port[1] = port;
	}
}

static uint8_t *put_u16(uint8_t *at, uint16_t number)
{
	*at++ = (uint8_t)(number >> 8);
	*at++ = (uint8_t)number;
	return at;
}

size_t community_id(const struct flow_record *flow, uint16_t seed, char text[COMMUNITY_ID_TEXT_MAX])
{
	bool is_v4 = addr_is_v4(&flow->source) && addr_is_v4(&flow->destination);
	size_t offset = is_v4 ? 12 : 0, addr_bytes = 16 - offset;
	uint8_t input[2 + 32 + 2 + 4], *at = input, digest[DIGEST_SHA1_BYTES];
	struct end_pair ends;

	fill_ends(flow, offset, addr_bytes, &ends);
	at = put_u16(at, seed);
	for (unsigned i = 0; i < 2; i++) {
		memcpy(at, ends.addr[i], addr_bytes);
		at += addr_bytes;
	}
	*at++ = flow->protocol;
	*at++ = 0;
	if (ends.has_ports) {
		at = put_u16(at, ends.port[0]);
		at = put_u16(at, ends.port[1]);
	}
	digest_sha1(input, (size_t)(at - input), digest);
	text[0] = '1';
	text[1] = ':';
	return 2 + digest_base64(digest, sizeof(digest), text + 2);
}
