#include "analyzer/vantage/vantage_logs.h"

#include <stdio.h>

#include "base/clock.h"
#include "collector/flow_source.h"

/* A rotation, and a burst, is over by then; nobody browses for so long without a lookup, caches or
 * not. */
#define AWAY_NS   (60 * NS_PER_S)
#define SILENT_NS (600 * NS_PER_S)

enum { WEB_LEAST = 100, BEHIND_LEAST = 1 << 20 };

void vantage_logs_note(struct vantage_logs *logs, unsigned number, const char *title,
	const struct flow_source_stats *stats, uint64_t web, uint64_t now_ns)
{
	if (number >= VANTAGE_LOGS) {
		return;
	}
	struct vantage_log *log = &logs->items[number];
	bool is_new = number >= logs->count;
	if (is_new) {
		logs->count = number + 1;
		snprintf(log->title, sizeof(log->title), "%s", title);
	}
	if (is_new || stats->messages != log->messages) {
		log->messages = stats->messages;
		log->heard_ns = now_ns;
		log->web_then = web;
	}
	log->away_ns = stats->away_ns;
	log->behind = stats->behind;
	if (stats->behind < BEHIND_LEAST) {
		log->behind_ns = 0;
	} else if (log->behind_ns == 0) {
		log->behind_ns = now_ns;
	}
}

bool vantage_log_is_away(const struct vantage_log *log, uint64_t now_ns)
{
	return log->away_ns != 0 && now_ns > log->away_ns && now_ns - log->away_ns >= AWAY_NS;
}

bool vantage_log_is_behind(const struct vantage_log *log, uint64_t now_ns)
{
	return log->behind_ns != 0 && now_ns > log->behind_ns && now_ns - log->behind_ns >= AWAY_NS;
}

bool vantage_log_is_silent(const struct vantage_log *log, uint64_t web, uint64_t now_ns)
{
	return now_ns > log->heard_ns && now_ns - log->heard_ns >= SILENT_NS &&
	       web - log->web_then >= WEB_LEAST;
}
