#include "analyzer/alert/alerts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alerts_parts.h"
#include "analyzer/rollup/device_hash.h"
#include "base/clock.h"

enum { EPISODES_LEAST = 32 };

#define HOUR_NS (3600 * NS_PER_S)
#define DAY_NS  (24 * HOUR_NS)

struct alerts *alerts_create(const struct alert_origin *origin)
{
	struct alerts *alerts = calloc(1, sizeof(*alerts));

	if (!alerts) {
		return NULL;
	}
	pthread_mutex_init(&alerts->said, NULL);
	alert_renderer_init(&alerts->renderer);
	alerts->device_hashes = device_hashes_create(NULL); /* never leaves the process */
	if (!alerts->device_hashes) {
		alerts_destroy(alerts);
		return NULL;
	}
	if (origin && origin->organization) {
		snprintf(alerts->organization, ALERT_NAME_BYTES, "%s", origin->organization);
		alerts->origin.organization = alerts->organization;
	}
	if (origin && origin->observer) {
		snprintf(alerts->observer, ALERT_NAME_BYTES, "%s", origin->observer);
		alerts->origin.observer = alerts->observer;
	}
	if (origin && origin->page) {
		snprintf(alerts->page, ALERT_PAGE_BYTES, "%s", origin->page);
		alerts->origin.page = alerts->page;
	}
	return alerts;
}

static void free_episode(struct episode *episode)
{
	if (episode) {
		devices_deinit(&episode->devices);
		free(episode);
	}
}

void alerts_destroy(struct alerts *alerts)
{
	if (!alerts) {
		return;
	}
	for (unsigned i = 0; i < alerts->output_count; i++) {
		if (alerts->outputs[i].output) {
			alerts->outputs[i].ops->close(alerts->outputs[i].output, NULL);
		}
	}
	for (size_t i = 0; i < alerts->count; i++) {
		free_episode(alerts->episodes[i]);
	}
	free(alerts->episodes);
	hash_table_deinit(&alerts->table);
	device_hashes_destroy(alerts->device_hashes);
	alert_renderer_deinit(&alerts->renderer);
	desk_watch_close(alerts->desk);
	pthread_mutex_destroy(&alerts->said);
	free(alerts);
}

int alerts_add_output(struct alerts *alerts, const struct alert_output_ops *ops,
	const struct alert_output_options *options, struct err *err)
{
	struct alert_output *output;

	if (alerts->output_count == ALERT_OUTPUTS_MAX) {
		return err_set(err, ENOSPC, "more than %d outputs for alerts", ALERT_OUTPUTS_MAX);
	}
	int status = ops->open(&output, options, err);
	if (status == 0) {
		alerts->outputs[alerts->output_count++] = (struct open_output){
			.ops = ops, .output = output, .state = { .name = ops->name }
		};
	}
	return status;
}

int alerts_watch_desk(struct alerts *alerts, const char *desk, struct err *err)
{
	return desk_watch_open(&alerts->desk, desk, alerts->origin.observer, err);
}

void alerts_read_verdicts(struct alerts *alerts, uint64_t since_ns, struct desk_verdicts *verdicts)
{
	*verdicts = (struct desk_verdicts){ .latest_ns = since_ns };
	if (alerts->desk) {
		desk_watch_verdicts(alerts->desk, since_ns, verdicts);
	}
}

void alerts_hear_series(struct alerts *alerts, uint64_t series)
{
	atomic_store(&alerts->all_series, series);
}

uint64_t alerts_all_series(struct alerts *alerts)
{
	return atomic_load(&alerts->all_series);
}

int alerts_say_all(struct alerts *alerts, struct err *err)
{
	return alert_renderer_say_all(&alerts->renderer, err);
}

static bool is_episode(const void *episodes, uint32_t place, const void *id)
{
	return ((struct episode *const *)episodes)[place]->alert.id == *(const uint64_t *)id;
}

static struct episode *find_episode(const struct alerts *alerts, uint64_t id)
{
	uint32_t place = hash_table_find(&alerts->table, id, is_episode, alerts->episodes, &id);

	return place == HASH_TABLE_NONE ? NULL : alerts->episodes[place];
}

static bool make_room(struct alerts *alerts)
{
	size_t grown = alerts->capacity ? 2 * alerts->capacity : EPISODES_LEAST;

	if (alerts->count < alerts->capacity) {
		return true;
	}
	struct episode **episodes = realloc(alerts->episodes, grown * sizeof(struct episode *));
	if (episodes) {
		alerts->episodes = episodes;
		alerts->capacity = grown;
	}
	return episodes != NULL;
}

/* The case that goes on, or a new one. NULL: no room for it. */
struct episode *alerts_open_episode(struct alerts *alerts, const struct alert *alert)
{
	struct episode *episode = find_episode(alerts, alert->id);

	if (episode) {
		return episode;
	}
	if (alerts->count == ALERTS_MAX || !make_room(alerts) ||
		!(episode = calloc(1, sizeof(*episode))) ||
		!hash_table_put(&alerts->table, alert->id, (uint32_t)alerts->count)) {
		free(episode);
		alerts->missed++;
		return NULL;
	}
	episode->alert = *alert;
	alerts->episodes[alerts->count++] = episode;
	return episode;
}

static uint64_t id_of(struct alerts *alerts, const struct alert_case_key *key)
{
	struct known_case *known = &alerts->known[(key->rule * 31U + key->unit) % CASES_KNOWN];

	if (known->id == 0 || known->key.kind != key->kind || known->key.rule != key->rule ||
		known->key.unit != key->unit || known->key.week != key->week) {
		*known = (struct known_case){ *key, alert_case_id(key, alerts->origin.observer) };
	}
	return known->id;
}

/* The case that the record belongs to, or a new one. NULL: no room for it. */
static struct episode *episode_of(
	struct alerts *alerts, const struct reference *reference, const struct record *record)
{
	struct alert_case_key key = alert_case_key_of(reference, record);
	uint64_t id = id_of(alerts, &key);
	struct episode *episode = find_episode(alerts, id);

	if (!episode) {
		struct alert alert = alert_case_of(reference, record, &key, id);
		episode = alerts_open_episode(alerts, &alert);
	}
	return episode;
}

static void take_record(
	struct alerts *alerts, const struct reference *reference, const struct record *record)
{
	struct episode *episode = episode_of(alerts, reference, record);

	if (episode) {
		uint64_t device = device_hash(alerts->device_hashes, reference->pseudonyms, record);
		alert_case_add(&episode->alert, reference, record);
		devices_add(&episode->devices, device, 0);
		episode->has_plain |= reference->pseudonyms == NULL;
		uint64_t count = devices_count(&episode->devices);
		episode->alert.of.devices =
			count > episode->devices_before ? count : episode->devices_before;
		episode->alert.of.is_estimate = devices_is_estimated(&episode->devices);
		episode->has_changed = true;
	}
}

void alerts_take(struct alerts *alerts, const struct reference *reference,
	const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t verdict = records[i].decision.verdict;
		if (verdict == POLICY_VERDICT_VIOLATION || verdict == POLICY_VERDICT_UNAPPROVED) {
			take_record(alerts, reference, &records[i]);
		}
	}
}

void alerts_report(struct alerts *alerts, const struct alert *alert)
{
	struct episode *episode = alerts_open_episode(alerts, alert);

	if (episode && (!episode->is_written || alert->last_ns > episode->alert.last_ns)) {
		episode->alert.finding = alert->finding;
		episode->alert.last_ns = alert->last_ns;
		episode->has_changed = true;
	}
}

void alerts_raise(struct alerts *alerts, const struct alert *alert)
{
	pthread_mutex_lock(&alerts->said);
	if (alerts->raised_count < ALERTS_RAISED_MAX) {
		alerts->raised[alerts->raised_count++] = *alert;
	}
	pthread_mutex_unlock(&alerts->said);
}

void alerts_raise_loss(struct alerts *alerts, const char *output, const struct sink_gap *gap)
{
	struct alert alert = alert_of_sensor(ALERT_SENSOR_LOSS,
		alerts->origin.observer ? alerts->origin.observer : "", gap->first_ns);

	alert.last_ns = gap->last_ns;
	alert.sensor.lost = gap->records;
	snprintf(alert.sensor.output, sizeof(alert.sensor.output), "%s", output);
	snprintf(alert.sensor.reason, sizeof(alert.sensor.reason), "%.255s", gap->reason);
	alerts_raise(alerts, &alert);
}

/* One that still holds is no news, and not forgotten. */
void alerts_take_raised(struct alerts *alerts)
{
	pthread_mutex_lock(&alerts->said);
	for (size_t i = 0; i < alerts->raised_count; i++) {
		const struct alert *raised = &alerts->raised[i];
		struct episode *episode = alerts_open_episode(alerts, raised);
		if (!episode) {
			continue;
		}
		episode->has_changed |= !episode->is_written;
		episode->seen_ns = raised->last_ns;
	}
	alerts->raised_count = 0;
	pthread_mutex_unlock(&alerts->said);
}

/* Frees the places of cases that were let go (NULL), and finds the others again. */
static void close_ranks(struct alerts *alerts)
{
	size_t kept = 0;

	for (size_t i = 0; i < alerts->count; i++) {
		if (alerts->episodes[i]) {
			alerts->episodes[kept++] = alerts->episodes[i];
		}
	}
	alerts->count = kept;
	hash_table_clear(&alerts->table); /* which has had room for more */
	for (size_t i = 0; i < kept; i++) {
		hash_table_put(&alerts->table, alerts->episodes[i]->alert.id, (uint32_t)i);
	}
}

static uint64_t last_ns_of(const struct episode *episode)
{
	uint64_t last_ns = episode->alert.last_ns;

	return last_ns > episode->seen_ns ? last_ns : episode->seen_ns;
}

void alerts_forget_before(struct alerts *alerts, uint64_t time_ns)
{
	if (time_ns / DAY_NS == alerts->forgot_day) {
		return;
	}
	alerts->forgot_day = time_ns / DAY_NS;
	for (size_t i = 0; i < alerts->count; i++) {
		struct episode *episode = alerts->episodes[i];
		episode->is_due = episode->has_changed;
		if (last_ns_of(episode) < time_ns && !episode->has_changed && !episode->pending) {
			free_episode(episode);
			alerts->episodes[i] = NULL;
		}
	}
	close_ranks(alerts);
}

unsigned alerts_read_outputs(const struct alerts *alerts, struct output_state *states)
{
	for (unsigned i = 0; i < alerts->output_count; i++) {
		const struct open_output *open = &alerts->outputs[i];
		states[i] = open->state;
		if (open->output && open->ops->read_state) {
			open->ops->read_state(open->output, &states[i]);
		}
	}
	return alerts->output_count;
}

size_t alerts_latest(const struct alerts *alerts, const struct alert **latest, size_t count)
{
	size_t found = 0;

	for (size_t i = alerts->count; i > 0 && found < count; i--) {
		latest[found++] = &alerts->episodes[i - 1]->alert;
	}
	return found;
}

uint64_t alerts_count(const struct alerts *alerts)
{
	return alerts->count;
}

uint64_t alerts_missed(const struct alerts *alerts)
{
	return alerts->missed;
}

const char *alerts_observer(const struct alerts *alerts)
{
	return alerts->origin.observer;
}
