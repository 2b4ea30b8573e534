#include "analyzer/archive/archive_retention.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/archive_blocks.h"
#include "analyzer/archive/archive_deleted.h"
#include "analyzer/archive/archive_index.h"
#include "analyzer/archive/archive_writer.h"

/* What is known of a segment before it may go. */
struct kept_segment {
	uint64_t number, bytes, records;
	uint64_t first_ns, last_ns; /* earliest start, latest end */
	uint64_t began_ns;          /* end of its first block: by the clock of the sensor */
	uint8_t digest[DIGEST_SHA256_BYTES];
	bool is_added_up; /* all of it, on the shelf above */
	const char *path; /* the list's */
};

struct pruning {
	const char *folder;
	const uint8_t *secret;
	const struct archive_index *index;
	uint64_t now_ns;
	enum archive_shelf shelf;
	struct kept_segment *segments;
	size_t count;
};

static bool is_added_up(const struct pruning *pruning, const struct archive_blocks *blocks)
{
	switch (pruning->shelf) {
	case ARCHIVE_SHELF_FLOWS:
		return !archive_index_is_open(pruning->index, blocks->ordinal);
	case ARCHIVE_SHELF_HOURS:
		return !archive_index_is_undated(pruning->index, blocks->ordinal);
	default:
		return true;
	}
}

static void note_block(struct pruning *pruning, const struct archive_blocks *blocks)
{
	const struct archive_header *header = &blocks->header;
	struct kept_segment *segment = &pruning->segments[blocks->segment];

	if (segment->records == 0 && segment->last_ns == 0) {
		segment->began_ns = header->last_ns;
		segment->first_ns = header->first_ns;
	}
	segment->first_ns =
		header->first_ns < segment->first_ns ? header->first_ns : segment->first_ns;
	segment->last_ns = header->last_ns > segment->last_ns ? header->last_ns : segment->last_ns;
	segment->records += header->content_kind == ARCHIVE_GAP ? 0 : header->record_count;
	segment->is_added_up &= is_added_up(pruning, blocks);
	memcpy(segment->digest, blocks->digest, sizeof(segment->digest));
}

static int look(struct pruning *pruning, struct archive_blocks *blocks, struct err *err)
{
	pruning->count = blocks->segments.count;
	pruning->segments = calloc(pruning->count + 1, sizeof(*pruning->segments));
	if (!pruning->segments) {
		return err_set(err, ENOMEM, "%s: out of memory", pruning->folder);
	}
	for (size_t i = 0; i < pruning->count; i++) {
		struct kept_segment *segment = &pruning->segments[i];
		struct stat status;
		segment->number = blocks->segments.items[i].number;
		segment->path = blocks->segments.items[i].path;
		segment->is_added_up = true;
		segment->bytes = stat(segment->path, &status) == 0 ? (uint64_t)status.st_size : 0;
	}
	while (archive_blocks_step(blocks)) {
		note_block(pruning, blocks);
	}
	return 0;
}

/* How many of the oldest are wholly older than that: the next one had begun by then. */
static size_t count_old(const struct pruning *pruning, uint64_t age_ns)
{
	size_t count = 0;

	while (age_ns && count + 1 < pruning->count && pruning->segments[count].is_added_up &&
		pruning->segments[count + 1].began_ns + age_ns <= pruning->now_ns) {
		count++;
	}
	return count;
}

static size_t count_too_many(const struct pruning *pruning, uint64_t bytes_most)
{
	uint64_t bytes = 0;
	size_t count = 0;

	for (size_t i = 0; i < pruning->count; i++) {
		bytes += pruning->segments[i].bytes;
	}
	while (bytes_most && bytes > bytes_most && count + 1 < pruning->count &&
		pruning->segments[count].is_added_up) {
		bytes -= pruning->segments[count++].bytes;
	}
	return count;
}

static int bury(
	const struct pruning *pruning, size_t count, enum archive_deleted_why why, struct err *err)
{
	const struct kept_segment *last = &pruning->segments[count - 1];
	struct archive_tombstone tombstone = { .shelf = pruning->shelf,
		.first_segment = pruning->segments[0].number,
		.last_segment = last->number,
		.from_ns = pruning->segments[0].first_ns,
		.deleted_ns = pruning->now_ns,
		.why = why };

	for (size_t i = 0; i < count; i++) {
		const struct kept_segment *segment = &pruning->segments[i];
		tombstone.records += segment->records;
		if (segment->last_ns > 0) {
			memcpy(tombstone.digest, segment->digest, sizeof(tombstone.digest));
		}
		tombstone.from_ns = segment->first_ns && segment->first_ns < tombstone.from_ns
					    ? segment->first_ns
					    : tombstone.from_ns;
		tombstone.to_ns =
			segment->last_ns > tombstone.to_ns ? segment->last_ns : tombstone.to_ns;
	}
	return archive_deleted_add(pruning->folder, &tombstone, pruning->secret, err);
}

/* Folders of dates that are empty then go with it. */
static int delete_segment(const struct kept_segment *segment, const char *folder, struct err *err)
{
	char path[PATH_MAX];

	if (unlink(segment->path) < 0 && errno != ENOENT) {
		return err_set(err, errno, "%s: cannot delete: %s", segment->path, strerror(errno));
	}
	snprintf(path, sizeof(path), "%s", segment->path);
	for (char *slash; (slash = strrchr(path, '/'));) {
		*slash = '\0';
		if (strlen(path) <= strlen(folder) || rmdir(path) < 0) {
			break;
		}
	}
	return 0;
}

static int prune_shelf(struct pruning *pruning, uint64_t age_ns, uint64_t bytes_most,
	struct archive_pruned *pruned, struct err *err)
{
	const struct archive_options options = { .folder = pruning->folder };
	static const uint32_t contents[] = { [ARCHIVE_SHELF_FLOWS] = ARCHIVE_RECORD_CONTENTS,
		[ARCHIVE_SHELF_HOURS] = 1u << ARCHIVE_HOUR,
		[ARCHIVE_SHELF_DAYS] = 1u << ARCHIVE_DAY };
	struct archive_blocks blocks;
	int status = archive_blocks_open(&blocks, &options, contents[pruning->shelf], err);

	pruning->segments = NULL;
	if (status == 0) {
		status = look(pruning, &blocks, err);
	}
	size_t old = status == 0 ? count_old(pruning, age_ns) : 0;
	size_t too_many = status == 0 ? count_too_many(pruning, bytes_most) : 0;
	size_t count = old > too_many ? old : too_many;
	if (count > 0) {
		status = bury(pruning, count,
			old >= too_many ? ARCHIVE_DELETED_AGE : ARCHIVE_DELETED_SIZE, err);
	}
	for (size_t i = 0; i < count && status == 0; i++) {
		status = delete_segment(&pruning->segments[i], pruning->folder, err);
		pruned->segments[pruning->shelf] += status == 0;
		pruned->records[pruning->shelf] += pruning->segments[i].records;
		pruned->bytes += pruning->segments[i].bytes;
	}
	free(pruning->segments);
	archive_blocks_close(&blocks);
	return status;
}

int archive_writer_prune(struct archive_writer *writer, const struct retention *retention,
	uint64_t now_ns, struct archive_pruned *pruned, struct err *err)
{
	struct archive_index *index = NULL;
	const uint64_t ages[] = { [ARCHIVE_SHELF_FLOWS] = retention->records_ns,
		[ARCHIVE_SHELF_HOURS] = retention->hours_ns,
		[ARCHIVE_SHELF_DAYS] = retention->days_ns };
	bool is_asked = retention->records_ns || retention->hours_ns || retention->days_ns ||
			retention->bytes;
	int status = is_asked ? archive_writer_settle(writer, err) : -ENOENT;

	*pruned = (struct archive_pruned){ 0 };
	if (status == 0) {
		status = archive_index_open(&index, archive_writer_folder(writer), err);
	}
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT && status == 0; shelf++) {
		struct pruning pruning = { .folder = archive_writer_folder(writer),
			.secret = archive_writer_secret(writer),
			.index = index,
			.now_ns = now_ns,
			.shelf = shelf };
		status = prune_shelf(&pruning, ages[shelf],
			shelf == ARCHIVE_SHELF_FLOWS ? retention->bytes : 0, pruned, err);
	}
	archive_index_close(index);
	return status == -ENOENT ? 0 : status;
}
