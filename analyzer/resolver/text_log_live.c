/* Query logs in lines, while their resolvers write them. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/resolver/log_follow.h"
#include "analyzer/resolver/resolver_log.h"
#include "analyzer/resolver/text_log.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

/* Lines a call, so that whoever ends the run does not wait; lines of no known format, before that
 * is said. */
enum { LINES_MAX = 4096, LINES_UNKNOWN_MAX = 200 };

struct live_log {
	struct flow_source source;
	char *target;
	struct log_follow *follow;
	bool is_checked; /* that it can be opened again, with the rights that are left */
	unsigned unknown;
	struct text_reader reader; /* its format NULL: no line has told it yet */
};

static void close_live(struct flow_source *source)
{
	struct live_log *log = (struct live_log *)source;

	if (log) {
		log_follow_close(log->follow);
		text_reader_deinit(&log->reader);
		free(log->target);
		free(log);
	}
}

/* A log whose name tells no format: does the line? */
static int find_format(struct live_log *log, const char *line, struct err *err)
{
	const struct text_log_format *format = text_log_of_line(line);

	if (!format) {
		if (++log->unknown == LINES_UNKNOWN_MAX) {
			log_warning("%s: %u lines tell nothing of which resolver's log it is; say "
				    "so: unbound:, dnsmasq: or zeek: before the path",
				log->target, log->unknown);
		}
		return 0;
	}
	log_info("%s: is a log of %s", log->target, format->name);
	return text_reader_init(&log->reader, format, clock_now_ns(), err);
}

static int take_line(
	struct live_log *log, const char *line, struct flow_source_batch *batch, struct err *err)
{
	int status = log->reader.format ? 0 : find_format(log, line, err);

	if (status == 0 && log->reader.format) {
		text_reader_take(&log->reader, line, batch);
	}
	return status;
}

static int next(struct flow_source *source, struct flow_source_batch *batch, struct err *err)
{
	struct live_log *log = (struct live_log *)source;
	bool has_more = true;
	int status = 0;
	char *line;

	if (!log->is_checked) {
		log_follow_check(log->follow);
		log->is_checked = true;
	}
	batch->record_count = batch->name_count = 0;
	log->reader.clock.changed_ns = clock_now_ns();
	for (unsigned i = 0; i < LINES_MAX && has_more && text_log_has_room(batch); i++) {
		has_more = log_follow_line(log->follow, &line);
		status = line ? take_line(log, line, batch, err) : 0;
		if (status < 0) {
			return status;
		}
	}
	if (!has_more && batch->name_count == 0) {
		poll(NULL, 0, RESOLVER_WAIT_MS);
	}
	return FLOW_SOURCE_MORE;
}

static void read_stats(const struct flow_source *source, struct flow_source_stats *stats)
{
	const struct live_log *log = (const struct live_log *)source;
	struct log_follow_stats follow;

	log_follow_read_stats(log->follow, &follow);
	*stats = log->reader.stats;
	stats->malformed += follow.passed_over;
	stats->gaps = follow.gaps;
	stats->away_ns = follow.away_ns;
	stats->behind = follow.behind;
}

static const struct flow_source_ops live_ops = { "resolver-log", resolver_log_follow, next,
	read_stats, close_live };

/* "DEVICE INODE OFFSET", and the last bytes as hexadecimal digits. */
bool resolver_log_put_place(const struct flow_source *source, char place[RESOLVER_PLACE_BYTES])
{
	const struct live_log *log = (const struct live_log *)source;
	struct log_place at;
	struct text text;

	if (source->ops != &live_ops || !log_follow_place(log->follow, &at)) {
		return false;
	}
	text_init(&text, place, RESOLVER_PLACE_BYTES);
	text_printf(&text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " ", at.device, at.inode, at.offset);
	for (unsigned i = 0; i < at.seen_count; i++) {
		text_printf(&text, "%02x", (uint8_t)at.seen[i]);
	}
	return true;
}

void resolver_log_go_on(struct flow_source *source, const char *place)
{
	struct live_log *log = (struct live_log *)source;
	struct log_place at = { 0 };
	int words = 0;
	unsigned byte;

	if (source->ops != &live_ops ||
		sscanf(place, "%" SCNu64 " %" SCNu64 " %" SCNu64 "%n", &at.device, &at.inode,
			&at.offset, &words) != 3 ||
		at.offset > INT64_MAX) {
		return;
	}
	place += words + (place[words] == ' ');
	while (at.seen_count < LOG_SEEN_BYTES && sscanf(place, "%2x", &byte) == 1) {
		at.seen[at.seen_count++] = (char)byte;
		place += 2;
	}
	log_follow_go_on(log->follow, &at);
}

const char *resolver_log_path(const char *target)
{
	const char *path = target;

	text_log_named(target, &path);
	return path;
}

int resolver_log_follow(struct flow_source **source, const char *target, struct err *err)
{
	const char *path = target;
	const struct text_log_format *format = text_log_named(target, &path);
	struct live_log *log;

	if (strncmp(target, "dnstap:", 7) == 0) {
		return err_set(err, EINVAL,
			"%s: a sensor hears dnstap from the resolver itself; give it a socket with "
			"--dnstap-listen",
			target);
	}
	log = calloc(1, sizeof(*log));
	if (!log || !(log->target = strdup(path))) {
		free(log);
		return err_set(err, ENOMEM, "out of memory");
	}
	log->source =
		(struct flow_source){ .ops = &live_ops, .can_wait = true, .title = log->target };
	int status = log_follow_open(&log->follow, path, err);
	if (status == 0 && format) {
		status = text_reader_init(&log->reader, format, clock_now_ns(), err);
	}
	if (status < 0) {
		close_live(&log->source);
		return status;
	}
	*source = &log->source;
	return 0;
}
