/* Block headers of the archive, and where its segments are. What archive_write.c and archive_read.c
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
 *         28      4  content (enum archive_content)
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
	ARCHIVE_CELLS,         /* rollup.cddl: of one hour */
	ARCHIVE_GAP            /* a text why; so many records of about that time are not here */
};

struct archive_header {
	uint64_t segment, first_ns, last_ns;
	uint32_t block, content_kind, record_count, compressed_bytes, plain_bytes;
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

/* Finds the segments below folder; other files are passed over. 0 or -errno. */
int archive_segments_list(struct archive_segments *segments, const char *folder, struct err *err);
void archive_segments_free(struct archive_segments *segments);

/* FOLDER/head: "segment NUMBER block DIGEST". Reading: -ENOENT where there is none. */
int archive_head_write(const char *folder, uint64_t segment,
	const uint8_t digest[DIGEST_SHA256_BYTES], struct err *err);
int archive_head_read(const char *folder, uint64_t *segment, uint8_t digest[DIGEST_SHA256_BYTES],
	struct err *err);

/* Reads up to count bytes at an offset, fewer only at the end of the file. The number read or
 * -errno. */
int64_t archive_read_at(int fd, uint64_t offset, void *bytes, size_t count);
