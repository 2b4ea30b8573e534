#include "dashboards/top/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/wrap.h"
#include "dashboards/top/top_parts.h"

enum { HEAD_LINES = 5, FOOT_LINES = 2, TABLE_TITLE_LINES = 1, TABLE_LEAST = 3 };

const char *top_name(enum top_kind kind)
{
	static const char *const names[] = {
#define X(id, name, dimension) name,
		TOP_VIEWS(X)
#undef X
	};

	return names[kind];
}

const char *top_sort_name(enum top_sort sort)
{
	static const char *const names[] = {
#define X(id, name) name,
		TOP_SORTS(X)
#undef X
	};

	return names[sort];
}

const char *top_window_name(enum top_window window)
{
	static const char *const names[] = { "recent", "hour", "day" };

	return names[window];
}

enum view_dimension top_dimension(enum top_kind kind)
{
	static const enum view_dimension dimensions[] = {
#define X(id, name, dimension) dimension,
		TOP_VIEWS(X)
#undef X
	};

	return dimensions[kind];
}

/* The sensors together: how many, how fast, what was lost. */
static void put_sums(struct top_frame *frame)
{
	const struct top_data *data = frame->data;
	struct page *page = frame->page;
	uint64_t frames_s = 0, bits_s = 0, lost = 0;
	size_t silent = 0;
	char time[CLOCK_TEXT_LENGTH + 1];

	for (size_t i = 0; i < data->sensors.count; i++) {
		const struct view_sensor *sensor = &data->sensors.sensors[i];
		bool is_silent = sensor->silent_s > 0;
		silent += is_silent;
		frames_s += is_silent ? 0 : sensor->health.frames_s;
		bits_s += is_silent ? 0 : sensor->health.bits_s;
		lost += sensor->health.kernel_drops;
	}
	page_style(page, PAGE_BOLD);
	if (data->sensors.count == 1) {
		page_printf(page, "%s  ", data->sensors.sensors[0].name);
	} else {
		top_put_counted(frame, "top_sensors", data->sensors.count);
		page_put(page, "  ");
	}
	page_style(page, silent ? PAGE_CRITICAL : PAGE_PLAIN);
	if (silent) {
		top_put_counted(frame, "top_silent", silent);
		page_put(page, "  ");
	}
	page_style(page, PAGE_PLAIN);
	top_put_count(frame, 0, frames_s);
	top_put_word(frame, "top_packets");
	page_put(page, "  ");
	top_put_rate(frame, 0, bits_s);
	page_style(page, lost ? PAGE_CRITICAL : PAGE_PLAIN);
	page_put(page, " ");
	top_put_counted(frame, "top_lost", lost);
	page_style(page, PAGE_MUTED);
	clock_format(data->now_ns, time);
	if (data->now_ns && page->width > page->column + 14) {
		page_column(page, page->width - 12);
		page_printf(page, "%.8s UTC", time + 11);
	}
	page_end_line(page);
}

static uint64_t sent_to(const struct top_data *data, enum geo_zone zone)
{
	for (size_t i = 0; data->zones && i < data->zones->row_count; i++) {
		const struct view_row *row = &data->zones->rows[i];
		if (strcmp(row->values[0], geo_zone_name(zone)) == 0) {
			return row->total.bytes_up;
		}
	}
	return 0;
}

/* Where the bytes that were sent out of the house went, in parts of a hundred. */
static void put_zones(struct top_frame *frame)
{
	static const enum geo_zone zones[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN };
	enum { COUNT = sizeof(zones) / sizeof(zones[0]) };
	uint64_t all = 0;

	top_put_word(frame, "top_sent_to");
	page_put(frame->page, " ");
	for (unsigned i = 0; i < COUNT; i++) {
		all += sent_to(frame->data, zones[i]);
	}
	for (unsigned i = 0; i < COUNT && all > 0; i++) {
		uint64_t sent = sent_to(frame->data, zones[i]);
		const char *name = geo_zone_name(zones[i]);
		if (sent > 0) {
			page_style(frame->page, top_zone_style(name));
			page_printf(frame->page, "%s %.0f %%  ",
				top_zone_title(frame->reference, name),
				100.0 * (double)sent / (double)all);
		}
	}
	page_style(frame->page, PAGE_MUTED);
	if (top_withholds(frame->data->zones)) {
		page_put(frame->page, "- (");
		top_put_few(frame, "few_devices", frame->data->zones);
		page_put(frame->page, ")");
	} else if (all == 0) {
		top_put_word(frame, "top_nothing_yet");
	}
	page_end_line(frame->page);
}

static void put_tabs(struct top_frame *frame)
{
	for (unsigned i = 0; i < TOP_COUNT; i++) {
		page_style(frame->page, i == frame->view->kind ? PAGE_CHOSEN : PAGE_MUTED);
		page_printf(frame->page, "%u %s", i + 1,
			messages_get2(frame->reference->messages, "view", top_name(i)));
		page_style(frame->page, PAGE_PLAIN);
		page_put(frame->page, " ");
	}
	page_end_line(frame->page);
}

static void put_window(struct top_frame *frame)
{
	const struct top_view *view = frame->view;
	const struct messages *messages = frame->reference->messages;
	const char *sort = messages_get2(messages, "sort", top_sort_name(view->sort));
	uint64_t seconds = top_window_ns(frame) / NS_PER_S;
	struct page *page = frame->page;
	char time[32], memory[128];
	struct text text;

	page_style(page, PAGE_MUTED);
	if (view->kind == TOP_ALERTS || view->kind == TOP_SENSORS) {
		page_printf(page, "%s", view->source);
	} else if (view->window == TOP_DAY) {
		top_put_filled(frame, "top_today", "sort", sort);
	} else {
		snprintf(time, sizeof(time), "%" PRIu64 " %s",
			seconds < 120 ? seconds : seconds / 60, seconds < 120 ? "s" : "min");
		text_init(&text, memory, sizeof(memory));
		messages_put(messages, &text, "top_last", "time", time, "sort", sort, NULL);
		page_put(page, memory);
	}
	if (view->filter[0]) {
		top_put_filled(frame, "top_matching", "filter", view->filter);
	}
	page_end_line(page);
}

static void put_foot(struct top_frame *frame)
{
	const struct top_view *view = frame->view;
	struct page *page = frame->page;

	if (view->edits_filter) {
		page_style(page, PAGE_BOLD);
		top_put_filled(frame, "top_filter", "filter", view->filter);
	} else if (view->trouble) {
		page_style(page, PAGE_CRITICAL);
		page_put(page, view->trouble);
	} else if (view->is_paused) {
		page_style(page, PAGE_BOLD);
		top_put_word(frame, "top_paused");
	} else if (frame->data->notices.count > 0) {
		const struct view_notice *alert = &frame->data->notices.notices[0];
		top_put_counted(frame, "top_alerts", frame->data->notices.count);
		page_style(page, PAGE_BOLD);
		page_put(page, alert->sentence);
	}
	page_end_line(page);
	page_style(page, PAGE_MUTED);
	top_put_word(frame, "top_keys");
	page_end_line(page);
}

/* A sentence in lines as wide as the page. */
static void put_wrapped(const struct top_frame *frame, const char *word)
{
	struct page *page = frame->page;

	while (*word) {
		size_t length = strcspn(word, " ");
		if (page->column > 0 && page->column + wrap_width(word, length) + 1 > page->width) {
			page_end_line(page);
		}
		page_printf(page, "%s%.*s", page->column ? " " : "", (int)length, word);
		word += length + strspn(word + length, " ");
	}
	page_end_line(page);
}

enum { HELP_LINES = 9 };

static void put_help(struct top_frame *frame)
{
	char key[16];

	for (unsigned i = 1; i <= HELP_LINES && frame->rows_left > 0; i++, frame->rows_left--) {
		snprintf(key, sizeof(key), "top_help_%u", i);
		top_put_word(frame, key);
		page_end_line(frame->page);
	}
	if (frame->rows_left > HELP_LINES / 2) {
		page_end_line(frame->page);
		put_wrapped(frame, top_word(frame, "top_help_text"));
	}
}

static void put_body(struct top_frame *frame)
{
	bool is_empty = frame->data->sensors.count == 0 && frame->view->trouble;

	if (is_empty && !frame->view->shows_help) {
		put_wrapped(frame, frame->view->trouble);
	} else if (frame->view->shows_help) {
		put_help(frame);
	} else if (frame->view->kind == TOP_ALERTS) {
		top_put_alerts(frame);
	} else if (frame->view->kind == TOP_SENSORS) {
		top_put_sensors(frame);
	} else {
		top_put_table(frame);
	}
}

void top_put(struct top_view *view, struct top_data *data, const struct reference *reference,
	struct page *page)
{
	enum { FIXED = HEAD_LINES + TABLE_TITLE_LINES + FOOT_LINES };
	struct top_frame frame = { view, data, reference, page, TABLE_LEAST };

	page_clear(page, view->width, view->has_utf8);
	if (view->height == 0) {
		frame.rows_left = view->rows_most;
	} else if (view->height > FIXED + TABLE_LEAST) {
		frame.rows_left = view->height - FIXED;
	}
	put_sums(&frame);
	put_zones(&frame);
	if (view->height) {
		put_tabs(&frame);
	}
	put_window(&frame);
	page_end_line(page);
	put_body(&frame);
	if (view->height) {
		while (page->line + FOOT_LINES < view->height) {
			page_end_line(page);
		}
		put_foot(&frame);
	}
}
