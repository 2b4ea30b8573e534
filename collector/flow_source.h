/* Flow sources: inputs that yield flow records and names instead of frames. Exporters (NetFlow,
 * IPFIX, sFlow) yield records; resolver logs (dnstap, query logs) yield who asked for which name
 * and got which address.
 *
 *     while (source->ops->next(source, &batch, &err) == FLOW_SOURCE_MORE) {
 *             names first: a record that begins with the answer finds its name;
 *             records then take the way of those that a flow table made.
 *     }
 *
 * Names of several sources come in the order of their times out of a feed (name_feed.h).
 *
 * A record is what a flow table would have said: parts cut at slots, totals up to the part's end,
 * flow_id of the tenant's flow key. What an exporter with longer timeouts says of more than one
 * slot is spread evenly over them. A source is one file and one line in whatever table opens them,
 * as the sources of frames are (source_ops.h).
 *
 * Memory   the batch is the caller's and holds values; nothing points into the source.
 * Threads  one a source.
 * Failure  next() gives -errno with a sentence that names file and offset, or sender; what came
 *          before is kept. A sender's single bad message is counted and passed over. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "collector/flow.h"

enum {
	FLOW_SOURCE_BATCH_MAX = 128,
	FLOW_NAME_BYTES = 254,
	FLOW_NAME_ALIASES_MAX = 4,
	FLOW_NAME_ADDRESSES_MAX = 16
};

/* The client asked for the name and got the addresses, over the aliases (CNAME). Names are in lower
 * case, without a final dot, NUL-terminated. Without an address it only asked: the log tells no
 * answers. */
struct flow_name {
	struct addr client;
	uint64_t time_ns;
	uint32_t ttl_s;
	uint8_t address_count, alias_count;
	struct addr addresses[FLOW_NAME_ADDRESSES_MAX];
	char name[FLOW_NAME_BYTES];
	char aliases[FLOW_NAME_ALIASES_MAX][FLOW_NAME_BYTES];
};

struct flow_source_batch {
	unsigned record_count, name_count;
	struct flow_record records[FLOW_SOURCE_BATCH_MAX];
	struct flow_name names[FLOW_SOURCE_BATCH_MAX];
};

struct flow_source_stats {
	uint64_t records, names;      /* handed over */
	uint64_t messages, malformed; /* of senders, or lines of a log */
	uint64_t lost;                /* that senders' sequence numbers say are missing */
	uint64_t gaps;     /* of a log that is followed: times that lines may have been missed */
	uint64_t away_ns;  /* likewise: since when it cannot be read; 0: it is read */
	uint64_t behind;   /* likewise: bytes of it that have not been read yet */
	uint64_t heard_ns; /* live: when the latest message came, as whoever hears it noted */
};

enum flow_source_result {
	FLOW_SOURCE_MORE, /* a batch, perhaps of nothing: nobody sent for a moment */
	FLOW_SOURCE_ENDED
};

struct flow_source;

struct flow_source_ops {
	const char *name; /* "ipfix", "dnstap": as in a target's "ipfix:" */
	int (*open)(struct flow_source **source, const char *target, struct err *err);
	int (*next)(struct flow_source *source, struct flow_source_batch *batch, struct err *err);
	void (*read_stats)(const struct flow_source *source, struct flow_source_stats *stats);
	void (*close)(struct flow_source *source);
};

/* What every kind begins with. */
struct flow_source {
	const struct flow_source_ops *ops;
	bool can_wait;     /* live: what is not asked for yet is not lost */
	const char *title; /* its path or address, for a person; the source's own, may be NULL */
};
