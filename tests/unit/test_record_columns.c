#include "analyzer/archive/record_columns.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/record_block.h"
#include "analyzer/format/fields.h"
#include "base/clock.h"
#include "base/text.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { RECORDS = 1000 };

static struct record records[RECORDS], batch[COLUMN_BATCH_MAX];
static struct record_labels labels[RECORDS], batch_labels[COLUMN_BATCH_MAX];

static void put_shown(struct text *text, const struct field *field, const struct field_view *view)
{
	struct field_value value;

	text_put_char(text, ' '); /* never empty */
	if (field_get(field, view, &value)) {
		field_put_text(text, field, &value);
	}
}

/* Every field of the record, as a part and as a whole flow; prints the first that differs. */
static bool is_same(const struct record *record, const struct record_labels *record_labels,
	const struct record *read, const struct record_labels *read_labels)
{
	bool same = true;

	for (unsigned i = 0; i < 2 * field_count && same; i++) {
		const struct field *field = &field_table[i / 2];
		const struct field_view wanted = { record, record_labels, i % 2, NULL };
		const struct field_view got = { read, read_labels, i % 2, NULL };
		struct text one, other;

		text_init_heap(&one);
		text_init_heap(&other);
		put_shown(&one, field, &wanted);
		put_shown(&other, field, &got);
		same = one.length == other.length && memcmp(one.at, other.at, one.length) == 0;
		if (!same) {
			printf("# %s:%.*s, read back as%.*s\n", field->path, (int)one.length,
				one.at, (int)other.length, other.at);
		}
		text_deinit(&one);
		text_deinit(&other);
	}
	return same;
}

static const struct record_wanted whole;

static struct record_place place_of(uint32_t row, uint32_t slot)
{
	return (struct record_place){ row, &batch[slot], &batch_labels[slot] };
}

/* How many of the block's records are what was put. Every other batch is read without some rows. */
static unsigned read_block(const struct cbor_writer *content, uint32_t count)
{
	struct record_columns *columns = record_columns_create();
	struct record_place places[COLUMN_BATCH_MAX];
	unsigned same = 0;

	if (!record_columns_read(columns, content->bytes, content->length, count, &whole)) {
		count = 0;
	}
	for (uint32_t first = 0; first < count; first += COLUMN_BATCH_MAX) {
		uint32_t rows = count - first < COLUMN_BATCH_MAX ? count - first : COLUMN_BATCH_MAX;
		uint32_t wanted = 0;
		for (uint32_t row = 0; row < rows; row++) {
			if (first / COLUMN_BATCH_MAX % 2 == 0 || row % 3 == 0) {
				places[wanted] = place_of(row, wanted);
				wanted++;
			} else {
				same++;
			}
		}
		memset(batch, 0xa5, sizeof(batch));
		if (!record_columns_batch(columns, RECORD_WANTED, first, rows, places, wanted)) {
			break;
		}
		for (uint32_t i = 0; i < wanted; i++) {
			uint32_t number = first + places[i].row;
			same += is_same(
				&records[number], &labels[number], &batch[i], &batch_labels[i]);
		}
	}
	record_columns_destroy(columns);
	return same;
}

/* Of every kind, or all alike. */
static void test_there_and_back(uint32_t count, bool alike)
{
	struct random random = { 0x636f6c756d6e73 };
	struct record_block *block = record_block_create();
	struct cbor_writer content;
	struct columns_cuts cuts;

	for (uint32_t i = 0; i < count; i++) {
		record_random(&random, i % 4 == 0 && !alike, &records[i], &labels[i]);
		if (alike && i > 0) {
			record_copy(&records[i], &records[0]);
			labels[i] = labels[0];
		}
		record_block_put(block, &records[i], &labels[i]);
	}
	cbor_writer_init(&content);
	record_block_content(block, &content, &cuts);
	is_int(read_block(&content, count), count, "%u records%s come back as they were", count,
		alike ? " that are alike" : "");
	is_int(cuts.ends[cuts.count - 1], (int64_t)content.length, "… and are cut to their end");
	printf("# %.0f bytes a record before compression\n", (double)content.length / count);
	cbor_writer_deinit(&content);
	record_block_destroy(block);
}

/* A text that stands where another stood is another word once the block was told to forget. */
static void test_forgotten(void)
{
	struct record_block *block = record_block_create();
	struct record_columns *columns = record_columns_create();
	struct record_place places[] = { place_of(0, 0), place_of(1, 1) };
	struct cbor_writer content;
	struct columns_cuts cuts;
	char app[8] = "first";

	record_plain(&records[0], &labels[0]);
	labels[0].app = app;
	record_block_put(block, &records[0], &labels[0]);
	record_block_forget(block);
	strcpy(app, "second");
	record_block_put(block, &records[0], &labels[0]);
	cbor_writer_init(&content);
	record_block_content(block, &content, &cuts);
	ok(record_columns_read(columns, content.bytes, content.length, 2, &whole) &&
			record_columns_batch(columns, RECORD_WANTED, 0, 2, places, 2),
		"two records");
	is_text(batch_labels[0].app, "first", "… a word of a block");
	is_text(batch_labels[1].app, "second", "… and another that stands where it stood");
	record_columns_destroy(columns);
	record_block_destroy(block);
	cbor_writer_deinit(&content);
}

/* Whatever stands in it is read, or refused; and what is read is fit to be shown. */
static void read_damaged(
	struct record_columns *columns, const uint8_t *bytes, size_t count, uint32_t rows)
{
	struct record_place place = place_of(0, 0);
	struct text text;

	if (!record_columns_read(columns, bytes, count, rows, &whole)) {
		return;
	}
	text_init_heap(&text);
	for (uint32_t row = 0; row < rows; row++) {
		struct field_view view = { &batch[0], &batch_labels[0], true, NULL };
		if (!record_columns_batch(columns, RECORD_WANTED, row, 1, &place, 1)) {
			break;
		}
		for (unsigned i = 0; i < field_count; i++) {
			put_shown(&text, &field_table[i], &view);
		}
	}
	text_deinit(&text);
}

static void test_damaged(void)
{
	enum { ROWS = 12 };
	struct random random = { 0x64616d61676564 };
	struct record_block *block = record_block_create();
	struct record_columns *columns = record_columns_create();
	struct cbor_writer content;
	struct columns_cuts cuts;
	unsigned read = 0;

	for (unsigned i = 0; i < ROWS; i++) {
		record_random(&random, i % 4 == 0, &records[0], &labels[0]);
		record_block_put(block, &records[0], &labels[0]);
	}
	cbor_writer_init(&content);
	record_block_content(block, &content, &cuts);
	for (size_t length = 0; length < content.length; length++) {
		uint8_t *cut = malloc(length + 1); /* so that a read too far is seen */
		memcpy(cut, content.bytes, length);
		read += record_columns_read(columns, cut, length, ROWS, &whole);
		free(cut);
	}
	is_int(read, 0, "none of its beginnings is a block");
	ok(!record_columns_read(columns, content.bytes, content.length, ROWS + 1, &whole),
		"nor is it one of more records");
	ok(!record_columns_read(columns, content.bytes, content.length, UINT32_MAX, &whole),
		"… or of all there could be");
	for (size_t bit = 0; bit < 8 * content.length; bit++) {
		content.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		read_damaged(columns, content.bytes, content.length, ROWS);
		content.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ok(record_columns_read(columns, content.bytes, content.length, ROWS, &whole),
		"every bit of it was turned once");
	record_columns_destroy(columns);
	record_block_destroy(block);
	cbor_writer_deinit(&content);
}

/* Directories by hand: what each says of two rows. */
static void test_hostile(void)
{
	static const struct {
		const char *what, *bytes;
		size_t length;
		bool is_read;
	} cases[] = {
		{ "a port of every row", "\x81\x82\x04\x19\x01\xbb", 6, true },
		{ "an unknown column is passed over", "\x81\x82\x18\xfe\x01", 5, true },
		{ "more columns than there can be", "\x99\x01\x01", 3, false },
		{ "a column of an odd form", "\x81\x83\x04\x01\x00", 5, false },
		{ "planes that are not there", "\x81\x84\x04\x00\x02\x00\x01\x02", 8, false },
		{ "nine planes", "\x81\x84\x04\x00\x09\x00", 6, false },
		{ "a form that nobody knows", "\x81\x84\x04\x00\x00\x03", 6, false },
		{ "a first column beside another", "\x81\x84\x01\x00\x00\x02", 6, false },
		{ "entries of a number", "\x81\x86\x04\x01\x00\x00\x01\x02\x61x", 10, false },
		{ "an entry that is not there", "\x81\x86\x11\x02\x00\x00\x01\x02\x61x", 10,
			false },
		{ "an entry", "\x81\x86\x11\x01\x00\x00\x01\x02\x61x", 10, true },
		{ "an entry that is cut", "\x81\x86\x11\x01\x00\x00\x01\x01\x61x", 10, false },
		{ "an entry that is a number", "\x81\x86\x11\x01\x00\x00\x01\x01\x07", 9, false },
		{ "more entries than bytes", "\x81\x86\x11\x01\x00\x00\x19\x40\x00\x00", 10,
			false },
		{ "bytes that no column has", "\x81\x82\x04\x01\x00", 5, false },
	};
	struct record_columns *columns = record_columns_create();

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *bytes = malloc(cases[i].length);
		memcpy(bytes, cases[i].bytes, cases[i].length);
		ok(record_columns_read(columns, bytes, cases[i].length, 2, &whole) ==
				cases[i].is_read,
			"%s: %s", cases[i].what, cases[i].is_read ? "read" : "refused");
		free(bytes);
	}
	record_columns_destroy(columns);
}

/* Entries of a byte each would become many times what the block is. */
static void test_memory(void)
{
	enum { COLUMNS = 4, ENTRIES = COLUMNS_ROWS_MAX, JA4_KEY = 38 };
	struct record_columns *columns = record_columns_create();
	struct columns_writer writer;
	struct cbor_writer entries, content;
	struct columns_cuts cuts = { .count = 0 };
	uint64_t number = ENTRIES;

	columns_writer_init(&writer);
	cbor_writer_init(&entries);
	cbor_writer_init(&content);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		cbor_writer_text(&entries, "", 0);
	}
	for (unsigned i = 0; i < COLUMNS; i++) {
		columns_put_entries(&writer, JA4_KEY, &number, 1, &entries, ENTRIES);
	}
	columns_content(&writer, &content, &cuts);
	ok(!record_columns_read(columns, content.bytes, content.length, 1, &whole),
		"two million empty texts of one record: refused");
	columns_writer_deinit(&writer);
	cbor_writer_deinit(&entries);
	cbor_writer_deinit(&content);
	record_columns_destroy(columns);
}

int main(void)
{
	test_there_and_back(1, false);
	test_there_and_back(65, false);
	test_there_and_back(RECORDS, false);
	test_there_and_back(RECORDS, true);
	test_forgotten();
	test_damaged();
	test_hostile();
	test_memory();
	return done_testing();
}
