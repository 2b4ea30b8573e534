/* Keeps at hand, for who raises alerts, what people do at a desk: their suppressions, and which
 * alerts they close as true or false. A thread of its own looks every ten seconds, for what was
 * closed every ten minutes, so that nobody waits for a disk or for Redis. What cannot be read
 * leaves what was read last.
 *
 * Threads  desk_watch_find() and desk_watch_verdicts() any.
 * Failure  opening fails as alert_store_open() does. */
#pragma once

#include <stdbool.h>

#include "analyzer/alert/suppression.h"

struct desk_watch;

/* observer: whose alerts' verdicts count; NULL: everybody's. The first look is done when it
 * returns, so that the analysis of a file has them; a server that is away then is tried again. */
int desk_watch_open(
	struct desk_watch **watch, const char *target, const char *observer, struct err *err);
void desk_watch_close(struct desk_watch *watch); /* NULL is accepted */

/* The id of the one that covers it, copied; false: none does. */
bool desk_watch_find(struct desk_watch *watch, const struct suppression_subject *subject,
	uint64_t now_ns, char id[ALERT_STORE_ID_BYTES]);

/* Of alerts under the budget of false ones: how many were closed after that time as true, as false;
 * latest_ns: when the last of them was, or since_ns. */
struct desk_verdicts {
	uint64_t confirmed, refuted, latest_ns;
};
void desk_watch_verdicts(
	struct desk_watch *watch, uint64_t since_ns, struct desk_verdicts *verdicts);
