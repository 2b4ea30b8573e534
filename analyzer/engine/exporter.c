#include "analyzer/engine/exporter.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzer/alert/policy_dates.h"
#include "analyzer/engine/enrich.h"
#include "analyzer/engine/exporter_parts.h"
#include "analyzer/redact/device_detail.h"
#include "analyzer/vantage/vantage.h"
#include "base/clock.h"

enum { CELLS_MAX = 4096 };

_Static_assert(
	(int)SIGHTINGS_MAX <= (int)DEVICES_FETCH_MAX, "what a batch shows is fetched together");

/* Cases of a week that is over are kept for records that come late. */
#define ALERTS_KEPT_NS ((7 * 24 + 36) * 3600 * NS_PER_S)

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
	exporter->own_hosts = own_hosts_create();
	exporter->forgotten = forgotten_networks_create();
	exporter->devices = devices_create();
	exporter->proxies = proxy_signs_create();
	if (!exporter->own_zones || !exporter->own_hosts || !exporter->forgotten ||
		!exporter->devices || !exporter->proxies || !exporter->overview ||
		!exporter->behaviour || !exporter->device_hashes || !exporter->decider ||
		!exporter->gathered) {
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
	sink_set_close(&exporter->sinks, exporter->reference, exporter->latest_ns, NULL, NULL);
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
	own_hosts_destroy(exporter->own_hosts);
	forgotten_networks_destroy(exporter->forgotten);
	devices_destroy(exporter->devices);
	proxy_signs_destroy(exporter->proxies);
	reference_release(exporter->reference);
	exporter_drop_held(exporter);
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

void exporter_add_sink(struct exporter *exporter, const struct sink_ops *ops, struct sink *sink)
{
	sink_set_add(&exporter->sinks, ops, sink);
}

void exporter_ask_cells(struct exporter *exporter)
{
	atomic_store_explicit(&exporter->is_asked, true, memory_order_relaxed);
}

/* DHCP counts where a server or relay of ours sends it, or one on the link: anybody outside can
 * write it. */
static bool may_say_so(const struct policy *policy, const struct sighting *sighting)
{
	static const struct addr nobody;
	const uint8_t *giver = sighting->giver.bytes;
	bool is_on_link = giver[0] == 0xfe && (giver[1] & 0xc0) == 0x80;

	return is_on_link || addr_equal(&sighting->giver, &nobody) ||
	       policy_is_own(policy, &sighting->giver);
}

void exporter_see(struct exporter *exporter, const struct sighting *sightings, size_t count)
{
	const struct policy *policy = exporter->reference->policy;
	const struct addr *addrs[SIGHTINGS_MAX] = { NULL };

	for (size_t i = 0; i < count; i++) {
		addrs[i] = &sightings[i].addr;
	}
	devices_fetch(exporter->devices, addrs, count);
	for (size_t i = 0; i < count; i++) {
		if (!may_say_so(policy, &sightings[i])) {
			continue;
		}
		devices_see(exporter->devices, &sightings[i],
			policy_is_own(policy, &sightings[i].addr));
		if (exporter_hides_names(exporter)) {
			forgotten_networks_see(exporter->forgotten, policy, &sightings[i]);
		}
	}
}

void exporter_learn_zone(struct exporter *exporter, const char *zone)
{
	if (exporter_hides_names(exporter)) {
		own_zones_learn(exporter->own_zones, zone);
	}
}

void exporter_learn_host(struct exporter *exporter, const char *label)
{
	if (exporter_hides_names(exporter)) {
		own_hosts_learn(exporter->own_hosts, label);
	}
}

void exporter_learn_network(struct exporter *exporter, const struct addr *network)
{
	if (exporter_hides_names(exporter)) {
		forgotten_networks_hear(exporter->forgotten, exporter->reference->policy, network);
	}
}

static void identify(struct exporter *exporter, struct record *records, size_t count)
{
	const struct reference *reference = exporter->reference;
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	const struct addr *own[EXPORT_BATCH_MAX];

	for (size_t i = 0; i < count; i++) {
		own[i] = record_own_addr(&records[i]);
	}
	devices_fetch(exporter->devices, own, count);
	for (size_t i = 0; i < count; i++) {
		devices_identify(exporter->devices, reference->inventory, zone, &records[i]);
	}
}

/* Proxies that nobody has declared: what they show of themselves takes several records. */
static void note_proxies(struct exporter *exporter, struct record *records, size_t count)
{
	const struct reference *reference = exporter->reference;
	const struct proxy_found *found;

	for (size_t i = 0; i < count; i++) {
		enum proxy_sign sign =
			proxy_signs_take(exporter->proxies, reference, &records[i], &found);
		if (sign != PROXY_SIGN_NONE) {
			enrich_behind_proxy(reference, &records[i], sign != PROXY_SIGN_ISSUER);
			if (exporter->vantage) {
				vantage_note_proxy(exporter->vantage, found);
			}
		}
	}
}

void exporter_take(struct exporter *exporter, struct record *records, size_t count)
{
	while (count > 0) {
		size_t batch = count < EXPORT_BATCH_MAX ? count : EXPORT_BATCH_MAX;
		identify(exporter, records, batch);
		note_proxies(exporter, records, batch);
		exporter_infer(exporter, records, batch);
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
	exporter_let_go(exporter, false);

	rollup_set_now(exporter->gathered, now_ns);
	exporter_hand_on_cells(exporter);
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

/* The first that failed and is not back, or was back only when it was too late. A reader who has
 * seen enough closes the pipe: that is the least of what can be wrong, and hides nothing else. */
static int find_failure(const struct exporter *exporter, struct err *err)
{
	struct output_state states[EXPORTER_OUTPUTS_MAX];
	unsigned count = exporter_read_outputs(exporter, states);
	int first = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct output_state *state = &states[i];
		bool is_short = i < exporter->sinks.count && exporter->sinks.items[i].ended_short;
		if ((state->is_failing || is_short) &&
			(first == 0 || (first == -EPIPE && state->status != -EPIPE))) {
			first = state->status;
			*err = state->reason;
		}
	}
	return first;
}

int exporter_finish(struct exporter *exporter, struct err *err)
{
	struct err filter_err;
	int filter_status = 0;

	exporter_infer_rest(exporter);
	exporter_let_go(exporter, true);
	if (exporter->filter) {
		filter_status = exporter_finish_filter(exporter, &filter_err);
	}
	exporter_hand_on_cells(exporter);
	if (exporter->detectors) {
		detectors_finish(exporter->detectors, exporter->reference);
	}
	sink_set_close(
		&exporter->sinks, exporter->reference, exporter->latest_ns, tell_of_loss, exporter);
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

static void hear(exporter_tell *tell, int status, const struct err *err)
{
	if (status < 0) {
		tell(err);
	}
}

void exporter_load_state(struct exporter *exporter, struct state *state, exporter_tell *tell)
{
	struct err err;

	hear(tell, behaviour_load(exporter->behaviour, state, &err), &err);
	hear(tell, own_zones_load(exporter->own_zones, state, &err), &err);
	hear(tell, devices_load(exporter->devices, state, &err), &err);
	if (exporter->vantage) {
		hear(tell, vantage_load(exporter->vantage, state, &err), &err);
	}
	if (exporter->alerts) {
		hear(tell, alerts_load(exporter->alerts, state, &err), &err);
	}
	if (exporter->detectors) {
		hear(tell, detectors_load(exporter->detectors, state, &err), &err);
	}
}

/* Which station had which address when is kept only where single devices may be. */
static bool may_keep_devices(const struct exporter *exporter)
{
	return exporter->latest_ns != 0 &&
	       device_detail_of(exporter->reference, 0, exporter->latest_ns) != DEVICE_DETAIL_NONE;
}

/* The first failure is the one that is told. */
static void keep_first(int *first, struct err *first_err, int status, const struct err *err)
{
	if (status < 0 && *first == 0) {
		*first = status;
		*first_err = *err;
		err_prefix(first_err, "state is not kept");
	}
}

int exporter_save_state(const struct exporter *exporter, struct state *state, struct err *err)
{
	struct err now;
	int first = 0;

	keep_first(&first, err, behaviour_save(exporter->behaviour, state, &now), &now);
	keep_first(&first, err, own_zones_save(exporter->own_zones, state, &now), &now);
	if (may_keep_devices(exporter)) {
		keep_first(&first, err, devices_save(exporter->devices, state, &now), &now);
	}
	if (exporter->vantage) {
		keep_first(&first, err, vantage_save(exporter->vantage, state, &now), &now);
	}
	if (exporter->alerts) {
		keep_first(&first, err, alerts_save(exporter->alerts, state, &now), &now);
	}
	if (exporter->detectors) {
		keep_first(&first, err, detectors_save(exporter->detectors, state, &now), &now);
	}
	return first;
}

struct overview *exporter_overview(struct exporter *exporter)
{
	exporter_hand_on_cells(exporter);
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
