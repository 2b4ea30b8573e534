/* Resolver logs: sources of names (collector/flow_source.h), by format. A log is as trustworthy as
 * the resolver that wrote it: whoever names one here says that it is.
 *
 * Threads  one a source.
 * Failure  -errno and a sentence that says what was expected. */
#pragma once

#include "collector/flow_source.h"

/* A finished log: "dnstap:PATH", "unbound:PATH", "dnsmasq:PATH", "zeek:PATH", or a path alone,
 * whose first lines then tell the format. */
int resolver_log_open(struct flow_source **source, const char *target, struct err *err);

/* A log of lines that its resolver writes on (log_follow.h): "[FORMAT:]PATH" as above, where the
 * file need not be there yet; without a format the first line that tells it does. next() waits for
 * at most RESOLVER_WAIT_MS. */
enum { RESOLVER_WAIT_MS = 100 };
int resolver_log_follow(struct flow_source **source, const char *target, struct err *err);
/* How far a log that is followed was read, in a few words for the next run; false: of another
 * source, or it is not there. And goes on from there, before its first next(). */
enum { RESOLVER_PLACE_BYTES = 160 };
bool resolver_log_put_place(const struct flow_source *source, char place[RESOLVER_PLACE_BYTES]);
void resolver_log_go_on(struct flow_source *source, const char *place);
const char *resolver_log_path(const char *target); /* without its format */

void resolver_log_close(struct flow_source *source); /* NULL is accepted */

extern const struct flow_source_ops flow_source_dnstap;

/* dnstap as resolvers send it: "unix:PATH" or "[ADDRESS:]PORT", the address 127.0.0.1 unless given.
 * next() waits for at most RESOLVER_WAIT_MS. */
extern const struct flow_source_ops flow_source_dnstap_listen;
