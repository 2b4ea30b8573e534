#include "analyzer/rollup/overview_parts.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t tally_row_limits[TALLY_KIND_COUNT] = {
	[TALLY_TOTAL] = 1,
	[TALLY_APPS] = UINT16_MAX,
	[TALLY_APP_COUNTRIES] = 1 << 17,
	[TALLY_INFERRED] = UINT16_MAX,
	[TALLY_ZONES] = GEO_ZONE_COUNT,
	[TALLY_CONTROLS] = GEO_ZONE_COUNT,
	[TALLY_UNNAMED] = UNNAMED_REASON_COUNT,
	[TALLY_DIRECTIONS] = RECORD_DIRECTION_COUNT,
	[TALLY_PROTOCOLS] = L7_PROTOCOL_COUNT,
	[TALLY_MATRIX] = 1 << 16,
	[TALLY_RULES] = 1 << 16,
};

struct overview *overview_create(void)
{
	struct overview *overview = calloc(1, sizeof(*overview));

	if (!overview) {
		return NULL;
	}
	overview->device_key = hash_key_fixed("borderflow devices of an overview");
	for (unsigned i = 0; i < TALLY_KIND_COUNT; i++) {
		tally_init(&overview->tallies[i], tally_row_limits[i]);
	}
	heavy_names_init(&overview->unlisted);
	unnamed_by_unit_init(&overview->places);
	return overview;
}

void overview_destroy(struct overview *overview)
{
	if (!overview) {
		return;
	}
	for (unsigned i = 0; i < TALLY_KIND_COUNT; i++) {
		tally_deinit(&overview->tallies[i]);
	}
	profiles_clear(&overview->profiles);
	heavy_names_deinit(&overview->unlisted);
	unnamed_by_unit_deinit(&overview->places);
	free(overview->facts);
	free(overview->inferred);
	free(overview->app_listing);
	free(overview->inferred_listing);
	free(overview->cell_listing);
	free(overview->rule_listing);
	free(overview);
}

static void unpack_country(uint64_t packed, char country[3])
{
	country[0] = (char)(packed >> 8 & 0xff);
	country[1] = (char)(packed & 0xff);
	country[2] = '\0';
}

/* A tally that everything added so far is in. */
static struct tally *settled(struct overview *overview, enum tally_kind kind)
{
	overview_settle(overview);
	return &overview->tallies[kind];
}

const struct overview_row *overview_total(struct overview *overview)
{
	return tally_sums(settled(overview, TALLY_TOTAL), 0);
}

const struct overview_row *overview_zone(struct overview *overview, enum geo_zone zone)
{
	return tally_sums(settled(overview, TALLY_ZONES), zone);
}

const struct overview_row *overview_control(struct overview *overview, enum geo_zone zone)
{
	return tally_sums(settled(overview, TALLY_CONTROLS), zone);
}

const struct overview_row *overview_unnamed(struct overview *overview, enum unnamed_reason reason)
{
	return tally_sums(settled(overview, TALLY_UNNAMED), reason);
}

const struct overview_row *overview_direction(
	struct overview *overview, enum record_direction direction)
{
	return tally_sums(settled(overview, TALLY_DIRECTIONS), direction);
}

const struct overview_row *overview_protocol(struct overview *overview, enum l7_protocol protocol)
{
	return tally_sums(settled(overview, TALLY_PROTOCOLS), protocol);
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

static int compare_apps(const void *a, const void *b)
{
	const struct overview_app *x = a, *y = b;
	int order = compare_rows(&x->total, &y->total);

	return order ? order : (int)x->app - (int)y->app;
}

/* The countries of one app's servers, most bytes first, as many as there is room for. */
static void fill_countries(struct overview *overview, struct overview_app *listed)
{
	enum { ROOM = sizeof(listed->server_countries) / sizeof(listed->server_countries[0]) };
	const struct tally_row *best[ROOM] = { NULL };

	for (uint32_t i = 0; i < overview->tallies[TALLY_APP_COUNTRIES].row_count; i++) {
		const struct tally_row *row = &overview->tallies[TALLY_APP_COUNTRIES].rows[i];
		if (row->key >> 16 != listed->app) {
			continue;
		}
		for (unsigned place = 0; place < ROOM; place++) {
			if (!best[place] || compare_rows(&row->sums, &best[place]->sums) < 0) {
				memmove(best + place + 1, best + place,
					(ROOM - place - 1) * sizeof(*best));
				best[place] = row;
				break;
			}
		}
	}
	for (unsigned place = 0; place < ROOM && best[place]; place++) {
		uint64_t country = best[place]->key & 0xffff;
		unpack_country(country ? country : overview_pack_country(OVERVIEW_COUNTRY_UNKNOWN),
			listed->server_countries[place]);
	}
}

size_t overview_apps(struct overview *overview, const struct overview_app **rows)
{
	uint32_t count = settled(overview, TALLY_APPS)->row_count;
	struct overview_app *listing =
		realloc(overview->app_listing, (count + 1) * sizeof(*listing));

	*rows = listing;
	if (!listing) {
		return 0;
	}
	overview->app_listing = listing;
	memset(listing, 0, (count + 1) * sizeof(*listing));
	for (uint32_t i = 0; i < count; i++) {
		struct tally_row *row = &overview->tallies[TALLY_APPS].rows[i];
		const struct app_facts *facts = overview_app_facts(overview, (uint16_t)row->key);
		listing[i].app = (uint16_t)row->key;
		listing[i].total = *tally_row_sums(row);
		if (facts) {
			listing[i].bytes_up_outside = facts->bytes_up_outside;
			listing[i].flows_embedded = facts->flows_embedded;
			listing[i].flows_denied = facts->flows_denied;
			listing[i].evidence = facts->evidence;
			listing[i].confidence_least = facts->confidence_least;
			listing[i].confidence_most = facts->confidence_most;
		}
		fill_countries(overview, &listing[i]);
	}
	qsort(listing, count, sizeof(*listing), compare_apps);
	return count;
}

static int compare_inferred(const void *a, const void *b)
{
	const struct overview_inferred *x = a, *y = b;
	int order = compare_rows(&x->total, &y->total);

	return order ? order : (int)x->app - (int)y->app;
}

size_t overview_inferred(struct overview *overview, const struct overview_inferred **rows)
{
	uint32_t count = settled(overview, TALLY_INFERRED)->row_count;
	struct overview_inferred *listing =
		realloc(overview->inferred_listing, (count + 1) * sizeof(*listing));

	*rows = listing;
	if (!listing) {
		return 0;
	}
	overview->inferred_listing = listing;
	if (!overview->inferred) {
		return 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct tally_row *row = &overview->tallies[TALLY_INFERRED].rows[i];
		const struct inferred_facts *facts = &overview->inferred[row->key];
		listing[i] = (struct overview_inferred){
			.app = (uint16_t)row->key,
			.total = *tally_row_sums(row),
			.grounds = facts->grounds,
			.confidence_least = facts->confidence_least,
			.confidence_most = facts->confidence_most,
		};
	}
	qsort(listing, count, sizeof(*listing), compare_inferred);
	return count;
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
	uint32_t count = settled(overview, TALLY_MATRIX)->row_count;
	struct overview_cell *listing =
		realloc(overview->cell_listing, (count + 1) * sizeof(*listing));

	*cells = listing;
	if (!listing) {
		return 0;
	}
	overview->cell_listing = listing;
	memset(listing, 0, (count + 1) * sizeof(*listing));
	for (uint32_t i = 0; i < count; i++) {
		struct tally_row *row = &overview->tallies[TALLY_MATRIX].rows[i];
		unpack_country(row->key >> 32, listing[i].server_country);
		unpack_country(row->key >> 16, listing[i].parent_country);
		listing[i].zone = (uint8_t)(row->key >> 8);
		listing[i].control = (uint8_t)row->key;
		listing[i].total = *tally_row_sums(row);
	}
	qsort(listing, count, sizeof(*listing), compare_cells);
	return count;
}

size_t overview_places(struct overview *overview, const struct overview_place **rows)
{
	overview_settle(overview);
	return unnamed_by_unit_list(&overview->places, rows);
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
	uint32_t count = settled(overview, TALLY_RULES)->row_count;
	struct overview_rule *listing =
		realloc(overview->rule_listing, (count + 1) * sizeof(*listing));

	*rows = listing;
	if (!listing) {
		return 0;
	}
	overview->rule_listing = listing;
	memset(listing, 0, (count + 1) * sizeof(*listing));
	for (uint32_t i = 0; i < count; i++) {
		struct tally_row *row = &overview->tallies[TALLY_RULES].rows[i];
		listing[i].rule = (uint16_t)(row->key >> 48);
		listing[i].unit = (uint16_t)(row->key >> 32);
		listing[i].app = (uint16_t)(row->key >> 16);
		listing[i].action = row->key >> 12 & 15;
		listing[i].verdict = row->key >> 8 & 15;
		listing[i].inferred = row->key >> 7 & 1;
		listing[i].block = row->key & 0x7f;
		listing[i].total = *tally_row_sums(row);
	}
	qsort(listing, count, sizeof(*listing), compare_rules);
	return count;
}
