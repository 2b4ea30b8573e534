/* The blocks of an archive, one after the other: segments in order, headers checked, damage passed
 * over and told, contents loaded. What stands in a block is archive_read.c's to say.
 *
 * Threads  one at a time.
 * Memory   one block, compressed and plain. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_deleted.h"
#include "analyzer/archive/archive_format.h"

struct archive_blocks;
struct compressor;

/* Where a block begins, to go there again without those before it. */
struct archive_place {
	uint64_t segment, at; /* its number; offset */
	uint32_t ordinal;     /* of the block that stands there, or is to come */
};

struct archive_blocks {
	struct archive_options options;
	struct archive_stats stats;
	enum archive_shelf shelf;
	struct archive_segments segments;
	struct archive_tombstones deleted;
	uint32_t contents; /* bits of enum archive_content: what is wanted */
	/* Further: which of these are; NULL: all. */
	bool (*wants)(const void *context, const struct archive_blocks *blocks);
	const void *wants_context;
	size_t segment; /* the one being read */
	int fd;         /* of it; -1: none open */
	uint64_t size, at;
	uint64_t start_at;            /* in the first segment */
	struct archive_header header; /* of the last block that was found */
	uint64_t header_at;
	uint32_t ordinal; /* of it among the whole blocks of the shelf, from 1; 0: none yet */
	struct archive_mark mark; /* of it, where it has one */

	bool verifying, has_digest;          /* has_digest: there was a whole block before */
	uint8_t digest[DIGEST_SHA256_BYTES]; /* of it */
	uint8_t head[DIGEST_SHA256_BYTES];
	uint8_t anchors[ARCHIVE_SHELF_COUNT][DIGEST_SHA256_BYTES]; /* noted elsewhere */
	unsigned anchor_count, anchors_passed;                     /* passed: a bit of each */
	bool has_head, head_passed;

	struct compressor *compressor;
	uint8_t *compressed, *plain; /* plain: header.plain_bytes of content */
	size_t compressed_capacity, plain_capacity;
};

/* contents: bits of enum archive_content, all of one shelf. 0 or -errno, -ENOENT where there is no
 * archive; close in any case. */
int archive_blocks_open(struct archive_blocks *blocks, const struct archive_options *options,
	uint32_t contents, struct err *err);
void archive_blocks_close(struct archive_blocks *blocks);

/* Goes to the next block that is whole, wanted and in time, and loads its content. False at the end
 * of the archive. */
bool archive_blocks_next(struct archive_blocks *blocks);

/* Begins there and not at the first block. False where that segment is gone. */
bool archive_blocks_start(struct archive_blocks *blocks, const struct archive_place *place);

/* Goes to the next whole block, whatever it holds, without its content. */
bool archive_blocks_step(struct archive_blocks *blocks);

/* A problem: counted, and told to whoever wants to know. */
void archive_blocks_report(struct archive_blocks *blocks, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The block at hand is damaged, in this way. */
void archive_blocks_report_damage(struct archive_blocks *blocks, const char *wrong);

const char *archive_blocks_path(const struct archive_blocks *blocks); /* of the segment */

/* The labels that stand before the records or cells of the block, in memory of this struct. */
struct archive_words {
	char *text;
	const char **words; /* DICTIONARY_WORDS_MAX */
	size_t text_capacity;
	uint32_t count;
};
struct cbor_reader;
bool archive_words_init(struct archive_words *words);
void archive_words_deinit(struct archive_words *words);
bool archive_words_read(
	struct archive_words *words, struct cbor_reader *content, size_t plain_bytes);

/* Memory for so many bytes; false where there is none. */
bool archive_blocks_reserve(uint8_t **bytes, size_t *capacity, size_t wanted);

bool archive_is_in_time(const struct archive_options *options, uint64_t first_ns, uint64_t last_ns);
