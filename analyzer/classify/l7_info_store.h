/* L7 info store: each different l7 info once, shared by all flows (and DNS answers) that showed
 * the same.
 *
 * A set is named by a number, 0 is "nothing known". Numbers are counted references:
 * l7_info_store_add() and l7_info_store_hold() take one, l7_info_store_release() gives it back, the
 * last one frees the set. What is not finished is its holder's own as long as it changes: nobody
 * looks for it, so its hash is not asked for.
 *
 * Memory   address space for the limit is taken by l7_info_store_create(); pages are touched as
 * they
 *          are used. Sets take what their text needs, in units of 64 bytes, and average under 256.
 * Threads  one a store.
 * Failure  a full store refuses (number 0) and counts.
 * Cost     adding a set that is known: one keyed hash of its bytes, one probe, one comparison. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/l7_info.h"

struct l7_info_store;

/* Numbers have no more bits than these, whatever limit is asked for. */
enum { L7_INFO_NUMBER_BITS = 24, L7_INFO_NUMBER_MOST = (1 << L7_INFO_NUMBER_BITS) - 1 };

struct l7_info_store_stats {
	uint32_t sets;    /* now in the store */
	uint64_t refused; /* sets that found no room */
	uint64_t bytes;   /* memory in use */
};

struct l7_info_store *l7_info_store_create(uint32_t limit); /* NULL: out of memory */
void l7_info_store_destroy(struct l7_info_store *store);

uint32_t l7_info_store_add(struct l7_info_store *store, const struct l7_info *l7);
/* The holder's own set says this from now on, in place where nobody else holds it; a set that is
 * shared, or none, is given back for an own one. The number, with the holder's reference; 0 where
 * there is no room, and nothing has changed. */
uint32_t l7_info_store_change(
	struct l7_info_store *store, uint32_t number, const struct l7_info *l7);
/* The holder's own set, to be changed in place where it takes no more room; NULL where others may
 * hold it, or there is none. */
struct l7_info *l7_info_store_own(struct l7_info_store *store, uint32_t number);
/* It changes no more: an own set is given back for the one that is shared by its content, where
 * there is room. The number, with the holder's reference. */
uint32_t l7_info_store_share(struct l7_info_store *store, uint32_t number);
void l7_info_store_hold(struct l7_info_store *store, uint32_t number);
void l7_info_store_release(struct l7_info_store *store, uint32_t number);

/* Good until the number's last reference is given back. Only l7_info_used_bytes() of it are there:
 * copy with l7_info_copy(), never by assignment. The number is not 0. */
const struct l7_info *l7_info_store_get(const struct l7_info_store *store, uint32_t number);

/* Has most of it on its way; 0 is nothing. */
void l7_info_store_fetch(const struct l7_info_store *store, uint32_t number);

void l7_info_store_read_stats(const struct l7_info_store *store, struct l7_info_store_stats *stats);
