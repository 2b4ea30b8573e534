/* Live counters: what one sensor sees just now, for whoever asks at its socket. A sink that adds
 * records up by dimension and series over the windows of a snapshot (live_snapshot.h), and once a
 * second writes that down as text.
 *
 * Groups of fewer devices than the policy's k are put together before anything is written; devices
 * are counted by a secret hash that lives as long as they do.
 *
 * Memory   bounded: LIVE_COUNTERS_ROWS_MAX series of all dimensions; what is new beyond them is
 * added to
 *          the series "other". Idle ones are forgotten at midnight (UTC).
 * Threads  the sink is the exporter's; live_counters_read() may come from any.
 * Failure  out of memory leaves a row or a device out. */
#pragma once

#include "analyzer/alert/alert.h"
#include "analyzer/output/sink.h"
#include "base/text.h"

enum { LIVE_COUNTERS_ROWS_MAX = 4096 };

struct live_counters;

/* alerts may be NULL. NULL: out of memory. */
struct live_counters *live_counters_create(const struct alerts *alerts);
void live_counters_destroy(struct live_counters *counters);

/* For sensor_add_sink(); closing it leaves the counters as they are. */
extern const struct sink_ops live_counters_sink_ops;
struct sink *live_counters_sink(struct live_counters *counters);

/* Rows and alerts, as live_snapshot.h says; at most a second old. */
void live_counters_read(struct live_counters *counters, struct text *text);
