/* The exporter's thread: runs out of every lane to figures, alerts and sinks. */
#include <time.h>

#include "analyzer/engine/engine_parts.h"
#include "analyzer/engine/enrich.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ring.h"

enum { EXPORT_RUN_MAX = 256, SIGHTINGS_TOGETHER = 32 };

#define FLUSH_EVERY_NS NS_PER_S
#define SAVE_EVERY_NS  (600 * NS_PER_S)

/* How long the exporter may sleep on one lane while others wait for it. */
#define NAP_ALONE_NS  (100 * NS_PER_MS)
#define NAP_SHARED_NS (5 * NS_PER_MS)

/* A run of records, on the exporter's side. */
static void export_run(struct engine *engine, const struct reference *reference,
	struct record *records, size_t count)
{
	enrich(reference, records, count);
	exporter_use(engine->exporter, reference);
	exporter_take(engine->exporter, records, count);
}

static const struct reference *latest_reference(struct engine *engine)
{
	pthread_mutex_lock(&engine->said);
	const struct reference *latest = reference_acquire(engine->latest);
	pthread_mutex_unlock(&engine->said);
	return latest;
}

int engine_save_state(struct engine *engine, struct err *err)
{
	engine->save_due_ns = clock_monotonic_ns() + SAVE_EVERY_NS;
	return engine->options.state
		       ? exporter_save_state(engine->exporter, engine->options.state, err)
		       : 0;
}

static void say_lost(const struct err *err)
{
	log_warning("%s", err->text);
}

void engine_load_state(struct engine *engine)
{
	engine->save_due_ns = clock_monotonic_ns() + SAVE_EVERY_NS;
	if (engine->options.state) {
		exporter_load_state(engine->exporter, engine->options.state, say_lost);
	}
}

/* What was read and lost: a slot in which much was lost is one in which nobody looked. */
static void note_frames(struct engine *engine)
{
	uint64_t frames = 0, dropped = 0;
	struct health_worker worker;

	for (unsigned i = 0; i < engine->lane_count; i++) {
		lane_read_health(engine->lanes[i].lane, &worker);
		frames += worker.source.frames;
		dropped += worker.source.kernel_drops;
	}
	exporter_note_frames(engine->exporter, clock_now_ns(), frames, dropped);
}

/* Live, between two rounds over the lanes: whether records come or not, outputs are flushed. */
static void tick(struct engine *engine)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct err err;

	if (now_ns < engine->flush_due_ns) {
		return;
	}
	engine->flush_due_ns = now_ns + FLUSH_EVERY_NS;
	const struct reference *latest = latest_reference(engine);
	exporter_use(engine->exporter, latest);
	reference_release(latest);
	note_frames(engine);
	exporter_flush(engine->exporter, clock_now_ns());
	engine_say_health(engine);
	if (now_ns >= engine->save_due_ns && engine_save_state(engine, &err) < 0) {
		log_warning("%s", err.text); /* no reason to stop: it is tried again */
	}
}

/* One word, or as many sightings as follow each other. Returns how many words it was. */
static size_t take_some(struct exporter *exporter, const struct engine_word *words, size_t count)
{
	struct sighting sightings[SIGHTINGS_TOGETHER];
	size_t taken = 0;

	switch (words[0].kind) {
	case WORD_ZONE:
		exporter_learn_zone(exporter, words[0].name);
		return 1;
	case WORD_HOST:
		exporter_learn_host(exporter, words[0].name);
		return 1;
	case WORD_NETWORK:
		exporter_learn_network(exporter, &words[0].network);
		return 1;
	default:
		break;
	}
	while (taken < count && taken < SIGHTINGS_TOGETHER && words[taken].kind == WORD_SIGHTING) {
		sightings[taken] = words[taken].sighting;
		taken++;
	}
	exporter_see(exporter, sightings, taken);
	return taken;
}

/* Those up to the given number, of all that were ever sent. */
static void take_words(struct engine_lane *lane, uint64_t until)
{
	size_t count;

	while (lane->words_taken < until) {
		const struct engine_word *words =
			ring_take(lane->words, until - lane->words_taken, &count, 0);
		if (!words) {
			return;
		}
		size_t taken = take_some(lane->engine->exporter, words, count);
		ring_release(lane->words, taken);
		lane->words_taken += taken;
	}
}

/* Takes what one lane has, waiting at most wait_ns for the first record. Words come before the
 * records that were published after them, and no others do: whatever the threads' pace, records are
 * the same. Without records those are taken that were there before it was looked for any. */
static bool take_run(struct engine *engine, struct engine_lane *lane, uint64_t wait_ns)
{
	struct runs *runs = lane_runs(lane->lane);
	const struct reference *reference;
	uint64_t mark, before = lane->words_taken + ring_depth(lane->words);
	size_t count;
	struct record *records =
		runs_take(runs, EXPORT_RUN_MAX, &reference, &mark, &count, wait_ns);

	take_words(lane, records ? mark : before);
	if (records) {
		export_run(engine, reference, records, count);
		runs_release(runs, count);
	}
	return records != NULL;
}

void engine_export_lane(struct engine_lane *lane)
{
	while (take_run(lane->engine, lane, 0)) {
	}
}

static bool all_finished(const struct engine *engine)
{
	for (unsigned i = 0; i < engine->lane_count; i++) {
		if (!runs_are_finished(lane_runs(engine->lanes[i].lane))) {
			return false;
		}
	}
	return true;
}

/* Live the exporter goes on flushing until it is told to stop. */
static bool is_more_to_come(const struct engine *engine)
{
	return !all_finished(engine) || (engine->options.has_ticks && engine_is_wanted(engine));
}

static void nap(uint64_t nap_ns)
{
	struct timespec time = { .tv_nsec = (long)nap_ns };

	nanosleep(&time, NULL);
}

void engine_ask(struct engine *engine, void (*tell)(void *context), void *context)
{
	if (!engine->exporter_is_started) {
		tell(context);
	} else if (!atomic_load_explicit(&engine->is_asked, memory_order_acquire)) {
		engine->tell = tell;
		engine->tell_context = context;
		atomic_store_explicit(&engine->is_asked, true, memory_order_release);
	}
}

static void answer(struct engine *engine)
{
	if (atomic_load_explicit(&engine->is_asked, memory_order_acquire)) {
		engine->tell(engine->tell_context);
		atomic_store_explicit(&engine->is_asked, false, memory_order_release);
	}
}

/* The exporter's thread: runs out of every lane. */
void *engine_export_runs(void *argument)
{
	struct engine *engine = argument;
	struct runs *first = lane_runs(engine->lanes[0].lane);
	uint64_t nap_ns = engine->lane_count > 1 ? NAP_SHARED_NS : NAP_ALONE_NS;
	bool was_idle = false;

	while (is_more_to_come(engine)) {
		bool is_idle = true;
		for (unsigned i = 0; i < engine->lane_count; i++) {
			is_idle &= !take_run(
				engine, &engine->lanes[i], i == 0 && was_idle ? nap_ns : 0);
		}
		if (is_idle && runs_are_finished(first) && is_more_to_come(engine)) {
			nap(nap_ns); /* a closed lane does not wait */
		}
		was_idle = is_idle;
		answer(engine);
		if (engine->options.has_ticks) {
			tick(engine);
		}
	}
	for (unsigned i = 0; i < engine->lane_count; i++) {
		take_words(&engine->lanes[i], UINT64_MAX);
	}
	return NULL;
}

void engine_ask_cells(struct engine *engine)
{
	exporter_ask_cells(engine->exporter);
}
