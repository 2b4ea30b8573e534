#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_blocks.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_reader.h"
#include "analyzer/archive/archive_writer.h"
#include "analyzer/archive/columns.h"
#include "analyzer/archive/record_columns.h"
#include "analyzer/format/record_cbor_read.h"
#include "analyzer/record/symbols.h"
#include "base/hash.h"

enum { ROW_MEMORY_BYTES = 16 << 10 }; /* texts of one record */
enum { SYMBOLS_KNOWN = 256 };

struct known_symbol {
	const char *word; /* of the block at hand */
	uint16_t symbol;
};

struct archive_reader {
	struct archive_blocks blocks;
	uint32_t records_left; /* of the block at hand */
	struct archive_selection selection;
	struct record_wanted wanted; /* in columns */
	struct record_columns *columns;
	/* Of blocks that earlier builds wrote, record by record. */
	struct record_cbor_keys keys;
	struct cbor_reader content;
	struct archive_words words;
	struct cbor_labels labels; /* of the same block */
	struct known_symbol symbols[SYMBOL_KIND_COUNT][SYMBOLS_KNOWN];

	struct archived rows[ARCHIVE_BATCH_MAX];
	char row_memory[ARCHIVE_BATCH_MAX][ROW_MEMORY_BYTES];
};

static bool is_in_columns(const struct archive_reader *reader)
{
	return reader->blocks.header.form != ARCHIVE_FORM_ROWS;
}

static bool is_wanted(const struct archive_reader *reader, const struct record_times *times)
{
	const struct archive_options *options = &reader->blocks.options;

	if (options->whole) {
		return times->is_last &&
		       archive_is_in_time(options, times->flow_start_ns, times->end_ns);
	}
	return archive_is_in_time(options, times->start_ns, times->end_ns);
}

static bool begin_rows(struct archive_reader *reader)
{
	struct archive_blocks *blocks = &reader->blocks;

	reader->content = cbor_reader_over(blocks->plain, blocks->header.plain_bytes);
	bool is_read =
		archive_words_read(&reader->words, &reader->content, blocks->header.plain_bytes);
	reader->labels = (struct cbor_labels){ .labels = reader->words.words,
		.count = reader->words.count,
		.memory_bytes = ROW_MEMORY_BYTES };
	return is_read;
}

static void count_columns(struct archive_reader *reader)
{
	struct archive_stats *stats = &reader->blocks.stats;

	if (is_in_columns(reader)) {
		stats->columns += record_columns_count(reader->columns);
		stats->columns_read += record_columns_wanted(reader->columns);
	}
}

/* Goes to the next block that can be read. False at the end of the archive. */
static bool next_content(struct archive_reader *reader)
{
	struct archive_blocks *blocks = &reader->blocks;
	const struct archive_header *header = &blocks->header;

	while (archive_blocks_next(blocks)) {
		bool is_read = is_in_columns(reader)
				       ? record_columns_read(reader->columns, blocks->plain,
						 header->plain_bytes, header->record_count,
						 &reader->wanted)
				       : begin_rows(reader);
		if (is_read) {
			blocks->stats.blocks++;
			blocks->stats.compressed_bytes += header->compressed_bytes;
			blocks->stats.plain_bytes += header->plain_bytes;
			count_columns(reader);
			reader->records_left = header->record_count;
			memset(reader->symbols, 0, sizeof(reader->symbols));
			return true;
		}
		archive_blocks_report_damage(blocks, "its columns or labels are malformed");
	}
	return false;
}

/* Words of the block are the same text at the same address: most symbols were looked up before. */
static uint16_t find_symbol(struct archive_reader *reader, enum symbol_kind kind, const char *word)
{
	bool is_of_block = is_in_columns(reader) ||
			   (word >= reader->words.text &&
				   word < reader->words.text + reader->words.text_capacity);
	struct known_symbol *known = &reader->symbols[kind][((uintptr_t)word >> 2) % SYMBOLS_KNOWN];

	if (!is_of_block) {
		return symbol_of(kind, word);
	}
	if (known->word != word) {
		*known = (struct known_symbol){ word, symbol_of(kind, word) };
	}
	return known->symbol;
}

static void find_symbols(struct archive_reader *reader, struct archived *row)
{
	const struct record_labels *labels = &row->labels;
	struct decision *decision = &row->record.decision;

	row->record.verdict.app = find_symbol(reader, SYMBOL_APP, labels->app);
	decision->unit = find_symbol(reader, SYMBOL_UNIT, labels->unit);
	decision->class_ = find_symbol(reader, SYMBOL_CLASS, labels->class_);
	decision->rule = find_symbol(reader, SYMBOL_RULE, labels->rule);
	decision->exception = find_symbol(reader, SYMBOL_EXCEPTION, labels->exception);
}

static bool is_old(const struct archive_reader *reader)
{
	return reader->blocks.header.content_kind == ARCHIVE_RECORDS_0_1_0;
}

/* What 0.1.0 did not write is not known, and not nothing: which exception lifted the rule. */
static void note_unknown(struct archived *archived)
{
	if (archived->is_old && archived->record.decision.verdict == POLICY_VERDICT_EXCEPTED) {
		archived->labels.exception = "unknown";
	}
}

/* 0.1.0 does not say how the flow was seen, but all that this follows from. */
static void note_vantage(struct record *record, bool is_old)
{
	static const struct addr nobody;
	uint8_t via = record->via, seen = record->seen;
	struct record_device device = record->device;
	bool is_known = device.kind == DEVICE_ONE || device.kind == DEVICE_STATION;

	record_note_vantage(record);
	if (!is_old) {
		record->via = via;
		record->seen = seen;
		record->device.kind = device.kind;
	}
	if (is_known && !addr_equal(&device.identity, &nobody)) {
		record->device.identity = device.identity; /* under a pseudonym it is not kept */
	}
}

/* 100::/64 and 64 bits of the pseudonym's hash. */
struct addr archive_stand_in(const char *pseudonym)
{
	const struct hash_key key = hash_key_fixed("borderflow archive stand-in");
	uint64_t hash = hash_bytes(&key, pseudonym, strlen(pseudonym));
	struct addr addr = { { 0x01 } };

	memcpy(addr.bytes + 8, &hash, sizeof(hash));
	return addr;
}

void archive_put_stand_in(struct archived *row)
{
	struct flow_record *flow = &row->record.flow;
	struct addr *own =
		row->record.own_side == RECORD_SOURCE ? &flow->source : &flow->destination;

	if (row->labels.device[0] && !record_is_to_all(own)) {
		*own = archive_stand_in(row->labels.device);
	}
}

/* No field shows a stand-in, and none asks for symbols: they are for whoever has whole records. */
static void finish_row(struct archive_reader *reader, struct archived *archived, bool is_whole)
{
	if (is_whole) {
		archive_put_stand_in(archived);
	}
	archived->is_old = is_old(reader);
	note_unknown(archived);
	if (is_whole) {
		find_symbols(reader, archived);
	}
	note_vantage(&archived->record, archived->is_old);
	reader->blocks.stats.old_records += archived->is_old;
}

/* False where the rest of the block is malformed. */
static bool read_row(struct archive_reader *reader, struct archived *archived)
{
	reader->labels.memory = reader->row_memory[archived - reader->rows];
	return record_cbor_read(&reader->keys, &reader->content, &reader->labels, &archived->record,
		&archived->labels);
}

static void report_lost(struct archive_reader *reader)
{
	archive_blocks_report(&reader->blocks,
		"%s:%llu: the block is malformed; %u of its %u records are lost",
		archive_blocks_path(&reader->blocks), (unsigned long long)reader->blocks.header_at,
		(unsigned)reader->records_left, (unsigned)reader->blocks.header.record_count);
	reader->records_left = 0;
}

static bool matches(const struct archive_reader *reader, struct archived *row)
{
	const struct archive_selection *selection = &reader->selection;

	return !selection->matches || selection->matches(selection->context, row);
}

/* Records of a block of earlier builds, as many as fit; those outside the time asked for are left
 * out. */
static unsigned read_rows(struct archive_reader *reader)
{
	unsigned count = 0;

	while (count < ARCHIVE_BATCH_MAX && reader->records_left > 0) {
		struct archived *row = &reader->rows[count];
		const struct flow_record *flow = &row->record.flow;
		if (!read_row(reader, row)) {
			report_lost(reader);
			break;
		}
		finish_row(reader, row, true);
		reader->records_left--;
		count += is_wanted(reader,
				 &(struct record_times){ flow->start_ns, flow->flow_start_ns,
					 flow->end_ns, flow->is_last }) &&
			 matches(reader, row);
	}
	if (reader->records_left == 0 && !reader->content.failed && reader->blocks.verifying &&
		!cbor_reader_is_at_end(&reader->content)) {
		archive_blocks_report(&reader->blocks,
			"%s:%llu: the block holds more than its header says",
			archive_blocks_path(&reader->blocks),
			(unsigned long long)reader->blocks.header_at);
	}
	return count;
}

/* Fills rows from the first on with a part of records of the batch. */
static bool read_part(struct archive_reader *reader, enum record_part part, uint32_t first,
	uint32_t rows, const uint8_t *batch_rows, unsigned count)
{
	struct record_place places[ARCHIVE_BATCH_MAX];
	bool is_whole = part == RECORD_WANTED && !reader->wanted.fields;

	for (unsigned i = 0; i < count; i++) {
		struct archived *row = &reader->rows[i];
		places[i] = (struct record_place){ batch_rows[i], &row->record, &row->labels };
	}
	if (count > 0 && !record_columns_batch(reader->columns, part, first, rows, places, count)) {
		report_lost(reader);
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		finish_row(reader, &reader->rows[i], is_whole);
	}
	return true;
}

/* Keeps those that match. */
static unsigned drop_others(struct archive_reader *reader, uint8_t *batch_rows, unsigned count)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		if (matches(reader, &reader->rows[i])) {
			batch_rows[kept++] = batch_rows[i];
		}
	}
	return kept;
}

/* The next records of a block in columns that are asked for. Most of them can be told by a few of
 * their fields. */
static unsigned read_columns(struct archive_reader *reader)
{
	_Static_assert((int)ARCHIVE_BATCH_MAX <= (int)COLUMN_BATCH_MAX, "a batch of one is one");
	struct record_times times[ARCHIVE_BATCH_MAX];
	uint8_t batch_rows[ARCHIVE_BATCH_MAX];
	uint32_t first = reader->blocks.header.record_count - reader->records_left;
	uint32_t rows =
		reader->records_left < ARCHIVE_BATCH_MAX ? reader->records_left : ARCHIVE_BATCH_MAX;
	unsigned count = 0;

	record_columns_times(reader->columns, first, rows, times);
	for (uint32_t i = 0; i < rows; i++) {
		if (is_wanted(reader, &times[i])) {
			batch_rows[count++] = (uint8_t)i;
		}
	}
	if (reader->selection.matches) {
		if (!read_part(reader, RECORD_ASKED, first, rows, batch_rows, count)) {
			return 0;
		}
		count = drop_others(reader, batch_rows, count);
	}
	if (!read_part(reader, RECORD_WANTED, first, rows, batch_rows, count)) {
		return 0;
	}
	reader->records_left -= rows;
	return count;
}

size_t archive_reader_next(struct archive_reader *reader, struct archived **records)
{
	unsigned count = 0;

	while (count == 0) {
		if (reader->records_left == 0 && !next_content(reader)) {
			break;
		}
		count = is_in_columns(reader) ? read_columns(reader) : read_rows(reader);
	}
	reader->blocks.stats.records += count;
	*records = reader->rows;
	return count;
}

struct archive_blocks *archive_reader_blocks(struct archive_reader *reader)
{
	return &reader->blocks;
}

void archive_reader_stats(const struct archive_reader *reader, struct archive_stats *stats)
{
	*stats = reader->blocks.stats;
	if (reader->blocks.has_digest) {
		digest_hex(reader->blocks.digest, sizeof(reader->blocks.digest), stats->head);
	}
}

static void note_header(struct archive_extent *extent, const struct archive_header *header)
{
	bool is_first = extent->records == 0;

	extent->records += header->record_count;
	if (is_first || header->first_ns < extent->first_ns) {
		extent->first_ns = header->first_ns;
	}
	if (header->last_ns > extent->last_ns) {
		extent->last_ns = header->last_ns;
	}
}

int archive_read_extent(const char *folder, struct archive_extent *extent, struct err *err)
{
	const struct archive_options options = { .folder = folder };
	struct archive_blocks blocks;
	int status = archive_blocks_open(&blocks, &options, ARCHIVE_RECORD_CONTENTS, err);

	*extent = (struct archive_extent){ 0 };
	while (status == 0 && archive_blocks_step(&blocks)) {
		if (archive_is_of_records(blocks.header.content_kind)) {
			note_header(extent, &blocks.header);
		}
	}
	extent->problems = blocks.stats.problems;
	archive_blocks_close(&blocks);
	return status;
}

/* What every reader of records needs. */
static void add_always(struct field_set *set)
{
	static const char *const paths[] = { "event.start", "event.end", "borderflow.flow.start",
		"borderflow.flow.part", "borderflow.flow.last", "borderflow.device" };

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		field_set_add_alone(set, field_find(paths[i], strlen(paths[i])));
	}
}

static void select_records(struct archive_reader *reader)
{
	struct archive_selection *selection = &reader->selection;

	if (!reader->blocks.options.selection) {
		return;
	}
	*selection = *reader->blocks.options.selection;
	add_always(&selection->asked);
	field_set_add_all(&selection->fields, &selection->asked);
	reader->wanted.asked = &selection->asked;
	if (!field_set_is_all(&selection->fields)) {
		reader->wanted.fields = &selection->fields;
	}
}

int archive_reader_open(
	struct archive_reader **reader, const struct archive_options *options, struct err *err)
{
	struct archive_reader *opened = calloc(1, sizeof(*opened));
	int status;

	*reader = NULL;
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", options->folder);
	}
	status = archive_blocks_open(&opened->blocks, options, ARCHIVE_RECORD_CONTENTS, err);
	select_records(opened);
	opened->columns = record_columns_create();
	record_cbor_keys_init(&opened->keys);
	bool has_words = archive_words_init(&opened->words);
	if (status == 0 && !(has_words && opened->columns)) {
		status = err_set(err, ENOMEM, "%s: out of memory", options->folder);
	}
	if (status < 0) {
		archive_reader_close(opened);
		return status;
	}
	*reader = opened;
	return 0;
}

void archive_reader_close(struct archive_reader *reader)
{
	if (!reader) {
		return;
	}
	archive_blocks_close(&reader->blocks);
	archive_words_deinit(&reader->words);
	record_columns_destroy(reader->columns);
	free(reader);
}

int archive_each_record(const struct archive_options *options, archive_batch_taker *take,
	void *context, struct archive_stats *stats, struct err *err)
{
	struct archive_reader *reader;
	struct archived *rows;
	size_t count;
	int status = archive_reader_open(&reader, options, err);

	if (status < 0) {
		return status;
	}
	while ((count = archive_reader_next(reader, &rows)) > 0) {
		take(context, rows, count);
	}
	archive_reader_stats(reader, stats);
	archive_reader_close(reader);
	return 0;
}

static bool is_open_block(const void *index, const struct archive_blocks *blocks)
{
	return archive_index_is_open(index, blocks->ordinal);
}

int archive_read_open_hours(const char *folder, const struct archive_index *index,
	archive_record_taker *take, void *context, struct err *err)
{
	const struct archive_options options = { .folder = folder };
	struct archive_reader *reader;
	struct archived *rows;
	size_t count;
	int status = archive_reader_open(&reader, &options, err);

	if (status < 0) {
		return status;
	}
	reader->blocks.wants = is_open_block;
	reader->blocks.wants_context = index;
	while ((count = archive_reader_next(reader, &rows)) > 0) {
		for (size_t i = 0; i < count; i++) {
			int64_t hour = (int64_t)(rows[i].record.flow.start_ns / ARCHIVE_HOUR_NS);
			if (archive_index_hour(index, hour) < reader->blocks.ordinal) {
				take(context, &rows[i].record, &rows[i].labels);
			}
		}
	}
	archive_reader_close(reader);
	return 0;
}
