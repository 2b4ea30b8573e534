/* What one table of a day gives away of another: differences of their rows are as safe as rows. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/day_tables.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

enum { K = 5, BODY_MOST = 4096 };

static struct record body[BODY_MOST];
static size_t body_count;
static struct day_tables tables;

static void begin(void)
{
	body_count = 0;
	day_tables_deinit(&tables);
}

/* Devices of a unit and a class, each with a flow to an app in a zone. */
static void add(const char *unit, const char *class_, unsigned first, unsigned count, uint16_t app,
	enum geo_zone zone)
{
	for (unsigned i = 0; i < count && body_count < BODY_MOST; i++) {
		struct record *record = &body[body_count++];
		*record = (struct record){ .flow = { .packets = { 1, 1 },
						   .total_packets = { 1, 1 },
						   .bytes = { 1000 + 7 * i, 1000 } },
			.place = { .zone = (uint8_t)zone },
			.direction = RECORD_DIRECTION_OUTBOUND,
			.decision = { .unit = symbol_of(SYMBOL_UNIT, unit),
				.class_ = class_ ? symbol_of(SYMBOL_CLASS, class_) : 0 } };
		record->verdict.app = app;
		record->flow.source.bytes[14] = (uint8_t)((first + i) >> 8);
		record->flow.source.bytes[15] = (uint8_t)(first + i);
	}
}

static void make(unsigned k)
{
	struct rollup *rollup = cells_of(body, body_count);
	size_t count;
	const struct cell *cells = rollup_cells(rollup, &count);

	is_int(day_tables_make(&tables, k, cells, count), 0, "tables of %zu cells", count);
	rollup_destroy(rollup);
}

static bool shows(enum day_table table, const char *unit, const char *class_, uint16_t app,
	enum geo_zone zone)
{
	uint16_t of_unit = unit ? symbol_of(SYMBOL_UNIT, unit) : 0,
		 of_class = class_ ? symbol_of(SYMBOL_CLASS, class_) : 0;

	for (size_t i = 0; i < tables.count; i++) {
		const struct day_table_row *row = &tables.rows[i];
		if (row->table == table && !row->is_rest && row->key.unit == of_unit &&
			row->key.class_ == of_class && row->key.app == app &&
			row->key.zone == zone) {
			return true;
		}
	}
	return false;
}

/* The units hide Beta beside Alfa; a class that is Beta's would tell what is left of the two. */
static void test_class_that_is_a_unit(void)
{
	begin();
	add("Alfa", "pupils", 0, 3, 0, 0);
	add("Beta", "guests", 100, 6, 0, 0);
	add("Gamma", "servers", 200, 11, 0, 0);
	make(K);
	unsigned units = shows(DAY_TABLE_UNIT, "Beta", NULL, 0, 0) +
			 2 * shows(DAY_TABLE_UNIT, "Gamma", NULL, 0, 0);
	unsigned classes = shows(DAY_TABLE_CLASS, NULL, "guests", 0, 0) +
			   2 * shows(DAY_TABLE_CLASS, NULL, "servers", 0, 0);
	ok((units | classes) != 3, "units and classes do not tell the small one by turns (%u, %u)",
		units, classes);
}

/* All that a unit sends to a zone, less its one service there. */
static void test_zone_less_app(void)
{
	enum { VK = 1, OTHER = 2, NEAR_BY = 3 };

	begin();
	add("Alfa", NULL, 0, 12, VK, GEO_ZONE_THIRD);
	add("Alfa", NULL, 0, 1, OTHER, GEO_ZONE_THIRD);
	add("Alfa", NULL, 0, 12, NEAR_BY, GEO_ZONE_EU);
	add("Beta", NULL, 100, 12, VK, GEO_ZONE_THIRD);
	add("Beta", NULL, 100, 12, NEAR_BY, GEO_ZONE_EU);
	add("Beta", NULL, 100, 1, OTHER, GEO_ZONE_THIRD);
	make(K);
	ok(!(shows(DAY_TABLE_UNIT_ZONE, "Alfa", NULL, 0, GEO_ZONE_THIRD) &&
		   shows(DAY_TABLE_UNIT_APP, "Alfa", NULL, VK, 0)),
		"a zone and its one large service are not both shown");
	ok(shows(DAY_TABLE_UNIT, "Alfa", NULL, 0, 0) && shows(DAY_TABLE_UNIT, "Beta", NULL, 0, 0),
		"… the units are");
}

/* What is safe together stays. */
static void test_nothing_to_tell(void)
{
	begin();
	for (unsigned unit = 0; unit < 3; unit++) {
		static const char *const names[] = { "Alfa", "Beta", "Gamma" };
		add(names[unit], "staff", 100 * unit, 20, 1, GEO_ZONE_THIRD);
		add(names[unit], "staff", 100 * unit, 20, 2, GEO_ZONE_EU);
		add(names[unit], "pupils", 100 * unit + 50, 20, 2, GEO_ZONE_EU);
	}
	make(K);
	unsigned hidden = 0;
	for (size_t i = 0; i < tables.count; i++) {
		hidden += tables.rows[i].is_rest;
	}
	is_int(hidden, 0, "where all differences are of many nothing is hidden");
}

/* As many cells as a body of thousands has in an hour or two. */
static void test_many(void)
{
	uint64_t state = 1;

	begin();
	for (unsigned i = 0; i < BODY_MOST; i++) {
		char unit[16];
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		unsigned device = (unsigned)(state >> 40) % 2000,
			 app = (unsigned)(state >> 52) % 60;
		snprintf(unit, sizeof(unit), "unit %u", device % 12);
		add(unit, device % 3 ? "staff" : "pupils", device, 1, (uint16_t)(1 + app),
			(enum geo_zone)(1 + app % 4));
	}
	make(K);
	ok(shows(DAY_TABLE_CLASS, NULL, "staff", 0, 0) && tables.count > 500,
		"of a large body much is shown: %zu rows", tables.count);
}

int main(void)
{
	test_class_that_is_a_unit();
	test_zone_less_app();
	test_nothing_to_tell();
	test_many();
	day_tables_deinit(&tables);
	return done_testing();
}
