/* A live sensor's view of itself: a sink that takes cells, and the answers to whoever asks at the
 * sensor's socket (view_text.h), protected by the sensor's own policy.
 *
 * Memory   bounded, as view_open_analysis() says.
 * Threads  the sink is the exporter's; view_live_answer() may come from any, one at a time. */
#pragma once

#include "analyzer/alert/alerts.h"
#include "analyzer/output/sink.h"
#include "analyzer/view/view.h"
#include "base/text.h"

struct view_live;

/* alerts may be NULL. NULL: out of memory. */
struct view_live *view_live_create(const struct alerts *alerts);
void view_live_destroy(struct view_live *live);

/* For engine_add_sink(); closing it leaves the view as it is. */
extern const struct sink_ops view_live_sink_ops;
struct sink *view_live_sink(struct view_live *live);

/* Answers one line, which is changed. sensor: how this one is. */
void view_live_answer(struct view_live *live, char *question, const struct view_sensor *sensor,
	struct text *text);
