/* Live counters: what one sensor sees just now, for whoever asks at its socket. A sink that takes
 * cells, keeps them by series over the windows of a snapshot (live_rows.h, live_snapshot.h), and
 * once a second writes that down as text, protected (protect.h).
 *
 * Memory   bounded, as live_rows.h says.
 * Threads  the sink is the exporter's; live_counters_read() may come from any. */
#pragma once

#include "analyzer/alert/alerts.h"
#include "analyzer/output/sink.h"
#include "base/text.h"

struct live_counters;

/* alerts may be NULL. NULL: out of memory. */
struct live_counters *live_counters_create(const struct alerts *alerts);
void live_counters_destroy(struct live_counters *counters);

/* For engine_add_sink(); closing it leaves the counters as they are. */
extern const struct sink_ops live_counters_sink_ops;
struct sink *live_counters_sink(struct live_counters *counters);

/* Rows and alerts, as live_snapshot.h says; at most a second old. */
void live_counters_read(struct live_counters *counters, struct text *text);
