/* The sources of names that a command was given: resolver logs, or sockets for dnstap.
 *
 * Threads  one.
 * Failure  0, or -errno and a sentence; what was opened is closed by name_sources_close(). */
#pragma once

#include "analyzer/resolver/resolver_log.h"
#include "collector/name_feed.h"
#include "dashboards/cli/cli.h"

/* A zeroed struct has opened nothing. */
struct name_sources {
	struct flow_source *items[NAME_FEED_SOURCES_MAX];
	unsigned count;
};

/* Finished logs, FORMAT:PATH or PATH each. */
int name_sources_open_logs(
	struct name_sources *sources, const struct option_list *logs, struct err *err);

/* Where resolvers send dnstap: unix:PATH or [ADDRESS:]PORT each. Sockets become the user's. */
int name_sources_listen(struct name_sources *sources, const struct option_list *targets,
	const char *user, struct err *err);

/* Logs that their resolvers write on, [FORMAT:]PATH each; beside those. */
int name_sources_follow(
	struct name_sources *sources, const struct option_list *logs, struct err *err);

/* How far those were read, by their paths: kept for the next run, and gone on from. What cannot be
 * is said in the log. */
struct state;
void name_sources_keep_places(const struct name_sources *sources, struct state *state);
void name_sources_go_on(const struct name_sources *sources, struct state *state);

void name_sources_close(struct name_sources *sources);
