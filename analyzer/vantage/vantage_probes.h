/* Probes that the sensor saw: hellos with a marker that holds (probe_marker.h), and what became of
 * them.
 *
 * A marker counts once: the same one in another flow was copied, and is refused. Whoever sends a
 * copy from elsewhere does not take the real one's place, though his flow be over first.
 *
 * Memory   the last PROBES_MAX.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/probe_marker.h"

/* More than all segments of a body send while a marker holds. */
enum { PROBES_MAX = 1024 };

struct probe_seen {
	uint64_t flow_id, start_ns;
	uint32_t time_s, segment, number;
	uint16_t unit;                    /* symbol; 0: no unit of the policy has this name */
	uint16_t network;                 /* likewise, or a VLAN, where it is of no unit */
	uint16_t from_unit, from_network; /* where it came from; 0 none of them */
	uint8_t transport;                /* enum probe_transport */
	uint8_t outcome;                  /* enum block_outcome */
	bool is_in_place; /* came from an address of its unit, or of the network it names */
	bool was_reset;   /* a TCP reset came back */
	bool was_closed;  /* likewise, the other end hung up */
	bool was_told;    /* words came back that are no TLS */
	bool is_one_way;  /* what came back, or not, takes another way */
	bool is_late;     /* the hello sent again, of a connection whose beginning was not seen */
	uint8_t refusal;  /* enum l7_refusal; by whom: */
	char refused_by[ADDR_TEXT_MAX];
	char name[PROBE_NAME_MAX + 1];
};

struct probes {
	unsigned count;    /* of all; the last of them are kept */
	uint64_t refused;  /* copies */
	uint64_t untimely; /* of another time than this sensor's */
	int64_t apart_s;   /* the last of those: how far ahead */
	struct probe_seen items[PROBES_MAX];
};

static inline unsigned probes_kept(const struct probes *probes)
{
	return probes->count < PROBES_MAX ? probes->count : PROBES_MAX;
}

/* Takes the record of a probe's flow, the last of it. NULL: refused. */
const struct probe_seen *probes_take(struct probes *probes, const struct probe_key *key,
	const struct policy *policy, const struct record *record);
