#include "analyzer/alert/alerts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alerts_parts.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/rollup/device_hash.h"
#include "base/clock.h"

enum { EPISODES_LEAST = 32, GROWTH_DEVICES = 2, GROWTH_BYTES = 10 };

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

/* What other threads raised becomes cases. One that still holds is no news, and not forgotten. */
static void take_raised(struct alerts *alerts)
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

/* As many as are said aloud; of fewer than k nobody is to know when there were twice as many. */
static uint64_t devices_said(const struct alert *alert, const struct reference *reference)
{
	return alert_says_devices(alert, reference) ? alert->of.devices : 1;
}

/* The number whose doubling is told: devices, and of a finding what it counts. */
static uint64_t number_said(const struct alert *alert, const struct reference *reference)
{
	const struct finding_argument *devices = finding_argument(&alert->finding, "devices");
	const struct finding_argument *count = finding_argument(&alert->finding, "count");

	return !alert_is_finding(alert) ? devices_said(alert, reference)
	       : devices                ? devices->number
	       : count                  ? count->number
					: 1;
}

/* The bytes whose tenfold is told. */
static uint64_t bytes_said(const struct alert *alert)
{
	const struct finding_argument *value = finding_argument(&alert->finding, "value");

	return alert_is_finding(alert) ? (value ? value->number : 0)
				       : alert->of.bytes_up + alert->of.bytes_down;
}

static bool has_grown(const struct episode *episode, const struct reference *reference)
{
	const struct alert *alert = &episode->alert;
	uint64_t bytes = bytes_said(alert);

	return number_said(alert, reference) >= GROWTH_DEVICES * episode->said_devices ||
	       (bytes > 0 && bytes >= GROWTH_BYTES * episode->said_bytes);
}

/* A case that is to be told is told to every output, each time as a revision of its own. */
/* Asked each time it is told: what was covered may have grown beyond it. */
static void suppress(struct alerts *alerts, struct alert *alert, uint64_t now_ns)
{
	struct suppression_subject subject;

	alert->suppression[0] = '\0';
	if (alerts->desk && alert->kind != ALERT_ALERTS_STORM) {
		suppression_subject_of_alert(&subject, alert);
		desk_watch_find(alerts->desk, &subject, now_ns ? now_ns : clock_now_ns(),
			alert->suppression);
	}
}

/* Is it one of more in its hour than people can look at one by one? */
static bool count_in_storm(struct alerts *alerts, const struct alert *alert)
{
	uint64_t hour = alert->first_ns / HOUR_NS;
	struct storm_hour *storm = &alerts->storm_hours[hour % STORM_HOURS];

	if (alert->kind == ALERT_ALERTS_STORM) {
		return false;
	}
	if (storm->hour != hour) {
		*storm = (struct storm_hour){ .hour = hour };
	}
	return ++storm->count > ALERTS_STORM_LEAST;
}

static void tell(struct alerts *alerts, struct episode *episode, const struct reference *reference,
	enum alert_notice notice, uint64_t now_ns)
{
	struct alert *alert = &episode->alert;

	alert->notice = (uint8_t)notice;
	alert->revision += episode->is_written;
	suppress(alerts, alert, now_ns);
	if (!episode->is_written && alert->suppression[0] == '\0') {
		alert->is_in_storm = count_in_storm(alerts, alert);
	}
	episode->is_written = true;
	episode->has_changed = episode->is_due = false;
	episode->said_devices = number_said(alert, reference);
	episode->said_bytes = bytes_said(alert);
	episode->pending = (1u << alerts->output_count) - 1;
	if (!alert->evidence.is_frozen) {
		alert->evidence.is_frozen = true;
		snprintf(alert->evidence.policy_hash, sizeof(alert->evidence.policy_hash), "%s",
			policy_hash(policy_at(reference->policy, alert->first_ns)));
	}
}

static void choose(struct alerts *alerts, const struct reference *reference, uint64_t now_ns,
	bool is_finishing)
{
	for (size_t i = 0; i < alerts->count; i++) {
		struct episode *episode = alerts->episodes[i];
		if (!episode->has_changed) {
			continue;
		}
		if (!episode->is_written) {
			tell(alerts, episode, reference, ALERT_NOTICE_NEW, now_ns);
		} else if (has_grown(episode, reference)) {
			tell(alerts, episode, reference, ALERT_NOTICE_GROWTH, now_ns);
		} else if (is_finishing || episode->is_due) {
			tell(alerts, episode, reference, ALERT_NOTICE_UPDATE, now_ns);
		}
	}
}

/* Each hour with a storm is an alert; as it grows, others (has_grown) say whether that is told. */
static bool report_storms(struct alerts *alerts)
{
	bool has_reported = false;

	for (unsigned i = 0; i < STORM_HOURS; i++) {
		struct storm_hour *storm = &alerts->storm_hours[i];
		if (storm->count <= ALERTS_STORM_LEAST || storm->count == storm->said) {
			continue;
		}
		char identity[32];
		snprintf(identity, sizeof(identity), "%llu", (unsigned long long)storm->hour);
		struct alert alert = alert_of_finding(ALERT_ALERTS_STORM, alerts->origin.observer,
			identity, storm->hour * HOUR_NS, "found_storm");
		finding_put_number(&alert.finding, "count", FINDING_COUNT, storm->count);
		finding_put_number(&alert.finding, "least", FINDING_COUNT, ALERTS_STORM_LEAST);
		finding_put_number(&alert.finding, "time", FINDING_TIME, storm->hour * HOUR_NS);
		alert.last_ns = storm->hour * HOUR_NS + storm->count; /* later than it was */
		alerts_report(alerts, &alert);
		storm->said = storm->count;
		has_reported = true;
	}
	return has_reported;
}

static int compare_episodes(const void *left, const void *right)
{
	const struct alert *a = &(*(struct episode *const *)left)->alert;
	const struct alert *b = &(*(struct episode *const *)right)->alert;

	if (a->first_ns != b->first_ns) {
		return a->first_ns < b->first_ns ? -1 : 1;
	}
	return a->id < b->id ? -1 : a->id > b->id;
}

static int write_one(struct alerts *alerts, struct open_output *open, const struct alert *alert,
	const struct reference *reference, struct err *err)
{
	struct alert_post post;
	int status = alert_render(&alerts->renderer, alert, reference, &alerts->origin, &post, err);

	return status < 0 ? status : open->ops->write(open->output, &post, err);
}

/* What waits for the output, the oldest first, until one fails. */
static void write_pending(struct alerts *alerts, unsigned at, struct episode **episodes,
	const struct reference *reference, uint64_t now_ns)
{
	struct open_output *open = &alerts->outputs[at];
	unsigned bit = 1u << at;
	struct err err;

	for (size_t i = 0; i < alerts->count; i++) {
		if (!(episodes[i]->pending & bit)) {
			continue;
		}
		int status = write_one(alerts, open, &episodes[i]->alert, reference, &err);
		if (status < 0) {
			output_failed(&open->state, status, &err, now_ns);
			return;
		}
		episodes[i]->pending &= ~bit;
		output_succeeded(&open->state);
	}
}

static bool is_any_pending(const struct alerts *alerts)
{
	for (size_t i = 0; i < alerts->count; i++) {
		if (alerts->episodes[i]->pending) {
			return true;
		}
	}
	return false;
}

static void write_all(struct alerts *alerts, const struct reference *reference, uint64_t now_ns,
	bool is_finishing)
{
	struct episode **sorted;

	take_raised(alerts);
	choose(alerts, reference, now_ns, is_finishing);
	if (report_storms(alerts)) {
		choose(alerts, reference, now_ns, is_finishing);
	}
	if (!is_any_pending(alerts) ||
		!(sorted = calloc(alerts->count, sizeof(struct episode *)))) {
		return; /* out of memory: they still wait the next time */
	}
	memcpy(sorted, alerts->episodes, alerts->count * sizeof(struct episode *));
	qsort(sorted, alerts->count, sizeof(struct episode *), compare_episodes);
	for (unsigned i = 0; i < alerts->output_count; i++) {
		if (is_finishing || output_is_due(&alerts->outputs[i].state, now_ns)) {
			write_pending(alerts, i, sorted, reference, now_ns);
		}
	}
	free(sorted);
}

void alerts_write(struct alerts *alerts, const struct reference *reference, uint64_t now_ns)
{
	write_all(alerts, reference, now_ns, false);
}

static void count_lost(struct alerts *alerts, const struct episode *episode)
{
	for (unsigned i = 0; i < alerts->output_count; i++) {
		alerts->outputs[i].state.lost += episode->pending >> i & 1;
	}
}

static void close_output(struct open_output *open)
{
	uint64_t lost = open->state.lost;
	struct err err;

	if (!open->output) {
		return;
	}
	if (open->ops->finish) {
		open->ops->finish(open->output, true);
		open->ops->read_state(open->output, &open->state);
		open->state.lost += lost;
	}
	int status = open->ops->close(open->output, &err);
	open->output = NULL;
	if (status < 0) {
		output_failed(&open->state, status, &err, 0);
	}
}

void alerts_finish(struct alerts *alerts, const struct reference *reference)
{
	write_all(alerts, reference, 0, true);
	for (size_t i = 0; i < alerts->count; i++) {
		count_lost(alerts, alerts->episodes[i]);
	}
	for (unsigned i = 0; i < alerts->output_count; i++) {
		struct open_output *open = &alerts->outputs[i];
		if (open->output && open->ops->finish) {
			open->ops->finish(open->output, false);
		}
	}
	for (unsigned i = 0; i < alerts->output_count; i++) {
		close_output(&alerts->outputs[i]);
	}
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
