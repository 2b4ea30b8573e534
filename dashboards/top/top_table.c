/* The table of sums over one dimension. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/rollup/cell.h"
#include "base/clock.h"
#include "dashboards/top/top_parts.h"

enum {
	TOP_NAME_MAX = 95,
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
	const struct view_row *row;
	char name[TOP_NAME_MAX + 64], second[64];
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
	uint16_t row = catalogue ? catalogue_find(catalogue, shown->row->values[0]) : 0;
	const struct app *app = row ? catalogue_app(catalogue, row) : NULL;

	snprintf(shown->name, sizeof(shown->name), "%s",
		app ? messages_catalogue(frame->reference->messages, app->name)
		    : shown->row->values[0]);
	if (app && app->parent_country[0]) {
		snprintf(shown->second, sizeof(shown->second), "%s",
			top_country(frame->reference, app->parent_country));
		shown->style = top_country_style(frame->reference, app->parent_country);
	}
}

static void name_country(struct top_frame *frame, struct shown *shown)
{
	const char *code = shown->row->values[0];
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

/* Server and parent country; either may be a word. */
static void name_pair(struct top_frame *frame, struct shown *shown)
{
	const char *parent = shown->row->values[1];

	snprintf(shown->name, sizeof(shown->name), "%s",
		top_country(frame->reference, shown->row->values[0]));
	snprintf(shown->second, sizeof(shown->second), "%s", top_country(frame->reference, parent));
	shown->style = top_country_style(frame->reference, parent);
}

static void name_row(struct top_frame *frame, const struct view_row *row, struct shown *shown)
{
	char k[16];
	struct text text;

	*shown = (struct shown){ .row = row, .style = PAGE_PLAIN };
	snprintf(shown->name, sizeof(shown->name), "%s", row->values[0]);
	if (row->is_remainder) {
		snprintf(k, sizeof(k), "%u", frame->data->table->notes.k);
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
			top_zone_title(frame->reference, row->values[0]));
		shown->style = top_zone_style(row->values[0]);
		break;
	default:
		break;
	}
}

static uint64_t key_of(const struct shown *shown, const struct top_view *view)
{
	const struct view_row *row = shown->row;

	switch (view->sort) {
	case TOP_SORT_UP:
		return row->total.bytes_up;
	case TOP_SORT_DOWN:
		return row->total.bytes_down;
	case TOP_SORT_DEVICES:
		return row->total.count == VIEW_COUNT_FEWER ? 0 : row->total.devices;
	default:
		return row->total.bytes_up + row->total.bytes_down;
	}
}

/* What is put together stands last, whatever it sums up to. */
static int compare(const void *left, const void *right, void *context)
{
	const struct shown *a = left, *b = right;
	const struct top_view *view = context;
	bool a_is_group = a->row->is_remainder, b_is_group = b->row->is_remainder;
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

/* What did not cross the sensor is not known, and no dash. */
static void put_way(struct top_frame *frame, uint64_t bytes, uint8_t way)
{
	if (way == CELL_WAY_UNKNOWN) {
		page_right(frame->page, VOLUME_WIDTH, "?");
	} else {
		top_put_size(frame, VOLUME_WIDTH, bytes);
	}
}

static void put_rate(struct top_frame *frame, uint64_t bytes, uint8_t way)
{
	if (way == CELL_WAY_UNKNOWN) {
		page_right(frame->page, RATE_WIDTH, "?");
	} else {
		top_put_rate(frame, RATE_WIDTH, rate(bytes, top_window_ns(frame)));
	}
}

static void put_row(struct top_frame *frame, const struct widths *widths, const struct shown *shown,
	uint64_t most)
{
	struct page *page = frame->page;
	const struct view_row *row = shown->row;
	bool is_group = row->is_remainder;
	uint64_t key = key_of(shown, frame->view);
	char few[16];

	page_style(page, is_group ? PAGE_MUTED : widths->second ? PAGE_BOLD : shown->style);
	page_left(page, widths->name, shown->name);
	if (widths->second) {
		page_style(page, shown->style);
		page_left(page, widths->second, shown->second);
	}
	page_style(page, PAGE_PLAIN);
	put_way(frame, row->total.bytes_up, row->total.way_up);
	put_way(frame, row->total.bytes_down, row->total.way_down);
	put_rate(frame, row->total.bytes_up, row->total.way_up);
	if (widths->has_down_rate) {
		put_rate(frame, row->total.bytes_down, row->total.way_down);
	}
	if (is_group || row->total.count == VIEW_COUNT_UNKNOWN) {
		page_right(page, DEVICES_WIDTH, is_group ? "" : "?");
	} else if (row->total.count == VIEW_COUNT_FEWER) {
		snprintf(few, sizeof(few), "<%u", (unsigned)row->total.devices);
		page_right(page, DEVICES_WIDTH, few);
	} else {
		top_put_count(frame, DEVICES_WIDTH, row->total.devices);
	}
	if (most > 0 && !is_group) {
		page_bar(page, widths->bar, (double)key / (double)most);
	}
	page_end_line(page);
}

/* The rows that the filter lets through, sorted; the caller frees. */
static struct shown *collect(struct top_frame *frame, size_t *count)
{
	const struct view_answer *table = frame->data->table;
	size_t rows = table ? table->row_count : 0;
	struct shown *shown = malloc((rows + 1) * sizeof(*shown));

	*count = 0;
	for (size_t i = 0; shown && i < rows; i++) {
		const struct view_row *row = &table->rows[i];
		if (row->total.bytes_up + row->total.bytes_down == 0) {
			continue;
		}
		name_row(frame, row, &shown[*count]);
		*count += top_matches(frame->view, shown[*count].name) ||
			  top_matches(frame->view, shown[*count].second) ||
			  top_matches(frame->view, row->values[0]);
	}
	if (shown) {
		qsort_r(shown, *count, sizeof(*shown), compare, frame->view);
	}
	return shown;
}

static void put_nothing(struct top_frame *frame)
{
	const struct view_answer *table = frame->data->table;
	const char *filter = frame->view->filter;
	bool is_filtered = false;

	page_style(frame->page, PAGE_MUTED);
	if (top_withholds(table)) {
		top_put_few(frame, "top_too_few", table);
	} else if (filter[0]) {
		top_put_filled(frame, "top_no_match", "filter", filter);
		is_filtered = true;
	} else {
		top_put_word(frame, "top_no_rows");
	}
	page_end_line(frame->page);
	if (!is_filtered) {
		page_style(frame->page, PAGE_MUTED);
		top_put_word(frame, "top_when_counted");
		page_end_line(frame->page);
	}
}

void top_put_table(struct top_frame *frame)
{
	struct widths widths = choose_widths(frame);
	struct top_view *view = frame->view;
	size_t count;
	struct shown *shown = collect(frame, &count);
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t key = shown[i].row->is_remainder ? 0 : key_of(&shown[i], view);
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
