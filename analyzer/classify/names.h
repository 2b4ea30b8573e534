/* Names: which names a client has just looked up, by the address it got. Filled from DNS answers,
 * asked for each new flow.
 *
 * An entry says: this client asked for this name, over these CNAMEs, and got this address; its
 * value is a l7 info (l7_info_store.h) that the new flow can take as it is. The newest answer
 * wins. Past its TTL a client asks again (RFC 1035, 3.2.1; a resolver that serves what is stale
 * gives it a new one: RFC 8767), but for what its programs keep: browsers keep an address a minute,
 * since the system does not tell them how long they may, Firefox for another minute while it asks.
 * So after the TTL and NAMES_KEPT_S an entry is old: it names a flow for NAMES_OLD_S more, and
 * proves nothing. All of it is NAMES_LIFE_MOST_S at most.
 *
 * A client often asks over IPv4 and then connects over IPv6, or the other way round, and nothing on
 * the wire joins its two addresses. So an answer that was asked for, of the other family than its
 * transport is also kept by address alone, and found where the client itself has no entry, as long
 * as all clients got that address for one name. Nothing else is kept by address alone: what another
 * client looked up does not say what this one did.
 *
 * Where a client got one address for several names, nobody can tell which of them a flow is for
 * that says none itself: the latest is found, and the others with it, as long as one of them lives.
 * So is a name that the client used there, whose look-up was not seen.
 *
 * Who asked is kept as well, as far as the frame of the question says: a name in which somebody
 * else asked, from a machine of his own, is not to be taken for the client's (names_asker()).
 *
 * Where a question had two answers that lead to different places, one of them is made up (RFC
 * 5452), and nobody can tell which: for a day nothing that the client got for that name proves
 * anything.
 *
 * A resolver's log may tell who asked for what and not the answer, while the resolver is seen to
 * get it (names_join()). Then a client that asked for a name has the addresses that others got for
 * it.
 *
 * Memory   taken by names_create(), and touched as used: 16 bytes an entry, as they came, and about
 *          16 of an index, which doubles.
 * Threads  one a names.
 * Failure  where all is full one of sixteen entries gives way, the one that would end first, and is
 *          counted.
 * Cost     one keyed hash, a cache line of the index and one of the entry; nothing while it is
 *          empty. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/classify/l7_info_store.h"
#include "base/addr.h"

enum {
	NAMES_KEPT_S = 2 * 60,
	NAMES_OLD_S = 30 * 60,
	NAMES_LIFE_MOST_S = 24 * 3600,
	NAMES_LIMIT_MOST = 1 << 20
};

struct lookups;
struct names;

/* Limit: of entries, at most NAMES_LIMIT_MOST. NULL: out of memory. */
struct names *names_create(uint32_t limit, struct l7_info_store *store);
void names_destroy(struct names *names);

/* Everything is done in two steps, so that cache misses pass side by side, or while something else
 * is done: where it stands, then looking or noting there. */
struct names_place {
	uint64_t hash;
};
struct names_place names_prefetch(
	const struct names *names, const struct addr *client, const struct addr *address);
struct names_place names_prefetch_lookup(
	const struct names *names, const struct addr *client, const char *name, size_t length);

/* Which machine sent a question, in sixteen bits: by the MAC of its frame; by a frame that does not
 * say; not at all, in a resolver's own words. */
enum { NAMES_ASKER_UNTOLD, NAMES_ASKER_HIDDEN, NAMES_ASKER_FIRST, NAMES_ASKER_COUNT = 1 << 16 };
uint16_t names_asker(const struct names *names, const uint8_t mac[6]);

struct names_answer {
	uint32_t l7, ttl_s;
	bool was_asked; /* the client was seen to ask for it */
	uint16_t asker;
};

/* The client got this address as an answer for the names in l7. What nobody asked for never takes
 * the place of what somebody did. */
void names_add(struct names *names, struct names_place place, const struct addr *client,
	const struct addr *address, const struct names_answer *answer, uint64_t now_ns);

/* Numbers of l7 infos, without a reference of their own; 0 where there are none. */
struct names_found {
	uint32_t l7, others; /* others: further names that this client has for the address */
	uint16_t asker;
	bool is_old;       /* the time of l7 was over when the flow began */
	bool is_contested; /* two answers to one question led to different places */
};
struct names_found names_find(const struct names *names, struct names_place place,
	const struct addr *client, const struct addr *address, uint64_t now_ns);

/* A second answer to the client's question for that name leads there. */
void names_contest(struct names *names, const struct addr *client, const struct addr *address,
	const char *name, size_t length, uint64_t now_ns);

/* The client named the address so, where it is known by another name: l7 has that name alone. */
void names_use(struct names *names, const struct addr *client, const struct addr *address,
	uint32_t l7, uint64_t now_ns);

/* From here on each entry keeps the look-up that made it. */
bool names_track(struct names *names, struct lookups *lookups); /* false: out of memory */

/* From here on answers are kept for those as well who are known to have asked for the same name.
 * are_late: that somebody asked may become known after the flow that it leads to. */
void names_join(struct names *names, bool are_late);

/* The client looked this name up, in small letters; length 0: it looks names up where we can see
 * it. Known for a day. */
void names_note_lookup(struct names *names, struct names_place place, uint64_t now_ns);
bool names_know_lookup(const struct names *names, const struct addr *client, const char *name,
	size_t length, uint64_t now_ns);

/* Of names that come late: what was added or looked up in that place is there since now, unless an
 * earlier note says so; known for a day. And what names_find() would find, if it was there then:
 * the client's name for the address, or the answer and the client's look-up that are joined. */
void names_note_since(struct names *names, struct names_place place, uint64_t now_ns);
struct names_found names_find_late(const struct names *names, const struct addr *client,
	const struct addr *address, uint64_t then_ns, uint64_t now_ns);

/* Where names are tracked: what names_find() would find, or that the client looked this name up,
 * names the flow of that serial. */
void names_credit(const struct names *names, const struct addr *client, const struct addr *address,
	uint64_t now_ns, uint32_t serial);
void names_credit_lookup(const struct names *names, const struct addr *client, const char *name,
	size_t length, uint64_t now_ns, uint32_t serial);

bool names_are_empty(const struct names *names);
uint64_t names_given_up(const struct names *names); /* entries that gave way while still good */
uint64_t names_bytes(const struct names *names);    /* memory in use */
