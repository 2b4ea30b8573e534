/* How a running engine is: gathered from what every thread last said of itself. */
#include <inttypes.h>
#include <string.h>

#include "analyzer/engine/engine_parts.h"
#include "analyzer/vantage/vantage.h"
#include "base/clock.h"
#include "base/log.h"

/* Said when it changes. What came and went between two looks is said as well. */
static void log_output(const struct output_state *before, const struct output_state *now)
{
	if (now->failures > before->failures) {
		log_error("output %s fails and is tried again: %s", now->name, now->reason.text);
	}
	if (!now->is_failing && (before->is_failing || now->failures > before->failures)) {
		log_info("output %s works again; lost: %" PRIu64, now->name, now->lost);
	}
}

static void log_outputs(const struct health_exporter *before, const struct health_exporter *now)
{
	static const struct output_state none;

	for (unsigned i = 0; i < now->output_count; i++) {
		log_output(
			i < before->output_count ? &before->outputs[i] : &none, &now->outputs[i]);
	}
}

static void read_exporter(const struct engine *engine, struct health_exporter *health)
{
	struct exporter_stats stats;

	*health = (struct health_exporter){ .seen_ns = clock_monotonic_ns() };
	exporter_read_stats(engine->exporter, &stats);
	health->records = stats.records;
	health->records_with_app = stats.records_with_app;
	health->records_inferred = stats.records_inferred;
	health->stations = stats.devices.stations.count;
	health->stations_refused = stats.devices.stations.refused;
	health->addresses_contested = stats.devices.bindings.contested;
	health->records_of_many = stats.devices.records[DEVICE_MANY];
	for (unsigned i = 0; i < engine->lane_count; i++) {
		health->sightings_lost += atomic_load_explicit(
			&engine->lanes[i].sightings_lost, memory_order_relaxed);
	}
	health->packets = stats.packets;
	health->bytes = stats.bytes;
	health->bytes_elsewhere = stats.bytes_elsewhere;
	health->half_seen = stats.half_seen;
	if (engine->options.alerts) {
		health->alerts_open = alerts_count(engine->options.alerts);
		health->alerts_missed = alerts_missed(engine->options.alerts);
	}
	health->has_detectors = exporter_read_detectors(engine->exporter, &health->detectors);
	health->output_count = exporter_read_outputs(engine->exporter, health->outputs);
}

static void watch_drops(struct engine *engine, const struct health *health)
{
	uint64_t frames = 0, drops = 0;

	for (unsigned i = 0; i < health->worker_count; i++) {
		frames += health->workers[i].source.frames;
		drops += health->workers[i].source.kernel_drops;
	}
	if (engine->options.vantage && engine->options.has_ticks) {
		vantage_note_drops(engine->options.vantage, frames, drops, health->now_ns);
	}
}

void engine_say_health(struct engine *engine)
{
	struct health_exporter exporter;
	struct health health;
	struct health_summary summary;

	read_exporter(engine, &exporter);
	pthread_mutex_lock(&engine->said);
	log_outputs(&engine->health, &exporter);
	engine->health = exporter;
	pthread_mutex_unlock(&engine->said);
	engine_watch_names(engine);
	engine_read_health(engine, &health);
	watch_drops(engine, &health);
	health_summary_take(&summary, &health, &engine->measured);
	engine->measured = health;
	pthread_mutex_lock(&engine->said);
	engine->health_summary = summary;
	pthread_mutex_unlock(&engine->said);
}

void engine_read_health(struct engine *engine, struct health *health)
{
	memset(health, 0, sizeof(*health));
	health->started_ns = engine->started_ns;
	health->now_ns = clock_now_ns();
	health->worker_count = engine->lane_count;
	for (unsigned i = 0; i < engine->lane_count; i++) {
		lane_read_health(engine->lanes[i].lane, &health->workers[i]);
	}
	pthread_mutex_lock(&engine->said);
	health->exporter = engine->health;
	health->facts_loaded_ns = engine->facts_loaded_ns;
	health->reloads = engine->reloads;
	health->reloads_failed = engine->reloads_failed;
	pthread_mutex_unlock(&engine->said);
	engine_read_names(engine, &health->names);
	health->has_outbox = engine->options.outbox != NULL;
	if (health->has_outbox) {
		outbox_read_stats(engine->options.outbox, &health->outbox);
	}
}

void engine_read_health_summary(struct engine *engine, struct health_summary *summary)
{
	pthread_mutex_lock(&engine->said);
	*summary = engine->health_summary;
	pthread_mutex_unlock(&engine->said);
}

const struct reference *engine_acquire_reference(struct engine *engine)
{
	pthread_mutex_lock(&engine->said);
	const struct reference *latest = reference_acquire(engine->latest);
	pthread_mutex_unlock(&engine->said);
	return latest;
}

void engine_count_failed_reload(struct engine *engine)
{
	pthread_mutex_lock(&engine->said);
	engine->reloads_failed++;
	pthread_mutex_unlock(&engine->said);
}

bool engine_is_alive(struct engine *engine, uint64_t within_ns)
{
	struct health health;

	engine_read_health(engine, &health);
	uint64_t now_ns = clock_monotonic_ns();
	bool is_alive = health_was_seen(health.exporter.seen_ns, now_ns, within_ns);
	for (unsigned i = 0; i < health.worker_count; i++) {
		is_alive =
			is_alive && health_was_seen(health.workers[i].seen_ns, now_ns, within_ns);
	}
	return is_alive;
}
