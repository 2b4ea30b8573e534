/* Keeps the suppressions of a desk at hand for who raises alerts: a thread of its own looks every
 * ten seconds, so that nobody waits for a disk or for Redis. What cannot be read leaves the ones
 * that were read last.
 *
 * Threads  suppression_watch_find() any.
 * Failure  opening fails as alert_store_open() does. */
#pragma once

#include <stdbool.h>

#include "analyzer/alert/suppression.h"

struct suppression_watch;

/* The first look is done when it returns, so that the analysis of a file has them; a server that is
 * away then is tried again. */
int suppression_watch_open(struct suppression_watch **watch, const char *target, struct err *err);
void suppression_watch_close(struct suppression_watch *watch); /* NULL is accepted */

/* The id of the one that covers it, copied; false: none does. */
bool suppression_watch_find(struct suppression_watch *watch,
	const struct suppression_subject *subject, uint64_t now_ns, char id[ALERT_STORE_ID_BYTES]);
