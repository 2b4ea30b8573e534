#include "analyzer/archive/archive_blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/archive_owed.h"
#include "analyzer/archive/compress.h"
#include "analyzer/format/cbor_reader.h"
#include "analyzer/format/dictionary.h"
#include "base/file.h"

enum { SEARCH_BYTES = 64 << 10 }; /* looking for the next block behind a damaged one */

void archive_blocks_report(struct archive_blocks *blocks, const char *format, ...)
{
	char sentence[1024];
	va_list arguments;

	blocks->stats.problems++;
	if (blocks->options.problem) {
		va_start(arguments, format);
		vsnprintf(sentence, sizeof(sentence), format, arguments);
		va_end(arguments);
		blocks->options.problem(blocks->options.problem_context, sentence);
	}
}

const char *archive_blocks_path(const struct archive_blocks *blocks)
{
	return blocks->segments.items[blocks->segment].path;
}

void archive_blocks_report_damage(struct archive_blocks *blocks, const char *wrong)
{
	archive_blocks_report(blocks, "%s:%llu: the block of %u records is damaged: %s",
		archive_blocks_path(blocks), (unsigned long long)blocks->header_at,
		(unsigned)blocks->header.record_count, wrong);
}

bool archive_blocks_reserve(uint8_t **bytes, size_t *capacity, size_t wanted)
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

bool archive_words_init(struct archive_words *words)
{
	*words = (struct archive_words){ .words = calloc(
						 DICTIONARY_WORDS_MAX, sizeof(*words->words)) };
	return words->words != NULL;
}

void archive_words_deinit(struct archive_words *words)
{
	free(words->text);
	free(words->words);
}

/* The texts are copied so that each ends with a NUL. */
bool archive_words_read(
	struct archive_words *words, struct cbor_reader *content, size_t plain_bytes)
{
	struct cbor_item array = cbor_reader_next(content);
	size_t used = 0;

	words->count = 0;
	if (array.kind != CBOR_ITEM_ARRAY || array.number > DICTIONARY_WORDS_MAX ||
		!archive_blocks_reserve((uint8_t **)&words->text, &words->text_capacity,
			plain_bytes + (size_t)array.number)) {
		return false;
	}
	while (words->count < array.number) {
		struct cbor_item word = cbor_reader_next(content);
		if (word.kind != CBOR_ITEM_TEXT) {
			return false;
		}
		char *copy = words->text + used;
		memcpy(copy, word.bytes, word.length);
		copy[word.length] = '\0';
		used += word.length + 1;
		words->words[words->count++] = copy;
	}
	return true;
}

static void end_segment(struct archive_blocks *blocks)
{
	if (blocks->fd >= 0) {
		close(blocks->fd);
	}
	blocks->fd = -1;
	blocks->segment++;
}

static void check_order(struct archive_blocks *blocks)
{
	const struct archive_segment *items = blocks->segments.items;
	size_t i = blocks->segment;

	if (!blocks->verifying || i == 0) {
		return;
	}
	if (items[i].number == items[i - 1].number) {
		archive_blocks_report(blocks, "%s: a second segment of number %llu, beside %s",
			items[i].path, (unsigned long long)items[i].number, items[i - 1].path);
	} else if (items[i].number != items[i - 1].number + 1) {
		archive_blocks_report(blocks,
			"%s: the segments between %s and this one are missing", items[i].path,
			items[i - 1].path);
	}
}

/* False where there are no more. */
static bool open_segment(struct archive_blocks *blocks)
{
	while (blocks->fd < 0 && blocks->segment < blocks->segments.count) {
		struct stat status;

		check_order(blocks);
		blocks->fd = file_open_regular(archive_blocks_path(blocks));
		if (blocks->fd < 0 || fstat(blocks->fd, &status) < 0) {
			archive_blocks_report(blocks, "%s: cannot read: %s",
				archive_blocks_path(blocks), strerror(errno));
			end_segment(blocks);
			continue;
		}
		blocks->size = (uint64_t)status.st_size;
		blocks->at = blocks->start_at;
		blocks->start_at = 0;
		blocks->stats.segments++;
	}
	return blocks->fd >= 0;
}

/* Behind a damaged place: the next offset from which a magic stands, or the end of the file. */
static uint64_t find_magic(struct archive_blocks *blocks, uint64_t from)
{
	static const char magic[] = ARCHIVE_MAGIC;
	char window[SEARCH_BYTES];

	while (from + ARCHIVE_HEADER_BYTES <= blocks->size) {
		int64_t got = archive_read_at(blocks->fd, from, window, sizeof(window));
		if (got < ARCHIVE_MAGIC_BYTES) {
			break;
		}
		const char *found = memmem(window, (size_t)got, magic, ARCHIVE_MAGIC_BYTES);
		if (found) {
			return from + (uint64_t)(found - window);
		}
		from += (uint64_t)got - (ARCHIVE_MAGIC_BYTES - 1);
	}
	return blocks->size;
}

/* What stood before the first block that is left was deleted, and a tombstone says so. */
static void check_first(struct archive_blocks *blocks)
{
	static const uint8_t none[DIGEST_SHA256_BYTES];
	const uint8_t *previous = blocks->header.previous;
	bool is_known = memcmp(previous, none, sizeof(none)) == 0;

	for (size_t i = 0; i < blocks->deleted.count; i++) {
		const struct archive_tombstone *tombstone = &blocks->deleted.items[i];
		is_known |= tombstone->shelf == blocks->shelf &&
			    memcmp(tombstone->digest, previous, sizeof(none)) == 0;
	}
	if (!is_known) {
		archive_blocks_report(blocks,
			"%s:%llu: what stood before this block is missing, and no tombstone says "
			"that it was deleted",
			archive_blocks_path(blocks), (unsigned long long)blocks->header_at);
	}
}

static void check_chain(struct archive_blocks *blocks, const uint8_t bytes[ARCHIVE_HEADER_BYTES])
{
	const struct archive_header *header = &blocks->header;
	uint64_t number = blocks->segments.items[blocks->segment].number;

	if (blocks->verifying && header->segment != number) {
		archive_blocks_report(blocks, "%s:%llu: this block was written to segment %llu",
			archive_blocks_path(blocks), (unsigned long long)blocks->header_at,
			(unsigned long long)header->segment);
	}
	if (blocks->verifying && blocks->has_digest &&
		memcmp(header->previous, blocks->digest, sizeof(blocks->digest)) != 0) {
		archive_blocks_report(blocks,
			"%s:%llu: the chain is broken: this is not the block that followed the one "
			"before it",
			archive_blocks_path(blocks), (unsigned long long)blocks->header_at);
	}
	if (blocks->verifying && !blocks->has_digest) {
		check_first(blocks);
	}
	archive_header_digest(bytes, blocks->digest);
	blocks->has_digest = true;
	blocks->head_passed |=
		blocks->has_head && memcmp(blocks->digest, blocks->head, sizeof(blocks->head)) == 0;
	for (unsigned i = 0; i < blocks->anchor_count; i++) {
		bool is_it =
			memcmp(blocks->digest, blocks->anchors[i], sizeof(blocks->digest)) == 0;
		blocks->anchors_passed |= (unsigned)is_it << i;
	}
}

/* What is too short for its mark is found damaged when it is loaded. */
static void read_mark(struct archive_blocks *blocks)
{
	uint8_t bytes[ARCHIVE_MARK_BYTES] = { 0 };

	archive_read_at(blocks->fd, blocks->header_at + ARCHIVE_HEADER_BYTES, bytes, sizeof(bytes));
	archive_mark_decode(&blocks->mark, bytes);
}

/* Finds the next whole block of the segment; false at its end. */
static bool next_header(struct archive_blocks *blocks)
{
	uint8_t bytes[ARCHIVE_HEADER_BYTES];

	for (;;) {
		int64_t got = archive_read_at(blocks->fd, blocks->at, bytes, sizeof(bytes));
		uint64_t left = blocks->size - blocks->at;

		if (left == 0 || got <= 0) {
			return false;
		}
		if (left < ARCHIVE_HEADER_BYTES || got < ARCHIVE_HEADER_BYTES) {
			archive_blocks_report(blocks,
				"%s:%llu: the file ends inside a block header; what was before it "
				"is whole",
				archive_blocks_path(blocks), (unsigned long long)blocks->at);
			return false;
		}
		if (!archive_header_decode(&blocks->header, bytes)) {
			uint64_t next = find_magic(blocks, blocks->at + 1);
			archive_blocks_report(blocks,
				"%s:%llu: not a block header, or a damaged one; %llu bytes passed "
				"over",
				archive_blocks_path(blocks), (unsigned long long)blocks->at,
				(unsigned long long)(next - blocks->at));
			blocks->at = next;
			continue;
		}
		if (blocks->header.compressed_bytes > left - ARCHIVE_HEADER_BYTES) {
			archive_blocks_report(blocks,
				"%s:%llu: the file ends inside a block of %u records (a write was "
				"cut short); what was before it is whole",
				archive_blocks_path(blocks), (unsigned long long)blocks->at,
				(unsigned)blocks->header.record_count);
			return false;
		}
		blocks->header_at = blocks->at;
		blocks->at += ARCHIVE_HEADER_BYTES + blocks->header.compressed_bytes;
		blocks->ordinal++;
		if (blocks->header.last_ns > blocks->stats.last_ns) {
			blocks->stats.last_ns = blocks->header.last_ns;
		}
		check_chain(blocks, bytes);
		if (archive_has_mark(blocks->header.content_kind)) {
			read_mark(blocks);
		}
		return true;
	}
}

bool archive_is_in_time(const struct archive_options *options, uint64_t first_ns, uint64_t last_ns)
{
	return last_ns >= options->from_ns && (options->to_ns == 0 || first_ns < options->to_ns);
}

/* A block after the time may hold the last parts of flows that began within it. */
static bool is_block_in_time(const struct archive_blocks *blocks)
{
	uint64_t first_ns = blocks->options.whole ? 0 : blocks->header.first_ns;

	return archive_is_in_time(&blocks->options, first_ns, blocks->header.last_ns);
}

/* What is wrong with the content of the block just found, or NULL. */
static const char *load_content(struct archive_blocks *blocks)
{
	const struct archive_header *header = &blocks->header;
	uint32_t mark = archive_has_mark(header->content_kind) ? ARCHIVE_MARK_BYTES : 0;
	uint8_t digest[DIGEST_SHA256_BYTES];

	if (header->compressed_bytes < mark) {
		return "it is too short";
	}
	if (!archive_blocks_reserve(&blocks->compressed, &blocks->compressed_capacity,
		    header->compressed_bytes + 1) ||
		!archive_blocks_reserve(
			&blocks->plain, &blocks->plain_capacity, header->plain_bytes + 1)) {
		return "there is not enough memory for it";
	}
	if (archive_read_at(blocks->fd, blocks->header_at + ARCHIVE_HEADER_BYTES,
		    blocks->compressed,
		    header->compressed_bytes) != (int64_t)header->compressed_bytes) {
		return "it cannot be read";
	}
	digest_sha256(blocks->compressed, header->compressed_bytes, digest);
	if (memcmp(digest, header->content, sizeof(digest)) != 0) {
		return "its digest is another";
	}
	if (!decompress_block(blocks->compressor, blocks->compressed + mark,
		    header->compressed_bytes - mark, blocks->plain, header->plain_bytes)) {
		return "it does not decompress";
	}
	return NULL;
}

static bool is_wanted_content(const struct archive_blocks *blocks)
{
	uint32_t kind = blocks->header.content_kind;

	return kind < 32 && (blocks->contents >> kind & 1) &&
	       (!blocks->wants || blocks->wants(blocks->wants_context, blocks));
}

static void count_gap(struct archive_blocks *blocks)
{
	if (blocks->header.content_kind == ARCHIVE_GAP && is_block_in_time(blocks)) {
		blocks->stats.gaps++;
		blocks->stats.gap_records += blocks->header.record_count;
	}
}

/* What the last writer could not note among the blocks. */
static void count_owed(struct archive_blocks *blocks)
{
	struct archive_owed owed;

	archive_owed_read(&owed, blocks->options.folder);
	if (owed.gap.records > 0 &&
		archive_is_in_time(&blocks->options, blocks->options.whole ? 0 : owed.gap.first_ns,
			owed.gap.last_ns)) {
		blocks->stats.gaps++;
		blocks->stats.gap_records += owed.gap.records;
	}
}

bool archive_blocks_start(struct archive_blocks *blocks, const struct archive_place *place)
{
	for (size_t i = 0; i < blocks->segments.count; i++) {
		if (blocks->segments.items[i].number == place->segment) {
			blocks->segment = i;
			blocks->start_at = place->at;
			blocks->ordinal = place->ordinal - 1;
			return true;
		}
	}
	return false;
}

bool archive_blocks_step(struct archive_blocks *blocks)
{
	while (open_segment(blocks)) {
		if (next_header(blocks)) {
			return true;
		}
		end_segment(blocks);
	}
	return false;
}

bool archive_blocks_next(struct archive_blocks *blocks)
{
	while (archive_blocks_step(blocks)) {
		bool is_wanted = is_wanted_content(blocks);
		count_gap(blocks);
		if (!is_block_in_time(blocks) || (!is_wanted && !blocks->verifying)) {
			blocks->stats.blocks_skipped += is_wanted;
			continue;
		}
		const char *wrong = load_content(blocks);
		if (wrong) {
			archive_blocks_report_damage(blocks, wrong);
		} else if (is_wanted) {
			return true;
		}
	}
	return false;
}

/* Where the records are gone, what they added up to may be kept. */
static bool has_other_shelves(const char *folder)
{
	size_t count = 0;

	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		struct archive_segments segments;
		if (archive_segments_list(&segments, folder, shelf, NULL) == 0) {
			count += segments.count;
			archive_segments_free(&segments);
		}
	}
	return count > 0;
}

static int read_deleted(struct archive_blocks *blocks, struct err *err)
{
	int status = archive_deleted_read(blocks->options.folder, &blocks->deleted, err);
	uint64_t until_ns = archive_deleted_until(&blocks->deleted, blocks->shelf);

	if (until_ns > blocks->options.from_ns) {
		blocks->stats.deleted_until_ns = until_ns;
	}
	return status;
}

int archive_blocks_open(struct archive_blocks *blocks, const struct archive_options *options,
	uint32_t contents, struct err *err)
{
	*blocks = (struct archive_blocks){ .options = *options,
		.shelf = archive_shelf_of((uint32_t)__builtin_ctz(contents)),
		.contents = contents,
		.fd = -1 };
	blocks->compressor = compressor_create();
	if (!blocks->compressor) {
		return err_set(err, ENOMEM, "%s: out of memory", options->folder);
	}
	int status = archive_segments_list(&blocks->segments, options->folder, blocks->shelf, err);
	if (status == 0) {
		status = read_deleted(blocks, err);
	}
	if (status == 0 && blocks->shelf == ARCHIVE_SHELF_FLOWS) {
		count_owed(blocks);
	}
	if (status == 0 && blocks->segments.count == 0 && !has_other_shelves(options->folder)) {
		status = err_set(err, ENOENT,
			"%s: there is no archive here (no segments flows-NUMBER.bfa)",
			options->folder);
	}
	return status;
}

void archive_blocks_close(struct archive_blocks *blocks)
{
	if (blocks->fd >= 0) {
		close(blocks->fd);
	}
	archive_segments_free(&blocks->segments);
	archive_deleted_free(&blocks->deleted);
	compressor_destroy(blocks->compressor);
	free(blocks->compressed);
	free(blocks->plain);
}
