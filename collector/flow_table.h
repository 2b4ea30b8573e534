/* Flow table: every flow one worker is following.
 *
 * IPv4 and IPv6 have a slab and an index each. A batch goes through in three stages, each of which
 * starts the memory reads of the next for all packets at once: hash the keys and fetch index lines;
 * match tags and fetch records; then, packet by packet, compare the whole key and update. What
 * becomes of a packet depends only on the packets before it, never on where batches are cut.
 *
 * A flow ends (flow_expiry.h) or hands on a part: either is queued and becomes a record in
 * flow_table_take(). Until then the flow's number stays taken. flow_table_take() must be called
 * until it gives 0 after each batch.
 *
 * Memory   reserved once from the limit; used in proportion to the most flows that ever lived at
 *          once.
 * Threads  one.
 * Failure  flow_table_create() may find no memory; afterwards none: at the limit a flow is evicted
 *          and counted. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/flow_table_parts.h"

/* The table never follows more flows than this, whatever was asked for. */
enum { FLOW_LIMIT_DEFAULT = 2000000, FLOW_LIMIT_MOST = 1 << 30 };

/* contexts: what the context numbers in keys stand for; the decoder's. NULL: out of memory. */
struct flow_table *flow_table_create(const struct collector_options *options,
	const struct kernels *kernels, const struct contexts *contexts);
void flow_table_destroy(struct flow_table *table);

/* Takes batch->packets; fills in what was opened and what is to be looked at. */
void flow_table_batch(struct flow_table *table, struct collector_batch *batch);

/* No packet came, and it is time_ns now: flows and parts whose time is over become due. True where
 * more of them may be: take what is due and call again. */
bool flow_table_tick(struct flow_table *table, uint64_t time_ns);

/* No packet follows, ever: every flow that is left becomes due, and flows are no longer found. */
void flow_table_finish(struct flow_table *table);

size_t flow_table_take(struct flow_table *table, struct flow_record *records, size_t most);

size_t flow_table_bytes(const struct flow_table *table);
