#include <errno.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_blocks.h"
#include "analyzer/archive/archive_cells.h"
#include "analyzer/archive/archive_head.h"
#include "analyzer/archive/archive_reader.h"

struct verifying {
	const struct archive_options *options;
	struct archive_check *check;
	uint8_t anchors[ARCHIVE_SHELF_COUNT][DIGEST_SHA256_BYTES];
	unsigned anchor_count, anchors_found; /* found: a bit of each */
	struct archive_head head;
};

/* What a shelf's end says of it, once all its blocks have gone by. */
static void end_shelf(struct verifying *verifying, struct archive_blocks *blocks)
{
	if (blocks->has_head && !blocks->head_passed) {
		archive_blocks_report(blocks,
			"%s/head: the last block of %s that it names is not in the archive: the "
			"end is missing",
			verifying->options->folder, archive_shelf_name(blocks->shelf));
	}
	verifying->anchors_found |= blocks->anchors_passed;
	if (blocks->shelf != ARCHIVE_SHELF_FLOWS) {
		verifying->check->sum_blocks += blocks->stats.blocks;
		verifying->check->stats.problems += blocks->stats.problems;
	}
}

static void begin_shelf(const struct verifying *verifying, struct archive_blocks *blocks)
{
	const struct archive_end *end = &verifying->head.ends[blocks->shelf];

	blocks->verifying = true;
	blocks->has_head = end->is_there;
	memcpy(blocks->head, end->digest, sizeof(blocks->head));
	blocks->anchor_count = verifying->anchor_count;
	memcpy(blocks->anchors, verifying->anchors, sizeof(blocks->anchors));
}

static int verify_records(struct verifying *verifying, struct err *err)
{
	struct archive_reader *reader;
	struct archived *records;
	int status = archive_reader_open(&reader, verifying->options, err);

	if (status < 0) {
		return status;
	}
	struct archive_blocks *blocks = archive_reader_blocks(reader);
	begin_shelf(verifying, blocks);
	while (archive_reader_next(reader, &records) > 0) {
		continue;
	}
	uint64_t before = verifying->check->stats.problems;
	end_shelf(verifying, blocks);
	archive_reader_stats(reader, &verifying->check->stats);
	verifying->check->stats.problems += before;
	archive_reader_close(reader);
	return 0;
}

static void pass_over(void *context, const struct cell *cell)
{
	(void)context;
	(void)cell;
}

static int verify_sums(struct verifying *verifying, uint32_t contents, struct err *err)
{
	struct archive_blocks blocks;
	struct archive_words words;
	int status = archive_blocks_open(&blocks, verifying->options, contents, err);

	if (!archive_words_init(&words) && status == 0) {
		status = err_set(err, ENOMEM, "%s: out of memory", verifying->options->folder);
	}
	begin_shelf(verifying, &blocks);
	while (status == 0 && archive_blocks_next(&blocks)) {
		if (blocks.header.content_kind != ARCHIVE_DAY_TABLES &&
			blocks.header.content_kind != ARCHIVE_MONTH_TABLES) {
			archive_cells_read(&blocks, &words, pass_over, NULL);
		} else {
			blocks.stats.blocks++;
		}
	}
	end_shelf(verifying, &blocks);
	archive_words_deinit(&words);
	archive_blocks_close(&blocks);
	return status;
}

static void tell(struct verifying *verifying, const char *sentence)
{
	const struct archive_options *options = verifying->options;

	verifying->check->stats.problems++;
	if (options->problem) {
		options->problem(options->problem_context, sentence);
	}
}

static void check_signature(struct verifying *verifying, const uint8_t *signer)
{
	const struct archive_head *head = &verifying->head;
	struct archive_check *check = verifying->check;

	if (head->is_signed) {
		digest_hex(head->key, sizeof(head->key), check->signer);
	}
	if (!head->is_signed) {
		check->signature = ARCHIVE_UNSIGNED;
	} else if (!head->holds) {
		check->signature = ARCHIVE_SIGNED_WRONG;
		tell(verifying, "head: the signature does not hold: the head was changed after it "
				"was signed");
	} else if (!signer) {
		check->signature = ARCHIVE_SIGNED_BY;
	} else {
		check->signature = memcmp(signer, head->key, sizeof(head->key)) == 0
					   ? ARCHIVE_SIGNED
					   : ARCHIVE_SIGNED_WRONG;
	}
	if (signer && check->signature != ARCHIVE_SIGNED && head->is_signed == head->holds) {
		tell(verifying, head->is_signed
					? "head: another key has signed it than the one expected: "
					  "the archive may have been written anew"
					: "head: it is not signed, and a signature was expected");
	}
}

/* What was deleted must have been deleted by whoever signs. */
static int check_tombstones(struct verifying *verifying, const uint8_t *signer, struct err *err)
{
	const struct archive_head *head = &verifying->head;
	const uint8_t *key = signer ? signer : head->is_signed ? head->key : NULL;
	struct archive_tombstones tombstones;
	int status = archive_deleted_read(verifying->options->folder, &tombstones, err);

	for (size_t i = 0; i < tombstones.count; i++) {
		const struct archive_tombstone *tombstone = &tombstones.items[i];
		bool is_good = !key || (tombstone->holds &&
					       memcmp(tombstone->key, key, PUBLIC_KEY_BYTES) == 0);
		if (!is_good || tombstone->is_signed != tombstone->holds) {
			tell(verifying,
				"deleted: a tombstone is not signed by the key of the head: "
				"somebody else may have deleted what it names");
		}
		verifying->check->deleted += tombstone->records;
	}
	archive_deleted_free(&tombstones);
	return status;
}

/* The digests of an anchor as it is printed: "flows 6 0219…, hours 3 5874…", or of one chain alone.
 */
static int read_anchor(struct verifying *verifying, const char *anchor, struct err *err)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	while (*anchor) {
		size_t length = strspn(anchor, digits);
		bool is_digest = length == (size_t)2 * DIGEST_SHA256_BYTES;
		if (is_digest && verifying->anchor_count < ARCHIVE_SHELF_COUNT) {
			digest_parse_hex(anchor, length,
				verifying->anchors[verifying->anchor_count++], DIGEST_SHA256_BYTES);
		}
		anchor += length > 0 ? length : 1;
	}
	return verifying->anchor_count > 0
		       ? 0
		       : err_set(err, EINVAL,
				 "anchor: expected a digest of 64 hexadecimal digits, or a line of "
				 "them as a report prints it");
}

int archive_verify(const struct archive_options *options, const uint8_t *signer, const char *anchor,
	struct archive_check *check, struct err *err)
{
	struct archive_options everything = *options;
	struct verifying verifying = { .options = &everything, .check = check };

	everything.from_ns = everything.to_ns = 0;
	everything.whole = false;
	*check = (struct archive_check){ .signature = ARCHIVE_NO_HEAD };
	int status = anchor ? read_anchor(&verifying, anchor, err) : 0;
	if (status < 0) {
		return status;
	}
	status = archive_head_read(options->folder, &verifying.head, err);
	bool has_head = status == 0;
	if (status < 0 && status != -ENOENT) {
		tell(&verifying, err->text);
	}
	status = verify_records(&verifying, err);
	if (status == 0) {
		status = verify_sums(&verifying, ARCHIVE_HOUR_CONTENTS, err);
	}
	if (status == 0) {
		status = verify_sums(&verifying,
			1u << ARCHIVE_DAY | 1u << ARCHIVE_DAY_TABLES | 1u << ARCHIVE_MONTH_TABLES,
			err);
	}
	if (status == 0 && has_head) {
		check_signature(&verifying, signer);
		archive_head_anchor(&verifying.head, check->anchor);
	} else if (status == 0 && signer) {
		tell(&verifying, "head: there is none to be read, and a signature was expected: it "
				 "may have been taken away, with the end of the archive");
	}
	if (status == 0) {
		status = check_tombstones(&verifying, signer, err);
	}
	if (status == 0 && verifying.anchors_found != (1u << verifying.anchor_count) - 1) {
		tell(&verifying, "a block that was noted elsewhere is not in the archive: it was "
				 "written anew, or its end is missing");
	}
	return status;
}
