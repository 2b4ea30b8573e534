#include "analyzer/attribute/flow_shapes.h"

#include <stdlib.h>

#include "analyzer/record/symbols.h"

enum {
	IP_PROTOCOL_UDP = 17,
	PARALLEL_FEW = 2,
	PARALLEL_BURST = 4,
	TOTAL_MAX = 60000, /* then all counts of the row are halved */
};

/* How many flows of all apps together an app's own have to outweigh. */
static const double smoothing = 8;

/* However often an app was seen: a shape that it never had is less likely, not impossible. */
static const double trust_most = 0.9;

/* Counts of one app. */
struct shape_row {
	uint16_t total, counts[FLOW_SHAPE_COUNT];
};

struct flow_shapes {
	struct shape_row all, rows[SYMBOLS_MAX + 1]; /* by app */
};

struct flow_shapes *flow_shapes_create(void)
{
	return calloc(1, sizeof(struct flow_shapes));
}

void flow_shapes_destroy(struct flow_shapes *shapes)
{
	free(shapes);
}

unsigned flow_shape_of(const struct record *record, unsigned parallel)
{
	static const uint64_t steps[] = { 6 << 10, 48 << 10, 400 << 10 };
	const struct flow_record *flow = &record->flow;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;
	uint64_t up = flow->total_bytes[own], down = flow->total_bytes[!own];
	unsigned size = 0, burst = parallel >= PARALLEL_BURST ? 2 : parallel >= PARALLEL_FEW;

	while (size < sizeof(steps) / sizeof(steps[0]) && down >= steps[size]) {
		size++;
	}
	return ((burst * 4 + size) * 2 + (up > down)) * 2 + (flow->protocol == IP_PROTOCOL_UDP);
}

static void count(struct shape_row *row, unsigned shape)
{
	if (row->total == TOTAL_MAX) {
		row->total = 0;
		for (unsigned i = 0; i < FLOW_SHAPE_COUNT; i++) {
			row->counts[i] /= 2;
			row->total = (uint16_t)(row->total + row->counts[i]);
		}
	}
	row->counts[shape]++;
	row->total++;
}

void flow_shapes_teach(struct flow_shapes *shapes, uint16_t app, unsigned shape)
{
	count(&shapes->rows[app], shape);
	count(&shapes->all, shape);
}

double flow_shapes_share(const struct flow_shapes *shapes, uint16_t app, unsigned shape)
{
	const struct shape_row *row = &shapes->rows[app];
	double common = (shapes->all.counts[shape] + 1.0) / (shapes->all.total + FLOW_SHAPE_COUNT);
	double trust = row->total / (row->total + smoothing);
	double own = row->total ? (double)row->counts[shape] / row->total : 0;

	trust = trust < trust_most ? trust : trust_most;
	return trust * own + (1 - trust) * common;
}
