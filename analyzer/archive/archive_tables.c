#include "analyzer/archive/archive_tables.h"

#include <string.h>

#include "analyzer/rollup/cell_cbor.h"

enum { ROW_ITEMS = 5, HEAD_ITEMS = 2 };

static void put_row(
	struct cbor_writer *writer, struct dictionary *words, const struct day_table_row *row)
{
	const struct cell cell = { .key = row->key, .sums = row->sums };

	cbor_writer_array(writer, ROW_ITEMS);
	cbor_writer_number(writer, row->table);
	cbor_writer_bool(writer, row->is_rest);
	cbor_writer_number(writer, row->devices_are);
	cbor_writer_number(writer, row->devices);
	cell_cbor_put(writer, words, &cell, false);
}

void archive_tables_put(struct cbor_writer *content, struct dictionary *words,
	struct cbor_writer *rows, const struct day_tables *tables)
{
	dictionary_clear(words);
	cbor_writer_clear(rows);
	for (size_t i = 0; i < tables->count; i++) {
		put_row(rows, words, &tables->rows[i]);
	}
	uint32_t word_count = dictionary_count(words);
	cbor_writer_array(content, word_count);
	for (uint32_t i = 0; i < word_count; i++) {
		const char *word = dictionary_word(words, i);
		cbor_writer_text(content, word, strlen(word));
	}
	cbor_writer_array(content, HEAD_ITEMS);
	cbor_writer_number(content, tables->k);
	cbor_writer_bool(content, tables->is_withheld);
	cbor_writer_append(content, rows->bytes, rows->length);
	content->failed |= rows->failed;
}

static bool read_number(struct cbor_reader *content, uint64_t most, uint64_t *number)
{
	struct cbor_item item = cbor_reader_next(content);

	*number = item.number;
	return item.kind == CBOR_ITEM_NUMBER && item.number <= most;
}

static bool read_bool(struct cbor_reader *content, bool *value)
{
	struct cbor_item item = cbor_reader_next(content);

	*value = item.number != 0;
	return item.kind == CBOR_ITEM_BOOL;
}

static bool read_array(struct cbor_reader *content, uint64_t items)
{
	struct cbor_item item = cbor_reader_next(content);

	return item.kind == CBOR_ITEM_ARRAY && item.number == items;
}

static bool read_row(
	struct cbor_reader *content, const struct archive_words *words, struct day_table_row *row)
{
	struct cell cell = { .devices = { 0 } };
	uint64_t table = 0, devices_are = 0, devices = 0;
	bool is_read = read_array(content, ROW_ITEMS) &&
		       read_number(content, DAY_TABLE_COUNT - 1, &table) &&
		       read_bool(content, &row->is_rest) &&
		       read_number(content, DAY_TABLE_FEWER, &devices_are) &&
		       read_number(content, UINT32_MAX, &devices) &&
		       cell_cbor_read(content, words->words, words->count, &cell);

	row->table = (uint8_t)table;
	row->devices_are = (uint8_t)devices_are;
	row->devices = (uint32_t)devices;
	row->key = cell.key;
	row->sums = cell.sums;
	devices_deinit(&cell.devices);
	return is_read;
}

bool archive_tables_read(
	struct archive_blocks *blocks, struct archive_words *words, struct day_tables *tables)
{
	struct cbor_reader content = cbor_reader_over(blocks->plain, blocks->header.plain_bytes);
	uint64_t k = 0;

	*tables = (struct day_tables){ 0 };
	bool is_read = archive_words_read(words, &content, blocks->header.plain_bytes) &&
		       read_array(&content, HEAD_ITEMS) && read_number(&content, UINT32_MAX, &k) &&
		       read_bool(&content, &tables->is_withheld);
	tables->k = (unsigned)k;
	for (uint32_t i = 0; i < blocks->header.record_count && is_read; i++) {
		struct day_table_row row;
		is_read = read_row(&content, words, &row) && day_tables_add(tables, &row);
	}
	if (!is_read) {
		archive_blocks_report_damage(blocks, "its tables are malformed");
		day_tables_deinit(tables);
	}
	blocks->stats.blocks++;
	return is_read;
}
