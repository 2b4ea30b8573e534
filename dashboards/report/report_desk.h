/* The alerts that began in a period, as people left them at the desk: how many of each kind are
 * new, looked at, handed on, closed as what they said or as a false alarm, suppressed. Nothing of
 * who, where and what.
 *
 * Memory   the caller's struct. Threads: one at a time.
 * Failure  0 or -errno, as of the store; what was damaged is left out and counted. */
#pragma once

#include <stdint.h>

#include "analyzer/alert/alert.h"
#include "base/err.h"

#define REPORT_DESK_STATES(X)                                                                      \
	X(NEW, "new")                                                                              \
	X(ACKNOWLEDGED, "acknowledged")                                                            \
	X(ESCALATED, "escalated")                                                                  \
	X(CLOSED_TRUE, "closed_true")                                                              \
	X(CLOSED_FALSE, "closed_false")                                                            \
	X(SUPPRESSED, "suppressed")

enum report_desk_state {
#define X(id, column) REPORT_DESK_##id,
	REPORT_DESK_STATES(X)
#undef X
		REPORT_DESK_STATE_COUNT
};

struct report_desk {
	uint64_t alerts[ALERT_KIND_COUNT][REPORT_DESK_STATE_COUNT];
	uint64_t count;
	unsigned damaged;
};

/* target: a URL of Redis, or the folder of a sensor's state (alert_store.h). */
int report_desk_read(struct report_desk *desk, const char *target, uint64_t from_ns, uint64_t to_ns,
	struct err *err);
