/* Where the packets of flows stand, as the records of an archive have it: which captures, and from
 * which offset to which. So of a capture of any size only that much is read again.
 *
 *     flow_places_take()     each record
 *     flow_places_add()      what else is to be read (flows_lookups.h)
 *     flow_places_find()     then: what is to be read of these captures
 *
 * Threads  one. */
#pragma once

#include <stdbool.h>

#include "analyzer/format/record_labels.h"
#include "base/err.h"
#include "collector/source.h"

struct flow_places;

struct flow_places *flow_places_create(void); /* NULL: out of memory */
void flow_places_destroy(struct flow_places *places);

void flow_places_take(struct flow_places *places, const struct record *record,
	const struct record_labels *labels);
/* What else is to be read where it is known: it may stand far from the flows, and then what lies
 * between them is not read. */
void flow_places_add(
	struct flow_places *places, const char *const inputs[2], const uint64_t offsets[2]);

/* What is to be read: of each of these captures a range. Where a flow went on from one capture into
 * another, what lies between them in time is read as well. */
struct flow_stretches {
	const char **captures; /* the caller's */
	struct source_range *ranges;
	unsigned count;
};

/* False where the places do not lead there: the records have none, a capture is missing or was
 * changed since. What a person should know is said. */
bool flow_places_find(const struct flow_places *places, const char *const *captures, unsigned count,
	struct flow_stretches *stretches);
void flow_stretches_free(struct flow_stretches *stretches);
