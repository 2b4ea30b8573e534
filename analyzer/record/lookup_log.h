/* The log of look-ups: who asked what of people's data, when and why. FOLDER/lookups.tsv, a line
 * each, only ever appended to:
 *
 *     TIME  USER  KIND  QUESTION  REASON  DIGEST
 *
 * with tabs between. DIGEST is SHA-256 over the digest of the line before and this line up to it,
 * so that no line can be changed, taken out or put in without the last one changing, which reports
 * name. The one door: what cannot be logged is not to be answered.
 *
 * Where FOLDER/roles (or /etc/borderflow/roles) is there, it says who may do what, a line each:
 * "USER look,approve,audit"; nobody else may, whatever the files' modes. Reading the log is a
 * look-up of its own (audit), and is logged in it.
 *
 * Threads  one at a time; several processes may (a lock).
 * Failure  0 or -errno with the file: -EPERM the user has no such role, -EBADMSG the chain is
 * broken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Kind, how it is written, and the role that may. */
#define LOOKUP_KINDS(X)                                                                            \
	X(READ, "read", LOOK)               /* records or alerts of single devices */              \
	X(REPLAY, "replay", LOOK)           /* rules over what has been */                         \
	X(REVEAL, "reveal", LOOK)           /* who a pseudonym is, or what an address's is */      \
	X(REQUEST, "request", LOOK)         /* the same of a past month: asked for */              \
	X(APPROVE, "approve", APPROVE)      /* and approved */                                     \
	X(BREAK_GLASS, "break-glass", LOOK) /* and opened without the officer */                   \
	X(SUBJECT, "subject", LOOK)         /* what is held about one */                           \
	X(AUDIT, "audit", AUDIT)            /* this log, read */

enum lookup_kind {
#define X(id, name, role) LOOKUP_##id,
	LOOKUP_KINDS(X)
#undef X
		LOOKUP_KIND_COUNT
};

const char *lookup_kind_name(enum lookup_kind kind);

struct lookup {
	enum lookup_kind kind;
	const char *user;              /* NULL: the user of this process */
	const char *question, *reason; /* reason "" : none was given */
	uint64_t now_ns;
};

int lookup_log_append(const char *folder, const struct lookup *lookup, struct err *err);

/* The lines of a time, the oldest first, and whether the chain holds: -EBADMSG names the first line
 * that does not fit, after all before it were handed out. -ENOENT: nothing was ever asked. */
struct lookup_line {
	uint64_t time_ns;
	const char *time, *user, *kind, *question, *reason, *digest; /* for the call alone */
};
typedef void lookup_taker(void *context, const struct lookup_line *line);
int lookup_log_read(const char *folder, lookup_taker *take, void *context, struct err *err);

/* What a report says of a time: how often each, and the last digest; checks the chain. -ENOENT:
 * nothing was ever asked. */
struct lookup_counts {
	uint64_t kinds[LOOKUP_KIND_COUNT];
	char last[65]; /* of the whole log */
};
int lookup_log_count(const char *folder, uint64_t from_ns, uint64_t to_ns,
	struct lookup_counts *counts, struct err *err);
