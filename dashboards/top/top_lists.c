/* The lists of alerts and of sensors. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/top/top_parts.h"

enum {
	TIME_WIDTH = 16,
	KIND_WIDTH = 18,
	STATE_WIDTH = 16,
	RATE_WIDTH = 11,
	COUNT_WIDTH = 9,
	SENSOR_LEAST = 10,
	SENSOR_MOST = 32,
	SENSOR_NUMBERS = STATE_WIDTH + 1 + COUNT_WIDTH + 1 + RATE_WIDTH + 1 + 3 * (COUNT_WIDTH + 1)
};

#define DAY_S  86400
#define HOUR_S 3600

void top_put_alerts(struct top_frame *frame)
{
	struct page *page = frame->page;
	const struct view_notices *notices = &frame->data->notices;
	size_t passed = 0;
	char time[CLOCK_TEXT_LENGTH + 1];

	page_style(page, PAGE_MUTED);
	page_left(page, TIME_WIDTH, top_word(frame, "top_time"));
	page_left(page, KIND_WIDTH, top_word(frame, "top_kind"));
	top_put_word(frame, "top_why");
	page_end_line(page);
	for (size_t i = 0; i < notices->count && frame->rows_left > 0; i++) {
		const struct view_notice *alert = &notices->notices[i];
		if (!top_matches(frame->view, alert->sentence) &&
			!top_matches(frame->view, alert->kind)) {
			continue;
		}
		if (passed++ < frame->view->first) {
			continue;
		}
		clock_format(alert->time_ns, time);
		time[10] = ' ';
		time[TIME_WIDTH] = '\0';
		page_left(page, TIME_WIDTH, time);
		page_style(page, PAGE_BOLD);
		page_left(page, KIND_WIDTH, alert->kind);
		page_style(page, PAGE_PLAIN);
		page_put(page, alert->sentence);
		page_end_line(page);
		frame->rows_left--;
	}
	if (passed == 0) {
		top_put_word(frame, "top_no_alerts");
		page_end_line(page);
	}
}

static void put_duration(const struct top_frame *frame, char *to, size_t bytes, uint64_t seconds)
{
	if (seconds < 120) {
		snprintf(to, bytes, "%" PRIu64 " s", seconds);
	} else if (seconds < 2 * HOUR_S) {
		snprintf(to, bytes, "%" PRIu64 " min", seconds / 60);
	} else if (seconds < 2 * DAY_S) {
		snprintf(to, bytes, "%" PRIu64 " h", seconds / HOUR_S);
	} else {
		char days[24];
		struct text text;
		snprintf(days, sizeof(days), "%" PRIu64, seconds / DAY_S);
		text_init(&text, to, bytes);
		messages_put(frame->reference->messages, &text, "top_days", "count", days, NULL);
	}
}

static void put_state(const struct top_frame *frame, const struct view_sensor *sensor)
{
	const struct messages *messages = frame->reference->messages;
	struct page *page = frame->page;
	const struct health_summary *health_summary = &sensor->health;
	char duration[24], up[24], all[24], state[64];
	struct text text;

	text_init(&text, state, sizeof(state));
	if (sensor->silent_s > 0) {
		put_duration(frame, duration, sizeof(duration), sensor->silent_s);
		messages_put(messages, &text, "top_state_silent", "time", duration, NULL);
		page_style(page, PAGE_CRITICAL);
	} else if (health_summary->queues_up < health_summary->queues) {
		snprintf(up, sizeof(up), "%" PRIu64, health_summary->queues_up);
		snprintf(all, sizeof(all), "%" PRIu64, health_summary->queues);
		messages_put(messages, &text, "top_state_queues", "up", up, "all", all, NULL);
		page_style(page, PAGE_CRITICAL);
	} else if (health_summary->outputs_up < health_summary->outputs) {
		text_put(&text, top_word(frame, "top_state_output"));
		page_style(page, PAGE_CRITICAL);
	} else {
		text_put(&text, top_word(frame, "top_state_up"));
	}
	page_left(page, STATE_WIDTH, state);
	page_style(page, PAGE_PLAIN);
}

static void put_sensor(
	const struct top_frame *frame, unsigned name_width, const struct view_sensor *sensor)
{
	struct page *page = frame->page;
	const struct health_summary *health_summary = &sensor->health;
	bool is_silent = sensor->silent_s > 0;

	page_style(page, PAGE_BOLD);
	page_left(page, name_width, sensor->name);
	page_style(page, PAGE_PLAIN);
	put_state(frame, sensor);
	top_put_count(frame, COUNT_WIDTH, is_silent ? 0 : health_summary->frames_s);
	top_put_rate(frame, RATE_WIDTH, is_silent ? 0 : health_summary->bits_s);
	top_put_count(frame, COUNT_WIDTH, health_summary->flows);
	page_style(page, health_summary->kernel_drops ? PAGE_CRITICAL : PAGE_PLAIN);
	top_put_count(frame, COUNT_WIDTH, health_summary->kernel_drops);
	page_style(page, PAGE_PLAIN);
	top_put_count(frame, COUNT_WIDTH, health_summary->evicted);
	page_end_line(page);
}

/* The silent ones first, then those in trouble, then by name. */
static int compare_sensors(const void *left, const void *right)
{
	const struct view_sensor *a = left, *b = right;
	bool a_ails =
		a->health.queues_up < a->health.queues || a->health.outputs_up < a->health.outputs;
	bool b_ails =
		b->health.queues_up < b->health.queues || b->health.outputs_up < b->health.outputs;

	if ((a->silent_s > 0) != (b->silent_s > 0)) {
		return a->silent_s > 0 ? -1 : 1;
	}
	if (a_ails != b_ails) {
		return a_ails ? -1 : 1;
	}
	return strcmp(a->name, b->name);
}

void top_put_sensors(struct top_frame *frame)
{
	struct page *page = frame->page;
	struct view_sensors *sensors = &frame->data->sensors;
	unsigned name_width = page->width > SENSOR_NUMBERS + SENSOR_LEAST
				      ? page->width - SENSOR_NUMBERS - 1
				      : SENSOR_LEAST;
	size_t passed = 0;

	name_width = name_width < SENSOR_MOST ? name_width : SENSOR_MOST;
	page_style(page, PAGE_MUTED);
	page_left(page, name_width, top_word(frame, "top_sensor"));
	page_left(page, STATE_WIDTH, top_word(frame, "top_state"));
	page_right(page, COUNT_WIDTH, top_word(frame, "top_per_second"));
	page_right(page, RATE_WIDTH, top_word(frame, "top_rate"));
	page_right(page, COUNT_WIDTH, top_word(frame, "top_flows"));
	page_right(page, COUNT_WIDTH, top_word(frame, "top_lost_head"));
	page_right(page, COUNT_WIDTH, top_word(frame, "top_evicted"));
	page_end_line(page);
	if (sensors->count > 0) {
		qsort(sensors->sensors, sensors->count, sizeof(*sensors->sensors), compare_sensors);
	}
	for (size_t i = 0; i < sensors->count && frame->rows_left > 0; i++) {
		if (top_matches(frame->view, sensors->sensors[i].name) &&
			passed++ >= frame->view->first) {
			put_sensor(frame, name_width, &sensors->sensors[i]);
			frame->rows_left--;
		}
	}
	if (passed == 0) {
		top_put_word(frame, "top_no_sensors");
		page_end_line(page);
	}
}
