/* The marker of a probe: 32 bytes in the place of a hello's random number, by which a sensor that
 * holds the same key knows that the hello is a probe's, from which segment, and when it was made.
 *
 *     4  the time in seconds since 1970, under a mask that follows from the key
 *     4  the segment, as a keyed hash of its name
 *     4  a number by chance: probes of the same second are told from copies of one
 *     20 HMAC-SHA-256 over all of it, transport and name, cut
 *
 * Nobody without the key can make one: for another name, segment, transport, time or number the
 * code is another. A marker counts PROBE_WINDOW_S around its time, so that one that was overheard
 * is of no use later; within that time whoever matches counts it once (vantage_probes.h). Within a
 * day it is still known for one, so that a clock that is wrong can be named.
 *
 * Threads  any, after creation.
 * Cost     a hello that bears none: one subtraction, but for one in 25,000, which costs an HMAC. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBE_MARKER_BYTES = 32, PROBE_WINDOW_S = 300, PROBE_KNOWN_S = 86400, PROBE_NAME_MAX = 253 };

enum probe_transport { PROBE_TCP = 6, PROBE_QUIC = 17 };

struct probe_key;

struct probe_key *probe_key_create(const uint8_t key[32]); /* NULL: out of memory */
void probe_key_destroy(struct probe_key *key);             /* wipes it */

/* What stands for the segment in markers; never 0. */
uint32_t probe_segment(const struct probe_key *key, const char *segment);

/* The name in small letters, as it stands in the hello. */
struct probe_hello {
	uint8_t transport; /* enum probe_transport */
	const char *name;
	size_t name_length;
	uint32_t time_s, segment, number;
};

/* False: the name is too long. */
bool probe_marker_make(const struct probe_key *key, const struct probe_hello *hello,
	uint8_t marker[PROBE_MARKER_BYTES]);

/* Fills in time, segment and number of a hello with this random number; false where it is no
 * marker, or of another day. */
bool probe_marker_check(const struct probe_key *key, const uint8_t marker[PROBE_MARKER_BYTES],
	uint64_t now_s, struct probe_hello *hello);

/* Does a marker of that time count now? */
static inline bool probe_is_timely(uint32_t time_s, uint64_t now_s)
{
	return (uint32_t)(time_s - (uint32_t)now_s + PROBE_WINDOW_S) <= 2 * PROBE_WINDOW_S;
}
