/* Flow slab: the state of every flow of one address family, in dense arrays with stable numbers.
 *
 * What each packet touches (the hot record: key and struct flow_state) is apart from what only
 * handshakes, parts and ends touch (struct flow_cold and struct flow_opening, same number). A hot
 * record of IPv4 is one cache line.
 *
 * When a flow may be over at the earliest is kept a third time, coarse and dense, so that looking
 * for flows that are over reads four bytes a flow, not a line.
 *
 * A number that was given back waits until FLOW_REUSE_PACKETS more packets were seen before it is
 * given out again, and numbers come back in the order in which flows ended. So which number a flow
 * gets depends on the sequence of packets alone, not on where batches are cut.
 *
 * Memory   address space for the capacity, reserved once; pages come when flows first use them
 *          (transparent huge pages).
 * Threads  one.
 * Failure  flow_slab_init() returns -ENOMEM; afterwards none: capacity is never exceeded (see
 *          flow_slab_take()). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "collector/packet.h"

enum { FLOW_NONE = UINT32_MAX, FLOW_REUSE_PACKETS = PACKET_BATCH_MAX };

/* A packet may open a flow, and belong to one that is opened beside its own (flow_beside.h). */
enum { FLOW_SLACK = 2 * FLOW_REUSE_PACKETS };

enum flow_flags {
	FLOW_LIVE = 1 << 0,
	FLOW_SOURCE_HIGH = 1 << 1, /* end 1 of the key is the initiator */
	FLOW_START_SEEN = 1 << 2,  /* the initiator is known, not guessed */
	FLOW_WANTED_LOW = 1 << 3,  /* payload from end 0 is still wanted */
	FLOW_WANTED_HIGH = 1 << 4, /* payload from end 1 is still wanted */
	FLOW_SEQ_LOW = 1 << 5,     /* next_seq[0] is known */
	FLOW_SEQ_HIGH = 1 << 6,
	FLOW_ONE_ICMP_WAY = 1 << 7,
	FLOW_HIGH_LEFT_FIRST = 1 << 7 /* TCP: end 1 was the first to say FIN or RST */
};

enum { FLOW_SEQ_SHIFT = 5 };
_Static_assert(FLOW_SEQ_LOW == 1 << FLOW_SEQ_SHIFT, "and FLOW_SEQ_HIGH the next");

/* The hot record counts packets in 16 bits; a full counter carries half of it over, so that it
 * never falls to 0. */
enum { FLOW_PACKETS_FULL = UINT16_MAX, FLOW_PACKETS_CARRIED = 1 << 15 };

/* TCP's in_flight: nothing was acknowledged yet, or not for so many bytes. */
enum { FLIGHT_UNKNOWN = UINT16_MAX };

/* Were bytes below next_seq missed? */
enum tcp_gaps {
	TCP_GAPS_NONE,
	TCP_GAPS_KNOWN, /* those that flow_gaps.h has */
	TCP_GAPS_LOST   /* nobody knows which */
};

/* Index 0 is end 0 of the key, 1 is end 1: who is the source may only turn out later. */
struct flow_state {
	uint64_t end_ns;      /* time of the latest packet */
	uint64_t running_ns;  /* when that was on the running clock (flow_clock.h) */
	uint32_t bytes[2];    /* of this part */
	uint32_t next_seq[2]; /* TCP: behind the highest byte that was accepted */
	uint32_t note;
	uint16_t packets[2];   /* of this part, but for those that were carried over */
	uint16_t in_flight[2]; /* how many bytes below that the other end has yet to
				  acknowledge */
	uint8_t tcp_flags[2];  /* union of what was accepted */
	uint8_t tcp_state : 4; /* enum tcp_state */
	bool tcp_is_over : 1;  /* refused, reset, given up, or both said goodbye */
	bool tcp_has_syn : 1;  /* a SYN of another number waits for proof (flow_reopen.h) */
	uint8_t tcp_gaps : 2;  /* enum tcp_gaps */
	uint8_t flags;         /* enum flow_flags */
};

struct flow_cold {
	uint64_t flow_start_ns, start_ns;          /* of the flow and of this part */
	uint64_t total_packets[2], total_bytes[2]; /* of the parts handed on so far */
	uint32_t part, retransmissions, rtt_us;
	uint16_t carried[2]; /* packets of this part, in units of FLOW_PACKETS_CARRIED */
};

enum flow_opening_flags {
	OPENING_ISN_LOW = 1 << 0, /* isn[0] was stated by a SYN, or by the answer to it */
	OPENING_ISN_HIGH = 1 << 1,
	OPENING_SCALED_LOW = 1 << 2, /* scale[0] was stated */
	OPENING_SCALED_HIGH = 1 << 3,
	OPENING_SYN_DATA = 1 << 4,     /* a SYN brought payload */
	OPENING_BY_HIGH = 1 << 5,      /* end 1 sent the first packet */
	OPENING_OTHER_CONTEXT = 1 << 6 /* other_context is set */
};

/* How the flow began. */
struct flow_opening {
	uint32_t isn[2];    /* the number before the first byte: of the SYN, or the lowest seen */
	uint16_t window[2]; /* of the SYNs, as later headers would have it */
	uint16_t other_context; /* of the end that did not open the flow, where it has its own */
	uint8_t scale;          /* four bits an end */
	uint8_t flags;          /* enum flow_opening_flags */
};

_Static_assert(sizeof(struct flow_key4) + sizeof(struct flow_state) == 64, "one cache line");
_Static_assert(sizeof(struct flow_cold) == 64, "one cache line");
_Static_assert(sizeof(struct flow_opening) == 16, "four a cache line");

enum {
	FLOW_RECORD_BYTES_V4 = sizeof(struct flow_key4) + sizeof(struct flow_state),
	FLOW_RECORD_BYTES_V6 = 96 /* 88, so that every third record begins a line */
};

/* Never: for numbers that are not in use. */
#define FLOW_DUE_NEVER UINT32_MAX

struct flow_slab {
	uint8_t *records;
	struct flow_cold *cold;
	struct flow_opening *openings;
	uint32_t *due; /* before this (flow_slab_coarse()) nothing of the flow can be */
	uint32_t key_bytes, record_bytes;
	uint32_t capacity, used; /* numbers below used were given out at least once */
	uint32_t live;
	uint32_t free_first, free_last; /* a queue through the free records */
};

/* capacity: FLOW_SLACK more than flows will ever live at once. */
int flow_slab_init(struct flow_slab *slab, bool is_v6, uint32_t capacity);
void flow_slab_deinit(struct flow_slab *slab);

/* A number for a flow that the packet of this running number opens. At most two are taken a packet,
 * so the numbers that wait are at most FLOW_SLACK more than the flows that lived when the first of
 * them came back. */
uint32_t flow_slab_take(struct flow_slab *slab, uint64_t packet);

/* ended: the running number of the packet at which the flow ended. */
void flow_slab_give_back(struct flow_slab *slab, uint32_t number, uint64_t ended);

size_t flow_slab_bytes(const struct flow_slab *slab); /* in use */

static inline void *flow_slab_key(const struct flow_slab *slab, uint32_t number)
{
	return slab->records + (size_t)number * slab->record_bytes;
}

static inline struct flow_state *flow_slab_state(const struct flow_slab *slab, uint32_t number)
{
	return (struct flow_state *)(void *)(slab->records + (size_t)number * slab->record_bytes +
					     slab->key_bytes);
}

/* The same where the family is known when compiling: a shift instead of a multiplication. */
static inline __attribute__((always_inline)) void *flow_slab_key_of(
	const struct flow_slab *slab, uint32_t number, bool is_v6)
{
	return slab->records +
	       (size_t)number * (is_v6 ? FLOW_RECORD_BYTES_V6 : FLOW_RECORD_BYTES_V4);
}

static inline __attribute__((always_inline)) struct flow_state *flow_slab_state_of(
	const struct flow_slab *slab, uint32_t number, bool is_v6)
{
	uint8_t *key = flow_slab_key_of(slab, number, is_v6);
	return (struct flow_state *)(void *)(key + (is_v6 ? sizeof(struct flow_key6)
							  : sizeof(struct flow_key4)));
}

/* Packets of this part from an end. */
static inline uint64_t flow_slab_packets(
	const struct flow_slab *slab, uint32_t number, unsigned end)
{
	return flow_slab_state(slab, number)->packets[end] +
	       (uint64_t)slab->cold[number].carried[end] * FLOW_PACKETS_CARRIED;
}

/* A running time in units of 2^26 ns, some 67 ms, rounded down. The last unit, 9 years ahead, means
 * all that follow, too. */
static inline uint32_t flow_slab_coarse(uint64_t running_ns)
{
	uint64_t coarse = running_ns >> 26;
	return coarse < UINT32_MAX ? (uint32_t)coarse : UINT32_MAX;
}

static inline struct flow_opening *flow_slab_opening(const struct flow_slab *slab, uint32_t number)
{
	return slab->openings + number;
}

static inline struct flow_cold *flow_slab_cold(const struct flow_slab *slab, uint32_t number)
{
	return slab->cold + number;
}

/* Is the flow's key that of a packet under this context? bytes: of a key, known when compiling. */
static inline __attribute__((always_inline)) bool flow_keys_match(
	const void *flow_key, const void *key, uint16_t context, unsigned bytes)
{
	const uint8_t *at_flow = flow_key, *at = key;
	uint64_t differs, word_flow, word;
	struct flow_key4 contexts = { .context = context };

	memcpy(&differs, (const uint8_t *)&contexts + 8, 8);
	memcpy(&word, at + bytes - 8, 8);
	memcpy(&word_flow, at_flow + bytes - 8, 8);
	differs ^= word ^ word_flow;
	for (unsigned i = 0; i < bytes - 8; i += 8) {
		memcpy(&word_flow, at_flow + i, 8);
		memcpy(&word, at + i, 8);
		differs |= word_flow ^ word;
	}
	return differs == 0;
}
