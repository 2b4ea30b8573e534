/* Flow shapes: how the flows of an app look from outside, learnt from its named flows.
 *
 * A shape is a handful of coarse facts that no encryption hides: transport, how much came down,
 * whether more went up (telemetry), and how many flows the device began at the same time (prefetch
 * comes in bursts).
 *
 * Memory   100 bytes an app that was seen; 6.5 MB of addresses.
 * Threads  one. */
#pragma once

#include <stdint.h>

#include "analyzer/record/record.h"

enum { FLOW_SHAPE_COUNT = 48 };

struct flow_shapes;

struct flow_shapes *flow_shapes_create(void); /* NULL: out of memory */
void flow_shapes_destroy(struct flow_shapes *shapes);

/* parallel: flows of the device that began at about the same time. 0 .. FLOW_SHAPE_COUNT - 1. */
unsigned flow_shape_of(const struct record *record, unsigned parallel);

/* app 0: something else that had a name. */
void flow_shapes_teach(struct flow_shapes *shapes, uint16_t app, unsigned shape);

/* Which share of the app's flows has this shape, smoothed by that of all flows; above 0. */
double flow_shapes_share(const struct flow_shapes *shapes, uint16_t app, unsigned shape);
