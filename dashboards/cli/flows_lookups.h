/* The look-ups that named flows whose packets are wanted: found in the archive, among the DNS flows
 * of the same client that asked for the name. Their packets are read as well, so that the names are
 * known again, and come along as evidence (write_packets.h).
 *
 *     flow_lookups_want()    each flow
 *     flow_lookups_find()    then: the latest look-up of each before it began, in the archive
 *     flow_lookups_each()    their records' places
 *
 * A name asked for in a long flow behind another name is not found: that flow is known by its
 * first.
 *
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/archive/input_id.h"
#include "analyzer/record/record.h"
#include "base/err.h"

struct flow_lookups;

struct flow_lookups *flow_lookups_create(void); /* NULL: out of memory */
void flow_lookups_destroy(struct flow_lookups *lookups);

/* False: out of memory. */
bool flow_lookups_want(struct flow_lookups *lookups, const struct record *record);

/* archive: the folder. 0 or -errno. */
int flow_lookups_find(struct flow_lookups *lookups, const char *archive, struct err *err);

/* Where one stands: captures and offsets of its first and last packet; and since when. */
struct flow_lookup_place {
	char inputs[2][INPUT_ID_BYTES];
	uint64_t offsets[2], start_ns;
};
typedef void flow_lookups_take(void *context, const struct flow_lookup_place *place);
void flow_lookups_each(const struct flow_lookups *lookups, flow_lookups_take *take, void *context);
