/* Live sources of names (resolvers' logs and dnstap): which cannot be read, which are written
 * faster than they are read, and which say nothing any more while clients go on.
 *
 * Memory   a value.
 * Threads  the owner's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct flow_source_stats;

enum { VANTAGE_LOGS = 16, VANTAGE_LOG_TITLE_BYTES = 128 };

struct vantage_log {
	char title[VANTAGE_LOG_TITLE_BYTES];
	uint64_t messages, away_ns;
	uint64_t behind, behind_ns; /* bytes that are yet to be read; since when many are, or 0 */
	uint64_t heard_ns;          /* of the latest message; until there is one, of the start */
	uint64_t web_then;          /* flows of the web until then */
};

struct vantage_logs {
	unsigned count;
	struct vantage_log items[VANTAGE_LOGS];
};

/* How the source of this number fares, and how many flows of the web have been seen. */
void vantage_logs_note(struct vantage_logs *logs, unsigned number, const char *title,
	const struct flow_source_stats *stats, uint64_t web, uint64_t now_ns);

bool vantage_log_is_away(const struct vantage_log *log, uint64_t now_ns);

bool vantage_log_is_behind(const struct vantage_log *log, uint64_t now_ns);

/* Has it said nothing for long, while so many flows of the web began? */
bool vantage_log_is_silent(const struct vantage_log *log, uint64_t web, uint64_t now_ns);
