/* How an output is, whatever it takes (records, alerts, heartbeats): up, or failing and tried again
 * after a while.
 *
 * An output that fails is given nothing until a try succeeds. It is tried again after
 * OUTPUT_WAIT_MIN_NS, then after twice as long each time, at most OUTPUT_WAIT_MAX_NS. What it was
 * to hold in between and never will is counted as lost; what could be kept for it is not.
 *
 * Health shows every state; the log says once that an output fails, and once that it is back.
 *
 * Memory   a value.
 * Threads  its owner's.
 * Failure  none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

#define OUTPUT_WAIT_MIN_NS NS_PER_S
#define OUTPUT_WAIT_MAX_NS (60 * NS_PER_S)

struct output_state {
	const char *name; /* "archive" */
	bool is_failing;
	uint64_t failed_ns;         /* since when; good while it fails */
	uint64_t tried_ns, wait_ns; /* wait_ns 0: the next try is due at once */
	uint64_t failures;          /* times it broke */
	uint64_t retries;           /* tries after that, in vain or not: what was sent, no looks */
	uint64_t lost;              /* of what it takes, all in all */
	int status; /* of the last failure, also after it is back; 0: there was none */
	struct err reason;
};

void output_failed(struct output_state *state, int status, const struct err *err, uint64_t now_ns);
void output_succeeded(struct output_state *state);

/* Is it to be given something: it is up, or the time of another try has come? A clock that was set
 * back keeps nothing waiting. */
bool output_is_due(const struct output_state *state, uint64_t now_ns);
