/* The exporter: what happens to a record once its flow has ended, in order.
 *
 *     locate -> geo -> attribute -> decide -> overview, alerts, sinks
 *
 * Threads  one, which may be the worker's own.
 * Failure  a sink that fails is said once and left out from then on; the others go on. */
#pragma once

#include <stddef.h>

#include "analyzer/analyzer.h"

struct exporter;

struct exporter *exporter_create(const struct lexicon *lexicon, struct alerts *alerts);
void exporter_destroy(struct exporter *exporter);

/* sink becomes the exporter's. */
void exporter_add_sink(struct exporter *exporter, const struct sink_ops *ops, struct sink *sink);

/* records have flow and clues; every other part is filled here, in place. */
void exporter_take(struct exporter *exporter, struct record *records, size_t count);

/* Flushes and closes every sink. 0, or -errno and the first sentence of a sink that failed, now or
 * before. */
int exporter_finish(struct exporter *exporter, struct err *err);

struct overview *exporter_overview(struct exporter *exporter);

struct exporter_stats {
	uint64_t records, records_with_app;
	uint64_t packets, bytes; /* of all parts: the other side of the conservation check */
};
void exporter_read_stats(const struct exporter *exporter, struct exporter_stats *stats);
