#include "analyzer/engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/engine/engine_parts.h"
#include "base/clock.h"
#include "base/cores.h"
#include "base/log.h"
#include "base/ring.h"

/* Over files the ring holds enough records that neither side waits for a hiccup of the other, and
 * so few that they stay in the caches. Live it holds what an exporter that is held up for a moment
 * leaves behind; when it is full the kernel's own buffer fills, and what that loses is counted
 * there. */
enum { FILE_RECORDS = 2048, LIVE_RECORDS = 8192 };

/* With one thread half of them wait for each other, and stay in its nearest caches. */
enum { ALONE_RECORDS = 512 };
_Static_assert(ALONE_RECORDS / 2 >= LANE_RUN_MAX, "there is room for a run");

static unsigned worker_count(const struct engine_options *options)
{
	unsigned cores = cores_usable();
	unsigned unasked = cores < ENGINE_WORKERS_MAX ? cores : ENGINE_WORKERS_MAX;

	return options->workers ? options->workers : unasked;
}

static int open_lanes(struct engine *engine, struct err *err)
{
	const struct engine_options *options = &engine->options;
	bool has_threads = engine_has_threads(engine);

	if (options->input_count > HEALTH_WORKERS_MAX) {
		return err_set(
			err, EINVAL, "more than %d queues to capture from", HEALTH_WORKERS_MAX);
	}
	for (unsigned i = 0; i < options->input_count; i++) {
		const struct engine_input *input = &options->inputs[i];
		engine->inputs[i] = *input;
		struct lane_options lane = { .source = input->source,
			.interface = input->interface,
			.queue = input->queue,
			.collector = options->collector,
			.classify = options->classify,
			.is_halved = !options->has_ticks && has_threads,
			.record_count = options->has_ticks ? LIVE_RECORDS
					: has_threads      ? FILE_RECORDS
							   : ALONE_RECORDS };
		lane.collector.worker = (uint16_t)i;
		lane.collector.wrapping = (struct wrapping){ engine_is_outside, &engine->lanes[i] };
		lane.classify.servers =
			(struct call_servers){ engine_server_app, &engine->lanes[i] };
		if (options->reference->pseudonyms || options->reference->is_sensor) {
			lane.classify.own = (struct own_network){ .is_own = engine_is_own,
				.learn = engine_learn_name,
				.learn_host = engine_learn_host,
				.learn_network = engine_learn_network,
				.whose = &engine->lanes[i] };
		}
		if (engine_open_names(engine, &lane, err) < 0) {
			return -ENOMEM;
		}
		engine->lanes[i] =
			(struct engine_lane){ .engine = engine, .lane = lane_create(&lane, err) };
		if (!engine->lanes[i].lane) {
			return -EINVAL;
		}
		engine->lane_count++;
		engine->lanes[i].words = ring_create(
			sizeof(struct engine_word), has_threads ? WORDS_UNDER_WAY : WORDS_TOGETHER);
		if (!engine->lanes[i].words) {
			return err_set(err, ENOMEM, "out of memory");
		}
	}
	return 0;
}

static int open_exporter(struct engine *engine, struct err *err)
{
	const struct engine_options *options = &engine->options;
	struct hash_key device_key = hash_key_random();
	bool is_open;

	engine->exporter = exporter_create(options->reference, options->alerts);
	is_open = engine->exporter != NULL;
	if (is_open) {
		exporter_set_vantage(engine->exporter, options->vantage);
	}
	if (is_open && !options->has_overview) {
		exporter_drop_overview(engine->exporter);
	}
	if (is_open && options->sensor) {
		is_open = exporter_count_as(engine->exporter, options->sensor);
	}
	if (is_open && options->has_ticks) {
		is_open = exporter_count_devices(engine->exporter, &device_key);
	}
	if (is_open && options->holds_hidden) {
		is_open = exporter_hold_hidden(engine->exporter);
	}
	if (is_open && options->filter) {
		is_open = exporter_filter(engine->exporter, options->filter);
	}
	if (is_open && options->alerts && options->detects) {
		return exporter_detect(engine->exporter, options->has_ticks, err);
	}
	return is_open ? 0 : err_set(err, ENOMEM, "out of memory");
}

struct engine *engine_create(const struct engine_options *options, struct err *err)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	engine->options = *options;
	engine->workers = worker_count(options);
	engine->started_ns = engine->facts_loaded_ns = clock_now_ns();
	engine->latest = reference_acquire(options->reference);
	engine->version = options->reference->version;
	pthread_mutex_init(&engine->said, NULL);
	pthread_mutex_init(&engine->heard, NULL);
	if (open_exporter(engine, err) < 0 || open_lanes(engine, err) < 0) {
		engine_destroy(engine);
		return NULL;
	}
	return engine;
}

void engine_destroy(struct engine *engine)
{
	if (!engine) {
		return;
	}
	for (unsigned i = 0; i < engine->lane_count; i++) {
		lane_destroy(engine->lanes[i].lane);
		ring_destroy(engine->lanes[i].words);
		reference_release(engine->lanes[i].reference);
		reference_release(engine->lanes[i].wrappers);
	}
	exporter_destroy(engine->exporter);
	reference_release(engine->latest);
	engine_close_names(engine);
	pthread_mutex_destroy(&engine->said);
	pthread_mutex_destroy(&engine->heard);
	free(engine->hearers);
	free(engine);
}

bool engine_has_threads(const struct engine *engine)
{
	return engine->options.has_ticks || engine->workers > 1;
}

bool engine_count_devices(struct engine *engine, const struct hash_key *key)
{
	return exporter_count_devices(engine->exporter, key);
}

void engine_add_sink(struct engine *engine, const struct sink_ops *ops, struct sink *sink)
{
	exporter_add_sink(engine->exporter, ops, sink);
}

static int start_thread(pthread_t *thread, bool *is_started, void *(*run)(void *), void *argument,
	const char *name, struct err *err)
{
	int failure = pthread_create(thread, NULL, run, argument);

	if (failure != 0) {
		return err_set(err, failure, "cannot start a thread: %s", strerror(failure));
	}
	*is_started = true;
	pthread_setname_np(*thread, name);
	return 0;
}

static int start_lane(struct engine_lane *lane, const struct engine_input *input, struct err *err)
{
	char name[16] = "follower"; /* as much as Linux keeps */

	if (!lane->engine->options.has_ticks) {
		return start_thread(
			&lane->thread, &lane->is_started, engine_follow_file, lane, name, err);
	}
	snprintf(name, sizeof(name), "%.10s.%u", input->interface, input->queue);
	lane_say_health(lane->lane, true);
	return start_thread(&lane->thread, &lane->is_started, engine_work_live, lane, name, err);
}

static int start_hearers(struct engine *engine, struct err *err)
{
	const struct engine_options *options = &engine->options;
	int status = 0;

	if (!options->has_ticks || options->names_count == 0) {
		return 0;
	}
	engine->hearers = calloc(options->names_count, sizeof(*engine->hearers));
	if (!engine->hearers) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (unsigned i = 0; i < options->names_count && status == 0; i++) {
		struct engine_hearer *hearer = &engine->hearers[i];
		hearer->engine = engine;
		hearer->source = options->names[i];
		status = start_thread(
			&hearer->thread, &hearer->is_started, engine_hear, hearer, "names", err);
	}
	return status;
}

/* More workers than those of the lane and the exporter. */
static int start_helpers(struct engine *engine, struct err *err)
{
	unsigned count =
		engine->options.has_ticks || engine->workers <= 2 ? 0 : engine->workers - 2;
	int status = 0;

	engine->helper_count = count < ENGINE_WORKERS_MAX ? count : ENGINE_WORKERS_MAX;
	for (unsigned i = 0; i < engine->helper_count && status == 0; i++) {
		status = start_thread(&engine->helpers[i].thread, &engine->helpers[i].is_started,
			engine_help, engine, "helper", err);
	}
	return status;
}

int engine_start(struct engine *engine, struct err *err)
{
	int status = 0;

	engine->began_ns = clock_monotonic_ns();
	engine_load_state(engine);
	if (!engine_has_threads(engine)) {
		return 0;
	}
	if (engine->options.has_ticks) {
		engine_say_health(engine);
	}
	status = start_hearers(engine, err);
	if (status == 0) {
		status = start_helpers(engine, err);
	}
	for (unsigned i = 0; i < engine->lane_count && status == 0; i++) {
		status = start_lane(&engine->lanes[i], &engine->inputs[i], err);
	}
	return status < 0 ? status
			  : start_thread(&engine->exporter_thread, &engine->exporter_is_started,
				    engine_export_runs, engine, "exporter", err);
}

/* One batch of a file. */
static int read_once(struct engine *engine, struct err *err)
{
	struct engine_lane *lane = &engine->lanes[0];
	unsigned packets;

	if (engine_has_threads(engine)) {
		return lane_read(lane->lane, err);
	}
	int status = lane_work(lane->lane, &packets, err);
	engine_hand_over(lane);
	return status;
}

/* Frames that were read are decoded, also when we are to stop. */
static bool goes_on(const struct engine *engine)
{
	return engine_is_wanted(engine) || lane_has_rest(engine->lanes[0].lane);
}

int engine_read(struct engine *engine, uint64_t for_ns, struct err *err)
{
	enum { BATCHES_A_LOOK = 64 }; /* at the clock */
	uint64_t end_ns = for_ns == UINT64_MAX ? UINT64_MAX : clock_monotonic_ns() + for_ns;
	int status = COLLECTOR_MORE;

	while (status == COLLECTOR_MORE && goes_on(engine)) {
		for (unsigned i = 0; i < BATCHES_A_LOOK && status == COLLECTOR_MORE &&
				     goes_on(engine) && !atomic_load(&engine->is_interrupted);
			i++) {
			status = read_once(engine, err);
		}
		if (atomic_exchange(&engine->is_interrupted, false) ||
			(end_ns != UINT64_MAX && clock_monotonic_ns() >= end_ns)) {
			break;
		}
	}
	if (!engine_has_threads(engine)) {
		engine_export_lane(&engine->lanes[0]);
	}
	if (status == COLLECTOR_MORE && goes_on(engine)) {
		return ENGINE_MORE;
	}
	/* With -EINTR it waited for input that is no longer wanted. */
	engine->is_read = true;
	engine->was_stopped =
		!engine_is_wanted(engine) && (status == COLLECTOR_MORE || status == -EINTR);
	if (status < 0 && !engine->was_stopped) {
		engine->read_status = status;
		engine->read_err = *err;
		return status;
	}
	return ENGINE_ENDED;
}

void engine_stop(struct engine *engine)
{
	atomic_store(&engine->stop, true);
}

void engine_interrupt(struct engine *engine)
{
	atomic_store(&engine->is_interrupted, true);
}

/* Ends the threads: the workers, then the exporter. */
static void join_threads(struct engine *engine)
{
	engine_stop(engine);
	for (unsigned i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];
		if (!engine->options.has_ticks && engine_has_threads(engine)) {
			lane_close(lane->lane);
		}
		if (lane->is_started) {
			pthread_join(lane->thread, NULL);
		} else {
			engine_finish_lane(lane);
		}
		lane->is_started = false;
	}
	for (unsigned i = 0; engine->hearers && i < engine->options.names_count; i++) {
		if (engine->hearers[i].is_started) {
			pthread_join(engine->hearers[i].thread, NULL);
			engine->hearers[i].is_started = false;
		}
	}
	for (unsigned i = 0; i < engine->helper_count; i++) {
		if (engine->helpers[i].is_started) {
			pthread_join(engine->helpers[i].thread, NULL);
			engine->helpers[i].is_started = false;
		}
	}
	if (engine->exporter_is_started) {
		pthread_join(engine->exporter_thread, NULL);
	}
	engine->exporter_is_started = false;
}

/* What does not reach Redis waits for the next start, or is lost: the sensor itself did not fail.
 */
static void finish_outbox(struct outbox *outbox)
{
	struct err err;

	if (outbox && outbox_finish(outbox, OUTBOX_GRACE_NS, &err) < 0) {
		log_warning("%s", err.text);
	}
}

int engine_finish(struct engine *engine, struct err *err)
{
	struct err lane_err, sink_err, state_err;

	join_threads(engine);
	int lane_status = engine_failure(engine, &lane_err);
	int sink_status = exporter_finish(engine->exporter, &sink_err);
	int state_status = engine_save_state(engine, &state_err);
	finish_outbox(engine->options.outbox);
	engine->wall_ns = clock_monotonic_ns() - engine->began_ns;
	engine->sinks_failed = sink_status < 0;
	if (engine->options.has_ticks) {
		engine_say_health(engine);
	}
	/* A reader that went away hides no damaged input. */
	int status = sink_status == -EPIPE && lane_status < 0 ? lane_status
		     : sink_status < 0                        ? sink_status
							      : lane_status;
	if (status < 0) {
		*err = status == sink_status ? sink_err : lane_err;
	}
	if (status < 0 && state_status < 0) {
		log_warning("%s", state_err.text);
	} else if (state_status < 0) {
		*err = state_err;
		status = state_status;
	}
	return status;
}

int engine_run(struct engine *engine, struct err *err)
{
	struct err finish_err;
	int status = engine_start(engine, err);

	if (status == 0) {
		status = engine_read(engine, UINT64_MAX, err);
	}
	int finish_status = engine_finish(engine, &finish_err);
	if (finish_status < 0) {
		*err = finish_err;
	}
	return finish_status < 0 ? finish_status : status < 0 ? status : 0;
}

void engine_reload(struct engine *engine, const struct reference *reference)
{
	pthread_mutex_lock(&engine->said);
	const struct reference *old = engine->latest;
	engine->latest = reference_acquire(reference);
	atomic_store_explicit(&engine->version, reference->version, memory_order_release);
	engine->reloads++;
	engine->facts_loaded_ns = clock_now_ns();
	pthread_mutex_unlock(&engine->said);
	reference_release(old);
}

int engine_failure(struct engine *engine, struct err *err)
{
	int status = engine->read_status;

	if (status < 0) {
		*err = engine->read_err;
	}
	for (unsigned i = 0; i < engine->lane_count && status == 0; i++) {
		status = lane_failure(engine->lanes[i].lane, err);
	}
	return status;
}
