/* The index: what of an archive is added up where, from the headers and marks of all its blocks.
 *
 * Hours say up to which block of records they go, days up to which block of hours. From that
 * follows what is still to be added up: by whoever goes on writing (after a crash as well) and by
 * whoever reads. Each record so counts once, whatever was cut short.
 *
 * Blocks are named by their ordinal on the shelf (archive_blocks.h), from 1.
 *
 * Memory   some 60 bytes a block of records, less for the others.
 * Threads  read-only once it is open. A writer may go on meanwhile: what it adds is not in it. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_format.h"

struct archive_index;
struct archive_place; /* archive_blocks.h */

/* As archive_blocks_open(). */
int archive_index_open(struct archive_index **index, const char *folder, struct err *err);
/* The same of hours and days alone: what no day has yet. An index that is there takes what was
 * written since; where segments were deleted meanwhile, it is made anew. */
int archive_index_of_sums(struct archive_index **index, const char *folder, struct err *err);
void archive_index_close(struct archive_index *index);

/* The ordinal of the block with that digest; 0 where it is not there (any more). */
uint32_t archive_index_find(const struct archive_index *index, enum archive_shelf shelf,
	const uint8_t digest[DIGEST_SHA256_BYTES]);

/* Is the block of hours or days one of a correction that is there whole? */
bool archive_index_is_whole(
	const struct archive_index *index, enum archive_shelf shelf, uint32_t ordinal);

/* Up to which block of records the hour is added up; 0: not at all. */
uint32_t archive_index_hour(const struct archive_index *index, int64_t hour);
/* May that block of records hold some that no hour has? */
bool archive_index_is_open(const struct archive_index *index, uint32_t ordinal);

/* Is the block of hours, whole, in no day yet? */
bool archive_index_is_undated(const struct archive_index *index, uint32_t ordinal);

/* The first such block behind the one with that ordinal (0: of all), when its hour began, and where
 * it stands; 0: none. */
uint32_t archive_index_next_undated(const struct archive_index *index, uint32_t ordinal,
	uint64_t *hour_ns, struct archive_place *place);

/* How many corrections there are, so that the next one has this number. */
uint32_t archive_index_corrections(
	const struct archive_index *index, uint32_t content_kind, int64_t period);

/* The latest day that is closed, and where it ended; false where none is. */
bool archive_index_last_day(const struct archive_index *index, int64_t *day, uint64_t *end_ns);
