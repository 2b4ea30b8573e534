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

const char *top_window_name(enum live_snapshot_window window)
{
	static const char *const names[] = { "recent", "hour", "day" };

	return names[window];
}

unsigned top_dimensions(const struct top_view *view)
{
	static const unsigned dimensions[] = {
#define X(id, name, dimension) dimension,
		TOP_VIEWS(X)
#undef X
	};
	unsigned zones = 1u << DIMENSION_ZONE, own = dimensions[view->kind];

	return own < DIMENSION_COUNT ? zones | 1u << own : zones;
}

/* The sensors together: how many, how fast, what was lost. */
static void put_sums(struct top_frame *frame)
{
	const struct live_snapshot *snapshot = frame->snapshot;
	struct page *page = frame->page;
	uint64_t frames_s = 0, bits_s = 0, lost = 0;
	size_t silent = 0;
	char time[CLOCK_TEXT_LENGTH + 1];

	for (size_t i = 0; i < snapshot->sensor_count; i++) {
		const struct live_snapshot_sensor *sensor = &snapshot->sensors[i];
		bool is_silent = sensor->silent_s > 0;
		silent += is_silent;
		frames_s += is_silent ? 0 : sensor->health_summary.frames_s;
		bits_s += is_silent ? 0 : sensor->health_summary.bits_s;
		lost += sensor->health_summary.kernel_drops;
	}
	page_style(page, PAGE_BOLD);
	if (snapshot->sensor_count == 1) {
		page_printf(page, "%s  ", snapshot->sensors[0].name);
	} else {
		top_put_counted(frame, "top_sensors", snapshot->sensor_count);
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
	clock_format(snapshot->now_ns, time);
	if (snapshot->now_ns && page->width > page->column + 14) {
		page_column(page, page->width - 12);
		page_printf(page, "%.8s UTC", time + 11);
	}
	page_end_line(page);
}

static const struct live_snapshot_row *find_zone(
	const struct live_snapshot *snapshot, enum geo_zone zone)
{
	for (size_t i = 0; i < snapshot->row_count; i++) {
		const struct live_snapshot_row *row = &snapshot->rows[i];
		if (row->dimension == DIMENSION_ZONE &&
			strcmp(row->series, geo_zone_name(zone)) == 0) {
			return row;
		}
	}
	return NULL;
}

/* Where the bytes that were sent out of the house went, in parts of a hundred. */
static void put_zones(struct top_frame *frame)
{
	static const enum geo_zone zones[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN };
	enum { COUNT = sizeof(zones) / sizeof(zones[0]) };
	enum live_snapshot_window window = frame->view->window;
	uint64_t all = 0;

	top_put_word(frame, "top_sent_to");
	page_put(frame->page, " ");
	for (unsigned i = 0; i < COUNT; i++) {
		const struct live_snapshot_row *row = find_zone(frame->snapshot, zones[i]);
		all += row ? row->up[window] : 0;
	}
	for (unsigned i = 0; i < COUNT && all > 0; i++) {
		const struct live_snapshot_row *row = find_zone(frame->snapshot, zones[i]);
		const char *name = geo_zone_name(zones[i]);
		if (row && row->up[window] > 0) {
			page_style(frame->page, top_zone_style(name));
			page_printf(frame->page, "%s %.0f %%  ",
				top_zone_title(frame->reference, name),
				100.0 * (double)row->up[window] / (double)all);
		}
	}
	page_style(frame->page, PAGE_MUTED);
	page_put(frame->page, all ? "" : top_word(frame, "top_nothing_yet"));
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
	} else if (view->window == LIVE_SNAPSHOT_DAY) {
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
	} else if (frame->snapshot->alert_count > 0) {
		const struct live_snapshot_alert *alert = &frame->snapshot->alerts[0];
		top_put_counted(frame, "top_alerts", frame->snapshot->alert_count);
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
	bool is_empty = frame->snapshot->sensor_count == 0 && frame->view->trouble;

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

void top_put(struct top_view *view, struct live_snapshot *snapshot,
	const struct reference *reference, struct page *page)
{
	enum { FIXED = HEAD_LINES + TABLE_TITLE_LINES + FOOT_LINES };
	struct top_frame frame = { view, snapshot, reference, page, TABLE_LEAST };

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
