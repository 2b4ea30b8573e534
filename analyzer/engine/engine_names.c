/* Names from resolver logs: files are read by the lane as far as its packets have come; live, each
 * source has a thread that hands what it hears to every lane, for any may follow the client. */
#include <errno.h>

#include "analyzer/engine/engine_parts.h"
#include "base/log.h"

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

static void hand_out(struct engine_hearer *hearer)
{
	struct engine *engine = hearer->engine;

	/* A feed takes from one writer at a time. */
	pthread_mutex_lock(&engine->heard);
	hearer->source->ops->read_stats(hearer->source, &hearer->stats);
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
		hand_out(hearer);
	}
	if (status < 0) {
		log_error("%s: %s; names from there are missing from here on", source->ops->name,
			err.text);
	}
	return NULL;
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
