/* A file mapped into memory that stays safe to read when the file shrinks or its disk fails.
 *
 * Touching a mapped page that the file no longer has raises SIGBUS. The first mapping installs a
 * handler that puts zeros in the place of everything from that page on and notes where; the reader
 * asks mapping_good_bytes() after each window and treats what lies behind as lost. Whoever still
 * holds a view of the file (decoder, readers of payload) sees zeros, never a crash.
 *
 * Memory   one of MAPPINGS_MAX places in a table that the signal handler reads; that table is the
 *          only shared state.
 * Threads  any; one thread a mapping.
 * Failure  mapping_open() says -errno and the file can be read instead. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { MAPPINGS_MAX = 128 };

struct mapping {
	const uint8_t *bytes;
	uint64_t size;
	uint64_t entered;  /* the pages before this were asked for by mapping_enter() */
	uint64_t released; /* everything before has been given back to the system */
	uint64_t passed;   /* and everything before this is next: until then another thread may be
			      looking at it, and would have it mapped again */
	unsigned place;
	int fd; /* the caller's, open as long as the mapping */
};

int mapping_open(struct mapping *mapping, int fd, uint64_t size);
void mapping_close(struct mapping *mapping);

/* How much from the start can be believed: the size, or less once the file shrank or failed. Asks
 * the system for the file's size, because zeros fill the rest of the page in which a file ends. */
uint64_t mapping_good_bytes(const struct mapping *mapping);

/* What lies from here to there will be read soon: has its pages mapped in one call rather than by
 * faults of a few pages each; those that were asked for before not again. */
void mapping_enter(struct mapping *mapping, uint64_t from, uint64_t end);

/* What the file has from there on, without the mapping; how much that is. */
size_t mapping_copy(const struct mapping *mapping, uint64_t offset, uint8_t *into, size_t most);

/* The reader begins here: what lies before it is not asked for. */
void mapping_begin(struct mapping *mapping, uint64_t offset);

/* The reader needs nothing before offset any more; another thread may, of the last bytes it passed.
 * Gives memory back in large steps, one step behind, so that it stays flat. */
void mapping_release(struct mapping *mapping, uint64_t offset);
