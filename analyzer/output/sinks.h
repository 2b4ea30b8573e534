/* The sinks of the table (engine/sink_table.c), one line each; each is described in its own file.
 */
#pragma once

#include "analyzer/output/sink.h"

extern const struct sink_ops sink_ndjson;  /* ECS, one JSON object a line */
extern const struct sink_ops sink_csv;     /* the same fields as columns */
extern const struct sink_ops sink_cbor;    /* a CBOR sequence */
extern const struct sink_ops sink_archive; /* a folder of segments, to be asked again */
extern const struct sink_ops sink_redis;   /* metrics by app, country, unit (redis.h) */
extern const struct sink_ops sink_null;    /* nothing: for measuring what the rest costs */

/* Whole flows are their last parts; the totals of a last part are the flow's. */
static inline bool sink_wants(const struct sink_options *options, const struct record *record)
{
	return options->with_parts || record->flow.is_last;
}
