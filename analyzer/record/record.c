#include "analyzer/record/record.h"

#include <string.h>

void record_copy(struct record *to, const struct record *from)
{
	memcpy(to, from, record_used_bytes(from));
}

void record_note_vantage(struct record *record)
{
	const uint64_t *packets = record->flow.total_packets;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;

	record->device = (struct record_device){ *record_own_addr(record), DEVICE_ADDRESS };
	record->seen = packets[0] && packets[1] ? RECORD_SEEN_BOTH
		       : packets[own]           ? RECORD_SEEN_OUT_ONLY
						: RECORD_SEEN_IN_ONLY;
	record->at_least = 0;
	record->via = RECORD_VIA_DIRECT;
	for (unsigned i = 0; i < CONTEXT_TUNNELS_MAX; i++) {
		if (tunnel_kind_wraps(record->flow.context.tunnels[i])) {
			record->via = RECORD_VIA_TUNNEL;
		}
	}
}

bool record_is_hearsay(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;

	if (flow->total_packets[own] == 0) {
		return flow->wrapped[!own] == FLOW_WRAPPED_OUTSIDE;
	}
	bool is_carried = flow->total_packets[!own] && flow->wrapped[!own] == FLOW_WRAPPED_INSIDE;
	return flow->wrapped[own] == FLOW_WRAPPED_OUTSIDE && !is_carried;
}

bool record_is_to_all(const struct addr *addr)
{
	enum { V4_MULTICAST = 224, V6_MULTICAST = 0xff, V4_AT = 12 };

	return addr_is_v4(addr) ? addr->bytes[V4_AT] >= V4_MULTICAST
				: addr->bytes[0] == V6_MULTICAST;
}

/* Over UDP: is each message of it a question that somebody answers, unless he is not there? */
static bool is_question(uint8_t protocol)
{
	return protocol == L7_DNS || protocol == L7_DNSCRYPT || protocol == L7_NTP ||
	       protocol == L7_SNMP || protocol == L7_RADIUS || protocol == L7_LDAP ||
	       protocol == L7_KERBEROS || protocol == L7_RPC || protocol == L7_SIP ||
	       protocol == L7_STUN;
}

/* Does it need both ends, and has gone further than one alone can take it? Reports (syslog, flows)
 * need none. */
static bool is_conversation(const struct record *record)
{
	enum {
		ICMP = 1,
		ICMP6 = 58,
		ECHO = 8,
		ECHO6 = 128,
		INITIAL_LEAST = 1200 /* RFC 9000, 14.1: all that a client alone can send */,
		TRIES_MOST = 16
	};
	const struct flow_record *flow = &record->flow;
	uint64_t packets = flow->total_packets[0];
	uint8_t protocol = record->l7.protocol;

	if (flow->protocol == ICMP || flow->protocol == ICMP6) {
		return flow->icmp_type == (flow->protocol == ICMP ? ECHO : ECHO6) &&
		       !record_is_to_all(&flow->destination);
	}
	if (flow->tcp_state != TCP_STATE_NONE || record_is_to_all(&flow->destination) ||
		protocol == L7_SYSLOG || protocol == L7_NETFLOW) {
		return false;
	}
	return protocol == L7_QUIC ? flow->total_bytes[0] < packets * INITIAL_LEAST
				   : is_question(protocol) || packets > TRIES_MOST;
}

bool record_knows_bytes(const struct record *record, unsigned end)
{
	const struct flow_record *flow = &record->flow;
	bool is_connection = flow->tcp_state != TCP_STATE_NONE &&
			     flow->tcp_state != TCP_STATE_SYN &&
			     flow->tcp_state != TCP_STATE_REFUSED;

	return flow->total_packets[end] > 0 ||
	       (end == 1 && !is_connection && !is_conversation(record));
}

const char *record_direction_name(enum record_direction direction)
{
	static const char *const names[] = {
#define X(id, name) [RECORD_DIRECTION_##id] = (name),
		RECORD_DIRECTIONS(X)
#undef X
	};
	return (unsigned)direction < RECORD_DIRECTION_COUNT ? names[direction] : "";
}

const char *evidence_kind_name(enum evidence_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [EVIDENCE_##id] = (name),
		EVIDENCE_KINDS(X)
#undef X
	};
	return (unsigned)kind < EVIDENCE_KIND_COUNT ? names[kind] : "";
}

const char *inferred_by_name(enum inferred_by ground)
{
	static const char *const names[] = {
#define X(id, name) [INFERRED_BY_##id] = (name),
		INFERRED_BY(X)
#undef X
	};
	return (unsigned)ground < INFERRED_BY_COUNT ? names[ground] : "";
}

const char *policy_action_name(enum policy_action action)
{
	static const char *const names[] = {
#define X(id, name) [POLICY_ACTION_##id] = (name),
		POLICY_ACTIONS(X)
#undef X
	};
	return (unsigned)action < POLICY_ACTION_COUNT ? names[action] : "";
}

bool policy_verdict_is_to_be_stopped(enum policy_verdict verdict)
{
	return verdict == POLICY_VERDICT_VIOLATION || verdict == POLICY_VERDICT_REPORTED ||
	       verdict == POLICY_VERDICT_UNAPPROVED;
}

const char *policy_verdict_name(enum policy_verdict verdict)
{
	static const char *const names[] = {
#define X(id, name) [POLICY_VERDICT_##id] = (name),
		POLICY_VERDICTS(X)
#undef X
	};
	return (unsigned)verdict < POLICY_VERDICT_COUNT ? names[verdict] : "";
}

const char *block_outcome_name(enum block_outcome block)
{
	static const char *const names[] = {
#define X(id, name) [BLOCK_##id] = (name),
		BLOCK_OUTCOMES(X)
#undef X
	};
	return (unsigned)block < BLOCK_OUTCOME_COUNT ? names[block] : "";
}

const char *device_kind_name(enum device_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [DEVICE_##id] = (name),
		DEVICE_KINDS(X)
#undef X
	};
	return (unsigned)kind < DEVICE_KIND_COUNT ? names[kind] : "";
}

const char *record_seen_name(enum record_seen seen)
{
	static const char *const names[] = {
#define X(id, name) [RECORD_SEEN_##id] = (name),
		RECORD_SEEN(X)
#undef X
	};
	return (unsigned)seen < RECORD_SEEN_COUNT ? names[seen] : "";
}

const char *record_via_name(enum record_via via)
{
	static const char *const names[] = {
#define X(id, name) [RECORD_VIA_##id] = (name),
		RECORD_VIA(X)
#undef X
	};
	return (unsigned)via < RECORD_VIA_COUNT ? names[via] : "";
}
