#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dashboards/report/summary_page.h"

enum { APPS_SHOWN = 25, CELLS_SHOWN = 12, NAMES_SHOWN = 8, PLACES_SHOWN = 15 };

/* Sent, received, flows and devices, from a column on. */
static void put_row_cells(const struct summary_page *page, struct table *table, unsigned column,
	const struct overview_row *row)
{
	if (report_model_hides(page->model)) {
		for (unsigned i = 0; i < 3; i++) {
			table_cell(table, column + i, "-");
		}
	} else {
		summary_cell_way(page, table, column, row->bytes_up, row->way_up);
		summary_cell_way(page, table, column + 1, row->bytes_down, row->way_down);
		summary_cell_count(page, table, column + 2, row->flows);
	}
	summary_cell_devices(page, table, column + 3, row);
}

/* The same for a sum of rows: its devices are not the sum of theirs. */
static void put_sum_row(const struct summary_page *page, struct table *table, unsigned column,
	const char *label, const struct overview_row *sum)
{
	table_row(table);
	table_cell(table, 0, "%s", label);
	if (report_model_hides(page->model)) {
		for (unsigned i = 0; i < 4; i++) {
			table_cell(table, column + i, "-");
		}
		return;
	}
	summary_cell_way(page, table, column, sum->bytes_up, sum->way_up);
	summary_cell_way(page, table, column + 1, sum->bytes_down, sum->way_down);
	summary_cell_count(page, table, column + 2, sum->flows);
	table_cell(table, column + 3, "-");
}

/* What a listing leaves out, in one row. */
static void put_more(const struct summary_page *page, struct table *table, unsigned column,
	size_t count, size_t shown, const struct overview_row *rest)
{
	struct summary_piece number;
	char label[64];
	struct text text;

	if (count > shown) {
		text_init(&text, label, sizeof(label));
		messages_put(page->messages, &text, "summary_more", "count",
			summary_count(page, &number, count - shown), NULL);
		put_sum_row(page, table, column, label, rest);
	}
}

static void put_total(const struct summary_page *page, struct table *table, unsigned column)
{
	struct overview_row total = overview_total(page->model->overview);

	table_row(table);
	table_cell(table, 0, "%s", summary_word(page, "summary_total"));
	put_row_cells(page, table, column, &total);
	table->bold[table->rows] = true;
}

static void put_servers(
	const struct summary_page *page, struct table *table, const struct overview_app *row)
{
	char servers[48];
	struct text text;

	text_init(&text, servers, sizeof(servers));
	for (unsigned i = 0; i < 3 && row->server_countries[i][0]; i++) {
		bool known = strcmp(row->server_countries[i], OVERVIEW_COUNTRY_UNKNOWN) != 0;
		text_printf(&text, "%s%s", i > 0 ? " " : "",
			known                         ? row->server_countries[i]
			: row->server_countries[1][0] ? "?"
						      : summary_word(page, "unknown"));
	}
	text_put(&text, row->server_countries[3][0] ? " +" : "");
	table_cell(table, 2, "%s", servers);
}

/* Where only some of an app's flows are denied or not approved, how many stands in a row below it.
 */
static void put_app_name(const struct summary_page *page, struct table *table,
	const struct overview_app *row, const char *name)
{
	bool is_denied = row->flows_denied > 0 && row->flows_denied == row->total.flows;
	bool is_unapproved = row->flows_unapproved > 0 && row->flows_unapproved == row->total.flows;
	bool is_embedded = row->app && row->flows_embedded == row->total.flows;

	table_cell(table, 0, "%s%s", name,
		is_denied       ? summary_word(page, "summary_denied")
		: is_unapproved ? summary_word(page, "summary_unapproved")
		: is_embedded   ? summary_word(page, "summary_embedded")
				: "");
	table->bold[table->rows] = row->flows_denied + row->flows_unapproved > 0;
}

static void put_part(const struct summary_page *page, struct table *table,
	const struct overview_app *row, const char *key, uint64_t flows)
{
	if (flows > 0 && flows < row->total.flows) {
		table_row(table);
		table_cell(table, 0, "%s", summary_word(page, key));
		summary_cell_count(page, table, 5, flows);
		table_cell(table, 6, "-");
		table->bold[table->rows] = true;
	}
}

static void put_app_row(
	const struct summary_page *page, struct table *table, const struct overview_app *row)
{
	struct app app = report_model_app(page->model, row->app);
	bool is_hidden = report_model_hides(page->model);

	table_row(table);
	put_app_name(page, table, row,
		row->app ? messages_catalogue(page->messages, app.name)
			 : summary_word(page, "summary_not_named"));
	table_cell(table, 1, "%s", row->app ? summary_country(page, app.parent_country) : "-");
	if (is_hidden) {
		table_cell(table, 2, "-");
	} else {
		put_servers(page, table, row);
	}
	put_row_cells(page, table, 3, &row->total);
	if (!is_hidden) {
		put_part(page, table, row, "summary_of_it_denied", row->flows_denied);
		put_part(page, table, row, "summary_of_it_unapproved", row->flows_unapproved);
	}
}

void summary_put_apps(const struct summary_page *page)
{
	static const char *const columns[] = { "app", "control", "servers", ">sent", ">received",
		">flows", ">devices", NULL };
	struct overview *overview = page->model->overview;
	const struct overview_app *rows;
	size_t count = overview_apps(overview, &rows);
	struct overview_row inside = report_model_inside(page->model, rows, count),
			    rest = report_model_rest(
				    &rows->total, sizeof(*rows), count, APPS_SHOWN);
	struct table table;

	if (count == 0 || !summary_table_init(page, &table, columns)) {
		return;
	}
	summary_put_heading(page, "summary_apps");
	for (size_t i = 0; i < count && i < APPS_SHOWN; i++) {
		put_app_row(page, &table, &rows[i]);
	}
	put_more(page, &table, 3, count, APPS_SHOWN, &rest);
	if (inside.packets > 0) {
		put_sum_row(page, &table, 3, summary_word(page, "summary_inside"), &inside);
	}
	put_total(page, &table, 3);
	summary_table_put(page, &table);
	if (count > APPS_SHOWN) {
		fprintf(page->out, "%s\n", summary_word(page, "summary_apps_json"));
	}
}

void summary_put_zones(const struct summary_page *page)
{
	static const char *const columns[] = { "legal_zone", ">sent", ">received", ">flows",
		">devices", NULL };
	static const enum geo_zone order[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN, GEO_ZONE_INTERNAL };
	enum { ZONES = sizeof(order) / sizeof(order[0]) };
	struct overview_row rows[ZONES];
	struct table table;

	if (!summary_table_init(page, &table, columns)) {
		return;
	}
	summary_put_heading(page, "summary_zones");
	for (size_t i = 0; i < ZONES; i++) {
		rows[i] = overview_zone(page->model->overview, order[i]);
	}
	for (size_t i = 0; i < ZONES; i++) {
		if (rows[i].packets > 0) {
			table_row(&table);
			table_cell(&table, 0, "%s",
				messages_get2(page->messages, "zone", geo_zone_name(order[i])));
			put_row_cells(page, &table, 1, &rows[i]);
		}
	}
	put_total(page, &table, 1);
	summary_table_put(page, &table);
}

void summary_put_matrix(const struct summary_page *page)
{
	static const char *const columns[] = { "server", "zone", "control", ">sent", ">received",
		">flows", ">devices", NULL };
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->model->overview, &cells);
	struct overview_row rest =
		report_model_rest(&cells->total, sizeof(*cells), count, CELLS_SHOWN);
	struct table table;

	if (count == 0 || !summary_table_init(page, &table, columns)) {
		return;
	}
	summary_put_heading(page, "summary_matrix");
	for (size_t i = 0; i < count && i < CELLS_SHOWN; i++) {
		table_row(&table);
		table_cell(&table, 0, "%s", summary_country(page, cells[i].server_country));
		table_cell(&table, 1, "%s",
			messages_get2(page->messages, "zone_short", geo_zone_name(cells[i].zone)));
		table_cell(&table, 2, "%s", summary_country(page, cells[i].parent_country));
		put_row_cells(page, &table, 3, &cells[i].total);
	}
	put_more(page, &table, 3, count, CELLS_SHOWN, &rest);
	summary_table_put(page, &table);
}

static void put_place_row(
	const struct summary_page *page, struct table *table, const struct overview_place *place)
{
	const struct overview_row *total = &place->total, *hidden = &place->hidden;
	const char *unit =
		report_model_unit(place->unit, summary_word(page, "summary_other_units"));
	enum unnamed_reason reason = report_model_chief_reason(page->model, place);

	table_row(table);
	table_cell_escaped(table, 0, unit[0] ? unit : summary_word(page, "summary_no_unit"));
	table_cell(table, 1, "%s",
		messages_get2(page->messages, "zone_short", geo_zone_name(place->zone)));
	if (report_model_hides(page->model)) {
		for (unsigned column = 2; column < 6; column++) {
			table_cell(table, column, "-");
		}
		return;
	}
	summary_cell_percent(page, table, 2, hidden->flows, total->flows);
	summary_cell_percent(page, table, 3, hidden->bytes_up + hidden->bytes_down,
		total->bytes_up + total->bytes_down);
	summary_cell_count(page, table, 4, hidden->flows);
	table_cell(table, 5, "%s",
		reason < UNNAMED_REASON_COUNT
			? messages_get2(page->messages, "unnamed", unnamed_reason_name(reason))
			: "-");
}

/* Of each unit's traffic to each zone, which part is hidden. */
static void put_places(const struct summary_page *page)
{
	static const char *const columns[] = { "unit", "to", ">hidden-flows", ">hidden-bytes",
		">flows", "mostly", NULL };
	struct overview_place *places;
	size_t count = report_model_places(page->model, &places), hidden = 0;
	struct table table;

	if (!summary_table_init(page, &table, columns)) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (places[i].hidden.packets > 0 && hidden++ < PLACES_SHOWN) {
			put_place_row(page, &table, &places[i]);
		}
	}
	fprintf(page->out, "\n%s\n", summary_word(page, "summary_places"));
	summary_table_put(page, &table);
	if (hidden > PLACES_SHOWN) {
		summary_put_more_json(page, hidden - PLACES_SHOWN);
	}
	free(places);
}

static void put_unlisted(const struct summary_page *page)
{
	const struct overview_name *names;
	size_t count = overview_unlisted(page->model->overview, &names);
	unsigned shown = 0;
	struct text text, sentence;

	text_init_heap(&text);
	for (size_t i = 0; i < count; i++) {
		if (names[i].devices < page->model->group_minimum) {
			continue;
		}
		if (shown++ == NAMES_SHOWN) {
			text_put(&text, ", ...");
			break;
		}
		text_put(&text, shown > 1 ? ", " : "");
		text_put_terminal(&text, names[i].name, strlen(names[i].name));
	}
	if (shown > 0) {
		text_init_heap(&sentence);
		messages_put(page->messages, &sentence, "summary_unlisted", "names", text.at, NULL);
		summary_put_paragraph(page, &sentence);
	}
	text_deinit(&text);
}

/* How much of what crosses our border does not show its app. */
static void put_unnamed_share(const struct summary_page *page, const struct overview_row *unnamed)
{
	struct overview *overview = page->model->overview;
	struct overview_row all = overview_total(overview),
			    inside = overview_direction(overview, RECORD_DIRECTION_INTERNAL);
	struct summary_piece flows, bytes;
	struct text text;

	text_init_heap(&text);
	messages_put(page->messages, &text, "summary_unnamed_share", "flows",
		summary_percent(page, &flows, unnamed->flows, all.flows - inside.flows), "bytes",
		summary_percent(page, &bytes, unnamed->bytes_up + unnamed->bytes_down,
			all.bytes_up + all.bytes_down - inside.bytes_up - inside.bytes_down),
		NULL);
	summary_put_paragraph(page, &text);
}

void summary_put_unnamed(const struct summary_page *page)
{
	static const char *const columns[] = { "why", ">sent", ">received", ">flows", ">devices",
		NULL };
	struct overview *overview = page->model->overview;
	struct overview_row rows[UNNAMED_REASON_COUNT], unnamed = { 0 };
	struct table table;

	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		rows[i] = overview_unnamed(overview, i);
		report_model_add_row(&unnamed, &rows[i]);
	}
	if (unnamed.packets == 0 || !summary_table_init(page, &table, columns)) {
		return;
	}
	summary_put_heading(page, "summary_unnamed");
	put_unnamed_share(page, &unnamed);
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		if (rows[i].packets > 0) {
			table_row(&table);
			table_cell(&table, 0, "%s",
				messages_get2(page->messages, "unnamed", unnamed_reason_name(i)));
			put_row_cells(page, &table, 1, &rows[i]);
		}
	}
	summary_table_put(page, &table);
	put_places(page);
	put_unlisted(page);
}

/* Why the rest of them was not inferred. */
static void put_abstentions(const struct summary_page *page)
{
	const struct behaviour_stats *stats = &page->model->stats->behaviour;
	struct summary_piece hidden, inferred, unknown, unsure;
	struct text text;

	text_init_heap(&text);
	messages_put(page->messages, &text, "summary_abstentions", "hidden",
		summary_count(page, &hidden, stats->hidden), "inferred",
		summary_count(page, &inferred, stats->inferred), "unknown",
		summary_count(page, &unknown, stats->unknown), "unsure",
		summary_count(page, &unsure, stats->unsure), NULL);
	summary_put_paragraph(page, &text);
}

void summary_put_inferred(const struct summary_page *page)
{
	static const char *const columns[] = { "app", "control", ">confidence", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_inferred *rows;
	size_t count = overview_inferred(page->model->overview, &rows);
	struct table table;

	/* How many could not be told is counted of all flows, and not of those that match. */
	const bool is_of_all = !page->model->filter;
	const bool is_told = is_of_all && page->model->stats->behaviour.hidden > 0;
	if (count == 0 && !is_told) {
		return;
	}
	summary_put_heading(page, "summary_inferred");
	if (is_told) {
		put_abstentions(page);
	}
	if (count == 0 || !summary_table_init(page, &table, columns)) {
		return;
	}
	for (size_t i = 0; i < count && i < APPS_SHOWN; i++) {
		struct app app = report_model_app(page->model, rows[i].app);
		table_row(&table);
		table_cell(&table, 0, "%s", messages_catalogue(page->messages, app.name));
		table_cell(&table, 1, "%s", summary_country(page, app.parent_country));
		table_cell(&table, 2, "%u-%u", rows[i].confidence_least, rows[i].confidence_most);
		put_row_cells(page, &table, 3, &rows[i].total);
	}
	summary_table_put(page, &table);
}
