/* Flows that match: a stage of the exporter that lets records through by what their whole flow is.
 *
 * Records are parts of flows. A flow is judged by its last one, which knows its totals and all that
 * was learnt of it; until then its parts wait on disk (record_store.h). So the packets before a
 * name was known belong to the flow as well, and a flow is let through whole or not at all. A part
 * that comes behind the last one of its flow, since it waited for something else, goes as that did.
 *
 * Memory   32 bytes a flow of several parts that lives or ended lately.
 * Threads  the exporter's.
 * Failure  what could not wait is lost and said by flow_filter_finish(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/format/query.h"
#include "analyzer/record/reference.h"
#include "base/err.h"

struct flow_filter;

/* Told once of each flow that matches, by its last record. */
typedef void flow_filter_matched(
	void *context, const struct record *record, const struct record_labels *labels);

struct flow_filter_options {
	const struct query *query;     /* the caller's; NULL: any flow */
	uint64_t from_ns, to_ns;       /* flows that were alive in [from, to); to 0: no end */
	const struct local_zone *zone; /* of the fields hour, day, week, weekday */
	flow_filter_matched *matched;  /* NULL: nobody asks */
	flow_filter_matched *seen;     /* the same of each flow, before it is judged; NULL */
	void *context;
};

struct flow_filter_stats {
	uint64_t flows, matched; /* that ended; of those, that matched */
	uint64_t packets;        /* in those that matched */
};

/* Takes what is let through; the records are the taker's to change. */
typedef void flow_filter_taker(void *context, struct record *records, size_t count);

int flow_filter_create(
	struct flow_filter **filter, const struct flow_filter_options *options, struct err *err);
void flow_filter_destroy(struct flow_filter *filter);

void flow_filter_take(struct flow_filter *filter, const struct reference *reference,
	struct record *records, size_t count, flow_filter_taker *take, void *context);

/* Nothing follows: flows whose last record never came are judged by what there is. 0, or -errno and
 * what went wrong on the way. */
int flow_filter_finish(struct flow_filter *filter, const struct reference *reference,
	flow_filter_taker *take, void *context, struct err *err);

void flow_filter_read_stats(const struct flow_filter *filter, struct flow_filter_stats *stats);
