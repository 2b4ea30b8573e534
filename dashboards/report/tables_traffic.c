/* What went where: zones, days, countries, who controls it, services, and the way of each unit's
 * traffic. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/fold.h"
#include "dashboards/report/report_calendar.h"
#include "dashboards/report/report_shown.h"
#include "dashboards/report/report_tables.h"

const uint8_t report_zones[REPORT_ZONES] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
	GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN };

uint64_t report_bytes_left(struct overview *overview)
{
	return overview_total(overview).bytes_up -
	       overview_zone(overview, GEO_ZONE_INTERNAL).bytes_up;
}

uint64_t report_flows_across(struct overview *overview)
{
	return overview_total(overview).flows -
	       overview_direction(overview, RECORD_DIRECTION_INTERNAL).flows;
}

uint64_t report_flows_unnamed(struct overview *overview)
{
	uint64_t flows = 0;

	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		flows += overview_unnamed(overview, i).flows;
	}
	return flows;
}

struct overview_row report_inside_under_third(const struct report_model *model)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(model->overview, &cells);
	struct overview_row sum = { 0 };

	for (size_t i = 0; i < count; i++) {
		bool is_inside = cells[i].zone == GEO_ZONE_EU || cells[i].zone == GEO_ZONE_EEA;
		if (is_inside && cells[i].control == GEO_ZONE_THIRD) {
			report_model_add_row(&sum, &cells[i].total);
		}
	}
	return sum;
}

static void put_zone(struct report_table *table, enum geo_zone zone)
{
	report_put_word(table, "zone", geo_zone_name(zone));
}

static void fill_zones(struct report_table *table, const struct report_model *model)
{
	uint64_t left = report_bytes_left(model->overview);
	struct overview_row total = overview_total(model->overview),
			    inside = overview_zone(model->overview, GEO_ZONE_INTERNAL);

	for (unsigned i = 0; i < REPORT_ZONES; i++) {
		struct overview_row row = overview_zone(model->overview, report_zones[i]);
		report_row(table, ROW_PLAIN);
		put_zone(table, report_zones[i]);
		report_put_figure(table, model,
			row.way_up == CELL_WAY_UNKNOWN ? report_way(0, CELL_WAY_UNKNOWN)
						       : report_share(row.bytes_up, left));
		report_put_sums(table, model, &row);
	}
	if (inside.packets > 0) {
		report_row(table, ROW_SUM);
		put_zone(table, GEO_ZONE_INTERNAL);
		report_put_none(table);
		report_put_sums(table, model, &inside);
	}
	report_row(table, ROW_SUM);
	report_put_word(table, "row", "total");
	report_put_none(table);
	report_put_sums(table, model, &total);
}

const struct report_table_type table_zones = {
	.id = "zones",
	.columns = { "zone", ">share", ">sent", ">received", ">flows", ">devices" },
	.key_columns = 1,
	.fill = fill_zones,
	.command = "borderflow flows {archives} {period} -g zone{ways}",
};

/* Of a month that is whole; else another period has a part of it. */
static struct report_value devices_of_month(
	const struct report_model *model, const struct report_month *month)
{
	unsigned k = model->calendar->k;
	uint64_t devices = devices_count(&month->devices);
	bool is_few = !protect_shows_count(k, devices);
	bool is_floor = model->lacks_devices || month->devices.is_floor;

	if (!report_model_knows_devices(model) || (is_few ? is_floor : !month->is_told)) {
		return (struct report_value){ .kind = VALUE_HIDDEN };
	}
	return (struct report_value){ .kind = VALUE_DEVICES,
		.number = is_few            ? k
			  : month->is_whole ? devices
					    : protect_floor(k, devices),
		.is_fewer = is_few,
		.is_at_least = is_floor || !month->is_whole,
		.is_estimated = month->is_whole && devices_is_estimated(&month->devices) };
}

static void put_month(struct report_table *table, const struct report_model *model,
	const struct report_month *month)
{
	const struct report_value hidden = { .kind = VALUE_HIDDEN };

	report_row(table, ROW_PLAIN);
	report_put_month(table, month->start_ns);
	for (unsigned zone = 0; zone < REPORT_ZONES; zone++) {
		report_put_figure(table, model,
			month->is_told ? report_sent(model, month->bytes_up[report_zones[zone]])
				       : hidden);
	}
	report_put_figure(table, model, month->is_told ? report_count(month->flows) : hidden);
	report_put_figure(
		table, model, month->is_told ? report_count(month->flows_denied) : hidden);
	report_put(table, devices_of_month(model, month));
}

/* Months side by side, where there are several. */
static void fill_months(struct report_table *table, const struct report_model *model)
{
	const struct report_calendar *calendar = model->calendar;

	for (size_t i = 0; calendar && report_months(model) > 1 && i < calendar->month_count; i++) {
		if (calendar->months[i].is_held) {
			put_month(table, model, &calendar->months[i]);
		}
	}
}

const struct report_table_type table_months = {
	.id = "months",
	.columns = { "month", ">eu", ">eea", ">adequate", ">adequate_partial", ">third", ">unknown",
		"~>flows", ">denied", ">devices" },
	.key_columns = 1,
	.fill = fill_months,
	.command = "borderflow flows {archives} {period} -g day,zone{ways} --top 0",
};

/* A day of which nothing is known is a gap, and not 0. */
static void put_day(
	struct report_table *table, const struct report_model *model, const struct report_day *day)
{
	report_row(table, ROW_PLAIN);
	report_put_date(table, day->start_ns);
	for (unsigned zone = 0; zone < REPORT_ZONES; zone++) {
		if (!day->is_held) {
			report_put_none(table);
			continue;
		}
		report_put_figure(table, model,
			day->is_told ? report_sent(model, day->bytes_up[report_zones[zone]])
				     : (struct report_value){ .kind = VALUE_HIDDEN });
	}
}

/* From the first day of which something is known to the last. */
static void fill_days(struct report_table *table, const struct report_model *model)
{
	const struct report_calendar *calendar = model->calendar;
	size_t first = 0, end = calendar ? calendar->day_count : 0;

	while (end > 0 && !calendar->days[end - 1].is_held) {
		end--;
	}
	while (first < end && !calendar->days[first].is_held) {
		first++;
	}
	for (size_t i = first; i < end; i++) {
		put_day(table, model, &calendar->days[i]);
	}
}

const struct report_table_type table_days = {
	.id = "days",
	.columns = { "date", ">eu", ">eea", ">adequate", ">adequate_partial", ">third",
		">unknown" },
	.key_columns = 1,
	.fill = fill_days,
	.command = "borderflow flows {archives} {period} -g day,zone{ways} --top 0",
};

enum { APPS_OF_COUNTRY = 3 };

/* The services that most was sent to in a country; 0: not known. */
static struct report_value apps_of_country(const struct report_model *model, uint16_t country)
{
	struct report_value value = { .kind = VALUE_APPS };
	size_t count, apps = symbol_highest(SYMBOL_APP) + 1;
	const struct cell *cells = overview_cells(model->overview, &count);
	uint64_t *bytes = calloc(apps, sizeof(*bytes));

	for (size_t i = 0; bytes && i < count; i++) {
		const struct cell_key *key = &cells[i].key;
		if (key->server_country == country && cell_crosses_border(key)) {
			bytes[cell_named_app(key)] += cells[i].sums.bytes_up;
		}
	}
	while (bytes && value.item_count < APPS_OF_COUNTRY) {
		size_t most = 0;
		for (size_t app = 1; app < apps; app++) {
			most = bytes[app] > (most ? bytes[most] : 0) ? app : most;
		}
		if (most == 0) {
			break;
		}
		report_value_add_item(&value, (uint16_t)most);
		bytes[most] = 0;
	}
	free(bytes);
	return value;
}

struct country_row {
	uint16_t country;
	uint8_t zone;
	const struct fold_row *sums;
};

static bool by_country(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)key->server_country << 8 | key->zone;
	return cell_crosses_border(key);
}

static int compare_countries(const void *a, const void *b)
{
	const struct country_row *left = a, *right = b;
	uint64_t more = left->sums->sums.bytes_up, less = right->sums->sums.bytes_up;

	return more != less ? (more < less) - (more > less)
			    : (left->country > right->country) - (left->country < right->country);
}

static void put_country_row(struct report_table *table, const struct report_model *model,
	const struct country_row *country)
{
	const struct cell_sums *sums = &country->sums->sums;
	const struct geo *geo = model->reference->geo;
	char code[3];

	cell_country_name(country->country, code);
	const struct geo_country *known = geo && code[0] ? geo_country(geo, code) : NULL;
	struct overview_row row = { .flows = sums->flows,
		.bytes_up = sums->bytes_up,
		.bytes_down = sums->bytes_down,
		.way_up = (uint8_t)cell_way_of(sums->bytes_up, sums->unseen_up, sums->flows),
		.way_down = (uint8_t)cell_way_of(sums->bytes_down, sums->unseen_down, sums->flows),
		.packets = sums->packets,
		.devices = devices_count(&country->sums->devices),
		.devices_estimated = devices_is_estimated(&country->sums->devices) };
	report_row(table, ROW_PLAIN);
	report_put_country(table, code);
	put_zone(table, country->zone);
	report_put_text(table, known ? known->adequacy : "");
	report_put_figure(table, model, apps_of_country(model, country->country));
	report_put_sums(table, model, &row);
	bool is_told = !report_model_hides(model) && report_model_shows_count(model, &row);
	report_put_date(table, is_told ? sums->first_ns : 0);
	report_put_date(table, is_told ? sums->last_ns : 0);
}

static void fill_countries(struct report_table *table, const struct report_model *model)
{
	struct fold fold = { 0 };
	size_t cell_count;
	const struct cell *cells = overview_cells(model->overview, &cell_count);

	fold_cells(&fold, by_country, cells, cell_count);
	struct country_row *rows = calloc(fold.rows.count + 1, sizeof(*rows));
	for (uint32_t i = 0; rows && i < fold.rows.count; i++) {
		rows[i] = (struct country_row){ (uint16_t)(fold_at(&fold, i)->key >> 8),
			(uint8_t)fold_at(&fold, i)->key, fold_at(&fold, i) };
	}
	if (rows && fold.rows.count > 1) {
		qsort(rows, fold.rows.count, sizeof(*rows), compare_countries);
	}
	for (uint32_t i = 0; rows && i < fold.rows.count; i++) {
		put_country_row(table, model, &rows[i]);
	}
	free(rows);
	fold_deinit(&fold);
}

const struct report_table_type table_countries = {
	.id = "countries",
	.columns = { "server", "zone", "adequacy", "services", ">sent", "~>received", ">flows",
		">devices", "~first", "~last" },
	.key_columns = 2,
	.fill = fill_countries,
	.command = "borderflow flows {archives} {period} -g country{ways} --top 0",
};

static void fill_matrix(struct report_table *table, const struct report_model *model)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(model->overview, &cells);

	for (size_t i = 0; i < count; i++) {
		report_row(table, ROW_PLAIN);
		report_put_country(table, cells[i].server_country);
		put_zone(table, cells[i].zone);
		report_put_country(table, cells[i].parent_country);
		put_zone(table, cells[i].control);
		report_put_sums(table, model, &cells[i].total);
	}
}

const struct report_table_type table_matrix = {
	.id = "matrix",
	.columns = { "server", "zone", "control", "~control_zone", ">sent", ">received", ">flows",
		">devices" },
	.key_columns = 4,
	.fill = fill_matrix,
	.command = "borderflow flows {archives} {period} -g country,parent{ways} --top 0",
};

static void put_servers(struct report_table *table, const struct report_model *model,
	const struct overview_app *app)
{
	struct report_value value = { .kind = VALUE_COUNTRIES };

	for (unsigned i = 0; i < 8 && app->server_countries[i][0]; i++) {
		report_value_add_item(&value, cell_country(app->server_countries[i]));
	}
	report_put_figure(table, model, value);
}

static void fill_apps(struct report_table *table, const struct report_model *model)
{
	const struct overview_app *rows;
	size_t count = overview_apps(model->overview, &rows);
	struct overview_row inside = report_model_inside(model, rows, count),
			    total = overview_total(model->overview);

	for (size_t i = 0; i < count; i++) {
		const char *control =
			rows[i].app ? report_model_app(model, rows[i].app).parent_country : "";
		bool is_marked = rows[i].flows_denied + rows[i].flows_unapproved > 0;
		report_row(table, is_marked ? ROW_MARKED : ROW_PLAIN);
		report_put_app(table, rows[i].app);
		report_put_owner(table, rows[i].app);
		report_put_country(table, control);
		put_servers(table, model, &rows[i]);
		report_put_sums(table, model, &rows[i].total);
		report_put_figure(table, model, report_count(rows[i].flows_denied));
	}
	for (unsigned is_total = 0; is_total < 2; is_total++) {
		if (is_total || inside.packets > 0) {
			report_row(table, ROW_SUM);
			report_put_word(table, "row", is_total ? "total" : "inside");
			for (unsigned i = 0; i < 3; i++) {
				report_put_none(table);
			}
			report_put_sums(table, model, is_total ? &total : &inside);
		}
	}
}

const struct report_table_type table_apps = {
	.id = "services_seen",
	.columns = { "service", "owner", "control", "servers", ">sent", "~>received", ">flows",
		">devices", ">denied" },
	.key_columns = 1,
	.fill = fill_apps,
	.command = "borderflow flows {archives} {period} -g app{ways} --top 0",
};

static bool by_path(const struct cell_key *key, uint64_t *row)
{
	*row = (uint64_t)key->unit << 16 | cell_named_app(key);
	return cell_crosses_border(key) && key->zone != GEO_ZONE_INTERNAL;
}

static int compare_paths(const void *a, const void *b)
{
	const struct fold_row *const *left = a, *const *right = b;
	uint64_t more = (*left)->sums.bytes_up, less = (*right)->sums.bytes_up;

	return more != less ? (more < less) - (more > less)
			    : ((*left)->key > (*right)->key) - ((*left)->key < (*right)->key);
}

/* Each way stands in the line of its app, whose sum is the body's, and in that of its unit. */
static struct protected_part *parts_of(const struct fold_row *const *rows, size_t count)
{
	struct protected_part *parts = calloc(count + 1, sizeof(*parts));

	for (size_t i = 0; parts && i < count; i++) {
		parts[i] = (struct protected_part){
			.lines = { (uint32_t)(rows[i]->key & 0xffff),
				(uint32_t)(0x10000 + (rows[i]->key >> 16)) },
			.figures = { { rows[i]->sums.bytes_up, &rows[i]->devices, 0 } },
			.lot = protect_lot(
				symbol_name(SYMBOL_UNIT, (uint16_t)(rows[i]->key >> 16))),
		};
	}
	return parts;
}

static void put_path(struct report_table *table, const struct report_model *model, uint16_t unit,
	uint16_t app, uint64_t bytes, bool is_at_least)
{
	struct report_value sent = report_sent(model, bytes);

	sent.is_at_least |= is_at_least;
	report_row(table, ROW_PLAIN);
	report_put_unit(table, unit);
	report_put_app(table, app);
	report_put_country(table, app ? report_model_app(model, app).parent_country : "");
	report_put_figure(table, model, sent);
}

static void put_rest_of_paths(struct report_table *table, const struct report_model *model,
	const uint64_t *rest, size_t apps)
{
	for (size_t app = 0; rest && app < apps; app++) {
		if (rest[app] > 0) {
			put_path(table, model, REPORT_OTHER_PARTS, (uint16_t)app, rest[app], false);
		}
	}
}

/* What is not shown of an app apart is shown of all such units together. */
static void put_paths(struct report_table *table, const struct report_model *model,
	const struct fold_row *const *rows, size_t count, const struct protected_part *parts)
{
	size_t apps = symbol_highest(SYMBOL_APP) + 1;
	uint64_t *rest = calloc(apps, sizeof(*rest));

	for (size_t i = 0; rest && i < count; i++) {
		uint16_t app = (uint16_t)rows[i]->key;
		if (parts[i].is_hidden && app < apps) {
			rest[app] += rows[i]->sums.bytes_up;
		} else {
			put_path(table, model, (uint16_t)(rows[i]->key >> 16), app,
				rows[i]->sums.bytes_up, false);
		}
	}
	put_rest_of_paths(table, model, rest, apps);
	free(rest);
}

static bool is_path(const struct cell_key *key, uint16_t app)
{
	return cell_named_app(key) == app && cell_crosses_border(key);
}

static uint64_t shown_of(const struct report_shown *shown, uint16_t unit, uint16_t app)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < shown->rows.count; i++) {
		const struct report_shown_row *row = report_shown_at(shown, i);
		bool is_it = row->table == DAY_TABLE_UNIT_APP && row->key.unit == unit &&
			     is_path(&row->key, app);
		bytes += is_it ? row->sums.bytes_up : 0;
	}
	return bytes;
}

/* May some of it stand in a remainder? */
static bool may_lack(const struct report_shown *shown, uint16_t unit, uint16_t app)
{
	bool may = shown->days_withheld > 0;

	for (uint32_t i = 0; i < shown->rests.count; i++) {
		const struct report_shown_rest *rest = report_shown_rest_at(shown, i);
		may |= rest->table == DAY_TABLE_UNIT_APP && is_path(&rest->key, app) &&
		       report_shown_may_lack(shown, rest, unit);
	}
	return may;
}

/* What the tables of days show of a unit's app, and what is left of the app. */
static void put_paths_by_days(struct report_table *table, const struct report_model *model,
	const struct fold_row *const *rows, size_t count)
{
	size_t apps = symbol_highest(SYMBOL_APP) + 1;
	uint64_t *rest = calloc(apps, sizeof(*rest));

	for (size_t i = 0; rest && i < count; i++) {
		uint16_t unit = (uint16_t)(rows[i]->key >> 16), app = (uint16_t)rows[i]->key;
		uint64_t all = rows[i]->sums.bytes_up, shown = shown_of(model->shown, unit, app);
		if (shown > 0) {
			put_path(table, model, unit, app, shown,
				shown < all || may_lack(model->shown, unit, app));
		}
		if (app < apps) {
			rest[app] += all > shown ? all - shown : 0;
		}
	}
	put_rest_of_paths(table, model, rest, apps);
	report_sort_parts(table, 3); /* sent */
	free(rest);
}

static void fill_paths(struct report_table *table, const struct report_model *model)
{
	struct fold fold = { 0 };
	size_t cell_count;
	const struct cell *cells = overview_cells(model->overview, &cell_count);

	fold_cells(&fold, by_path, cells, cell_count);
	const struct fold_row **rows = calloc(fold.rows.count + 1, sizeof(*rows));
	for (uint32_t i = 0; rows && i < fold.rows.count; i++) {
		rows[i] = fold_at(&fold, i);
	}
	if (rows && fold.rows.count > 1) {
		qsort(rows, fold.rows.count, sizeof(*rows), compare_paths);
	}
	bool is_by_days = model->shown && model->group_minimum > 0;
	struct protected_part *parts = rows && !is_by_days ? parts_of(rows, fold.rows.count) : NULL;
	if (rows && is_by_days) {
		put_paths_by_days(table, model, rows, fold.rows.count);
	} else if (parts) {
		protect_parts(model->group_minimum, parts, fold.rows.count);
		put_paths(table, model, rows, fold.rows.count, parts);
	}
	free(parts);
	free(rows);
	fold_deinit(&fold);
}

const struct report_table_type table_paths = {
	.id = "units_services",
	.columns = { "unit", "service", "control", ">sent" },
	.key_columns = 2,
	.fill = fill_paths,
	.command = "borderflow flows {archives} {period} -g unit,app{ways} --top 0 --key KEYFILE",
};
