/* The workers: packets to records, and records to the exporter's side. */
#include <string.h>

#include "analyzer/engine/engine_parts.h"
#include "analyzer/engine/enrich.h"
#include "analyzer/redact/own_inside.h"
#include "analyzer/redact/own_zones.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/ring.h"

#define HEALTH_EVERY_NS (250 * NS_PER_MS)

/* Time that passes in silence is believed this much late: the kernel hands packets over in blocks,
 * and those in one that is not full yet bear earlier times. */
#define IDLE_MARGIN_NS NS_PER_S

/* How long stopping may go on reading what the kernel still holds. */
#define DRAIN_NS (2 * NS_PER_S)

/* The latest reference data, in place of what a thread held so far. */
static const struct reference *latest(struct engine *engine, const struct reference **held)
{
	uint64_t version = atomic_load_explicit(&engine->version, memory_order_acquire);

	if (!*held || (*held)->version != version) {
		reference_release(*held);
		pthread_mutex_lock(&engine->said);
		*held = reference_acquire(engine->latest);
		pthread_mutex_unlock(&engine->said);
	}
	return *held;
}

bool engine_is_outside(void *lane_at, const struct addr *source)
{
	struct engine_lane *lane = lane_at;

	return policy_is_outside(latest(lane->engine, &lane->wrappers)->policy, source);
}

bool engine_is_own(void *lane_at, const struct addr *addr)
{
	struct engine_lane *lane = lane_at;
	const struct policy *policy = latest(lane->engine, &lane->reference)->policy;

	return (policy_is_own(policy, addr) || own_inside(policy, addr)) &&
	       !policy_blocks_with(policy, addr);
}

enum app_hint engine_server_app(void *lane_at, const struct addr *addr, uint16_t port)
{
	struct engine_lane *lane = lane_at;
	const struct catalogue *catalogue = latest(lane->engine, &lane->reference)->catalogue;
	struct match match = catalogue_match_addr(catalogue, addr, port);
	const struct app *app = catalogue_app(catalogue, match.app);

	return app ? app_hint_of(app->id) : APP_HINT_NONE;
}

/* With one thread nobody else makes room. */
static bool is_alone(const struct engine_lane *lane)
{
	return !engine_has_threads(lane->engine);
}

static struct engine_word *begin_word(struct engine_lane *lane)
{
	size_t room;

	if (is_alone(lane) && ring_depth(lane->words) == WORDS_TOGETHER) {
		engine_export_lane(lane);
	}
	return ring_reserve(lane->words, 1, &room);
}

static void send_word(struct engine_lane *lane)
{
	ring_publish(lane->words, 1);
	lane->words_sent++;
}

/* Live nobody waits. */
static bool has_no_room(const struct engine_lane *lane)
{
	return lane->engine->options.has_ticks && ring_depth(lane->words) == WORDS_UNDER_WAY;
}

/* One for which a live worker finds no room is told the next time. */
static void tell_name(struct engine_lane *lane, enum engine_word_kind kind, const char *name)
{
	static const struct hash_key key;
	char *told = lane->names_told[hash_bytes_fast(&key, name, strlen(name)) % NAMES_TOLD];

	if (strcmp(told, name) == 0 || has_no_room(lane)) {
		return;
	}
	struct engine_word *word = begin_word(lane);
	word->kind = (uint8_t)kind;
	strcpy(word->name, name);
	send_word(lane);
	strcpy(told, name);
}

void engine_learn_name(void *lane_at, const char *name)
{
	struct engine_lane *lane = lane_at;
	const char *zone = own_zone_of(latest(lane->engine, &lane->reference), name);

	if (zone) {
		tell_name(lane, WORD_ZONE, zone);
	}
}

void engine_learn_host(void *lane_at, const char *name)
{
	enum { LABEL_BYTES = 64 }; /* RFC 1035, 2.3.4 */
	char label[LABEL_BYTES];
	size_t length = strcspn(name, ".");

	if (length > 0 && length < sizeof(label)) {
		memcpy(label, name, length);
		label[length] = '\0';
		tell_name(lane_at, WORD_HOST, label);
	}
}

void engine_learn_network(void *lane_at, const struct addr *network)
{
	struct engine_lane *lane = lane_at;

	if (addr_equal(&lane->network_told, network) || has_no_room(lane)) {
		return;
	}
	struct engine_word *word = begin_word(lane);
	word->kind = WORD_NETWORK;
	word->network = lane->network_told = *network;
	send_word(lane);
}

/* Who has which address comes to the exporter before the records that are about it, and none that
 * came later does: records carry how much was sent before them. A live worker does not wait. */
static void hand_over_sightings(struct engine_lane *lane)
{
	const struct sightings *list = lane_sightings(lane->lane);

	if (list && lane->engine->options.has_ticks &&
		ring_depth(lane->words) + list->count > WORDS_UNDER_WAY) {
		atomic_fetch_add(&lane->sightings_lost, list->count);
		return;
	}
	for (unsigned i = 0; list && i < list->count; i++) {
		struct engine_word *word = begin_word(lane);
		word->kind = WORD_SIGHTING;
		word->sighting = list->items[i];
		send_word(lane);
	}
}

/* The exporter has a thread of its own, is behind, and nobody helps. */
static bool is_exporter_behind(const struct engine_lane *lane)
{
	return !is_alone(lane) && lane->engine->helper_count == 0 &&
	       runs_are_behind(lane_runs(lane->lane));
}

/* Moves every record that is due to the exporter's side. They can be enriched on either: by the
 * worker where the exporter is behind. With one thread they wait until they are many: what packets
 * need and what records need push each other out of the caches. */
void engine_hand_over(struct engine_lane *lane)
{
	struct runs *runs = lane_runs(lane->lane);

	hand_over_sightings(lane);
	for (;;) {
		size_t room;
		if (is_alone(lane) && runs_are_many(runs)) {
			engine_export_lane(lane);
		}
		struct record *records = runs_reserve(runs, LANE_RUN_MAX, &room);
		size_t count = lane_take(lane->lane, records, room);
		if (count == 0) {
			return;
		}
		const struct reference *reference = latest(lane->engine, &lane->reference);
		if (is_exporter_behind(lane)) {
			enrich(reference, records, count);
		}
		runs_publish(runs, reference, lane->words_sent, count);
	}
}

void engine_finish_lane(struct engine_lane *lane)
{
	lane_finish(lane->lane);
	engine_hand_over(lane);
	runs_close(lane_runs(lane->lane));
	if (is_alone(lane)) {
		engine_export_lane(lane);
	}
}

/* A file, followed on a thread of its own while the caller's reads it. */
void *engine_follow_file(void *argument)
{
	struct engine_lane *lane = argument;

	while (lane_follow(lane->lane)) {
		engine_hand_over(lane);
		lane_release(lane->lane);
	}
	engine_finish_lane(lane);
	return NULL;
}

/* A thread that enriches runs on their way to the exporter. */
void *engine_help(void *argument)
{
	struct engine *engine = argument;

	while (runs_help(lane_runs(engine->lanes[0].lane))) {
	}
	return NULL;
}

/* A batch of a live source, perhaps of nothing: then time moves all the same. */
static int work_live_once(struct engine_lane *lane, struct err *err)
{
	unsigned packets;
	int status = lane_work(lane->lane, &packets, err);

	if (status != COLLECTOR_MORE) {
		return status;
	}
	while (packets == 0 && lane_tick(lane->lane, clock_now_ns() - IDLE_MARGIN_NS)) {
		engine_hand_over(lane);
	}
	engine_hand_over(lane);
	if (clock_monotonic_ns() >= lane->health_due_ns) {
		lane_say_health(lane->lane, true);
		lane->health_due_ns = clock_monotonic_ns() + HEALTH_EVERY_NS;
	}
	return COLLECTOR_MORE;
}

/* Until nothing came for as long as a block of the kernel may stay open. */
static int drain(struct engine_lane *lane, struct err *err)
{
	uint64_t end_ns = clock_monotonic_ns() + DRAIN_NS;
	unsigned silences = 0;
	int status = COLLECTOR_MORE;

	while (status == COLLECTOR_MORE && silences < 2 && clock_monotonic_ns() < end_ns) {
		uint64_t before = lane_frames(lane->lane);
		status = work_live_once(lane, err);
		silences = lane_frames(lane->lane) == before ? silences + 1 : 0;
	}
	return status;
}

void *engine_work_live(void *argument)
{
	struct engine_lane *lane = argument;
	int status = COLLECTOR_MORE;
	struct err err = { "" };

	while (status == COLLECTOR_MORE && engine_is_wanted(lane->engine)) {
		lane_keep_pace(lane->lane, false);
		status = work_live_once(lane, &err);
	}
	lane_keep_pace(lane->lane, true);
	if (status == COLLECTOR_MORE) {
		status = drain(lane, &err);
	}
	if (status < 0) {
		lane_fail(lane->lane, status, &err);
	}
	engine_finish_lane(lane);
	lane_say_health(lane->lane, false);
	return NULL;
}
