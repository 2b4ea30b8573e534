/* Look-ups: the frames in which the name of a flow was asked for and answered, for whoever writes
 * the packets of flows: they are what shows why the flow has its app.
 *
 * The frames of a look-up are those of its own flow between the first and the last one: over UDP
 * from the question to the answer, over TCP from the beginning on, or nothing could be read of it.
 *
 * Memory   32 bytes for each entry of names.h and 8 a question, touched as used; 8 a flow that is
 *          named, and 24 a look-up that names one.
 * Threads  classify's; lookups_of() when that has ended.
 * Failure  short of memory look-ups are missing, and lookups_are_short() says so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lookups;

struct lookup {
	uint64_t first, last; /* frames, by their number in the source */
	uint32_t serial;      /* of the flow that they are in (frame_marks.h); 0: none */
};

/* The latest frame so far may hold the rest of a datagram that came in fragments. */
struct lookup_place {
	uint64_t frame, latest;
	uint32_t serial;
	bool is_stream, is_reassembled;
};

struct lookups *lookups_create(void); /* NULL: out of memory */
void lookups_destroy(struct lookups *lookups);

/* The names table has so many entries. False: out of memory. */
bool lookups_reserve(struct lookups *lookups, size_t names);

/* What comes next stands there; NULL: in no frame. */
void lookups_at(struct lookups *lookups, const struct lookup_place *place);
/* A question, kept at a place of dns_questions.h; and the answer to it, or (negative) to none. */
void lookups_ask(struct lookups *lookups, int32_t question);
void lookups_answer(struct lookups *lookups, int32_t question);
/* The names table keeps the answer in this entry. */
void lookups_keep(struct lookups *lookups, size_t entry);
/* What this entry says names that flow. */
void lookups_name(struct lookups *lookups, size_t entry, uint32_t serial);

/* Of a flow that was named, each look-up in turn: calls take() with it. Sorted by then. */
typedef void lookups_take(void *context, const struct lookup *lookup);
void lookups_of(struct lookups *lookups, uint32_t serial, lookups_take *take, void *context);

bool lookups_are_short(const struct lookups *lookups);
