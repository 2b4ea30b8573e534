/* The table of sums over one dimension. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/catalogue/catalogue.h"
#include "base/clock.h"
#include "dashboards/top/top_parts.h"

enum {
	VOLUME_WIDTH = 8,
	RATE_WIDTH = 11,
	DEVICES_WIDTH = 8,
	SECOND_WIDTH = 18, /* of the column that explains the name */
	NUMBERS_WIDTH = 2 * (VOLUME_WIDTH + 1) + 2 * (RATE_WIDTH + 1) + DEVICES_WIDTH + 1,
	NAME_LEAST = 12,
	BAR_LEAST = 6,
	BAR_MOST = 40
};

/* How wide the columns are: the name takes what is left, the bar what is left then. */
struct widths {
	unsigned name, second, bar;
	bool has_down_rate;
};

/* A row of the table as it is shown. */
struct shown {
	const struct live_snapshot_row *row;
	char name[LIVE_SNAPSHOT_NAME_MAX + 64], second[64];
	enum page_style style; /* of the second column, or of the name where there is none */
};

static const char *second_title(enum top_kind kind)
{
	switch (kind) {
	case TOP_APPS:
		return "top_control";
	case TOP_SERVERS:
	case TOP_CONTROL:
		return "top_zone";
	case TOP_MATRIX:
		return "top_control";
	default:
		return "";
	}
}

static const char *first_title(enum top_kind kind)
{
	static const char *const titles[TOP_COUNT] = { "top_app", "top_unit", "top_server",
		"top_control", "top_server_zone", "top_class", "top_server" };

	return titles[kind];
}

static void name_app(struct top_frame *frame, struct shown *shown)
{
	const struct catalogue *catalogue = frame->reference->catalogue;
	uint16_t row = catalogue ? catalogue_find(catalogue, shown->row->series) : 0;
	const struct app *app = row ? catalogue_app(catalogue, row) : NULL;

	snprintf(shown->name, sizeof(shown->name), "%s",
		app ? messages_catalogue(frame->reference->messages, app->name)
		    : shown->row->series);
	if (app && app->parent_country[0]) {
		snprintf(shown->second, sizeof(shown->second), "%s",
			top_country(frame->reference, app->parent_country));
		shown->style = top_country_style(frame->reference, app->parent_country);
	}
}

static void name_country(struct top_frame *frame, struct shown *shown)
{
	const char *code = shown->row->series;
	const struct geo_country *country =
		frame->reference->geo ? geo_country(frame->reference->geo, code) : NULL;

	if (country) {
		const char *zone = geo_zone_name(country->zone);
		snprintf(shown->name, sizeof(shown->name), "%s %s", code,
			country->names[messages_geo_language(frame->reference->messages)]);
		snprintf(shown->second, sizeof(shown->second), "%s",
			top_zone_title(frame->reference, zone));
		shown->style = top_zone_style(zone);
	}
}

/* "SE-CN"; either side may be a word. */
static void name_pair(struct top_frame *frame, struct shown *shown)
{
	char server[LIVE_SNAPSHOT_NAME_MAX + 1];
	const char *dash = strchr(shown->row->series, '-');

	if (dash) {
		snprintf(server, sizeof(server), "%.*s", (int)(dash - shown->row->series),
			shown->row->series);
		snprintf(shown->name, sizeof(shown->name), "%s",
			top_country(frame->reference, server));
		snprintf(shown->second, sizeof(shown->second), "%s",
			top_country(frame->reference, dash + 1));
		shown->style = top_country_style(frame->reference, dash + 1);
	}
}

static void name_row(
	struct top_frame *frame, const struct live_snapshot_row *row, struct shown *shown)
{
	char k[16];
	struct text text;

	*shown = (struct shown){ .row = row, .style = PAGE_PLAIN };
	snprintf(shown->name, sizeof(shown->name), "%s", row->series);
	if (row->series[0] == '\0') {
		snprintf(k, sizeof(k), "%u", frame->snapshot->group_minimum);
		text_init(&text, shown->name, sizeof(shown->name));
		messages_put(frame->reference->messages, &text, "top_others", "k", k, NULL);
		return;
	}
	switch (frame->view->kind) {
	case TOP_APPS:
		name_app(frame, shown);
		break;
	case TOP_SERVERS:
	case TOP_CONTROL:
		name_country(frame, shown);
		break;
	case TOP_MATRIX:
		name_pair(frame, shown);
		break;
	case TOP_ZONES:
		snprintf(shown->name, sizeof(shown->name), "%s",
			top_zone_title(frame->reference, row->series));
		shown->style = top_zone_style(row->series);
		break;
	default:
		break;
	}
}

static uint64_t key_of(const struct shown *shown, const struct top_view *view)
{
	const struct live_snapshot_row *row = shown->row;

	switch (view->sort) {
	case TOP_SORT_UP:
		return row->up[view->window];
	case TOP_SORT_DOWN:
		return row->down[view->window];
	case TOP_SORT_DEVICES:
		return row->devices;
	default:
		return row->up[view->window] + row->down[view->window];
	}
}

/* What is put together stands last, whatever it sums up to. */
static int compare(const void *left, const void *right, void *context)
{
	const struct shown *a = left, *b = right;
	const struct top_view *view = context;
	bool a_is_group = a->row->series[0] == '\0', b_is_group = b->row->series[0] == '\0';
	uint64_t a_key = key_of(a, view), b_key = key_of(b, view);

	if (a_is_group != b_is_group) {
		return a_is_group ? 1 : -1;
	}
	if (view->sort != TOP_SORT_NAME && a_key != b_key) {
		return a_key > b_key ? -1 : 1;
	}
	return strcasecmp(a->name, b->name);
}

static struct widths choose_widths(const struct top_frame *frame)
{
	unsigned width = frame->page->width;
	struct widths widths = { .second = *second_title(frame->view->kind) ? SECOND_WIDTH : 0 };
	unsigned fixed = NUMBERS_WIDTH + (widths.second ? widths.second + 1 : 0);

	widths.has_down_rate = width >= fixed + NAME_LEAST + BAR_LEAST;
	fixed -= widths.has_down_rate ? 0 : RATE_WIDTH + 1;
	unsigned left = width > fixed + NAME_LEAST ? width - fixed : NAME_LEAST + 1;
	unsigned name_most = widths.second ? 32 : 40;
	widths.name = left - 1 < name_most + BAR_LEAST ? left - 1 : name_most;
	widths.name -= left - 1 < name_most + BAR_LEAST && left > NAME_LEAST + BAR_LEAST + 8
			       ? BAR_LEAST
			       : 0;
	widths.bar = left > widths.name + 1 ? left - widths.name - 1 : 0;
	widths.bar = widths.bar > BAR_MOST ? BAR_MOST : widths.bar;
	return widths;
}

static void put_titles(struct top_frame *frame, const struct widths *widths)
{
	struct page *page = frame->page;

	page_style(page, PAGE_MUTED);
	page_left(page, widths->name, top_word(frame, first_title(frame->view->kind)));
	if (widths->second) {
		page_left(page, widths->second, top_word(frame, second_title(frame->view->kind)));
	}
	page_right(page, VOLUME_WIDTH, top_word(frame, "top_up"));
	page_right(page, VOLUME_WIDTH, top_word(frame, "top_down"));
	page_right(page, RATE_WIDTH, top_word(frame, "top_up_rate"));
	if (widths->has_down_rate) {
		page_right(page, RATE_WIDTH, top_word(frame, "top_down_rate"));
	}
	page_right(page, DEVICES_WIDTH, top_word(frame, "top_devices"));
	page_end_line(page);
}

static uint64_t rate(uint64_t bytes, uint64_t time_ns)
{
	return time_ns ? (uint64_t)((double)bytes * 8 * (double)NS_PER_S / (double)time_ns) : 0;
}

static void put_row(struct top_frame *frame, const struct widths *widths, const struct shown *shown,
	uint64_t most)
{
	struct page *page = frame->page;
	enum live_snapshot_window window = frame->view->window;
	const struct live_snapshot_row *row = shown->row;
	uint64_t time_ns = top_window_ns(frame);
	bool is_group = row->series[0] == '\0';
	uint64_t key = key_of(shown, frame->view);
	char few[16];

	page_style(page, is_group ? PAGE_MUTED : widths->second ? PAGE_BOLD : shown->style);
	page_left(page, widths->name, shown->name);
	if (widths->second) {
		page_style(page, shown->style);
		page_left(page, widths->second, shown->second);
	}
	page_style(page, PAGE_PLAIN);
	if (row->is_hidden[window]) {
		page_right(page, VOLUME_WIDTH, "-");
		page_right(page, VOLUME_WIDTH, "-");
		page_right(page, RATE_WIDTH, "-");
		if (widths->has_down_rate) {
			page_right(page, RATE_WIDTH, "-");
		}
	} else {
		top_put_size(frame, VOLUME_WIDTH, row->up[window]);
		top_put_size(frame, VOLUME_WIDTH, row->down[window]);
		top_put_rate(frame, RATE_WIDTH, rate(row->up[window], time_ns));
		if (widths->has_down_rate) {
			top_put_rate(frame, RATE_WIDTH, rate(row->down[window], time_ns));
		}
	}
	if (is_group) {
		page_right(page, DEVICES_WIDTH, "");
	} else if (row->devices < frame->snapshot->group_minimum) {
		snprintf(few, sizeof(few), "<%u", frame->snapshot->group_minimum);
		page_right(page, DEVICES_WIDTH, few);
	} else {
		top_put_count(frame, DEVICES_WIDTH, row->devices);
	}
	if (most > 0 && !is_group) {
		page_bar(page, widths->bar, (double)key / (double)most);
	}
	page_end_line(page);
}

/* The rows of this view's dimension that the filter lets through, sorted; the caller frees. */
static struct shown *collect(struct top_frame *frame, unsigned dimension, size_t *count)
{
	struct shown *shown = malloc((frame->snapshot->row_count + 1) * sizeof(*shown));

	*count = 0;
	for (size_t i = 0; shown && i < frame->snapshot->row_count; i++) {
		const struct live_snapshot_row *row = &frame->snapshot->rows[i];
		enum live_snapshot_window window = frame->view->window;
		if (row->dimension != dimension || row->up[window] + row->down[window] == 0) {
			continue;
		}
		name_row(frame, row, &shown[*count]);
		*count += top_matches(frame->view, shown[*count].name) ||
			  top_matches(frame->view, shown[*count].second) ||
			  top_matches(frame->view, row->series);
	}
	if (shown) {
		qsort_r(shown, *count, sizeof(*shown), compare, frame->view);
	}
	return shown;
}

static void put_nothing(struct top_frame *frame)
{
	const struct top_view *view = frame->view;

	page_style(frame->page, PAGE_MUTED);
	if (view->filter[0]) {
		top_put_filled(frame, "top_no_match", "filter", view->filter);
	} else {
		top_put_word(frame, "top_no_rows");
	}
	page_end_line(frame->page);
}

void top_put_table(struct top_frame *frame)
{
	static const unsigned dimensions[] = {
#define X(id, name, dimension) dimension,
		TOP_VIEWS(X)
#undef X
	};
	struct widths widths = choose_widths(frame);
	struct top_view *view = frame->view;
	size_t count;
	struct shown *shown = collect(frame, dimensions[view->kind], &count);
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t key = shown[i].row->series[0] ? key_of(&shown[i], view) : 0;
		most = key > most ? key : most;
	}
	view->first = view->first < count ? view->first : count ? (unsigned)count - 1 : 0;
	put_titles(frame, &widths);
	for (size_t i = view->first; i < count && frame->rows_left > 0; i++, frame->rows_left--) {
		put_row(frame, &widths, &shown[i], most);
	}
	if (count == 0) {
		put_nothing(frame);
	}
	free(shown);
}
