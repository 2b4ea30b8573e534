#include "analyzer/archive/cell_columns.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/cell_cbor.h"
#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { CELLS = 300, FEW = 6 };

static struct cell cells[CELLS];
static unsigned taken, same;
static uint64_t unit_ns; /* of times, in the form at hand */
static bool by_shares;   /* of devices' bytes, in the form at hand */

static uint16_t symbol(struct random *random, enum symbol_kind kind, const char *word)
{
	char name[32];
	unsigned number = random_below(random, 8);

	snprintf(name, sizeof(name), "%s-%u", word, number);
	return number ? symbol_of(kind, name) : 0;
}

/* Some have no devices, some one, some many, and one more than are counted exactly. */
static void make_devices(struct random *random, unsigned number, struct cell *cell)
{
	unsigned count = number == 5 ? DEVICES_EXACT_MAX + 50 : random_below(random, 12);

	for (unsigned i = 0; i < count; i++) {
		devices_add(&cell->devices,
			UINT64_C(0x9e3779b97f4a7c15) * (1 + random_below(random, 5000)),
			random_below(random, 1000000));
	}
}

static void make_cells(void)
{
	struct random random = { 0x63656c6c73 };

	for (unsigned i = 0; i < CELLS; i++) {
		struct cell *cell = &cells[i];
		cell_sums_init(&cell->sums);
		cell->key = (struct cell_key){ .slot = 493104,
			.unit = symbol(&random, SYMBOL_UNIT, "unit"),
			.class_ = symbol(&random, SYMBOL_CLASS, "class"),
			.app = symbol(&random, SYMBOL_APP, "app"),
			.server_country = cell_country(i % 3 ? "SE" : "--"),
			.zone = (uint8_t)random_below(&random, GEO_ZONE_COUNT),
			.verdict = (uint8_t)random_below(&random, POLICY_VERDICT_COUNT),
			.hidden = (uint8_t)random_below(&random, 3),
			.protocol = (uint8_t)random_below(&random, L7_PROTOCOL_COUNT),
			.inferred = i % 7 == 0 };
		cell->sums.flows = random_below(&random, 5);
		cell->sums.bytes_up = random_next(&random) >> random_below(&random, 64);
		cell->sums.bytes_down = random_below(&random, 100000);
		cell->sums.unseen_up = i % 11 == 0;
		cell->sums.first_ns =
			UINT64_C(1775174400000000000) + random_below(&random, 1 << 30);
		cell->sums.last_ns = cell->sums.first_ns + random_below(&random, 1 << 30);
		cell->sums.evidence = (uint16_t)random_below(&random, 1 << EVIDENCE_KIND_COUNT);
		cell->sums.confidence_most = (uint8_t)random_below(&random, 101);
		make_devices(&random, i, cell);
	}
}

static uint64_t bytes_of(const struct devices *devices, uint64_t hash)
{
	for (uint32_t i = 0; i < devices->count; i++) {
		if (devices_short(devices->items[i].hash) == devices_short(hash)) {
			return devices->items[i].bytes;
		}
	}
	return UINT64_MAX;
}

/* In shares never less than there were, nor more than a 32nd of all above; and no more than all. */
static bool is_told(uint64_t bytes, uint64_t told, uint64_t all)
{
	if (by_shares) {
		bytes = bytes < all ? bytes : all;
		return told >= bytes && told <= all && told - bytes <= all / 32;
	}
	return told == bytes;
}

static bool has_same_devices(const struct devices *a, const struct devices *b, uint64_t all)
{
	bool is_same = a->count == b->count && !a->more == !b->more;

	for (uint32_t i = 0; i < a->count && is_same; i++) {
		is_same = is_told(a->items[i].bytes, bytes_of(b, a->items[i].hash), all);
	}
	return is_same &&
	       (!a->more || (memcmp(a->more->registers, b->more->registers,
				     sizeof(a->more->registers)) == 0 &&
				    is_told(devices_largest(a), devices_largest(b), all)));
}

static void compare(void *context, const struct cell *cell)
{
	const struct cell *wanted = &cells[taken++];

	struct cell_sums sums = wanted->sums;

	(void)context;
	sums.first_ns -= sums.first_ns % unit_ns;
	sums.last_ns -= sums.last_ns % unit_ns;
	same += cell_key_equal(&wanted->key, &cell->key) &&
		memcmp(&sums, &cell->sums, sizeof(cell->sums)) == 0 &&
		has_same_devices(&wanted->devices, &cell->devices, sums.bytes_up + sums.bytes_down);
}

static void pass_over(void *context, const struct cell *cell)
{
	*(uint64_t *)context += devices_count(&cell->devices);
}

static void test_there_and_back(struct cell_columns *columns, enum archive_form form)
{
	struct cbor_writer content, again;
	struct columns_cuts cuts;

	cbor_writer_init(&content);
	cbor_writer_init(&again);
	taken = same = 0;
	unit_ns = form == ARCHIVE_FORM_KEYED     ? 300 * NS_PER_S
		  : form == ARCHIVE_FORM_SECONDS ? NS_PER_S
						 : 1;
	by_shares = form == ARCHIVE_FORM_KEYED;
	cell_columns_put(columns, form, cells, CELLS, &content, &cuts);
	is_int(cell_columns_read(form, content.bytes, content.length, CELLS, compare, NULL), CELLS,
		"cells are read back");
	is_int(same, CELLS, "… with all sums and devices");
	is_int(cuts.ends[cuts.count - 1], (int64_t)content.length, "… and are cut to their end");
	cell_columns_put(columns, form, cells, CELLS, &again, &cuts);
	ok(again.length == content.length && memcmp(again.bytes, content.bytes, again.length) == 0,
		"the same cells are the same bytes");
	cbor_writer_deinit(&content);
	cbor_writer_deinit(&again);
}

/* A block of as many cells as the writer puts into one, each with as many devices as are counted
 * exactly, all of them different. */
static void test_most_devices(struct cell_columns *columns)
{
	enum { MOST_CELLS = 1024, MOST = MOST_CELLS * DEVICES_EXACT_MAX };
	struct cell *most = calloc(MOST_CELLS + 1, sizeof(*most));
	struct cbor_writer content;
	struct columns_cuts cuts;
	uint64_t devices = 0;

	for (uint32_t i = 0; i < MOST; i++) {
		devices_add(
			&most[i % MOST_CELLS].devices, UINT64_C(0x9e3779b97f4a7c15) * (i + 1), i);
	}
	devices_add(&most[MOST_CELLS].devices, 1, 1);
	cbor_writer_init(&content);
	is_int((int64_t)cell_columns_room(most, MOST_CELLS + 1), MOST_CELLS,
		"a block has room for %d devices", MOST);
	cell_columns_put(columns, ARCHIVE_FORM_KEYED, most, MOST_CELLS, &content, &cuts);
	ok(!content.failed, "a block of %d devices is written", MOST);
	is_int(cell_columns_read(ARCHIVE_FORM_KEYED, content.bytes, content.length, MOST_CELLS,
		       pass_over, &devices),
		MOST_CELLS, "… and read");
	is_int((int64_t)devices, MOST, "… with all of them");
	for (uint32_t i = 0; i <= MOST_CELLS; i++) {
		devices_deinit(&most[i].devices);
	}
	free(most);
	cbor_writer_deinit(&content);
}

/* Rows that all name the last of many entries would each be a walk over them. */
static void test_entries_of_registers(void)
{
	enum { ROWS = 8, ENTRIES = 3 };
	static const uint8_t registers[1 << DEVICES_REGISTER_BITS];
	uint64_t numbers[ROWS], devices = 0;

	for (unsigned junk = 0; junk < 2; junk++) {
		struct columns_writer writer, none;
		struct cbor_writer entries, content;
		struct columns_cuts cuts = { .count = 0 };
		columns_writer_init(&writer);
		columns_writer_init(&none);
		cbor_writer_init(&entries);
		cbor_writer_init(&content);
		for (unsigned i = 0; i < ENTRIES; i++) {
			if (junk && i == 0) {
				cbor_writer_number(&entries, 0);
			} else {
				cbor_writer_bytes(&entries, registers, sizeof(registers));
			}
		}
		for (unsigned i = 0; i < ROWS; i++) {
			numbers[i] = ENTRIES - i % 2;
		}
		columns_put_entries(&writer, VALUE_REGISTERS, numbers, ROWS, &entries, ENTRIES);
		columns_content(&writer, &content, &cuts);
		columns_content(&none, &content, &cuts);
		is_int(cell_columns_read(ARCHIVE_FORM_SECONDS, content.bytes, content.length, ROWS,
			       pass_over, &devices),
			junk ? 0 : ROWS, "registers in any order%s",
			junk ? ", and a number among them: refused" : "");
		columns_writer_deinit(&writer);
		columns_writer_deinit(&none);
		cbor_writer_deinit(&entries);
		cbor_writer_deinit(&content);
	}
}

static void test_damaged(struct cell_columns *columns, enum archive_form form)
{
	struct cbor_writer content;
	struct columns_cuts cuts;
	uint64_t devices = 0;
	unsigned whole = 0;

	cbor_writer_init(&content);
	cell_columns_put(columns, form, cells + 6, FEW, &content, &cuts);
	for (size_t length = 0; length < content.length; length++) {
		uint8_t *cut = malloc(length + 1); /* so that a read too far is seen */
		memcpy(cut, content.bytes, length);
		whole += cell_columns_read(form, cut, length, FEW, pass_over, &devices) == FEW;
		free(cut);
	}
	is_int(whole, 0, "none of its beginnings is a block");
	for (size_t bit = 0; bit < 8 * content.length; bit++) {
		content.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cell_columns_read(form, content.bytes, content.length, FEW, pass_over, &devices);
		content.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	is_int(cell_columns_read(form, content.bytes, content.length, FEW, pass_over, &devices),
		FEW, "every bit of it was turned once");
	ok(cell_columns_read(
		   form, content.bytes, content.length, UINT32_MAX, pass_over, &devices) == 0,
		"nor is it one of all the cells there could be");
	cbor_writer_deinit(&content);
}

int main(void)
{
	struct cell_columns *columns = cell_columns_create();

	make_cells();
	test_there_and_back(columns, ARCHIVE_FORM_COLUMNS); /* as earlier builds wrote them */
	test_there_and_back(columns, ARCHIVE_FORM_SECONDS);
	test_there_and_back(columns, ARCHIVE_FORM_KEYED);
	test_most_devices(columns);
	test_entries_of_registers();
	for (enum archive_form form = ARCHIVE_FORM_SECONDS; form <= ARCHIVE_FORM_KEYED; form++) {
		test_damaged(columns, form);
	}
	cell_columns_destroy(columns);
	for (unsigned i = 0; i < CELLS; i++) {
		devices_deinit(&cells[i].devices);
	}
	return done_testing();
}
