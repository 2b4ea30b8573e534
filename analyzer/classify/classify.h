/* Classification, on the worker: feeds the first bytes of each flow to the dissectors and keeps
 * what they found.
 *
 * Owns the notes of the collector's flows. A note is 0 (nothing known), the number of a struct
 * l7 that is shared by all flows that showed the same, or the number of a reassembly in
 * session. DNS answers and resolver logs fill the names table, from which a new flow gets the names
 * its client has just looked up.
 *
 * Memory   bounded by classify_options; full tables refuse and count.
 * Threads  one a classify, the worker's.
 * Failure  none: it counts. */
#pragma once

#include <stdint.h>

#include "analyzer/classify/call_sockets.h"
#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/record/l7_info.h"
#include "collector/collector.h"
#include "collector/name_feed.h"

struct classify;
struct lookups;
struct probe_key;

struct classify_options {
	uint32_t reassembly_limit; /* hellos in session at once; 0: 65,536 (the oldest gives way) */
	uint32_t l7_info_limit;    /* different l7 infos at once; 0: 1,000,000 */
	const struct probe_key *probe_key; /* the caller's; NULL: no probe is known */
	uint32_t names_limit;    /* (client, address) pairs remembered from DNS; 0: 1,000,000 */
	struct name_feed *names; /* from resolver logs; the caller's; NULL: none */
	/* The caller's: in which frames the names of flows were looked up, where the collector
	 * marks frames; NULL: nobody asks. */
	struct lookups *lookups;
	struct own_network own;      /* the caller's: hears what machines of ours are called */
	struct call_servers servers; /* the caller's: knows whose servers are where */
};

/* So many clients of a resolver's log are told apart. */
enum { CLASSIFY_NAME_CLIENTS = 32 };

struct classify_stats {
	uint64_t peeks;              /* payloads looked at */
	uint64_t hellos_reassembled; /* over more than one segment */
	uint64_t reassembly_dropped, l7_info_dropped, names_dropped;
	uint64_t initials_passed_over; /* QUIC's, in a flood of them (quic_pace.h) */
	uint64_t overlaps_changed;     /* retransmitted with other content: the first wins */
	uint64_t dns_answers, dns_unasked, dns_malformed; /* unasked: no question was seen */
	uint64_t names_heard;                             /* from resolver logs */
	uint64_t names_bare;   /* of those, without an address that the client got */
	uint64_t names_later;  /* that files of logs hold behind the last packet, for half a day */
	uint64_t name_clients; /* who asked for those, at most CLASSIFY_NAME_CLIENTS */
	uint64_t named_by_log; /* flows that have a name of them */
	int64_t log_ahead_s; /* how far their clock is off, and by how many of them (log_clock.h) */
	uint64_t log_ahead_by;
	uint64_t bytes; /* memory in use */
};

struct classify *classify_create(const struct classify_options *options); /* NULL: out of memory */
void classify_destroy(struct classify *classify);

/* Looks at what is new in the batch, in packet order: flows that were opened and payload that was
 * asked for. Records are to be settled before the next batch. */
void classify_batch(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch);

/* No packet came for a moment, by time_ns: what live resolver logs said meanwhile is heard, so that
 * it does not pile up. */
void classify_tick(struct classify *classify, uint64_t time_ns);

/* There are no more packets. What files of logs hold behind them names nobody, and tells whether
 * their clock is the capture's. */
void classify_finish(struct classify *classify);

/* What is known about the flow of this record; after the last part its note is gone. */
void classify_settle(struct classify *classify, const struct flow_record *flow, struct l7_info *l7);

/* Records at + CLASSIFY_AHEAD and nearer are to be settled soon: what is known of their flows is
 * on its way, a step at a time. */
enum { CLASSIFY_AHEAD = 12 };
void classify_expect(
	const struct classify *classify, const struct flow_record *flows, size_t at, size_t count);

void classify_read_stats(const struct classify *classify, struct classify_stats *stats);
