/* Several views of one source, so that a question does not wait for another one: a view answers one
 * at a time. Those of an archive share what they have read (view_open_archive_beside), and are as
 * many as ask.
 *
 * The analysis of this process is one view, whose questions wait for each other. Archives and a
 * Redis together are history and what is live: figures are the archive's as far as it reaches.
 *
 * Memory   what view_readings.h keeps of archives, once.
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "analyzer/view/view.h"

struct view_source {
	struct view *analysis; /* the caller's, and an archive of its flows; else one of the others
				*/
	const char *const *archives;
	unsigned archive_count;
	const struct reference *reference; /* decides what archives hold by halves; NULL: nothing */
	const char *redis, *socket;
	const char *desk; /* where alerts are: a folder or a URL; NULL: the source's own, or none */
};

const char *view_source_kind(const struct view_source *source); /* "archive" */

struct views;

/* Opens one, so that what cannot be read is said at once. 0 or -errno. */
int views_open(struct views **views, const struct view_source *source, struct err *err);
void views_close(struct views *views);             /* NULL is accepted */
const char *views_name(const struct views *views); /* as view_name() */

/* Of Redis beside archives; NULL: there is none. */
const char *views_live_name(const struct views *views);

/* As it was opened. */
const struct view_source *views_source(const struct views *views);

/* Another number where the source has more than before: archives by their heads; of Redis and
 * sockets every ten seconds. */
uint64_t views_version(const struct views *views);

/* Does a folder of archives lack its head, which it had when it was opened? */
bool views_lack_archive(const struct views *views, struct err *err);

/* One more beside them, for a question that is asked once: what it reads is not kept. The caller
 * closes it. */
int views_open_another(const struct views *views, struct view **view, struct err *err);

/* NULL, and why, where none can be opened. */
struct view *views_take(struct views *views, struct err *err);
/* Where what is live is known: Redis beside archives, else the source itself. */
struct view *views_take_live(struct views *views, struct err *err);
/* Where single flows are known. */
struct view *views_take_flows(struct views *views, struct err *err);
/* Given views that are NULL are none. */
void views_give(struct views *views, struct view *view);
