#include "analyzer/archive/archive_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_blocks.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"

#define HOUR_NS (3600 * NS_PER_S)

/* Beyond, a block is looked into rather than asked for by each of its hours. */
enum { BLOCK_HOURS_MOST = 100 };

struct indexed_block {
	uint8_t digest[DIGEST_SHA256_BYTES];
	uint64_t first_ns, last_ns;
	struct archive_mark mark; /* of hours and days */
	uint32_t kind;
	bool is_whole, is_dated; /* dated: of hours, and in a day */
	struct archive_place place;
};

struct indexed_shelf {
	struct indexed_block *blocks;
	uint32_t count, capacity;
	uint32_t noted;           /* of corrections: blocks up to here */
	uint32_t dated;           /* all up to here are */
	uint64_t first_segment;   /* when it was read */
	struct archive_place end; /* what comes next begins there */
	struct hash_table by_digest;
};

/* An hour, day or month that was added up. */
struct indexed_period {
	uint32_t kind;
	int64_t period;
	uint32_t corrections, position; /* up to which block of the shelf below */
	uint64_t end_ns;
};

struct archive_index {
	struct indexed_shelf shelves[ARCHIVE_SHELF_COUNT];
	struct indexed_period *periods;
	uint32_t count, capacity;
	struct hash_table by_period;
};

static bool reserve(void **items, uint32_t *capacity, uint32_t count, size_t item_bytes)
{
	if (count < *capacity) {
		return true;
	}
	uint32_t wanted = *capacity ? 2 * *capacity : 64;
	void *grown = realloc(*items, wanted * item_bytes);
	if (grown) {
		*items = grown;
		*capacity = wanted;
	}
	return grown != NULL;
}

static uint64_t hash_digest(const uint8_t digest[DIGEST_SHA256_BYTES])
{
	uint64_t hash;

	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static bool is_block(const void *blocks, uint32_t place, const void *digest)
{
	return memcmp(((const struct indexed_block *)blocks)[place].digest, digest,
		       DIGEST_SHA256_BYTES) == 0;
}

/* The ordinal of the block with that digest; 0 where it is not there (any more). */
static uint32_t find_block(
	const struct indexed_shelf *shelf, const uint8_t digest[DIGEST_SHA256_BYTES])
{
	return hash_table_find(
		       &shelf->by_digest, hash_digest(digest), is_block, shelf->blocks, digest) +
	       1; /* HASH_TABLE_NONE becomes 0 */
}

struct period_key {
	uint32_t kind;
	int64_t period;
};

static uint64_t hash_period(const struct period_key *key)
{
	return quick_hash(quick_hash(0, key->kind), (uint64_t)key->period);
}

static bool is_period(const void *periods, uint32_t place, const void *wanted)
{
	const struct indexed_period *period = (const struct indexed_period *)periods + place;
	const struct period_key *key = wanted;

	return period->kind == key->kind && period->period == key->period;
}

static const struct indexed_period *find_period(
	const struct archive_index *index, uint32_t kind, int64_t period)
{
	struct period_key key = { kind, period };
	uint32_t place = hash_table_find(
		&index->by_period, hash_period(&key), is_period, index->periods, &key);

	return place == HASH_TABLE_NONE ? NULL : &index->periods[place];
}

static struct indexed_period *take_period(
	struct archive_index *index, uint32_t kind, int64_t period)
{
	struct indexed_period *found = (struct indexed_period *)find_period(index, kind, period);
	struct period_key key = { kind, period };

	if (found) {
		return found;
	}
	if (!reserve((void **)&index->periods, &index->capacity, index->count,
		    sizeof(*index->periods)) ||
		!hash_table_put(&index->by_period, hash_period(&key), index->count)) {
		return NULL;
	}
	index->periods[index->count] = (struct indexed_period){ .kind = kind, .period = period };
	return &index->periods[index->count++];
}

static bool add_block(struct indexed_shelf *shelf, const struct archive_blocks *blocks)
{
	if (!reserve((void **)&shelf->blocks, &shelf->capacity, shelf->count,
		    sizeof(*shelf->blocks)) ||
		!hash_table_put(&shelf->by_digest, hash_digest(blocks->digest), shelf->count)) {
		return false;
	}
	struct indexed_block *block = &shelf->blocks[shelf->count++];
	*block = (struct indexed_block){ .first_ns = blocks->header.first_ns,
		.last_ns = blocks->header.last_ns,
		.mark = blocks->mark,
		.kind = blocks->header.content_kind,
		.place = { blocks->segments.items[blocks->segment].number, blocks->header_at,
			blocks->ordinal } };
	shelf->end = (struct archive_place){ block->place.segment, blocks->at, shelf->count + 1 };
	memcpy(block->digest, blocks->digest, sizeof(block->digest));
	return true;
}

/* Goes on behind what was read. -ESTALE where that is no longer all there. */
static int start_behind(struct indexed_shelf *shelf, struct archive_blocks *blocks)
{
	uint64_t first = blocks->segments.count ? blocks->segments.items[0].number : 0;

	if (shelf->count == 0) {
		shelf->first_segment = first;
		return 0;
	}
	return first == shelf->first_segment && archive_blocks_start(blocks, &shelf->end) ? 0
											  : -ESTALE;
}

static int read_shelf(
	struct archive_index *index, const char *folder, unsigned number, struct err *err)
{
	static const uint32_t contents[] = { [ARCHIVE_SHELF_FLOWS] = ARCHIVE_RECORD_CONTENTS,
		[ARCHIVE_SHELF_HOURS] = 1u << ARCHIVE_HOUR,
		[ARCHIVE_SHELF_DAYS] = 1u << ARCHIVE_DAY };
	const struct archive_options options = { .folder = folder };
	struct indexed_shelf *shelf = &index->shelves[number];
	struct archive_blocks blocks;
	int status = archive_blocks_open(&blocks, &options, contents[number], err);

	status = status < 0 ? status : start_behind(shelf, &blocks);
	while (status == 0 && archive_blocks_step(&blocks)) {
		if (!add_block(shelf, &blocks)) {
			status = err_set(err, ENOMEM, "%s: out of memory", folder);
		}
	}
	archive_blocks_close(&blocks);
	return status;
}

/* What earlier builds wrote beside the records goes up to where it stands. */
static bool note_old_cells(struct archive_index *index)
{
	const struct indexed_shelf *flows = &index->shelves[ARCHIVE_SHELF_FLOWS];

	for (uint32_t i = 0; i < flows->count; i++) {
		const struct indexed_block *block = &flows->blocks[i];
		if (block->kind == ARCHIVE_CELLS) {
			struct indexed_period *hour = take_period(
				index, ARCHIVE_HOUR, (int64_t)(block->first_ns / HOUR_NS));
			if (!hour) {
				return false;
			}
			hour->position = i + 1;
		}
	}
	return true;
}

/* Does the block go on with the correction of the one before it? */
static bool goes_on(const struct indexed_block *before, const struct indexed_block *block)
{
	return before->mark.following == block->mark.following + 1 &&
	       memcmp(before->mark.position, block->mark.position, sizeof(block->mark.position)) ==
		       0;
}

/* The day has all hours up to that block that began before its end. */
static void note_dated(struct indexed_shelf *hours, uint32_t position, uint64_t end_ns)
{
	for (uint32_t i = hours->dated; i < position; i++) {
		struct indexed_block *block = &hours->blocks[i];
		block->is_dated |= (uint64_t)block->mark.period * HOUR_NS < end_ns;
		hours->dated += i == hours->dated && block->is_dated;
	}
}

static bool note_whole(struct archive_index *index, unsigned number, struct indexed_block *block)
{
	struct indexed_period *period = take_period(index, block->kind, block->mark.period);
	struct indexed_shelf *below = &index->shelves[number - 1];
	uint32_t position = find_block(below, block->mark.position);

	block->is_whole = true;
	if (period) {
		period->position = position > period->position ? position : period->position;
		period->corrections = block->mark.correction + 1;
		period->end_ns = block->mark.end_ns;
	}
	if (block->kind == ARCHIVE_DAY_TABLES) {
		note_dated(below, position, block->mark.end_ns);
	}
	return period != NULL;
}

/* A correction is whole with its last block; its blocks stand behind each other. */
static bool note_corrections(struct archive_index *index, unsigned number)
{
	struct indexed_shelf *shelf = &index->shelves[number];
	uint32_t first = shelf->noted;
	bool is_noted = true;

	for (uint32_t i = shelf->noted; i < shelf->count && is_noted; i++) {
		struct indexed_block *block = &shelf->blocks[i];
		first = i > 0 && goes_on(block - 1, block) ? first : i;
		for (uint32_t j = first; block->mark.following == 0 && j <= i && is_noted; j++) {
			is_noted = note_whole(index, number, &shelf->blocks[j]);
		}
		shelf->noted = block->mark.following == 0 ? i + 1 : shelf->noted;
	}
	return is_noted;
}

/* From the top: every block that is named from above is then found below, whatever a writer adds
 * meanwhile. */
static int read_index(
	struct archive_index *index, const char *folder, unsigned lowest, struct err *err)
{
	int status = 0;

	for (unsigned shelf = ARCHIVE_SHELF_COUNT; shelf-- > lowest && status == 0;) {
		status = read_shelf(index, folder, shelf, err);
	}
	if (status == 0 &&
		!(note_old_cells(index) && note_corrections(index, ARCHIVE_SHELF_HOURS) &&
			note_corrections(index, ARCHIVE_SHELF_DAYS))) {
		status = err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	return status;
}

static int open_index(
	struct archive_index **index, const char *folder, unsigned lowest, struct err *err)
{
	struct archive_index *opened = calloc(1, sizeof(*opened));
	int status = opened ? read_index(opened, folder, lowest, err)
			    : err_set(err, ENOMEM, "%s: out of memory", folder);

	*index = NULL;
	if (status < 0) {
		archive_index_close(opened);
		return status;
	}
	*index = opened;
	return 0;
}

int archive_index_open(struct archive_index **index, const char *folder, struct err *err)
{
	return open_index(index, folder, ARCHIVE_SHELF_FLOWS, err);
}

int archive_index_of_sums(struct archive_index **index, const char *folder, struct err *err)
{
	int status = *index ? read_index(*index, folder, ARCHIVE_SHELF_HOURS, err) : -ESTALE;

	if (status == -ESTALE) {
		archive_index_close(*index);
		return open_index(index, folder, ARCHIVE_SHELF_HOURS, err);
	}
	return status;
}

void archive_index_close(struct archive_index *index)
{
	if (!index) {
		return;
	}
	for (unsigned i = 0; i < ARCHIVE_SHELF_COUNT; i++) {
		free(index->shelves[i].blocks);
		hash_table_deinit(&index->shelves[i].by_digest);
	}
	free(index->periods);
	hash_table_deinit(&index->by_period);
	free(index);
}

uint32_t archive_index_find(const struct archive_index *index, enum archive_shelf shelf,
	const uint8_t digest[DIGEST_SHA256_BYTES])
{
	return find_block(&index->shelves[shelf], digest);
}

static const struct indexed_block *block_at(
	const struct archive_index *index, enum archive_shelf shelf, uint32_t ordinal)
{
	const struct indexed_shelf *of = &index->shelves[shelf];

	return ordinal > 0 && ordinal <= of->count ? &of->blocks[ordinal - 1] : NULL;
}

bool archive_index_is_whole(
	const struct archive_index *index, enum archive_shelf shelf, uint32_t ordinal)
{
	const struct indexed_block *block = block_at(index, shelf, ordinal);

	return block && block->is_whole;
}

uint32_t archive_index_hour(const struct archive_index *index, int64_t hour)
{
	const struct indexed_period *found = find_period(index, ARCHIVE_HOUR, hour);

	return found ? found->position : 0;
}

bool archive_index_is_open(const struct archive_index *index, uint32_t ordinal)
{
	const struct indexed_block *block = block_at(index, ARCHIVE_SHELF_FLOWS, ordinal);

	if (!block || !archive_is_of_records(block->kind)) {
		return false;
	}
	int64_t first = (int64_t)(block->first_ns / HOUR_NS),
		last = (int64_t)(block->last_ns / HOUR_NS);
	if (last - first > BLOCK_HOURS_MOST) {
		return true;
	}
	for (int64_t hour = first; hour <= last; hour++) {
		if (archive_index_hour(index, hour) < ordinal) {
			return true;
		}
	}
	return false;
}

bool archive_index_is_undated(const struct archive_index *index, uint32_t ordinal)
{
	const struct indexed_block *block = block_at(index, ARCHIVE_SHELF_HOURS, ordinal);

	return block && block->is_whole && !block->is_dated;
}

uint32_t archive_index_next_undated(const struct archive_index *index, uint32_t ordinal,
	uint64_t *hour_ns, struct archive_place *place)
{
	const struct indexed_shelf *hours = &index->shelves[ARCHIVE_SHELF_HOURS];

	ordinal = ordinal > hours->dated ? ordinal : hours->dated;
	while (ordinal < hours->count && !archive_index_is_undated(index, ordinal + 1)) {
		ordinal++;
	}
	if (ordinal >= hours->count) {
		return 0;
	}
	*hour_ns = hours->blocks[ordinal].first_ns;
	*place = hours->blocks[ordinal].place;
	return ordinal + 1;
}

uint32_t archive_index_corrections(
	const struct archive_index *index, uint32_t content_kind, int64_t period)
{
	const struct indexed_period *found = find_period(index, content_kind, period);

	return found ? found->corrections : 0;
}

bool archive_index_last_day(const struct archive_index *index, int64_t *day, uint64_t *end_ns)
{
	bool has = false;

	for (uint32_t i = 0; i < index->count; i++) {
		const struct indexed_period *period = &index->periods[i];
		if (period->kind == ARCHIVE_DAY_TABLES && (!has || period->period > *day)) {
			*day = period->period;
			*end_ns = period->end_ns;
			has = true;
		}
	}
	return has;
}
