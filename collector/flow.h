/* A flow record: what a worker says about one flow, or about one part of a long one.
 *
 * A plain, pointer-free, copyable value and all that anything after expiry ever sees of a flow.
 * Biflow (RFC 5103): source is the initiator; [0] counts what the source sent, [1] what the
 * destination sent.
 *
 * A flow that lives on into the next five-minute slot (UTC) is handed on in parts. The counters of
 * a part cover the part alone; the totals cover the whole flow up to the end of this part, so the
 * last part of a flow also is its whole record. A part without packets is only ever the last of a
 * flow whose packets were all handed on before it ended. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "collector/contexts.h"
#include "collector/wrapping.h"

/* Why a record was made; names as in records. slot is the only one after which the flow goes on. */
#define FLOW_ENDS(X)                                                                               \
	X(IDLE, "idle")       /* nothing came for the idle timeout */                              \
	X(ACTIVE, "active")   /* older than the active timeout: the next packet starts anew */     \
	X(CLOSED, "closed")   /* TCP said goodbye */                                               \
	X(SLOT, "slot")       /* the slot is over (or a 32-bit counter full); the flow goes on */  \
	X(EOF, "eof")         /* the input ended */                                                \
	X(EVICTED, "evicted") /* the table was full */

enum flow_end {
#define X(id, name) FLOW_END_##id,
	FLOW_ENDS(X)
#undef X
		FLOW_END_COUNT
};

/* How far a TCP connection got; names as in records. */
#define TCP_STATES(X)                                                                              \
	X(NONE, "none")               /* not TCP */                                                \
	X(MIDSTREAM, "midstream")     /* the start was not seen */                                 \
	X(SYN, "syn")                 /* unanswered */                                             \
	X(SYN_ACK, "syn-ack")         /* answered, never completed */                              \
	X(REFUSED, "refused")         /* SYN answered by RST */                                    \
	X(ESTABLISHED, "established") /* */                                                        \
	X(CLOSING, "closing")         /* one side said FIN */                                      \
	X(CLOSED, "closed")           /* both did */                                               \
	X(RESET, "reset")             /* RST after the handshake */

enum tcp_state {
#define X(id, name) TCP_STATE_##id,
	TCP_STATES(X)
#undef X
		TCP_STATE_COUNT
};

/* A part is handed on with the flow's next packet, and so long after its slot where none comes. */
#define FLOW_PART_GRACE_NS (120 * NS_PER_S)

enum flow_left { FLOW_LEFT_NOBODY, FLOW_LEFT_SOURCE, FLOW_LEFT_DESTINATION };

/* A flow's id is a keyed hash of its five numbers and its beginning: it joins parts, alerts and
 * sensors. Its upper half is of the five numbers alone: two flows between the same ends have it in
 * common, where both ids were made under the same key. */
enum { FLOW_ID_ENDS_AT = 32 };
#define FLOW_ID_ENDS (UINT64_MAX << FLOW_ID_ENDS_AT)

const char *flow_end_name(enum flow_end end);
const char *tcp_state_name(enum tcp_state state);

struct flow_record {
	uint64_t flow_id;          /* FLOW_ID_ENDS */
	uint64_t flow_start_ns;    /* of the whole flow */
	uint64_t start_ns, end_ns; /* first and last packet of this part (if empty: of the flow) */
	uint64_t packets[2], bytes[2];             /* of this part; bytes are IP bytes */
	uint64_t total_packets[2], total_bytes[2]; /* of the flow so far */
	struct addr source, destination;
	uint16_t source_port, destination_port; /* host order; 0 where the protocol has none */
	uint8_t protocol;                       /* IANA number */
	uint8_t icmp_type, icmp_code; /* ICMP and ICMPv6: as the source sent, or would have */
	bool icmp_one_way;            /* no counterpart type: Community ID keeps the order */
	uint8_t tcp_flags[2];         /* union of enum tcp_flags a direction, of the flow so far */
	uint8_t tcp_state;            /* enum tcp_state */
	uint8_t end;                  /* enum flow_end */
	uint32_t part;                /* 0 is the first */
	bool is_last;                 /* the flow is gone after this part */
	bool start_seen;              /* the initiator is known, not guessed */
	uint8_t left_first;           /* TCP: who said FIN or RST first (enum flow_left) */
	uint8_t has_next_seq;         /* a bit a direction */
	uint16_t worker;              /* whose note this is */
	uint32_t retransmissions;     /* TCP segments seen again, both directions, whole flow */
	uint32_t rtt_us;              /* SYN to ACK of the handshake; 0 not seen */
	uint32_t next_seq[2];         /* TCP: behind the highest byte of each direction */
	uint32_t note;                /* what the reader of payload keeps about it; 0 none */
	struct context context;
	uint8_t wrapped[2]; /* enum flow_wrapped: how packets of each direction came */
	uint32_t serial; /* in the order in which flows began, from 1; 0 where nobody tracks them */
	/* Where the first packet of the flow and the last of this part stand: the file's id and the
	 * offset in it (frame_place.h); 0 where nobody asked. */
	uint16_t files[2];
	uint64_t offsets[2];
};
