#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/wrap.h"
#include "dashboards/report/summary_page.h"
#include "dashboards/report/table.h"

enum { APPS_SHOWN = 25, CELLS_SHOWN = 12, NAMES_SHOWN = 8, PLACES_SHOWN = 15 };

static void put_table(const struct summary_page *page, struct table *table)
{
	table_put(table, page->out, page->style->width, page->style->color, page->style->utf8);
	table_deinit(table);
}

static const char *country(const struct summary_page *page, const char *code)
{
	return report_model_country(page->model, code, GEO_EN);
}

/* Sent, received, flows and devices, from a column on. */
static void put_row_cells(const struct summary_page *page, struct table *table, unsigned column,
	const struct overview_row *row)
{
	if (report_model_hides(page->model)) {
		for (unsigned i = 0; i < 3; i++) {
			table_cell(table, column + i, "-");
		}
	} else {
		table_cell_size(table, column, row->bytes_up);
		table_cell_size(table, column + 1, row->bytes_down);
		table_cell_count(table, column + 2, row->flows);
	}
	if (report_model_shows_count(page->model, row)) {
		table_cell(table, column + 3, "%s%" PRIu64,
			row->devices_estimated  ? "~"
			: row->devices_at_least ? ">="
						: "",
			row->devices);
	} else {
		table_cell(table, column + 3, "<%u", page->model->group_minimum);
	}
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
	table_cell_size(table, column, sum->bytes_up);
	table_cell_size(table, column + 1, sum->bytes_down);
	table_cell_count(table, column + 2, sum->flows);
	table_cell(table, column + 3, "-");
}

/* What a listing leaves out, in one row. */
static void put_more(const struct summary_page *page, struct table *table, unsigned column,
	size_t count, size_t shown, const struct overview_row *rest)
{
	char label[48];

	if (count > shown) {
		snprintf(label, sizeof(label), "and %zu more", count - shown);
		put_sum_row(page, table, column, label, rest);
	}
}

static void put_total(const struct summary_page *page, struct table *table, unsigned column)
{
	struct overview_row total = overview_total(page->model->overview);

	table_row(table);
	table_cell(table, 0, "total");
	put_row_cells(page, table, column, &total);
	table->bold[table->rows] = true;
}

static void put_servers(struct table *table, const struct overview_app *row)
{
	char servers[48];
	struct text text;

	text_init(&text, servers, sizeof(servers));
	for (unsigned i = 0; i < 3 && row->server_countries[i][0]; i++) {
		bool known = strcmp(row->server_countries[i], OVERVIEW_COUNTRY_UNKNOWN) != 0;
		text_printf(&text, "%s%s", i > 0 ? " " : "",
			known                         ? row->server_countries[i]
			: row->server_countries[1][0] ? "?"
						      : "unknown");
	}
	text_put(&text, row->server_countries[3][0] ? " +" : "");
	table_cell(table, 2, "%s", servers);
}

/* Where a rule denies only some of an app's flows, how many stands in a row below it. */
static void put_app_name(struct table *table, const struct overview_app *row, const char *name)
{
	bool is_denied = row->flows_denied > 0 && row->flows_denied == row->total.flows;
	bool is_embedded = row->app && row->flows_embedded == row->total.flows;

	table_cell(table, 0, "%s%s", name,
		is_denied     ? " (denied)"
		: is_embedded ? " (embedded)"
			      : "");
	table->bold[table->rows] = row->flows_denied > 0;
}

static void put_denied(struct table *table, const struct overview_app *row)
{
	if (row->flows_denied > 0 && row->flows_denied < row->total.flows) {
		table_row(table);
		table_cell(table, 0, "  of it denied");
		table_cell_count(table, 5, row->flows_denied);
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
	put_app_name(table, row, row->app ? app.name : "(not named)");
	table_cell(table, 1, "%s", row->app ? country(page, app.parent_country) : "-");
	if (is_hidden) {
		table_cell(table, 2, "-");
	} else {
		put_servers(table, row);
	}
	put_row_cells(page, table, 3, &row->total);
	if (!is_hidden) {
		put_denied(table, row);
	}
}

void summary_put_apps(const struct summary_page *page)
{
	static const char *const headings[] = { "app", "control", "servers in", ">sent",
		">received", ">flows", ">devices", NULL };
	struct overview *overview = page->model->overview;
	const struct overview_app *rows;
	size_t count = overview_apps(overview, &rows);
	struct overview_row inside = report_model_inside(page->model, rows, count),
			    rest = report_model_rest(
				    &rows->total, sizeof(*rows), count, APPS_SHOWN);
	struct table table;

	if (count == 0 || !table_init(&table, headings)) {
		return;
	}
	summary_put_heading(page, "Apps",
		"most bytes first; control is the country of whoever controls the owner");
	for (size_t i = 0; i < count && i < APPS_SHOWN; i++) {
		put_app_row(page, &table, &rows[i]);
	}
	put_more(page, &table, 3, count, APPS_SHOWN, &rest);
	if (inside.packets > 0) {
		put_sum_row(page, &table, 3, "(stays inside)", &inside);
	}
	put_total(page, &table, 3);
	put_table(page, &table);
	if (count > APPS_SHOWN) {
		fputs("--summary json lists all apps\n", page->out);
	}
}

static const char *const zone_words[GEO_ZONE_COUNT] = {
	[GEO_ZONE_UNKNOWN] = "country not known",
	[GEO_ZONE_INTERNAL] = "stays in our networks",
	[GEO_ZONE_EU] = "EU",
	[GEO_ZONE_EEA] = "EEA outside the EU",
	[GEO_ZONE_ADEQUATE] = "adequate protection",
	[GEO_ZONE_ADEQUATE_PARTIAL] = "partly adequate (US, Canada)",
	[GEO_ZONE_THIRD] = "third country, no adequacy",
};

void summary_put_zones(const struct summary_page *page)
{
	static const char *const headings[] = { "legal zone of the server", ">sent", ">received",
		">flows", ">devices", NULL };
	static const enum geo_zone order[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN, GEO_ZONE_INTERNAL };
	enum { ZONES = sizeof(order) / sizeof(order[0]) };
	struct overview_row rows[ZONES];
	struct table table;

	if (!table_init(&table, headings)) {
		return;
	}
	summary_put_heading(page, "Zones", "under GDPR chapter V");
	for (size_t i = 0; i < ZONES; i++) {
		rows[i] = overview_zone(page->model->overview, order[i]);
	}
	for (size_t i = 0; i < ZONES; i++) {
		if (rows[i].packets > 0) {
			table_row(&table);
			table_cell(&table, 0, "%s", zone_words[order[i]]);
			put_row_cells(page, &table, 1, &rows[i]);
		}
	}
	put_total(page, &table, 1);
	put_table(page, &table);
}

static const char *const zone_short_words[GEO_ZONE_COUNT] = {
	[GEO_ZONE_UNKNOWN] = "unknown",
	[GEO_ZONE_INTERNAL] = "ours",
	[GEO_ZONE_EU] = "EU",
	[GEO_ZONE_EEA] = "EEA",
	[GEO_ZONE_ADEQUATE] = "adequate",
	[GEO_ZONE_ADEQUATE_PARTIAL] = "partly",
	[GEO_ZONE_THIRD] = "third",
};

void summary_put_matrix(const struct summary_page *page)
{
	static const char *const headings[] = { "server in", "zone", "control", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->model->overview, &cells);
	struct overview_row rest =
		report_model_rest(&cells->total, sizeof(*cells), count, CELLS_SHOWN);
	struct table table;

	if (count == 0 || !table_init(&table, headings)) {
		return;
	}
	summary_put_heading(
		page, "Server country and control", "where it lands, and who controls the service");
	for (size_t i = 0; i < count && i < CELLS_SHOWN; i++) {
		table_row(&table);
		table_cell(&table, 0, "%s", country(page, cells[i].server_country));
		table_cell(&table, 1, "%s", zone_short_words[cells[i].zone]);
		table_cell(&table, 2, "%s", country(page, cells[i].parent_country));
		put_row_cells(page, &table, 3, &cells[i].total);
	}
	put_more(page, &table, 3, count, CELLS_SHOWN, &rest);
	put_table(page, &table);
}

static const char *const unnamed_words[UNNAMED_REASON_COUNT] = {
	[UNNAMED_NO_PAYLOAD] = "no data was exchanged",
	[UNNAMED_NOT_CAPTURED] = "its payload was not captured",
	[UNNAMED_ENCRYPTED_HELLO] = "the hello is encrypted (ECH)",
	[UNNAMED_NO_SNI] = "the hello carries no name",
	[UNNAMED_ENCRYPTED_DNS] = "encrypted name lookup",
	[UNNAMED_TUNNEL] = "VPN or other tunnel",
	[UNNAMED_RELAY] = "private relay",
	[UNNAMED_LATE] = "it began before the capture",
	[UNNAMED_QUIC_LATE] = "QUIC without a hello to read",
	[UNNAMED_NAME_NOT_LISTED] = "a name that the catalogue does not list",
	[UNNAMED_PROTOCOL_ONLY] = "the protocol is known and carries no app",
	[UNNAMED_OPAQUE] = "nothing in it tells",
};

static void put_place_row(
	const struct summary_page *page, struct table *table, const struct overview_place *place)
{
	const struct overview_row *total = &place->total, *hidden = &place->hidden;
	const char *unit = report_model_unit(place->unit, "other units");
	enum unnamed_reason reason = report_model_chief_reason(page->model, place);

	table_row(table);
	table_cell_escaped(table, 0, unit[0] ? unit : "no unit");
	table_cell(table, 1, "%s", zone_short_words[place->zone]);
	if (report_model_hides(page->model)) {
		for (unsigned column = 2; column < 6; column++) {
			table_cell(table, column, "-");
		}
		return;
	}
	table_cell(table, 2, "%.1f %%", summary_percent(hidden->flows, total->flows));
	table_cell(table, 3, "%.1f %%",
		summary_percent(hidden->bytes_up + hidden->bytes_down,
			total->bytes_up + total->bytes_down));
	table_cell_count(table, 4, hidden->flows);
	table_cell(table, 5, "%s", reason < UNNAMED_REASON_COUNT ? unnamed_words[reason] : "-");
}

/* Of each unit's traffic to each zone, which part is hidden. */
static void put_places(const struct summary_page *page)
{
	static const char *const headings[] = { "unit", "to", ">of flows", ">of bytes", ">flows",
		"mostly", NULL };
	struct overview_place *places;
	size_t count = report_model_places(page->model, &places), hidden = 0;
	struct table table;

	if (!table_init(&table, headings)) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (places[i].hidden.packets > 0 && hidden++ < PLACES_SHOWN) {
			put_place_row(page, &table, &places[i]);
		}
	}
	fputs("\nOf each unit's traffic to each zone, this does not show it:\n", page->out);
	put_table(page, &table);
	if (hidden > PLACES_SHOWN) {
		fprintf(page->out, "and %zu more: --summary json lists all\n",
			hidden - PLACES_SHOWN);
	}
	free(places);
}

static void put_unlisted(const struct summary_page *page)
{
	const struct overview_name *names;
	size_t count = overview_unlisted(page->model->overview, &names);
	unsigned shown = 0;
	struct text text;

	text_init_heap(&text);
	for (size_t i = 0; i < count; i++) {
		if (names[i].devices < page->model->group_minimum) {
			continue;
		}
		if (shown++ == NAMES_SHOWN) {
			text_put(&text, ", ...");
			break;
		}
		text_put(&text, shown > 1 ? ", " : "Names not listed, most flows first: ");
		text_put_terminal(&text, names[i].name, strlen(names[i].name));
	}
	if (shown > 0) {
		wrap_put(page->out, text.at, 0, 0, page->style->width);
	}
	text_deinit(&text);
}

void summary_put_unnamed(const struct summary_page *page)
{
	static const char *const headings[] = { "why", ">sent", ">received", ">flows", ">devices",
		NULL };
	struct overview *overview = page->model->overview;
	struct overview_row all = overview_total(overview),
			    inside = overview_direction(overview, RECORD_DIRECTION_INTERNAL);
	struct overview_row rows[UNNAMED_REASON_COUNT], unnamed = { 0 };
	struct table table;

	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		rows[i] = overview_unnamed(overview, i);
		report_model_add_row(&unnamed, &rows[i]);
	}
	if (unnamed.packets == 0 || !table_init(&table, headings)) {
		return;
	}
	summary_put_heading(page, "Not named", "what stays hidden, and why");
	fprintf(page->out,
		"%.1f %% of the flows that cross our border, and %.1f %% of their bytes, do not\n"
		"show which app they are.\n",
		summary_percent(unnamed.flows, all.flows - inside.flows),
		summary_percent(unnamed.bytes_up + unnamed.bytes_down,
			all.bytes_up + all.bytes_down - inside.bytes_up - inside.bytes_down));
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		if (rows[i].packets > 0) {
			table_row(&table);
			table_cell(&table, 0, "%s", unnamed_words[i]);
			put_row_cells(page, &table, 1, &rows[i]);
		}
	}
	put_table(page, &table);
	put_places(page);
	put_unlisted(page);
}

/* Why the rest of them was not inferred. */
static void put_abstentions(const struct summary_page *page)
{
	const struct behaviour_stats *stats = &page->model->stats->behaviour;
	struct text text;

	text_init_heap(&text);
	text_put(&text, "Of ");
	text_put_grouped(&text, stats->hidden, ",");
	text_printf(&text, " flow%s without any name, ", stats->hidden == 1 ? "" : "s");
	text_put_grouped(&text, stats->inferred, ",");
	text_put(&text, " could be inferred. For ");
	text_put_grouped(&text, stats->unknown, ",");
	text_put(&text, " no named flow had shown whose server it is, and for ");
	text_put_grouped(&text, stats->unsure, ",");
	text_put(&text, " what is known of it is not sure enough.");
	summary_put_paragraph(page, &text);
}

void summary_put_inferred(const struct summary_page *page)
{
	static const char *const headings[] = { "app", "control", ">confidence", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_inferred *rows;
	size_t count = overview_inferred(page->model->overview, &rows);
	struct table table;

	if (page->model->stats->behaviour.hidden == 0) {
		return;
	}
	summary_put_heading(page, "Inferred",
		"from behaviour, among what is not named above: a hint, never a violation");
	put_abstentions(page);
	if (count == 0 || !table_init(&table, headings)) {
		return;
	}
	for (size_t i = 0; i < count && i < APPS_SHOWN; i++) {
		struct app app = report_model_app(page->model, rows[i].app);
		table_row(&table);
		table_cell(&table, 0, "%s", app.name);
		table_cell(&table, 1, "%s", country(page, app.parent_country));
		table_cell(&table, 2, "%u-%u", rows[i].confidence_least, rows[i].confidence_most);
		put_row_cells(page, &table, 3, &rows[i].total);
	}
	put_table(page, &table);
}
