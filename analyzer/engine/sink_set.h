/* The sinks of a run: each gets every record and cell, and has a state of its own (output_state.h),
 * so that one that fails holds nobody up.
 *
 * Memory   little.
 * Threads  the exporter's.
 * Failure  none: what a sink says is kept in its state. */
#pragma once

#include <stddef.h>

#include "analyzer/output/output_state.h"
#include "analyzer/output/sink.h"

enum { SINK_SET_MAX = 16 };

struct open_sink {
	const struct sink_ops *ops;
	struct sink *sink; /* NULL: closed */
	struct output_state state;
	uint64_t passed_over; /* records that are missing in it since it fails */
	uint64_t own_losses;  /* that it spoke of so far */
	bool ended_short;     /* it failed until it was closed, and records are missing in it */
};

struct sink_set {
	struct open_sink items[SINK_SET_MAX];
	unsigned count;
	uint64_t now_ns; /* of the last flush */
};

/* sink becomes the set's; where there is no room it is closed at once. */
void sink_set_add(struct sink_set *set, const struct sink_ops *ops, struct sink *sink);

void sink_set_write(struct sink_set *set, const struct reference *reference,
	const struct record *records, size_t count);
/* is_elsewhere: another sensor counts them, for all who join the sums of sensors. */
void sink_set_write_cells(struct sink_set *set, const struct reference *reference,
	const struct cell *cells, size_t count, bool is_elsewhere);

/* Flushes those that are up, and tries again those that fail and are due. Told of each that is back
 * and lost something: sink_set_recovery, which may be NULL. */
typedef void sink_set_recovery(
	void *context, const struct output_state *state, const struct sink_gap *gap);
void sink_set_flush(struct sink_set *set, const struct reference *reference, uint64_t now_ns,
	sink_set_recovery *tell, void *context);

/* Every one that fails is tried a last time, due or not, before it is closed: what is missing in
 * one that works again is noted there. end_ns: when the last record ended, by their clock. */
void sink_set_close(struct sink_set *set, const struct reference *reference, uint64_t end_ns,
	sink_set_recovery *tell, void *context);
