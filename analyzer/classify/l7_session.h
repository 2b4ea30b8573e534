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
#include <stdint.h>

#include "analyzer/classify/dissect/dissector.h"

enum { PROGRESS_NO_DISSECTOR = 0xff };

/* One direction of the flow. */
struct direction {
	uint32_t next_seq; /* TCP: sequence number of the first byte not yet used */
	uint32_t stream;   /* TCP: bytes from there on (reassembly.h); 0 none are kept */
	uint8_t dissector; /* place in the table of who reads it */
	uint8_t misses;    /* payloads that nobody knew */
	uint8_t pieces;    /* payloads looked at */
	uint8_t place;     /* TCP: enum peek_place of the first payload */
	bool is_started : 1;
	bool is_done : 1;
};

struct l7_session {
	uint32_t flow;
	uint32_t l7; /* what is known so far; a reference */
	struct dissect_state state;
	struct direction directions[2]; /* of the initiator, of the other end */
	uint32_t older, newer;          /* neighbours in order of age */
	bool is_cut;                    /* the capture cut off some of the payload */
	bool is_over;                   /* its flow has let go of it; free with the next batch */
};

struct l7_session_table;

struct l7_session_table *l7_session_create(uint32_t limit); /* NULL: out of memory */
void l7_session_destroy(struct l7_session_table *table);

/* A new one as a copy of `fresh`; 0 where there is no room. */
uint32_t l7_session_begin(struct l7_session_table *table, const struct l7_session *fresh);
struct l7_session *l7_session_get(struct l7_session_table *table, uint32_t number);
uint32_t l7_session_oldest(const struct l7_session_table *table); /* 0: none */

/* Takes it out of the order of age; what it held stays readable until l7_session_reclaim(). */
void l7_session_end(struct l7_session_table *table, uint32_t number);
/* Makes those that ended available again. */
void l7_session_reclaim(struct l7_session_table *table);

uint64_t l7_session_bytes(const struct l7_session_table *table); /* in use now */
