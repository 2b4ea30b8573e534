/* Sealing: blocks of the archive are compressed, put into the chain of digests and appended to the
 * shelves of its folder (archive.h says what lies there).
 *
 * Memory   for one compressed block, reused.
 * Threads  one at a time.
 * Failure  a block that cannot be written is lost whole: what was written of it is taken back, and
 *          the chain goes on from the block before it. */
#pragma once

#include <stdint.h>

#include "analyzer/archive/archive_format.h"
#include "analyzer/archive/columns.h"
#include "analyzer/format/cbor_writer.h"
#include "base/err.h"

struct archive_block {
	struct cbor_writer content;
	struct columns_cuts cuts; /* of contents in columns: each piece is compressed by itself */
	uint32_t content_kind;    /* enum archive_content */
	uint32_t record_count;
	uint64_t first_ns, last_ns; /* earliest start, latest end */
	struct archive_mark mark;   /* of contents that have one; its position is filled in */
};

struct archive_sealer;

/* Makes the folder where it is missing, locks it and finds the end of the chain. -EBUSY where
 * another process writes. */
int archive_sealer_open(struct archive_sealer **sealer, const char *folder, struct err *err);
/* Heads are signed from now on (archive_head.h). */
void archive_sealer_sign(struct archive_sealer *sealer, const uint8_t *secret);
const uint8_t *archive_sealer_secret(const struct archive_sealer *sealer); /* NULL: none */
/* Times are what captures claim: so many segments of a shelf may end by them (archive_shelf.h). */
void archive_sealer_bound(struct archive_sealer *sealer, uint32_t segments);
int archive_sealer_add(
	struct archive_sealer *sealer, const struct archive_block *block, struct err *err);
/* All blocks are on the disk, and the head is written, when this returns. */
int archive_sealer_sync(struct archive_sealer *sealer, struct err *err);
/* Where the chains end. */
struct archive_head;
void archive_sealer_head(const struct archive_sealer *sealer, struct archive_head *head);
/* Syncs, ends the segment and frees it, also after an error. */
int archive_sealer_close(struct archive_sealer *sealer, struct err *err);
