/* Which cases are told, when again, and how they come to the outputs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alerts_parts.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"

enum { GROWTH_DEVICES = 2, GROWTH_BYTES = 10 };

#define HOUR_NS (3600 * NS_PER_S)

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

/* To every output, each time as a revision of its own. */
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

	alerts_take_raised(alerts);
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
