/* Block headers of the archive, and where its segments are. What whoever writes and whoever reads
 * must agree on.
 *
 * A header is 128 bytes, numbers little-endian:
 *
 *     offset  bytes
 *          0      8  magic "BFARCH1\n"
 *          8      4  length of the header (128)
 *         12      4  how many records, or cells
 *         16      8  number of the segment
 *         24      4  number of the block in the segment
 *         28      4  content (enum archive_content, ARCHIVE_FORMS)
 *         32      8  earliest start, ns
 *         40      8  latest end, ns
 *         48      4  compressed bytes that follow the header
 *         52      4  bytes once decompressed
 *         56     32  digest of the header before this one; zeros: the first of all
 *         88     32  SHA-256 of the compressed bytes
 *        120      8  first bytes of SHA-256 over the 120 before
 *
 * The digest of a block is SHA-256 over its whole header, and so covers its content and everything
 * before it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/digest.h"
#include "base/err.h"

enum {
	ARCHIVE_HEADER_BYTES = 128,
	ARCHIVE_MAGIC_BYTES = 8,
	ARCHIVE_PLAIN_MAX = 16 << 20, /* no block is larger; a header that says so is damaged */
	ARCHIVE_COMPRESSED_MAX = 17 << 20, /* what does not compress grows a little */
};

#define ARCHIVE_MAGIC "BFARCH1\n"

/* Blocks of other contents are in the chain and are passed over. */
enum archive_content {
	ARCHIVE_RECORDS_0_1_0, /* flow-record.cddl, as 0.1.0 wrote them: some fields are not known
				*/
	ARCHIVE_RECORDS,       /* flow-record.cddl */
	ARCHIVE_CELLS,         /* rollup.cddl: of one hour, beside the records (earlier builds) */
	ARCHIVE_GAP,           /* a text why; so many records of about that time are not here */
	ARCHIVE_HOUR,          /* a mark, then rollup.cddl: cells of one hour */
	ARCHIVE_DAY,           /* a mark, then rollup.cddl: cells of one local day */
	ARCHIVE_DAY_TABLES,    /* a mark, then day-tables.cddl: protected tables of a local day */
	ARCHIVE_MONTH_TABLES,  /* the same of a month */
	ARCHIVE_SUMS           /* like ARCHIVE_HOUR, of what is kept in sums alone: no records */
};

/* How it lies there. As they are written now, contents lie field by field (columns.h), and cells
 * name their keys by number (cell_columns.h). */
enum archive_form {
	ARCHIVE_FORM_ROWS,
	ARCHIVE_FORM_COLUMNS,
	ARCHIVE_FORM_SECONDS,
	ARCHIVE_FORM_KEYED
};

/* What does not lie in rows has a number of its own in headers. */
#define ARCHIVE_FORMS(X)                                                                           \
	X(RECORDS, COLUMNS, 9)                                                                     \
	X(HOUR, COLUMNS, 10)                                                                       \
	X(DAY, COLUMNS, 11)                                                                        \
	X(SUMS, COLUMNS, 12)                                                                       \
	X(HOUR, SECONDS, 13)                                                                       \
	X(DAY, SECONDS, 14)                                                                        \
	X(SUMS, SECONDS, 15)                                                                       \
	X(HOUR, KEYED, 16)                                                                         \
	X(DAY, KEYED, 17)                                                                          \
	X(SUMS, KEYED, 18)

/* Bits of the contents that hold records. */
#define ARCHIVE_RECORD_CONTENTS (1u << ARCHIVE_RECORDS_0_1_0 | 1u << ARCHIVE_RECORDS)

static inline bool archive_is_of_records(uint32_t content_kind)
{
	return content_kind < 32 && (ARCHIVE_RECORD_CONTENTS >> content_kind & 1);
}

/* Where blocks stand: each shelf is a chain of segments of its own, and kept for its own time. */
#define ARCHIVE_SHELVES(X) X(FLOWS, "flows") X(HOURS, "hours") X(DAYS, "days")

enum archive_shelf {
#define X(id, name) ARCHIVE_SHELF_##id,
	ARCHIVE_SHELVES(X)
#undef X
		ARCHIVE_SHELF_COUNT
};

const char *archive_shelf_name(enum archive_shelf shelf);
enum archive_shelf archive_shelf_of(uint32_t content_kind);

/* What stands in clear before the frame of blocks that others were added up to: 56 bytes.
 *
 *     offset  bytes
 *          0     32  digest of the last block of the shelf below that is added up in it; zeros: none
 *         32      8  the hour, local day or month since 1970
 *         40      4  correction: 0 is what stood there when it closed
 *         44      4  how many blocks of the same correction follow
 *         48      8  end of the day, ns; 0 of hours
 *
 * All of that hour's, or day's, that stands up to the digest is in this block or in an earlier one.
 * A correction whose last blocks are missing was cut short and counts for nothing. */
enum { ARCHIVE_MARK_BYTES = 56 };

struct archive_mark {
	uint8_t position[DIGEST_SHA256_BYTES];
	int64_t period;
	uint32_t correction, following;
	uint64_t end_ns;
};

bool archive_has_mark(uint32_t content_kind);
void archive_mark_encode(const struct archive_mark *mark, uint8_t bytes[ARCHIVE_MARK_BYTES]);
void archive_mark_decode(struct archive_mark *mark, const uint8_t bytes[ARCHIVE_MARK_BYTES]);

struct archive_header {
	uint64_t segment, first_ns, last_ns;
	uint32_t block, content_kind, record_count, compressed_bytes, plain_bytes;
	enum archive_form form; /* content_kind is what it is of either form */
	uint8_t previous[DIGEST_SHA256_BYTES], content[DIGEST_SHA256_BYTES];
};

void archive_header_encode(
	const struct archive_header *header, uint8_t bytes[ARCHIVE_HEADER_BYTES]);
/* False where the bytes are not a header, or a damaged one. */
bool archive_header_decode(
	struct archive_header *header, const uint8_t bytes[ARCHIVE_HEADER_BYTES]);
void archive_header_digest(
	const uint8_t bytes[ARCHIVE_HEADER_BYTES], uint8_t digest[DIGEST_SHA256_BYTES]);

struct archive_segment {
	uint64_t number;
	char *path;
};

struct archive_segments {
	struct archive_segment *items; /* by number */
	size_t count;
};

/* Finds the segments of a shelf below folder; other files are passed over. 0 or -errno. */
int archive_segments_list(struct archive_segments *segments, const char *folder,
	enum archive_shelf shelf, struct err *err);
void archive_segments_free(struct archive_segments *segments);

/* Reads up to count bytes at an offset, fewer only at the end of the file. The number read or
 * -errno. */
int64_t archive_read_at(int fd, uint64_t offset, void *bytes, size_t count);
