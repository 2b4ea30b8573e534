#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/store/archive.h"
#include "analyzer/store/archive_format.h"
#include "analyzer/store/compress.h"
#include "analyzer/store/record_cbor.h"
#include "base/hash.h"

enum {
	ROW_MEMORY_BYTES = 16 << 10, /* texts of one record */
	SEARCH_BYTES = 64 << 10      /* looking for the next block behind a damaged one */
};

struct archive_reader {
	struct archive_options options;
	struct archive_stats stats;
	struct archive_segments segments;
	size_t segment;               /* the one being read */
	int fd;                       /* of it; -1: not open */
	uint64_t at, size;            /* in it */
	struct archive_header header; /* of the last block that was found */
	uint64_t header_at;

	bool verifying, has_digest;          /* has_digest: there was a whole block before */
	uint8_t digest[DIGEST_SHA256_BYTES]; /* of it */
	uint8_t head[DIGEST_SHA256_BYTES];
	bool has_head, head_passed;

	struct compressor *compressor;
	uint8_t *compressed, *plain;
	size_t compressed_capacity, plain_capacity;
	struct record_cbor_plan plan;
	struct cbor_reader content;
	uint32_t records_left;
	char *word_text;
	const char **words;
	size_t word_text_capacity;
	uint32_t word_count;
	struct hash_key stand_in_key;

	struct archived rows[ARCHIVE_BATCH_MAX];
	char row_memory[ARCHIVE_BATCH_MAX][ROW_MEMORY_BYTES];
};

__attribute__((format(printf, 2, 3))) static void report(
	struct archive_reader *reader, const char *format, ...)
{
	char sentence[1024];
	va_list arguments;

	reader->stats.problems++;
	if (reader->options.problem) {
		va_start(arguments, format);
		vsnprintf(sentence, sizeof(sentence), format, arguments);
		va_end(arguments);
		reader->options.problem(reader->options.problem_context, sentence);
	}
}

static const char *segment_path(const struct archive_reader *reader)
{
	return reader->segments.items[reader->segment].path;
}

static bool reserve(uint8_t **bytes, size_t *capacity, size_t wanted)
{
	if (*capacity >= wanted) {
		return true;
	}
	uint8_t *grown = realloc(*bytes, wanted);
	if (grown) {
		*bytes = grown;
		*capacity = wanted;
	}
	return grown != NULL;
}

static void end_segment(struct archive_reader *reader)
{
	if (reader->fd >= 0) {
		close(reader->fd);
	}
	reader->fd = -1;
	reader->segment++;
}

static void check_order(struct archive_reader *reader)
{
	const struct archive_segment *items = reader->segments.items;
	size_t i = reader->segment;

	if (!reader->verifying || i == 0) {
		return;
	}
	if (items[i].number == items[i - 1].number) {
		report(reader, "%s: a second segment of number %llu, beside %s", items[i].path,
			(unsigned long long)items[i].number, items[i - 1].path);
	} else if (items[i].number != items[i - 1].number + 1) {
		report(reader, "%s: the segments between %s and this one are missing",
			items[i].path, items[i - 1].path);
	}
}

/* False where there are no more. */
static bool open_segment(struct archive_reader *reader)
{
	while (reader->fd < 0 && reader->segment < reader->segments.count) {
		struct stat status;

		check_order(reader);
		reader->fd = open(segment_path(reader), O_RDONLY | O_CLOEXEC);
		if (reader->fd < 0 || fstat(reader->fd, &status) < 0) {
			report(reader, "%s: cannot read: %s", segment_path(reader),
				strerror(errno));
			end_segment(reader);
			continue;
		}
		reader->size = (uint64_t)status.st_size;
		reader->at = 0;
		reader->stats.segments++;
	}
	return reader->fd >= 0;
}

/* Behind a damaged place: the next offset from which a magic stands, or the end of the file. */
static uint64_t find_magic(struct archive_reader *reader, uint64_t from)
{
	static const char magic[] = ARCHIVE_MAGIC;
	char window[SEARCH_BYTES];

	while (from + ARCHIVE_HEADER_BYTES <= reader->size) {
		int64_t got = archive_read_at(reader->fd, from, window, sizeof(window));
		if (got < ARCHIVE_MAGIC_BYTES) {
			break;
		}
		const char *found = memmem(window, (size_t)got, magic, ARCHIVE_MAGIC_BYTES);
		if (found) {
			return from + (uint64_t)(found - window);
		}
		from += (uint64_t)got - (ARCHIVE_MAGIC_BYTES - 1);
	}
	return reader->size;
}

static void check_chain(struct archive_reader *reader, const uint8_t bytes[ARCHIVE_HEADER_BYTES])
{
	const struct archive_header *header = &reader->header;
	uint64_t number = reader->segments.items[reader->segment].number;

	if (reader->verifying && header->segment != number) {
		report(reader, "%s:%llu: this block was written to segment %llu",
			segment_path(reader), (unsigned long long)reader->header_at,
			(unsigned long long)header->segment);
	}
	if (reader->verifying && reader->has_digest &&
		memcmp(header->previous, reader->digest, sizeof(reader->digest)) != 0) {
		report(reader,
			"%s:%llu: the chain is broken: this is not the block that followed the one "
			"before it",
			segment_path(reader), (unsigned long long)reader->header_at);
	}
	archive_header_digest(bytes, reader->digest);
	reader->has_digest = true;
	reader->head_passed |=
		reader->has_head && memcmp(reader->digest, reader->head, sizeof(reader->head)) == 0;
}

/* Finds the next whole block of the segment; false at its end. */
static bool next_header(struct archive_reader *reader)
{
	uint8_t bytes[ARCHIVE_HEADER_BYTES];

	for (;;) {
		int64_t got = archive_read_at(reader->fd, reader->at, bytes, sizeof(bytes));
		uint64_t left = reader->size - reader->at;

		if (left == 0 || got <= 0) {
			return false;
		}
		if (left < ARCHIVE_HEADER_BYTES || got < ARCHIVE_HEADER_BYTES) {
			report(reader,
				"%s:%llu: the file ends inside a block header; what was before it "
				"is whole",
				segment_path(reader), (unsigned long long)reader->at);
			return false;
		}
		if (!archive_header_decode(&reader->header, bytes)) {
			uint64_t next = find_magic(reader, reader->at + 1);
			report(reader,
				"%s:%llu: not a block header, or a damaged one; %llu bytes passed "
				"over",
				segment_path(reader), (unsigned long long)reader->at,
				(unsigned long long)(next - reader->at));
			reader->at = next;
			continue;
		}
		if (reader->header.compressed_bytes > left - ARCHIVE_HEADER_BYTES) {
			report(reader,
				"%s:%llu: the file ends inside a block of %u records (a write was "
				"cut short); what was before it is whole",
				segment_path(reader), (unsigned long long)reader->at,
				(unsigned)reader->header.record_count);
			return false;
		}
		reader->header_at = reader->at;
		reader->at += ARCHIVE_HEADER_BYTES + reader->header.compressed_bytes;
		check_chain(reader, bytes);
		return true;
	}
}

static bool is_in_time(const struct archive_reader *reader, uint64_t first_ns, uint64_t last_ns)
{
	uint64_t to_ns = reader->options.to_ns;

	return last_ns >= reader->options.from_ns && (to_ns == 0 || first_ns < to_ns);
}

/* A block after the time may hold the last parts of flows that began within it. */
static bool is_block_in_time(const struct archive_reader *reader)
{
	uint64_t first_ns = reader->options.whole ? 0 : reader->header.first_ns;

	return is_in_time(reader, first_ns, reader->header.last_ns);
}

static bool is_wanted(const struct archive_reader *reader, const struct flow_record *flow)
{
	if (reader->options.whole) {
		return flow->is_last && is_in_time(reader, flow->flow_start_ns, flow->end_ns);
	}
	return is_in_time(reader, flow->start_ns, flow->end_ns);
}

/* The words that stand before the records. Their texts are copied so that each ends with a NUL. */
static bool read_words(struct archive_reader *reader)
{
	struct cbor_item array = cbor_reader_next(&reader->content);
	size_t used = 0;

	reader->word_count = 0;
	if (array.kind != CBOR_ITEM_ARRAY || array.number > DICTIONARY_WORDS_MAX) {
		return false;
	}
	size_t wanted = reader->header.plain_bytes + (size_t)array.number;
	if (!reserve((uint8_t **)&reader->word_text, &reader->word_text_capacity, wanted)) {
		return false;
	}
	while (reader->word_count < array.number) {
		struct cbor_item word = cbor_reader_next(&reader->content);
		if (word.kind != CBOR_ITEM_TEXT) {
			return false;
		}
		char *copy = reader->word_text + used;
		memcpy(copy, word.bytes, word.length);
		copy[word.length] = '\0';
		used += word.length + 1;
		reader->words[reader->word_count++] = copy;
	}
	return true;
}

/* What is wrong with the content of the block just found, or NULL. */
static const char *load_content(struct archive_reader *reader)
{
	const struct archive_header *header = &reader->header;
	uint8_t digest[DIGEST_SHA256_BYTES];

	if (!reserve(&reader->compressed, &reader->compressed_capacity,
		    header->compressed_bytes + 1) ||
		!reserve(&reader->plain, &reader->plain_capacity, header->plain_bytes + 1)) {
		return "there is not enough memory for it";
	}
	if (archive_read_at(reader->fd, reader->header_at + ARCHIVE_HEADER_BYTES,
		    reader->compressed,
		    header->compressed_bytes) != (int64_t)header->compressed_bytes) {
		return "it cannot be read";
	}
	digest_sha256(reader->compressed, header->compressed_bytes, digest);
	if (memcmp(digest, header->content, sizeof(digest)) != 0) {
		return "its digest is another";
	}
	if (!decompress_block(reader->compressor, reader->compressed, header->compressed_bytes,
		    reader->plain, header->plain_bytes)) {
		return "it does not decompress";
	}
	reader->content = cbor_reader_over(reader->plain, header->plain_bytes);
	if (!read_words(reader)) {
		return "its words are malformed";
	}
	return NULL;
}

/* Goes to the next block that is whole and in time. False at the end of the archive. */
static bool next_block(struct archive_reader *reader)
{
	while (open_segment(reader)) {
		if (!next_header(reader)) {
			end_segment(reader);
			continue;
		}
		if (!is_block_in_time(reader)) {
			reader->stats.blocks_skipped++;
			continue;
		}
		const char *wrong = load_content(reader);
		if (!wrong) {
			reader->stats.blocks++;
			reader->stats.compressed_bytes += reader->header.compressed_bytes;
			reader->stats.plain_bytes += reader->header.plain_bytes;
			reader->records_left = reader->header.record_count;
			return true;
		}
		report(reader, "%s:%llu: the block of %u records is damaged: %s",
			segment_path(reader), (unsigned long long)reader->header_at,
			(unsigned)reader->header.record_count, wrong);
	}
	return false;
}

static uint16_t find_unit(const struct policy *policy, const char *name)
{
	for (unsigned row = 1; row <= policy_unit_count(policy); row++) {
		if (strcmp(policy_unit_name(policy, (uint16_t)row), name) == 0) {
			return (uint16_t)row;
		}
	}
	return 0;
}

static uint16_t find_rule(const struct policy *policy, const char *id)
{
	for (unsigned row = 1; row <= policy_rule_count(policy); row++) {
		if (strcmp(policy_rule(policy, (uint16_t)row)->id, id) == 0) {
			return (uint16_t)row;
		}
	}
	return 0;
}

static void find_rows(const struct lexicon *lexicon, struct archived *row)
{
	const struct words *words = &row->words;

	if (lexicon->catalogue && words->app[0]) {
		row->record.verdict.app = catalogue_find(lexicon->catalogue, words->app);
	}
	if (lexicon->policy && words->unit[0]) {
		row->record.decision.unit = find_unit(lexicon->policy, words->unit);
	}
	if (lexicon->policy && words->rule[0]) {
		row->record.decision.rule = find_rule(lexicon->policy, words->rule);
	}
}

/* 100::/64 and 64 bits of the pseudonym's hash. */
static void put_stand_in(const struct archive_reader *reader, struct archived *row)
{
	struct flow_record *flow = &row->record.flow;
	struct addr *own =
		row->record.own_side == RECORD_SOURCE ? &flow->source : &flow->destination;
	uint64_t hash =
		hash_bytes(&reader->stand_in_key, row->words.device, strlen(row->words.device));

	*own = (struct addr){ { 0x01 } };
	memcpy(own->bytes + 8, &hash, sizeof(hash));
}

/* False where the rest of the block is malformed. */
static bool read_row(struct archive_reader *reader, unsigned row)
{
	struct archived *archived = &reader->rows[row];
	struct cbor_words block = { reader->words, reader->word_count, reader->row_memory[row],
		ROW_MEMORY_BYTES, 0 };

	if (!record_cbor_read(
		    &reader->plan, &reader->content, &block, &archived->record, &archived->words)) {
		return false;
	}
	if (archived->words.device[0]) {
		put_stand_in(reader, archived);
	}
	if (reader->options.lexicon) {
		find_rows(reader->options.lexicon, archived);
	}
	return true;
}

/* Records of the block at hand, as many as fit; those outside the time asked for are left out. */
static unsigned read_rows(struct archive_reader *reader)
{
	unsigned count = 0;

	while (count < ARCHIVE_BATCH_MAX && reader->records_left > 0) {
		if (!read_row(reader, count)) {
			report(reader,
				"%s:%llu: the block is malformed; %u of its %u records are lost",
				segment_path(reader), (unsigned long long)reader->header_at,
				(unsigned)reader->records_left,
				(unsigned)reader->header.record_count);
			reader->records_left = 0;
			break;
		}
		reader->records_left--;
		count += is_wanted(reader, &reader->rows[count].record.flow);
	}
	if (reader->records_left == 0 && !reader->content.failed && reader->verifying &&
		!cbor_reader_is_at_end(&reader->content)) {
		report(reader, "%s:%llu: the block holds more than its header says",
			segment_path(reader), (unsigned long long)reader->header_at);
	}
	return count;
}

size_t archive_reader_next(struct archive_reader *reader, struct archived **records)
{
	unsigned count = 0;

	while (count == 0) {
		if (reader->records_left == 0 && !next_block(reader)) {
			break;
		}
		count = read_rows(reader);
	}
	reader->stats.records += count;
	*records = reader->rows;
	return count;
}

void archive_reader_stats(const struct archive_reader *reader, struct archive_stats *stats)
{
	*stats = reader->stats;
	if (reader->has_digest) {
		digest_hex(reader->digest, sizeof(reader->digest), stats->head);
	}
}

static int read_head(struct archive_reader *reader, struct err *err)
{
	uint64_t segment;
	int status = archive_head_read(reader->options.folder, &segment, reader->head, err);

	reader->has_head = status == 0;
	return status == -ENOENT ? 0 : status;
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
	opened->options = *options;
	opened->fd = -1;
	opened->stand_in_key = hash_key_fixed("borderflow archive stand-in");
	opened->compressor = compressor_create();
	record_cbor_plan_init(&opened->plan, FIELD_ARCHIVED);
	opened->words = calloc(DICTIONARY_WORDS_MAX, sizeof(*opened->words));
	if (!opened->compressor || !opened->words) {
		status = err_set(err, ENOMEM, "%s: out of memory", options->folder);
	} else {
		status = archive_segments_list(&opened->segments, options->folder, err);
	}
	if (status == 0 && opened->segments.count == 0) {
		status = err_set(err, ENOENT,
			"%s: there is no archive here (no segments flows-NUMBER.bfa)",
			options->folder);
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
	if (reader->fd >= 0) {
		close(reader->fd);
	}
	archive_segments_free(&reader->segments);
	compressor_destroy(reader->compressor);
	free(reader->compressed);
	free(reader->plain);
	free(reader->word_text);
	free(reader->words);
	free(reader);
}

int archive_verify(
	const struct archive_options *options, struct archive_stats *stats, struct err *err)
{
	struct archive_options everything = *options;
	struct archive_reader *reader;
	struct archived *records;

	everything.from_ns = everything.to_ns = 0;
	everything.whole = false;
	*stats = (struct archive_stats){ 0 };
	int status = archive_reader_open(&reader, &everything, err);
	if (status < 0) {
		return status;
	}
	reader->verifying = true;
	status = read_head(reader, err);
	while (status == 0 && archive_reader_next(reader, &records) > 0) {
		continue;
	}
	if (status == 0 && reader->has_head && !reader->head_passed) {
		report(reader,
			"%s/head: the block it names is not in the archive: the end is missing",
			options->folder);
	}
	archive_reader_stats(reader, stats);
	archive_reader_close(reader);
	return status;
}
