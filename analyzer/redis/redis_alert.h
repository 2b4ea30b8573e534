/* Alerts in Redis: the stream bf:1:alerts for whoever waits for them, and one hash an alert that
 * keeps its state, in a sorted set of all (alert/alert_store.h says what else is kept there).
 *
 * The hash remembers the digest of what was last posted, so that the same alert again (the same
 * file analysed twice, a batch that is sent again) adds nothing, and what people wrote (state,
 * owner, notes) is never touched: a sensor moves it between new and suppressed alone. The stream is
 * written before the hash: should the connection break between the two, a reader sees the alert
 * twice with one id, never not at all.
 *
 * Threads  one at a time, with the connection. Failure: as redis.h says. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct redis;

struct redis_alert {
	const char *id, *kind;
	const char *digest; /* of json, as text */
	const char *json;
	const char *said;        /* its sentence in each language (alert_output.h); "" none */
	const char *state;       /* that a new one has: new, or suppressed */
	const char *suppression; /* that it falls under; "" none */
	uint64_t time_ns;        /* when it began: its place among the others */
};

int redis_alert_post(struct redis *redis, const struct redis_alert *alert, struct err *err);
