/* Names from resolver logs: files are read by the lane as far as its packets have come; live, each
 * source has a thread that hands what it hears to every lane, for any may follow the client. */
#include <errno.h>
#include <poll.h>

#include "analyzer/engine/engine_parts.h"
#include "analyzer/vantage/vantage.h"
#include "base/clock.h"
#include "base/log.h"

enum { ROOM_WAIT_MS = 5, ROOM_WAITS_MOST = 200 };

int engine_open_names(struct engine *engine, struct lane_options *lane, struct err *err)
{
	const struct engine_options *options = &engine->options;
	struct name_feed **feed = &engine->feeds[engine->lane_count];

	if (options->names_count == 0) {
		return 0;
	}
	*feed = options->has_ticks ? name_feed_create_live()
				   : name_feed_create(options->names, options->names_count);
	lane->classify.names = *feed;
	return *feed ? 0 : err_set(err, ENOMEM, "out of memory");
}

void engine_close_names(struct engine *engine)
{
	for (unsigned i = 0; i < HEALTH_WORKERS_MAX; i++) {
		name_feed_destroy(engine->feeds[i]);
	}
}

static const char *title_of(const struct flow_source *source)
{
	return source->title ? source->title : source->ops->name;
}

static bool has_room(const struct engine *engine, unsigned count)
{
	unsigned lane = 0;

	while (lane < engine->lane_count && name_feed_has_room(engine->feeds[lane], count)) {
		lane++;
	}
	return lane == engine->lane_count;
}

/* A lane takes names as packets come, or a tick later. One that hangs is not waited for. */
static void wait_for_room(const struct engine_hearer *hearer)
{
	const struct engine *engine = hearer->engine;

	for (unsigned waits = 0;
		hearer->source->can_wait && waits < ROOM_WAITS_MOST && engine_is_wanted(engine) &&
		!has_room(engine, hearer->batch.name_count);
		waits++) {
		poll(NULL, 0, ROOM_WAIT_MS);
	}
}

static void hand_out(struct engine_hearer *hearer)
{
	struct engine *engine = hearer->engine;
	uint64_t messages = hearer->stats.messages, heard_ns = hearer->stats.heard_ns;

	/* A feed takes from one writer at a time. */
	pthread_mutex_lock(&engine->heard);
	hearer->source->ops->read_stats(hearer->source, &hearer->stats);
	hearer->stats.heard_ns = hearer->stats.messages > messages ? clock_now_ns() : heard_ns;
	for (unsigned i = 0; i < hearer->batch.name_count; i++) {
		for (unsigned lane = 0; lane < engine->lane_count; lane++) {
			name_feed_put(engine->feeds[lane], &hearer->batch.names[i]);
		}
	}
	pthread_mutex_unlock(&engine->heard);
}

void *engine_hear(void *argument)
{
	struct engine_hearer *hearer = argument;
	struct flow_source *source = hearer->source;
	struct err err = { "" };
	int status = FLOW_SOURCE_MORE;

	while (status == FLOW_SOURCE_MORE && engine_is_wanted(hearer->engine)) {
		status = source->ops->next(source, &hearer->batch, &err);
		wait_for_room(hearer);
		hand_out(hearer);
	}
	if (status < 0) {
		log_error("%s: %s; names from there are missing from here on", title_of(source),
			err.text);
	}
	return NULL;
}

static void read_hearer(struct engine_hearer *hearer, struct flow_source_stats *stats)
{
	pthread_mutex_lock(&hearer->engine->heard);
	*stats = hearer->stats;
	pthread_mutex_unlock(&hearer->engine->heard);
}

void engine_watch_names(struct engine *engine)
{
	struct vantage *vantage = engine->options.vantage;
	struct flow_source_stats stats;

	for (unsigned i = 0; engine->hearers && vantage && i < engine->options.names_count; i++) {
		struct engine_hearer *hearer = &engine->hearers[i];
		const char *title = title_of(hearer->source);
		read_hearer(hearer, &stats);
		bool is_missed = !vantage_note_log(vantage, i, title, &stats, clock_now_ns());
		if (is_missed && !hearer->is_missed) {
			log_warning("%s: tells of no lookup any more, while clients go on; what to "
				    "do: borderflow doctor",
				title);
		} else if (!is_missed && hearer->is_missed) {
			log_info("%s: tells of lookups again", title);
		}
		hearer->is_missed = is_missed;
	}
}

/* The first of two times that are set. */
static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one == 0 || (other != 0 && other < one) ? other : one;
}

void engine_read_names(struct engine *engine, struct flow_source_stats *stats)
{
	struct flow_source_stats one = { 0 };
	const struct engine_options *options = &engine->options;

	*stats = one;
	pthread_mutex_lock(&engine->heard);
	for (unsigned i = 0; i < options->names_count; i++) {
		if (options->has_ticks) {
			one = engine->hearers ? engine->hearers[i].stats : one;
		} else {
			options->names[i]->ops->read_stats(options->names[i], &one);
		}
		stats->names += one.names;
		stats->messages += one.messages;
		stats->malformed += one.malformed;
		stats->gaps += one.gaps;
		stats->behind += one.behind;
		stats->away_ns = earlier(stats->away_ns, one.away_ns);
		stats->heard_ns = earlier(stats->heard_ns, one.heard_ns);
	}
	pthread_mutex_unlock(&engine->heard);
	for (unsigned i = 0; i < engine->lane_count && options->has_ticks; i++) {
		stats->lost += engine->feeds[i] ? name_feed_lost(engine->feeds[i]) : 0;
	}
}

int engine_names_failure(const struct engine *engine, struct err *err)
{
	return engine->feeds[0] ? name_feed_failure(engine->feeds[0], err) : 0;
}
