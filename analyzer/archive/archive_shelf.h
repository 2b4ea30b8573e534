/* A shelf being written: one chain of blocks, appended to segments that follow each other.
 *
 *     FOLDER/2026/03/31/flows-00000012.bfa
 *
 * A segment ends with its hour, day or month, so that it can be deleted with them. Of captures
 * anybody may have written the times: there a run may be told how many segments may end so;
 * behind them small ones go on beyond their time, and nothing is lost.
 *
 * Memory   nothing.
 * Threads  one at a time.
 * Failure  a block that cannot be written is lost whole: what was written of it is taken back, and
 *          the chain goes on from the block before it. */
#pragma once

#include <limits.h>

#include "analyzer/archive/archive_format.h"

struct archive_shelf_writer {
	const char *folder;
	enum archive_shelf shelf;
	uint32_t most;    /* segments that may end by time; 0: any number */
	uint32_t ended;   /* segments of this run */
	uint64_t crowded; /* periods that share a segment with another one */
	int fd;           /* of the segment; -1: none begun */
	char path[PATH_MAX];
	uint64_t period, bytes; /* of the segment */
	uint64_t bytes_out;     /* of it: on their way to the disk */
	uint64_t segment;       /* number of this one or, where none is begun, of the next */
	uint32_t block;         /* number of the next in the segment */
	uint8_t previous[DIGEST_SHA256_BYTES];
	bool has_previous;
};

/* Goes on where the shelf ends: the next number, and the digest to chain to. folder outlives it. */
int archive_shelf_open(struct archive_shelf_writer *writer, const char *folder,
	enum archive_shelf shelf, struct err *err);

/* Appends a block whose header is filled in but for place and chain; content stands behind room for
 * the header. */
int archive_shelf_append(struct archive_shelf_writer *writer, struct archive_header *header,
	uint8_t *bytes, struct err *err);

int archive_shelf_sync(struct archive_shelf_writer *writer, struct err *err);
/* Syncs and ends the segment, if one is begun. */
int archive_shelf_end(struct archive_shelf_writer *writer, struct err *err);

/* Nothing where it is there. */
int archive_make_folder(const char *path, struct err *err);
