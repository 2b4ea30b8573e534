/* A view of an analysis as a sink: it takes the cells as the exporter hands them on.
 *
 * Memory   the caller's, as long as the engine that it was added to.
 * Threads  the exporter's. */
#pragma once

#include "analyzer/output/sink.h"

struct view;

struct view_sink {
	struct view *view;
};

/* For engine_add_sink(); closing it leaves the view as it is. */
extern const struct sink_ops view_sink_ops;
struct sink *view_sink(struct view_sink *sink);
