/* Progress: what is kept of a flow while its payload is still being read; given back as soon as
 * nothing more is wanted.
 *
 * A piece of progress is named by a number, 0 is none. All of them stand in the order in which they
 * were begun, so that the oldest can give way when there is no room.
 *
 * Memory   address space for the limit is taken by progress_create(), touched as used.
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

struct progress {
	uint32_t flow;
	uint32_t clues; /* what is known so far; a reference */
	struct dissect_state state;
	struct direction directions[2]; /* of the initiator, of the other end */
	uint32_t older, newer;          /* neighbours in order of age */
	bool is_cut;                    /* the capture cut off some of the payload */
	bool is_over;                   /* its flow has let go of it; free with the next batch */
};

struct progress_table;

struct progress_table *progress_create(uint32_t limit); /* NULL: out of memory */
void progress_destroy(struct progress_table *table);

/* A new one as a copy of `fresh`; 0 where there is no room. */
uint32_t progress_begin(struct progress_table *table, const struct progress *fresh);
struct progress *progress_get(struct progress_table *table, uint32_t number);
uint32_t progress_oldest(const struct progress_table *table); /* 0: none */

/* Takes it out of the order of age; what it held stays readable until progress_reclaim(). */
void progress_end(struct progress_table *table, uint32_t number);
/* Makes those that ended available again. */
void progress_reclaim(struct progress_table *table);

uint64_t progress_bytes(const struct progress_table *table); /* in use now */
