#include "analyzer/engine/exporter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/policy_dates.h"
#include "analyzer/attribute/behaviour.h"
#include "analyzer/device/devices.h"
#include "analyzer/engine/detectors.h"
#include "analyzer/engine/flow_filter.h"
#include "analyzer/policy/decider.h"
#include "analyzer/policy/device_detail.h"
#include "analyzer/policy/forgotten_networks.h"
#include "analyzer/policy/own_zones.h"
#include "analyzer/policy/redact_names.h"
#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/rollup.h"
#include "analyzer/vantage/vantage.h"
#include "base/clock.h"

enum { EXPORT_BATCH_MAX = 256, CELLS_MAX = 4096, RELEASE_BATCH = 32 };

/* Cases of a week that is over are kept for records that come late. */
#define ALERTS_KEPT_NS ((7 * 24 + 36) * 3600 * NS_PER_S)

/* Flows without a name, in the order in which they ended: a ring, of which the oldest stands at
 * first. */
struct held {
	size_t first, count;
	size_t looked_back; /* so many, the oldest, have been told what came after them */
	struct behaviour_context contexts[HELD_MAX];
	struct record records[HELD_MAX];
};

struct exporter {
	const struct reference *reference; /* in force; one holder of it */
	struct alerts *alerts;
	struct devices *devices;
	struct behaviour *behaviour;
	struct held *held; /* NULL: all are judged at once */
	struct decider *decider;
	struct flow_filter *filter; /* the caller's; NULL: every record goes on */
	struct decider *matching;   /* with a filter: attempts among what it lets through */
	struct record *released;    /* those that waited, a batch at a time */
	struct device_hashes *device_hashes;
	struct rollup *gathered;  /* cells that were not handed on yet */
	atomic_bool is_asked;     /* somebody waits for them */
	const char *sensor;       /* as the policy's counting names it; NULL: it counts all */
	struct rollup *elsewhere; /* with a sensor: cells of what another one counts */
	struct overview *overview;
	struct detectors *detectors;          /* NULL: none look */
	struct vantage *vantage;              /* the caller's; NULL: nobody asks */
	uint64_t device_of[EXPORT_BATCH_MAX]; /* hashes, of the records being passed on */
	bool is_elsewhere[EXPORT_BATCH_MAX];  /* another sensor counts them; likewise */
	struct own_zones *own_zones;
	struct forgotten_networks *forgotten;
	struct sink_set sinks;
	struct exporter_stats stats;
	uint64_t latest_ns; /* end of a record */
	uint64_t dates_day; /* on which the policy's dates were looked at last */
};

struct exporter *exporter_create(const struct reference *reference, struct alerts *alerts)
{
	struct exporter *exporter = calloc(1, sizeof(*exporter));

	if (!exporter) {
		return NULL;
	}
	exporter->reference = reference_acquire(reference);
	exporter->alerts = alerts;
	exporter->overview = overview_create();
	exporter->decider = decider_create();
	exporter->device_hashes = device_hashes_create(NULL);
	exporter->gathered = rollup_create(
		&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = CELLS_MAX });
	exporter->behaviour = behaviour_create(&(struct behaviour_options){ 0 });
	exporter->own_zones = own_zones_create();
	exporter->forgotten = forgotten_networks_create();
	exporter->devices = devices_create();
	if (!exporter->own_zones || !exporter->forgotten || !exporter->devices ||
		!exporter->overview || !exporter->behaviour || !exporter->device_hashes ||
		!exporter->decider || !exporter->gathered) {
		exporter_destroy(exporter);
		return NULL;
	}
	return exporter;
}

void exporter_destroy(struct exporter *exporter)
{
	if (!exporter) {
		return;
	}
	sink_set_close(&exporter->sinks);
	overview_destroy(exporter->overview);
	detectors_destroy(exporter->detectors);
	rollup_destroy(exporter->gathered);
	rollup_destroy(exporter->elsewhere);
	device_hashes_destroy(exporter->device_hashes);
	decider_destroy(exporter->decider);
	decider_destroy(exporter->matching);
	free(exporter->released);
	behaviour_destroy(exporter->behaviour);
	own_zones_destroy(exporter->own_zones);
	forgotten_networks_destroy(exporter->forgotten);
	devices_destroy(exporter->devices);
	reference_release(exporter->reference);
	free(exporter->held);
	free(exporter);
}

bool exporter_count_devices(struct exporter *exporter, const struct hash_key *key)
{
	device_hashes_destroy(exporter->device_hashes);
	exporter->device_hashes = device_hashes_create(key);
	return exporter->device_hashes != NULL;
}

bool exporter_count_as(struct exporter *exporter, const char *sensor)
{
	exporter->sensor = sensor;
	exporter->elsewhere = rollup_create(
		&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = CELLS_MAX });
	return exporter->elsewhere != NULL;
}

int exporter_detect(struct exporter *exporter, bool is_live, struct err *err)
{
	const struct detectors_options options = { exporter->alerts, is_live };

	return detectors_create(&exporter->detectors, &options, err);
}

void exporter_set_vantage(struct exporter *exporter, struct vantage *vantage)
{
	exporter->vantage = vantage;
}

bool exporter_hold_hidden(struct exporter *exporter)
{
	exporter->held = aligned_alloc(_Alignof(struct held), sizeof(*exporter->held));
	if (exporter->held) {
		exporter->held->first = exporter->held->count = exporter->held->looked_back = 0;
	}
	decider_wait_for_all(exporter->decider);
	return exporter->held != NULL;
}

bool exporter_filter(struct exporter *exporter, struct flow_filter *filter)
{
	exporter->filter = filter;
	exporter->matching = decider_create();
	if (exporter->matching) {
		decider_wait_for_all(exporter->matching);
	}
	return exporter->matching != NULL;
}

void exporter_add_sink(struct exporter *exporter, const struct sink_ops *ops, struct sink *sink)
{
	sink_set_add(&exporter->sinks, ops, sink);
}

void exporter_ask_cells(struct exporter *exporter)
{
	atomic_store_explicit(&exporter->is_asked, true, memory_order_relaxed);
}

/* What another sensor counts goes to those alone who speak for this one. */
static void hand_on_elsewhere(struct exporter *exporter)
{
	size_t count;
	const struct cell *cells = rollup_cells(exporter->elsewhere, &count);

	if (exporter->overview) {
		overview_take(exporter->overview, cells, count);
	}
	sink_set_write_cells(&exporter->sinks, exporter->reference, cells, count, true);
	rollup_clear(exporter->elsewhere);
}

/* What was added up goes to everybody who keeps figures. */
static void hand_on_cells(struct exporter *exporter)
{
	size_t count;
	const struct cell *cells = rollup_cells(exporter->gathered, &count);

	if (exporter->overview) {
		overview_take(exporter->overview, cells, count);
	}
	if (exporter->detectors) {
		detectors_take_cells(exporter->detectors, cells, count);
		detectors_make_room(exporter->detectors, exporter->reference);
	}
	sink_set_write_cells(&exporter->sinks, exporter->reference, cells, count, false);
	rollup_clear(exporter->gathered);
	if (exporter->elsewhere) {
		hand_on_elsewhere(exporter);
	}
}

static bool is_counted_elsewhere(const struct exporter *exporter, const struct record *record)
{
	return exporter->sensor && policy_counts_elsewhere(exporter->reference->policy,
					   exporter->sensor, record_own_addr(record));
}

static void add_up(struct exporter *exporter, const struct record *records, size_t count)
{
	const struct pseudonyms *pseudonyms = exporter->reference->pseudonyms;

	for (size_t i = 0; i < count; i++) {
		uint64_t device = device_hash(exporter->device_hashes, pseudonyms, &records[i]);
		bool is_elsewhere = is_counted_elsewhere(exporter, &records[i]);
		struct rollup *rollup = is_elsewhere ? exporter->elsewhere : exporter->gathered;
		exporter->device_of[i] = device;
		exporter->is_elsewhere[i] = is_elsewhere;
		exporter->stats.bytes_elsewhere +=
			is_elsewhere ? records[i].flow.bytes[0] + records[i].flow.bytes[1] : 0;
		while (!rollup_add(rollup, &records[i], device)) {
			hand_on_cells(exporter);
		}
		if (exporter->overview) {
			overview_take_name(exporter->overview, &records[i], device);
		}
	}
}

/* /24, /48. */
static void cut_to_network(struct addr *addr)
{
	unsigned kept = addr_is_v4(addr) ? 15 : 6;

	memset(addr->bytes + kept, 0, sizeof(addr->bytes) - kept);
}

/* The network stands for the device; where neither end is known to be ours, nothing does, so that
 * no pseudonym is lent to somebody else's machine. */
static void withhold_device(struct record *record)
{
	struct flow_record *flow = &record->flow;
	bool is_unknown = record->direction == RECORD_DIRECTION_EXTERNAL;

	if (is_unknown || record->own_side == RECORD_SOURCE) {
		cut_to_network(&flow->source);
	}
	if (is_unknown || record->own_side == RECORD_DESTINATION) {
		cut_to_network(&flow->destination);
	}
	record->device.identity = is_unknown ? (struct addr){ { 0 } } : *record_own_addr(record);
	record->device.kind = DEVICE_MANY;
}

/* An end in a network that was not declared, but is ours, is not shown as somebody else's. */
static void withhold_forgotten(const struct exporter *exporter, struct record *record)
{
	if (exporter->reference->pseudonyms && record->direction != RECORD_DIRECTION_EXTERNAL &&
		forgotten_networks_hold(exporter->forgotten, record_remote_addr(record))) {
		record->direction = RECORD_DIRECTION_INTERNAL;
	}
}

static void write_run(struct exporter *exporter, const struct record *records, size_t count)
{
	if (count > 0) {
		sink_set_write(&exporter->sinks, exporter->reference, records, count);
	}
}

/* Sinks get each record with as much of its device as may be kept, or not at all. Sums were made
 * before, and alerts count devices that they do not name. */
static void write_kept(struct exporter *exporter, struct record *records, size_t count)
{
	const struct reference *reference = exporter->reference;
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		enum device_detail detail = device_detail_of_record(reference, &records[i]);
		withhold_forgotten(exporter, &records[i]);
		if (detail == DEVICE_DETAIL_NETWORK) {
			withhold_device(&records[i]);
		} else if (detail == DEVICE_DETAIL_NONE) {
			write_run(exporter, records + first, i - first);
			first = i + 1;
		}
	}
	write_run(exporter, records + first, count - first);
}

/* Names that say which device it is are withheld. */
static bool hides_names(const struct reference *reference)
{
	return reference->pseudonyms || reference->is_sensor;
}

/* Alerts see whose a record is; detectors, afterwards, no more of a device than what is kept. */
static void watch_run(
	struct exporter *exporter, struct record *records, size_t first, size_t end, bool is_after)
{
	const struct reference *reference = exporter->reference;

	if (first == end) {
		return;
	}
	if (!is_after && exporter->alerts) {
		alerts_take(exporter->alerts, reference, records + first, end - first);
	}
	if (is_after && exporter->detectors) {
		detectors_take(exporter->detectors, reference, exporter->device_of + first,
			records + first, end - first);
	}
}

/* What another sensor counts is for its alerts. */
static void watch(struct exporter *exporter, struct record *records, size_t count, bool is_after)
{
	size_t first = 0;

	for (size_t i = 0; exporter->sensor && i < count; i++) {
		if (exporter->is_elsewhere[i]) {
			watch_run(exporter, records, first, i, is_after);
			first = i + 1;
		}
	}
	watch_run(exporter, records, first, count, is_after);
}

/* To all that keep figures, look, or write. */
static void distribute(struct exporter *exporter, struct record *records, size_t count)
{
	add_up(exporter, records, count);
	if (atomic_load_explicit(&exporter->is_asked, memory_order_relaxed)) {
		atomic_store_explicit(&exporter->is_asked, false, memory_order_relaxed);
		hand_on_cells(exporter);
	}
	if (exporter->vantage) {
		vantage_take(exporter->vantage, exporter->reference, records, count);
	}
	watch(exporter, records, count, false);
	write_kept(exporter, records, count);
	watch(exporter, records, count, true);
}

/* Records that the filter lets through; their attempts are counted among themselves. */
static void distribute_matching(void *context, struct record *records, size_t count)
{
	struct exporter *exporter = context;
	struct record again;

	for (size_t i = 0; i < count; i++) {
		record_copy(&again, &records[i]);
		decider_take(exporter->matching, exporter->reference, &again);
	}
	distribute(exporter, records, count);
}

/* All that comes after the decision. */
static void pass_on(struct exporter *exporter, struct record *records, size_t count)
{
	const struct reference *reference = exporter->reference;
	const struct own_names own = { exporter->own_zones, exporter->forgotten };

	for (size_t i = 0; i < count; i++) {
		if (hides_names(reference)) {
			record_redact_names(&records[i], reference->policy, &own);
		}
		exporter->stats.records_with_app +=
			records[i].verdict.app != 0 && !records[i].verdict.inferred;
		exporter->latest_ns = records[i].flow.end_ns > exporter->latest_ns
					      ? records[i].flow.end_ns
					      : exporter->latest_ns;
		exporter->stats.records_inferred += records[i].verdict.inferred;
		exporter->stats.packets += records[i].flow.packets[0] + records[i].flow.packets[1];
		exporter->stats.bytes += records[i].flow.bytes[0] + records[i].flow.bytes[1];
	}
	exporter->stats.records += count;
	if (count == 0) {
		return;
	}
	if (exporter->filter) {
		flow_filter_take(
			exporter->filter, reference, records, count, distribute_matching, exporter);
	} else {
		distribute(exporter, records, count);
	}
}

/* Decisions that waited for more to be known. all: nothing more will come. */
static void let_go(struct exporter *exporter, bool all)
{
	size_t count;

	if (decider_is_waiting(exporter->decider) && !exporter->released) {
		exporter->released = aligned_alloc(
			_Alignof(struct record), RELEASE_BATCH * sizeof(*exporter->released));
	}
	while (exporter->released &&
		(count = decider_release(exporter->decider, exporter->reference, all,
			 exporter->released, RELEASE_BATCH)) > 0) {
		pass_on(exporter, exporter->released, count);
	}
	if (all) {
		decider_finish(exporter->decider);
	}
}

/* All that comes after the verdict: records whose decision waits go on later. */
static void hand_on(struct exporter *exporter, struct record *records, size_t count)
{
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		if (!decider_take(exporter->decider, exporter->reference, &records[i])) {
			pass_on(exporter, records + first, i - first);
			first = i + 1;
		}
	}
	pass_on(exporter, records + first, count - first);
	if (decider_is_waiting(exporter->decider)) {
		let_go(exporter, false);
	}
}

static size_t held_at(const struct held *held, size_t index)
{
	return (held->first + index) % HELD_MAX;
}

static void look_back(struct exporter *exporter)
{
	struct held *held = exporter->held;

	for (size_t i = held->count; i-- > held->looked_back;) {
		size_t at = held_at(held, i);
		behaviour_look_back(exporter->behaviour, exporter->reference->catalogue,
			&held->records[at], &held->contexts[at]);
	}
	behaviour_end_look_back(exporter->behaviour);
	held->looked_back = held->count;
}

/* Without its name by other means: which app it may be of. */
static void judge(
	struct exporter *exporter, struct record *record, const struct behaviour_context *context)
{
	const struct reference *reference = exporter->reference;

	behaviour_judge(exporter->behaviour, reference->catalogue, reference->geo, record, context);
}

/* The oldest of those that wait are judged and go on. */
static void release(struct exporter *exporter, size_t count)
{
	struct held *held = exporter->held;

	look_back(exporter);
	for (size_t i = 0; i < count; i++) {
		size_t at = held_at(held, i);
		judge(exporter, &held->records[at], &held->contexts[at]);
	}
	held->looked_back -= count;
	held->count -= count;
	while (count > 0) {
		size_t to_the_edge = HELD_MAX - held->first;
		size_t batch = count < EXPORT_BATCH_MAX ? count : EXPORT_BATCH_MAX;
		batch = batch < to_the_edge ? batch : to_the_edge;
		hand_on(exporter, held->records + held->first, batch);
		held->first = held_at(held, batch);
		count -= batch;
	}
}

static void hold(struct exporter *exporter, const struct record *record,
	const struct behaviour_context *context)
{
	struct held *held = exporter->held;

	if (held->count == HELD_MAX) {
		release(exporter, HELD_MAX / 4);
	}
	size_t at = held_at(held, held->count++);
	record_copy(&held->records[at], record);
	held->contexts[at] = *context;
}

/* Flows without a name are judged now, or taken out of the batch to wait. */
static void infer(struct exporter *exporter, struct record *records, size_t count)
{
	struct behaviour_context context;
	size_t first = 0;

	behaviour_prefetch(exporter->behaviour, records, count);
	for (size_t i = 0; i < count; i++) {
		if (!behaviour_look(exporter->behaviour, exporter->reference->catalogue,
			    &records[i], &context)) {
			continue;
		}
		if (!exporter->held) {
			judge(exporter, &records[i], &context);
			continue;
		}
		hand_on(exporter, records + first, i - first);
		first = i + 1;
		hold(exporter, &records[i], &context);
	}
	hand_on(exporter, records + first, count - first);
}

/* Which names and networks are ours as well. Names are withheld when a record goes on; by then
 * later ones may have shown whose they are. */
static void learn_own(struct exporter *exporter, const struct record *records, size_t count)
{
	for (size_t i = 0; hides_names(exporter->reference) && i < count; i++) {
		own_zones_learn(exporter->own_zones, exporter->reference, &records[i]);
		forgotten_networks_learn(
			exporter->forgotten, exporter->reference->policy, &records[i]);
	}
}

void exporter_see(struct exporter *exporter, const struct sighting *sightings, size_t count)
{
	const struct policy *policy = exporter->reference->policy;

	for (size_t i = 0; i < count; i++) {
		devices_see(exporter->devices, &sightings[i],
			policy_is_own(policy, &sightings[i].addr));
		if (hides_names(exporter->reference)) {
			forgotten_networks_see(exporter->forgotten, policy, &sightings[i]);
		}
	}
}

static void identify(struct exporter *exporter, struct record *records, size_t count)
{
	const struct reference *reference = exporter->reference;
	const struct local_zone *zone = policy_header(reference->policy)->zone;

	for (size_t i = 0; i < count; i++) {
		devices_identify(exporter->devices, reference->inventory, zone, &records[i]);
	}
}

void exporter_take(struct exporter *exporter, struct record *records, size_t count)
{
	learn_own(exporter, records, count);
	while (count > 0) {
		size_t batch = count < EXPORT_BATCH_MAX ? count : EXPORT_BATCH_MAX;
		identify(exporter, records, batch);
		infer(exporter, records, batch);
		records += batch;
		count -= batch;
	}
}

/* Whoever watches the sensor is to know what is missing where. */
static void tell_of_loss(
	void *context, const struct output_state *state, const struct sink_gap *gap)
{
	struct exporter *exporter = context;

	if (exporter->alerts) {
		alerts_raise_loss(exporter->alerts, state->name, gap);
	}
}

/* Once a day, since they are days: reviews that are overdue, exceptions that end. */
static void look_at_dates(struct exporter *exporter, uint64_t now_ns)
{
	uint64_t day = now_ns / (86400 * NS_PER_S);

	if (day > exporter->dates_day) {
		exporter->dates_day = day;
		policy_dates_raise(exporter->alerts, exporter->reference, now_ns);
	}
}

void exporter_flush(struct exporter *exporter, uint64_t now_ns)
{
	decider_advance(exporter->decider, now_ns);
	let_go(exporter, false);

	rollup_set_now(exporter->gathered, now_ns);
	hand_on_cells(exporter);
	if (exporter->detectors) {
		detectors_advance(exporter->detectors, exporter->reference, now_ns);
	}
	sink_set_flush(&exporter->sinks, exporter->reference, now_ns, tell_of_loss, exporter);
	if (exporter->alerts) {
		look_at_dates(exporter, now_ns);
		alerts_write(exporter->alerts, exporter->reference, now_ns);
		alerts_forget_before(exporter->alerts, now_ns - ALERTS_KEPT_NS);
	}
}

void exporter_use(struct exporter *exporter, const struct reference *reference)
{
	const struct reference *old = exporter->reference;

	if (reference != old) {
		exporter->reference = reference_acquire(reference);
		reference_release(old);
	}
}

void exporter_drop_overview(struct exporter *exporter)
{
	overview_destroy(exporter->overview);
	exporter->overview = NULL;
}

unsigned exporter_read_outputs(const struct exporter *exporter, struct output_state *states)
{
	unsigned count = 0;

	for (; count < exporter->sinks.count; count++) {
		states[count] = exporter->sinks.items[count].state;
	}
	return exporter->alerts ? count + alerts_read_outputs(exporter->alerts, states + count)
				: count;
}

/* The first that failed and is not back. A reader who has seen enough closes the pipe: that is the
 * least of what can be wrong, and hides nothing else. */
static int find_failure(const struct exporter *exporter, struct err *err)
{
	struct output_state states[EXPORTER_OUTPUTS_MAX];
	unsigned count = exporter_read_outputs(exporter, states);
	int first = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct output_state *state = &states[i];
		if (state->is_failing &&
			(first == 0 || (first == -EPIPE && state->status != -EPIPE))) {
			first = state->status;
			*err = state->reason;
		}
	}
	return first;
}

/* What waited for its flow's end, and what the filter's own decider still holds. */
static int finish_filter(struct exporter *exporter, struct err *err)
{
	struct record record;
	int status = flow_filter_finish(
		exporter->filter, exporter->reference, distribute_matching, exporter, err);

	while (decider_release(exporter->matching, exporter->reference, true, &record, 1) > 0) {
	}
	decider_finish(exporter->matching);
	return status;
}

int exporter_finish(struct exporter *exporter, struct err *err)
{
	struct err filter_err;
	int filter_status = 0;

	if (exporter->held) {
		release(exporter, exporter->held->count);
	}
	let_go(exporter, true);
	if (exporter->filter) {
		filter_status = finish_filter(exporter, &filter_err);
	}
	hand_on_cells(exporter);
	if (exporter->detectors) {
		detectors_finish(exporter->detectors, exporter->reference);
	}
	sink_set_close(&exporter->sinks);
	if (exporter->alerts) {
		look_at_dates(exporter, exporter->latest_ns);
		alerts_finish(exporter->alerts, exporter->reference);
	}
	if (filter_status < 0) {
		*err = filter_err;
		return filter_status;
	}
	return find_failure(exporter, err);
}

int exporter_load_state(struct exporter *exporter, struct state *state, struct err *err)
{
	int status = behaviour_load(exporter->behaviour, state, err);

	status = status < 0 ? status : own_zones_load(exporter->own_zones, state, err);
	if (status == 0 && exporter->vantage) {
		status = vantage_load(exporter->vantage, state, err);
	}
	status = status < 0 ? status : devices_load(exporter->devices, state, err);
	if (status == 0 && exporter->alerts) {
		status = alerts_load(exporter->alerts, state, err);
	}
	return status == 0 && exporter->detectors ? detectors_load(exporter->detectors, state, err)
						  : status;
}

/* Which station had which address when is kept only where single devices may be. */
static bool may_keep_devices(const struct exporter *exporter)
{
	return exporter->latest_ns != 0 &&
	       device_detail_of(exporter->reference, 0, exporter->latest_ns) != DEVICE_DETAIL_NONE;
}

int exporter_save_state(const struct exporter *exporter, struct state *state, struct err *err)
{
	int status = behaviour_save(exporter->behaviour, state, err);

	status = status < 0 ? status : own_zones_save(exporter->own_zones, state, err);
	if (status == 0 && exporter->vantage) {
		status = vantage_save(exporter->vantage, state, err);
	}
	if (status == 0 && may_keep_devices(exporter)) {
		status = devices_save(exporter->devices, state, err);
	}
	if (status == 0 && exporter->alerts) {
		status = alerts_save(exporter->alerts, state, err);
	}
	return status == 0 && exporter->detectors ? detectors_save(exporter->detectors, state, err)
						  : status;
}

struct overview *exporter_overview(struct exporter *exporter)
{
	hand_on_cells(exporter);
	return exporter->overview;
}

const struct devices *exporter_devices(const struct exporter *exporter)
{
	return exporter->devices;
}

const struct decider *exporter_decider(const struct exporter *exporter)
{
	return exporter->filter ? exporter->matching : exporter->decider;
}

void exporter_note_frames(
	struct exporter *exporter, uint64_t now_ns, uint64_t frames, uint64_t dropped)
{
	if (exporter->detectors) {
		detectors_note_frames(exporter->detectors, now_ns, frames, dropped);
	}
}

bool exporter_read_detectors(const struct exporter *exporter, struct detectors_stats *stats)
{
	if (exporter->detectors) {
		detectors_read_stats(exporter->detectors, stats);
	}
	return exporter->detectors != NULL;
}

void exporter_read_stats(const struct exporter *exporter, struct exporter_stats *stats)
{
	*stats = exporter->stats;
	rollup_read_stats(exporter->gathered, &stats->rollup);
	behaviour_read_stats(exporter->behaviour, &stats->behaviour);
	devices_read_stats(exporter->devices, &stats->devices);
}
