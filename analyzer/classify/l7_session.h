/* Progress: what is kept of a flow while its payload is still being read; given back as soon as
 * nothing more is wanted.
 *
 * A session is named by a number, 0 is none. All of them stand in the order in which they
 * were begun, so that the oldest can give way when there is no room.
 *
 * Memory   address space for the limit is taken by l7_session_create(), touched as used.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "analyzer/classify/dissect/dissector.h"

enum { PROGRESS_NO_DISSECTOR = 0xff };

/* One direction of the flow. Of TCP, a stream: next_seq and what follows belong to l7_stream.h. */
struct direction {
	uint32_t start_seq;  /* number of the first byte of the stream */
	uint32_t next_seq;   /* of the first byte not yet used */
	uint32_t stream;     /* bytes from there on (reassembly.h); 0 none are kept */
	uint32_t urgent_seq; /* of the latest urgent byte, where there were some */
	uint32_t
		doubtful; /* what was sent in their place and acknowledges something else; 0 none */
	uint32_t said;    /* a beginning in pieces that was used, until it is answered; of the other
			     end what it said first, while that may come otherwise; 0 none */
	uint32_t
		versions; /* pieces that do not go on with it, until then (l7_versions.h); 0 none */
	uint32_t first, latest; /* of each byte what came first, and last, likewise */
	union {
		uint32_t address; /* of datagrams: what stands in the latest one where a short
				     header of QUIC says to whom it goes */
		uint32_t words;   /* of a stream: hash of what it said first (l7_answer.h) */
	};
	uint16_t unsure_bytes;  /* at the start: the receiver may not have taken them */
	uint8_t beyond;         /* segments that lay too far ahead */
	uint8_t dissector;      /* place in the table of who reads it */
	uint8_t outer;          /* who read it before a hand-over that is not sure yet */
	uint8_t handed_by;      /* who handed over first */
	uint8_t layer;          /* which of the session's states is theirs */
	uint8_t misses;         /* payloads that nobody knew */
	uint8_t pieces;         /* payloads looked at */
	uint8_t outer_hosts;    /* hosts that were asked for before a hand-over that both made */
	uint8_t waited;         /* segments since its first words were kept */
	uint8_t urgent_count;   /* bytes with a number that are none of the stream's */
	uint8_t word_bytes;     /* so many of its first bytes are in the hash */
	bool is_repeated : 1;   /* the one before it had the same there */
	bool has_start : 1;     /* start_seq is known, or taken for known */
	bool is_started : 1;    /* payload came that its receiver takes */
	bool start_is_seen : 1; /* start_seq is known from the SYN */
	bool is_ack_unsure : 1; /* what it acknowledges tells nothing */
	bool is_in_middle : 1;  /* its beginning was missed */
	bool is_again : 1;      /* it begins where something was said before */
	bool has_preamble : 1;  /* it began with a proxy's line, and something else followed */
	bool is_inner : 1;      /* its beginning is that of what both handed over to */
	bool is_later : 1;      /* it begins behind another conversation of its connection */
	bool is_syn_data : 1;   /* the unsure bytes came with the SYN */
	bool ends_flow : 1;     /* what was read tells all, if that is what the other end answers */
	bool is_known : 1;      /* somebody knew what it says */
	bool is_torn : 1;       /* what was read of it does not fit together */
	bool is_untried : 1;    /* not all versions of its beginning could be kept, or looked at */
	bool is_read : 1;       /* all is known; only another start may still come */
	bool said_hello : 1;    /* with a name in it */
	bool is_unheard : 1;    /* the other end goes on without having acknowledged its hello */
	bool is_done : 1;
};

/* Of datagrams: for what their form alone makes somebody take the flow (l7_claims.h). */
struct l7_claims {
	uint32_t before;  /* what was known before anybody claimed it; a reference, like the next */
	uint32_t first;   /* what it was claimed to be */
	uint32_t reading; /* what else may be read in it, as if nobody had */
	uint8_t of;       /* whose the first claim is, as a place in the table of dissectors */
	bool is_open;     /* nothing has proved itself yet */
	bool said_other[2]; /* each end: something that nobody claims */
	uint64_t by[2];     /* whose datagrams each end has sent, a bit a dissector */
};

/* Inside a protocol that turned into another one, that one has a state of its own. */
enum { LAYERS_MAX = 2 };

struct l7_session {
	uint32_t flow;
	uint32_t l7;     /* what is known so far; a reference */
	uint32_t others; /* whom all versions of a beginning named; a reference, 0: none is out */
	uint32_t older, newer; /* neighbours in order of age */
	bool is_cut;           /* the capture cut off some of the payload */
	bool is_hearsay;       /* somebody outside wrapped some of it */
	bool is_settled;       /* the other end has answered what was said */
	bool is_over;          /* its flow has let go of it; free with the next batch */
	struct l7_claims claims;
	struct direction directions[2]; /* of the initiator, of the other end */
	struct dissect_state states[LAYERS_MAX];
};

/* Nearly all that is read inside one protocol; few turn into another one. */
enum { SESSION_BYTES_USUAL = offsetof(struct l7_session, states[1]) };

struct l7_session_table;

struct l7_session_table *l7_session_create(uint32_t limit); /* NULL: out of memory */
void l7_session_destroy(struct l7_session_table *table);

/* A new one as a copy of `fresh`; 0 where there is no room. */
uint32_t l7_session_begin(struct l7_session_table *table, const struct l7_session *fresh);
struct l7_session *l7_session_get(struct l7_session_table *table, uint32_t number);
/* Has it on its way. */
void l7_session_fetch(const struct l7_session_table *table, uint32_t number);
uint32_t l7_session_oldest(const struct l7_session_table *table); /* 0: none */

/* Takes it out of the order of age; what it held stays readable until l7_session_reclaim(). */
void l7_session_end(struct l7_session_table *table, uint32_t number);
/* Makes those that ended available again. */
void l7_session_reclaim(struct l7_session_table *table);

uint64_t l7_session_bytes(const struct l7_session_table *table); /* in use now */

/* One that has seen nothing yet. */
static inline void l7_session_init(struct l7_session *session, uint32_t flow, uint32_t l7)
{
	memset(session, 0, sizeof(*session));
	session->flow = flow;
	session->l7 = l7;
	for (unsigned i = 0; i < 2; i++) {
		session->directions[i].dissector = PROGRESS_NO_DISSECTOR;
		session->directions[i].outer = PROGRESS_NO_DISSECTOR;
		session->directions[i].handed_by = PROGRESS_NO_DISSECTOR;
	}
}
