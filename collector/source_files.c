/* Several captures as one source, in time order.
 *
 * Each file is opened once to learn the time of its first frame, closed, and opened again when its
 * turn comes, so that thousands of files need few descriptors. While one file alone is due its
 * batches are handed over as they are; where files overlap the earliest of their next frames comes
 * first, and what stands in two of them counts once (frame_twins.h). Where frames must stay good
 * for longer, a file that is done is closed that much later. With jobs the next files are opened
 * before their turn, and unpack. */
#include "collector/frame_twins.h"
#include "collector/source_ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

struct member {
	char *name;
	unsigned place; /* as given; decides between equal times */
	uint64_t first_ns;
	uint64_t bytes_all;
	struct source *source; /* NULL: not opened yet, or done */
	struct frame_batch *batch;
	unsigned next;       /* frame of the batch */
	struct source *done; /* its source, whose frames may still be in use */
	uint64_t done_call;
	struct member *next_done;
};

struct files {
	struct source base;
	struct source_options options;
	unsigned count, opened; /* members in the order of their first frames; those before opened
				   had their turn */
	unsigned ahead;         /* those before it were opened for their turn */
	unsigned active_count;
	struct member **active;
	uint64_t bytes_closed; /* of members that are done */
	uint64_t calls, twin_count;
	struct frame_twins *twins;
	struct member *first_done, *last_done; /* in the order in which they ended */
	unsigned bad;
	int failure;
	struct err reason;
	struct member members[];
};

/* A file that ends badly ends alone; the first reason is told at the end. */
static void member_fails(struct files *files, int failure, const struct err *reason)
{
	if (files->bad++ == 0) {
		files->failure = failure;
		files->reason = *reason;
	}
}

static void member_close(struct files *files, struct member *member)
{
	files->bytes_closed += member->bytes_all;
	source_close(member->source);
	free(member->batch);
	member->source = NULL;
	member->batch = NULL;
}

/* The member is done, but frames of it may still be in use. */
static void member_retire(struct files *files, struct member *member)
{
	if (files->base.keeper && member->source) {
		member->done = member->source;
		member->done_call = files->calls;
		*(files->last_done ? &files->last_done->next_done : &files->first_done) = member;
		files->last_done = member;
		member->source = NULL;
	}
	member_close(files, member);
}

static void close_done(struct files *files)
{
	struct member *member = files->first_done;

	while (member && files->calls - member->done_call > SOURCE_KEPT_CALLS) {
		source_close(member->done);
		member->done = NULL;
		member = member->next_done;
	}
	files->first_done = member;
	files->last_done = member ? files->last_done : NULL;
}

/* True where the member has a frame at hand; otherwise it is done. */
static bool member_refill(struct files *files, struct member *member)
{
	struct err err;

	if (member->next < member->batch->count) {
		return true;
	}
	member->next = 0;
	member->source->keeps = files->base.keeps;
	int result = source_next(member->source, member->batch, &err);
	if (result < 0) {
		member_fails(files, result, &err);
	}
	return result == 0 && member->batch->count > 0;
}

/* Those of the member, by its place among the names. */
static struct source_options options_of(const struct files *files, const struct member *member)
{
	struct source_options options = files->options;

	options.file_ids = options.file_ids ? options.file_ids + member->place : NULL;
	options.ranges = options.ranges ? options.ranges + member->place : NULL;
	return options;
}

static bool member_start(struct files *files, struct member *member)
{
	struct source_options options = options_of(files, member);
	struct err err;

	if (!member->source) {
		options.jobs = 1;
		int result = source_open(&member->source, member->name, &options, &err);
		if (result < 0) {
			member_fails(files, result, &err);
			return false;
		}
	}
	if (!member->batch) {
		member->batch = calloc(1, sizeof(*member->batch));
	}
	if (!member->batch) {
		err_set(&err, ENOMEM, "%s: out of memory", member->name);
		member_fails(files, -ENOMEM, &err);
		return false;
	}
	return true;
}

static uint64_t head_ns(const struct member *member)
{
	return member->batch->frames[member->next].time_ns;
}

static void drop_active(struct files *files, unsigned place)
{
	member_retire(files, files->active[place]);
	memmove(&files->active[place], &files->active[place + 1],
		(--files->active_count - place) * sizeof(struct member *));
}

static uint64_t next_start_ns(const struct files *files)
{
	return files->opened < files->count ? files->members[files->opened].first_ns : UINT64_MAX;
}

/* So many files as there are jobs unpack: those at work, and the next. One that cannot be opened
 * says so when its turn comes. */
static void open_ahead(struct files *files)
{
	unsigned first = files->opened, jobs = files->options.jobs;
	struct err err;

	files->ahead = files->ahead < first ? first : files->ahead;
	while (files->ahead < files->count && files->active_count + files->ahead - first < jobs) {
		struct member *member = &files->members[files->ahead++];
		const struct source_options options = options_of(files, member);
		if (!member->source &&
			source_open(&member->source, member->name, &options, &err) < 0) {
			member->source = NULL;
		}
	}
}

/* The active member whose next frame is the earliest; opens files whose time has come. NULL: all
 * are done. */
static struct member *earliest(struct files *files)
{
	for (;;) {
		struct member *first = NULL;
		for (unsigned i = 0; i < files->active_count; i++) {
			if (!first || head_ns(files->active[i]) < head_ns(first)) {
				first = files->active[i];
			}
		}
		if (files->opened == files->count ||
			(first && head_ns(first) < next_start_ns(files))) {
			return first;
		}
		open_ahead(files);
		struct member *member = &files->members[files->opened++];
		if (member_start(files, member) && member_refill(files, member)) {
			files->active[files->active_count++] = member;
		} else {
			member_close(files, member);
		}
	}
}

/* Is the rest of this batch earlier than anything that another file brings? */
static bool stands_alone(const struct files *files, const struct member *member)
{
	uint64_t limit = next_start_ns(files), last = 0;

	for (unsigned i = member->next; i < member->batch->count; i++) {
		uint64_t time_ns = member->batch->frames[i].time_ns;
		last = time_ns > last ? time_ns : last;
	}
	return files->active_count == 1 && last < limit;
}

/* Before a batch: members whose frames are used up read on. Frames handed over before are given up
 * by this. */
static void refill_active(struct files *files)
{
	for (unsigned i = files->active_count; i-- > 0;) {
		if (!member_refill(files, files->active[i])) {
			drop_active(files, i);
		}
	}
}

/* Frames of the member whose turn it is: many where nobody else's come in between, else one. */
static void take_frames(struct files *files, struct member *member, struct frame_batch *batch)
{
	const struct frame *frame = &member->batch->frames[member->next];
	unsigned left = member->batch->count - member->next;
	unsigned room = PACKET_BATCH_MAX - batch->count;
	unsigned many = left < room ? left : room;

	/* The last frames of a file that is done may have twins in what is left. */
	if (!stands_alone(files, member) || frame->time_ns == files->twins->time_ns) {
		many = 1;
		if (frame_twins_is_twin(files->twins, frame, member->place)) {
			files->twin_count++;
			member->next++;
			return;
		}
	}
	memcpy(&batch->frames[batch->count], frame, many * sizeof(struct frame));
	memcpy(&batch->places[batch->count], &member->batch->places[member->next],
		many * sizeof(uint64_t));
	batch->count += many;
	batch->is_kept &= member->batch->is_kept;
	member->next += many;
}

/* Until the batch is full, or one member's frames are used up: reading on would take the memory of
 * those in this batch. False: all are done. */
static bool fill(struct files *files, struct frame_batch *batch)
{
	struct member *member = NULL;

	refill_active(files);
	do {
		member = earliest(files);
		if (!member) {
			return false;
		}
		take_frames(files, member, batch);
	} while (batch->count < PACKET_BATCH_MAX && member->next < member->batch->count);
	return true;
}

static int files_next(struct source *source, struct frame_batch *batch, struct err *err)
{
	struct files *files = (struct files *)source;

	files->calls++;
	close_done(files);
	batch->is_kept = true;
	while (batch->count == 0 && fill(files, batch)) {
	}
	if (batch->count == 0 && files->failure) {
		*err = files->reason;
		if (files->bad > 1) {
			size_t length = strlen(err->text);
			snprintf(err->text + length, sizeof(err->text) - length,
				"; and %u more files", files->bad - 1);
		}
		return files->failure;
	}
	return 0;
}

static void files_progress(struct source *source, struct source_stats *stats)
{
	struct files *files = (struct files *)source;

	stats->twins = files->twin_count;
	stats->bytes_done = files->bytes_closed;
	for (unsigned i = 0; i < files->count; i++) {
		stats->bytes_all += files->members[i].bytes_all;
	}
	for (unsigned i = 0; i < files->active_count; i++) {
		struct source_stats part;
		source_read_stats(files->active[i]->source, &part);
		stats->bytes_done += part.bytes_done;
	}
}

static void files_destroy(struct source *source)
{
	struct files *files = (struct files *)source;

	for (unsigned i = 0; i < files->count; i++) {
		source_close(files->members[i].source);
		source_close(files->members[i].done);
		free(files->members[i].batch);
		free(files->members[i].name);
	}
	free(files->active);
	free(files->twins);
	free(files);
}

static const struct source_ops files_ops = {
	.next = files_next,
	.progress = files_progress,
	.destroy = files_destroy,
};

/* What can be read only once stays open, with its first batch. */
static void put_aside(struct member *member)
{
	if (strcmp(member->name, "-") != 0 && file_is_readable_twice(member->name)) {
		source_close(member->source);
		free(member->batch);
		member->source = NULL;
		member->batch = NULL;
	}
}

/* Learns when the file begins. False where it has no frames: then it takes no part, and a failure
 * is remembered. */
static bool look_at(struct files *files, struct member *member)
{
	struct source_stats stats;
	bool has_frames = member_start(files, member) && member_refill(files, member);

	if (has_frames) {
		member->first_ns = head_ns(member);
		source_read_stats(member->source, &stats);
		member->bytes_all = stats.bytes_all;
		put_aside(member);
	} else {
		member_close(files, member);
		free(member->name);
		member->name = NULL;
	}
	return has_frames;
}

static int by_first_frame(const void *a, const void *b)
{
	const struct member *left = a, *right = b;

	if (left->first_ns != right->first_ns) {
		return left->first_ns < right->first_ns ? -1 : 1;
	}
	return left->place < right->place ? -1 : 1;
}

static int look_at_all(
	struct files *files, const char *const *names, unsigned count, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		struct member *member = &files->members[files->count];
		*member = (struct member){ .name = strdup(names[i]), .place = i };
		if (!member->name) {
			return err_set(err, ENOMEM, "%s: out of memory", names[i]);
		}
		files->count += look_at(files, member);
	}
	qsort(files->members, files->count, sizeof(struct member), by_first_frame);
	if (files->bad == count) {
		*err = files->reason;
		return files->failure;
	}
	return 0;
}

int source_open_files(struct source **source, const char *const *names, unsigned count,
	const struct source_options *options, struct err *err)
{
	*source = NULL;
	if (count == 1) {
		return source_open(source, names[0], options, err);
	}
	for (unsigned i = 0; i < count; i++) {
		if (strncmp(names[i], "if:", 3) == 0) {
			return err_set(err, EINVAL,
				"%s: a live interface cannot be read together with files",
				names[i]);
		}
	}
	struct files *files = calloc(1, sizeof(*files) + count * sizeof(struct member));
	struct member **active = calloc(count, sizeof(*active));
	struct frame_twins *twins = malloc(sizeof(*twins));
	char *name = strdup("several files");
	if (!files || !active || !twins || !name) {
		free(files);
		free(active);
		free(twins);
		free(name);
		return err_set(err, ENOMEM, "out of memory for %u files", count);
	}
	files->base = (struct source){ .ops = &files_ops, .name = name, .names_files = true };
	files->active = active;
	files->twins = twins;
	frame_twins_init(twins);
	files->options = options ? *options : (struct source_options){ 0 };
	int result = look_at_all(files, names, count, err);
	if (result < 0) {
		source_close(&files->base);
		return result;
	}
	*source = &files->base;
	return 0;
}
