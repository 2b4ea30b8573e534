#include "analyzer/rollup/overview.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/fold.h"
#include "analyzer/rollup/heavy_names.h"
#include "analyzer/rollup/overview_tables.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"

/* Months that nanoseconds since 1970 can tell, in words of bits. */
enum { MONTH_WORDS = 12 * 585 / 64 + 1 };

struct overview {
	struct rollup *rollup;
	uint64_t months[MONTH_WORDS];
	struct fold tables[TABLE_COUNT];
	bool is_folded[TABLE_COUNT]; /* since cells came */
	struct heavy_names unlisted;
	struct overview_app *app_listing;
	struct overview_inferred *inferred_listing;
	struct overview_cell *cell_listing;
	struct overview_rule *rule_listing;
	struct overview_verdict *verdict_listing;
	struct overview_place *place_listing;
};

struct overview *overview_create(void)
{
	struct overview *overview = calloc(1, sizeof(*overview));
	struct rollup_options options = { .cells_max = OVERVIEW_CELLS_MAX };

	if (!overview) {
		return NULL;
	}
	overview->rollup = rollup_create(&options);
	heavy_names_init(&overview->unlisted);
	if (!overview->rollup) {
		overview_destroy(overview);
		return NULL;
	}
	return overview;
}

static void forget_tables(struct overview *overview)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		if (overview->is_folded[i]) {
			fold_deinit(&overview->tables[i]);
			overview->is_folded[i] = false;
		}
	}
}

void overview_destroy(struct overview *overview)
{
	if (!overview) {
		return;
	}
	forget_tables(overview);
	rollup_destroy(overview->rollup);
	heavy_names_deinit(&overview->unlisted);
	free(overview->app_listing);
	free(overview->inferred_listing);
	free(overview->cell_listing);
	free(overview->rule_listing);
	free(overview->verdict_listing);
	free(overview->place_listing);
	free(overview);
}

static void note_months(struct overview *overview, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned first = clock_month(cells[i].sums.first_ns);
		unsigned last = clock_month(cells[i].sums.last_ns);
		overview->months[first / 64] |= UINT64_C(1) << first % 64;
		overview->months[last / 64] |= UINT64_C(1) << last % 64;
	}
}

void overview_take(struct overview *overview, const struct cell *cells, size_t count)
{
	forget_tables(overview);
	note_months(overview, cells, count);
	rollup_merge(overview->rollup, cells, count);
}

unsigned overview_months(const struct overview *overview)
{
	unsigned months = 0;

	for (unsigned i = 0; i < MONTH_WORDS; i++) {
		months += (unsigned)__builtin_popcountll(overview->months[i]);
	}
	return months;
}

void overview_take_name(struct overview *overview, const struct record *record, uint64_t device)
{
	const struct flow_record *flow = &record->flow;
	const char *name = l7_info_domain(&record->l7);
	bool leaves = record->direction != RECORD_DIRECTION_INTERNAL;

	if (name[0] != '\0' && leaves && record_is_unnamed(record) && record->verdict.app == 0 &&
		record_unnamed_reason(record) == UNNAMED_NAME_NOT_LISTED) {
		heavy_names_add(&overview->unlisted, name, device, flow->part == 0,
			flow->bytes[0] + flow->bytes[1]);
	}
}

const struct cell *overview_cells(const struct overview *overview, size_t *count)
{
	return rollup_cells(overview->rollup, count);
}

uint64_t overview_left_out(const struct overview *overview)
{
	struct rollup_stats stats;

	rollup_read_stats(overview->rollup, &stats);
	return stats.other + stats.lost;
}

static const struct fold *table_of(struct overview *overview, enum table_kind kind)
{
	size_t count;
	const struct cell *cells = rollup_cells(overview->rollup, &count);

	if (!overview->is_folded[kind]) {
		fold_cells(&overview->tables[kind], overview_keys[kind], cells, count);
		overview->is_folded[kind] = true;
	}
	return &overview->tables[kind];
}

/* Where a way was seen of no flow at all, what went it is not known of any, whatever kind it is. */
static enum cell_way way_of(
	uint64_t bytes, uint64_t unseen, uint64_t flows, uint64_t bytes_all, uint64_t unseen_all)
{
	bool is_blind = bytes_all == 0 && unseen_all > 0;

	return is_blind ? CELL_WAY_UNKNOWN : cell_way_of(bytes, unseen, flows);
}

static struct overview_row row_of(struct overview *overview, const struct fold_row *row)
{
	const struct fold_row *total = fold_find(table_of(overview, TABLE_TOTAL), 0);
	const struct cell_sums *sums = &row->sums, *all = total ? &total->sums : sums;

	return (struct overview_row){
		.flows = row->sums.flows,
		.bytes_up = row->sums.bytes_up,
		.bytes_down = row->sums.bytes_down,
		.way_up = (uint8_t)way_of(sums->bytes_up, sums->unseen_up, sums->flows,
			all->bytes_up, all->unseen_up),
		.way_down = (uint8_t)way_of(sums->bytes_down, sums->unseen_down, sums->flows,
			all->bytes_down, all->unseen_down),
		.packets = row->sums.packets,
		.devices = devices_count(&row->devices),
		.devices_estimated = devices_is_estimated(&row->devices),
		.lacks_devices = row->devices.is_floor,
		.set = &row->devices,
		.first_ns = row->sums.first_ns,
		.last_ns = row->sums.last_ns,
	};
}

/* The row of a key; zeros where there is none. */
static struct overview_row find_row(struct overview *overview, enum table_kind kind, uint64_t key)
{
	const struct fold_row *row = fold_find(table_of(overview, kind), key);

	return row ? row_of(overview, row) : (struct overview_row){ 0 };
}

struct overview_row overview_total(struct overview *overview)
{
	return find_row(overview, TABLE_TOTAL, 0);
}

struct overview_row overview_zone(struct overview *overview, enum geo_zone zone)
{
	return find_row(overview, TABLE_ZONES, zone);
}

struct overview_row overview_control(struct overview *overview, enum geo_zone zone)
{
	return find_row(overview, TABLE_CONTROLS, zone);
}

struct overview_row overview_unnamed(struct overview *overview, enum unnamed_reason reason)
{
	return find_row(overview, TABLE_UNNAMED, reason);
}

struct overview_row overview_direction(struct overview *overview, enum record_direction direction)
{
	return find_row(overview, TABLE_DIRECTIONS, direction);
}

struct overview_row overview_protocol(struct overview *overview, enum l7_protocol protocol)
{
	return find_row(overview, TABLE_PROTOCOLS, protocol);
}

static uint64_t row_bytes(const struct overview_row *row)
{
	return row->bytes_up + row->bytes_down;
}

/* Most bytes first; then most flows, so that flows without bytes keep an order too. */
static int compare_rows(const struct overview_row *a, const struct overview_row *b)
{
	if (row_bytes(a) != row_bytes(b)) {
		return row_bytes(a) < row_bytes(b) ? 1 : -1;
	}
	return a->flows == b->flows ? 0 : a->flows < b->flows ? 1 : -1;
}

static int compare_sums(const struct cell_sums *a, const struct cell_sums *b)
{
	uint64_t a_bytes = a->bytes_up + a->bytes_down, b_bytes = b->bytes_up + b->bytes_down;

	if (a_bytes != b_bytes) {
		return a_bytes < b_bytes ? 1 : -1;
	}
	return a->flows == b->flows ? 0 : a->flows < b->flows ? 1 : -1;
}

static int compare_apps(const void *a, const void *b)
{
	const struct overview_app *x = a, *y = b;
	int order = compare_rows(&x->total, &y->total);

	return order ? order : (int)x->app - (int)y->app;
}

/* The countries of one app's servers, most bytes first, as many as there is room for. */
static void fill_countries(const struct fold *countries, struct overview_app *listed)
{
	enum { ROOM = sizeof(listed->server_countries) / sizeof(listed->server_countries[0]) };
	const struct fold_row *best[ROOM];
	unsigned count = 0;

	for (uint32_t i = 0; i < countries->rows.count; i++) {
		const struct fold_row *row = fold_at(countries, i);
		unsigned place = 0;
		if (row->key >> 16 != listed->app) {
			continue;
		}
		while (place < count && compare_sums(&row->sums, &best[place]->sums) >= 0) {
			place++;
		}
		if (place < ROOM) {
			unsigned behind = (count < ROOM ? count : ROOM - 1) - place;
			memmove(best + place + 1, best + place, behind * sizeof(*best));
			best[place] = row;
			count += count < ROOM;
		}
	}
	for (unsigned i = 0; i < count; i++) {
		uint16_t country = (uint16_t)best[i]->key;
		cell_country_name(country ? country : cell_country(OVERVIEW_COUNTRY_UNKNOWN),
			listed->server_countries[i]);
	}
}

/* Has the row of that key sent more, or as much and a lower key? */
static bool is_before(const struct fold *fold, uint64_t key, const struct fold_row *row)
{
	uint64_t bytes = fold_find(fold, key)->sums.bytes_up;

	return bytes != row->sums.bytes_up ? bytes > row->sums.bytes_up : key < row->key;
}

size_t overview_zone_apps(
	struct overview *overview, enum geo_zone zone, uint16_t *apps, size_t most)
{
	const struct fold *fold = table_of(overview, TABLE_APP_ZONES);
	size_t count = 0;

	for (uint32_t i = 0; i < fold->rows.count; i++) {
		const struct fold_row *row = fold_at(fold, i);
		uint16_t app = (uint16_t)(row->key >> 8);
		size_t place = 0;
		if ((row->key & 0xff) != zone || row->sums.bytes_up == 0) {
			continue;
		}
		while (place < count && is_before(fold, (uint64_t)apps[place] << 8 | zone, row)) {
			place++;
		}
		if (place < most) {
			size_t behind = (count < most ? count : most - 1) - place;
			memmove(apps + place + 1, apps + place, behind * sizeof(*apps));
			apps[place] = app;
			count += count < most;
		}
	}
	return count;
}

/* Room for a listing of so many rows, empty; NULL where memory is out. */
static void *make_listing(void **listing, size_t count, size_t row_bytes)
{
	free(*listing);
	*listing = calloc(count + 1, row_bytes);
	return *listing;
}

static struct overview_app app_of(struct overview *overview, const struct fold_row *row)
{
	struct overview_app app = {
		.app = (uint16_t)row->key,
		.total = row_of(overview, row),
		.bytes_up_outside = row->bytes_up_outside,
		.flows_embedded = row->flows_embedded,
		.flows_denied = row->flows_denied,
		.flows_unapproved = row->flows_unapproved,
	};

	/* What is only inferred is among what has no app, and proves nothing there. */
	if (app.app != 0) {
		app.evidence = row->sums.evidence;
		app.confidence_least = row->sums.confidence_least;
		app.confidence_most = row->sums.confidence_most;
	}
	return app;
}

size_t overview_apps(struct overview *overview, const struct overview_app **rows)
{
	const struct fold *apps = table_of(overview, TABLE_APPS),
			  *countries = table_of(overview, TABLE_APP_COUNTRIES);
	struct overview_app *listing =
		make_listing((void **)&overview->app_listing, apps->rows.count, sizeof(*listing));

	*rows = listing;
	for (uint32_t i = 0; listing && i < apps->rows.count; i++) {
		listing[i] = app_of(overview, fold_at(apps, i));
		fill_countries(countries, &listing[i]);
	}
	if (listing) {
		qsort(listing, apps->rows.count, sizeof(*listing), compare_apps);
	}
	return listing ? apps->rows.count : 0;
}

static int compare_inferred(const void *a, const void *b)
{
	const struct overview_inferred *x = a, *y = b;
	int order = compare_rows(&x->total, &y->total);

	return order ? order : (int)x->app - (int)y->app;
}

size_t overview_inferred(struct overview *overview, const struct overview_inferred **rows)
{
	const struct fold *table = table_of(overview, TABLE_INFERRED);
	struct overview_inferred *listing = make_listing(
		(void **)&overview->inferred_listing, table->rows.count, sizeof(*listing));

	*rows = listing;
	for (uint32_t i = 0; listing && i < table->rows.count; i++) {
		const struct fold_row *row = fold_at(table, i);
		listing[i] = (struct overview_inferred){
			.app = (uint16_t)row->key,
			.total = row_of(overview, row),
			.grounds = row->sums.grounds,
			.confidence_least = row->sums.confidence_least,
			.confidence_most = row->sums.confidence_most,
		};
	}
	if (listing) {
		qsort(listing, table->rows.count, sizeof(*listing), compare_inferred);
	}
	return listing ? table->rows.count : 0;
}

static int compare_cells(const void *a, const void *b)
{
	const struct overview_cell *x = a, *y = b;
	int order = compare_rows(&x->total, &y->total);

	order = order ? order : strcmp(x->server_country, y->server_country);
	return order ? order : strcmp(x->parent_country, y->parent_country);
}

size_t overview_matrix(struct overview *overview, const struct overview_cell **cells)
{
	const struct fold *table = table_of(overview, TABLE_MATRIX);
	struct overview_cell *listing =
		make_listing((void **)&overview->cell_listing, table->rows.count, sizeof(*listing));

	*cells = listing;
	for (uint32_t i = 0; listing && i < table->rows.count; i++) {
		const struct fold_row *row = fold_at(table, i);
		cell_country_name((uint16_t)(row->key >> 32), listing[i].server_country);
		cell_country_name((uint16_t)(row->key >> 16), listing[i].parent_country);
		listing[i].zone = (uint8_t)(row->key >> 8);
		listing[i].control = (uint8_t)row->key;
		listing[i].total = row_of(overview, row);
	}
	if (listing) {
		qsort(listing, table->rows.count, sizeof(*listing), compare_cells);
	}
	return listing ? table->rows.count : 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct overview_place *x = a, *y = b;
	int order = compare_rows(&x->hidden, &y->hidden);

	order = order ? order : (int)x->unit - (int)y->unit;
	return order ? order : (int)x->zone - (int)y->zone;
}

/* A part of a place; where nothing is in it that may yet be for want of a way that is not seen. */
static struct overview_row part_of(struct overview *overview, enum table_kind kind, uint64_t key,
	const struct overview_row *total)
{
	struct overview_row row = find_row(overview, kind, key);

	row.way_up = total->way_up == CELL_WAY_UNKNOWN ? CELL_WAY_UNKNOWN : row.way_up;
	row.way_down = total->way_down == CELL_WAY_UNKNOWN ? CELL_WAY_UNKNOWN : row.way_down;
	return row;
}

size_t overview_places(struct overview *overview, const struct overview_place **rows)
{
	const struct fold *table = table_of(overview, TABLE_PLACES);
	struct overview_place *listing = make_listing(
		(void **)&overview->place_listing, table->rows.count, sizeof(*listing));

	*rows = listing;
	for (uint32_t i = 0; listing && i < table->rows.count; i++) {
		uint64_t key = fold_at(table, i)->key;
		listing[i].unit = (uint16_t)(key >> 8);
		listing[i].zone = (uint8_t)key;
		listing[i].total = row_of(overview, fold_at(table, i));
		const struct overview_row *total = &listing[i].total;
		listing[i].hidden = part_of(overview, TABLE_PLACES_HIDDEN, key, total);
		listing[i].named = part_of(overview, TABLE_PLACES_NAMED, key, total);
		for (unsigned reason = 0; reason < UNNAMED_REASON_COUNT; reason++) {
			listing[i].reasons[reason] =
				part_of(overview, TABLE_PLACE_REASONS, key << 8 | reason, total);
		}
	}
	if (listing) {
		qsort(listing, table->rows.count, sizeof(*listing), compare_places);
	}
	return listing ? table->rows.count : 0;
}

size_t overview_unlisted(struct overview *overview, const struct overview_name **names)
{
	size_t count = heavy_names_sorted(&overview->unlisted, names);

	return count < OVERVIEW_NAMES_MAX ? count : OVERVIEW_NAMES_MAX;
}

static int compare_rules(const void *a, const void *b)
{
	const struct overview_rule *x = a, *y = b;

	if (x->rule != y->rule) {
		return (int)x->rule - (int)y->rule;
	}
	return compare_rows(&x->total, &y->total);
}

size_t overview_rules(struct overview *overview, const struct overview_rule **rows)
{
	const struct fold *table = table_of(overview, TABLE_RULES);
	struct overview_rule *listing =
		make_listing((void **)&overview->rule_listing, table->rows.count, sizeof(*listing));

	*rows = listing;
	for (uint32_t i = 0; listing && i < table->rows.count; i++) {
		uint64_t key = fold_at(table, i)->key;
		listing[i] = (struct overview_rule){
			.rule = (uint16_t)(key >> 48),
			.unit = (uint16_t)(key >> 32),
			.app = (uint16_t)(key >> 16),
			.action = key >> 12 & 15,
			.verdict = key >> 8 & 15,
			.inferred = key >> 7 & 1,
			.block = key & 0x7f,
			.total = row_of(overview, fold_at(table, i)),
		};
	}
	if (listing) {
		qsort(listing, table->rows.count, sizeof(*listing), compare_rules);
	}
	return listing ? table->rows.count : 0;
}

static int compare_verdicts(const void *a, const void *b)
{
	const struct overview_verdict *x = a, *y = b;

	if (x->verdict != y->verdict) {
		return (int)x->verdict - (int)y->verdict;
	}
	return compare_rows(&x->total, &y->total);
}

size_t overview_verdicts(
	struct overview *overview, bool by_class, const struct overview_verdict **rows)
{
	const struct fold *table =
		table_of(overview, by_class ? TABLE_CLASS_VERDICTS : TABLE_VERDICTS);
	struct overview_verdict *listing = make_listing(
		(void **)&overview->verdict_listing, table->rows.count, sizeof(*listing));

	*rows = listing;
	for (uint32_t i = 0; listing && i < table->rows.count; i++) {
		uint64_t key = fold_at(table, i)->key;
		listing[i] = (struct overview_verdict){
			.class_ = (uint16_t)(key >> 32),
			.exception = (uint16_t)(key >> 16),
			.verdict = key >> 12 & 15,
			.action = key >> 8 & 15,
			.block = key & 0xff,
			.total = row_of(overview, fold_at(table, i)),
		};
	}
	if (listing) {
		qsort(listing, table->rows.count, sizeof(*listing), compare_verdicts);
	}
	return listing ? table->rows.count : 0;
}
