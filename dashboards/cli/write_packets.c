#include "dashboards/cli/write_packets.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/lookups.h"
#include "analyzer/output/packet_file.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"

/* Packets of one frame that are told: an aggregate has no room for more. */
enum { PACKETS_OF_FRAME = 512, COMMENT_BYTES = PACKETS_OF_FRAME * 64 };

/* Flows that one look-up is said to name. */
enum { NAMES_TOLD = 8 };

#define PROGRESS_EVERY_NS (200 * NS_PER_MS)

struct found_flow {
	uint32_t serial;
	bool was_written;
	uint64_t id;
	const char *app; /* the reference's; "" unknown */
};

/* The frames of a flow that name one which was asked for. */
struct naming {
	struct lookup lookup;
	uint64_t id;     /* of the flow that is named */
	uint64_t widest; /* the most frames that a look-up in this flow spans */
};

struct packet_search {
	struct frame_marks *marks;
	struct lookups *lookups;
	struct naming *namings; /* by the serial of the look-up's flow, then its first frame */
	size_t naming_count, naming_room;
	struct found_flow *found; /* by serial, once all are there */
	size_t count, room;
	bool is_short; /* of memory */
};

void packet_search_destroy(struct packet_search *search)
{
	if (search) {
		frame_marks_destroy(search->marks);
		lookups_destroy(search->lookups);
		free(search->namings);
		free(search->found);
		free(search);
	}
}

int packet_search_create(struct packet_search **search, struct err *err)
{
	*search = calloc(1, sizeof(**search));
	if (!*search) {
		return err_set(err, ENOMEM, "out of memory");
	}
	int status = frame_marks_create(&(*search)->marks, err);
	if (status == 0 && !((*search)->lookups = lookups_create())) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	if (status < 0) {
		packet_search_destroy(*search);
		*search = NULL;
	}
	return status;
}

struct frame_marks *packet_search_marks(struct packet_search *search)
{
	return search->marks;
}

struct lookups *packet_search_lookups(struct packet_search *search)
{
	return search->lookups;
}

void packet_search_take(
	void *context, const struct record *record, const struct record_labels *labels)
{
	struct packet_search *search = context;

	if (search->count == search->room) {
		size_t room = search->room ? search->room * 2 : 1024;
		struct found_flow *more = realloc(search->found, room * sizeof(*more));
		if (!more) {
			search->is_short = true;
			return;
		}
		search->found = more;
		search->room = room;
	}
	search->found[search->count++] = (struct found_flow){
		.serial = record->flow.serial, .id = record->flow.flow_id, .app = labels->app
	};
}

int packet_search_check(const char *const *inputs, unsigned count, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(inputs[i], "-") == 0) {
			return err_set(err, EINVAL,
				"--write-packets reads its input twice, which standard input "
				"cannot be: save it in a file");
		}
		if (strncmp(inputs[i], "if:", 3) == 0) {
			return err_set(err, EINVAL,
				"%s: packets of a live interface are never written: content is not "
				"stored. Capture with tcpdump, and ask the file",
				inputs[i]);
		}
		if (!file_is_readable_twice(inputs[i])) {
			return err_set(err, EINVAL,
				"%s: --write-packets reads its input twice, which a pipe cannot "
				"be: save it in a file",
				inputs[i]);
		}
	}
	return 0;
}

static int by_serial(const void *a, const void *b)
{
	const struct found_flow *left = a, *right = b;

	return left->serial < right->serial ? -1 : left->serial > right->serial;
}

/* Adds "flow f0123456789abcdef app telegram" to the comment where the flow was asked for, and how
 * many packets of it the frame holds where they are several. */
static bool put_flow(
	struct packet_search *search, uint32_t serial, unsigned packets, struct text *comment)
{
	const struct found_flow key = { .serial = serial };
	struct found_flow *flow = search->count > 0 ? bsearch(&key, search->found, search->count,
							      sizeof(key), by_serial)
						    : NULL;

	if (!flow) {
		return false;
	}
	text_printf(comment, "%sflow f%016" PRIx64 " app %s", comment->length ? "; " : "", flow->id,
		flow->app[0] ? flow->app : "unknown");
	if (packets > 1) {
		text_printf(comment, ", %u packets", packets);
	}
	flow->was_written = true;
	return true;
}

/* Of the flow in hand, which is one that was asked for. */
struct gathering {
	struct packet_search *search;
	uint64_t id;
};

static void gather(void *context, const struct lookup *lookup)
{
	const struct gathering *gathering = context;
	struct packet_search *search = gathering->search;

	if (search->naming_count == search->naming_room) {
		size_t room = search->naming_room ? search->naming_room * 2 : 256;
		struct naming *more = realloc(search->namings, room * sizeof(*more));
		if (!more) {
			search->is_short = true;
			return;
		}
		search->namings = more;
		search->naming_room = room;
	}
	search->namings[search->naming_count++] = (struct naming){ *lookup, gathering->id, 0 };
}

static int by_first(const void *a, const void *b)
{
	const struct naming *left = a, *right = b;
	const struct lookup *l = &left->lookup, *r = &right->lookup;

	if (l->serial != r->serial) {
		return l->serial < r->serial ? -1 : 1;
	}
	if (l->first != r->first) {
		return l->first < r->first ? -1 : 1;
	}
	return left->id < right->id ? -1 : left->id > right->id;
}

static void measure(struct naming *namings, size_t count)
{
	size_t same;

	for (size_t i = 0; i < count; i += same) {
		uint64_t widest = 0;
		for (same = 0; i + same < count &&
			       namings[i + same].lookup.serial == namings[i].lookup.serial;
			same++) {
			const struct lookup *lookup = &namings[i + same].lookup;
			uint64_t width = lookup->last - lookup->first;
			widest = width > widest ? width : widest;
		}
		for (size_t k = i; k < i + same; k++) {
			namings[k].widest = widest;
		}
	}
}

/* The look-ups of all flows that were asked for. */
static void gather_lookups(struct packet_search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		struct gathering gathering = { search, search->found[i].id };
		lookups_of(search->lookups, search->found[i].serial, gather, &gathering);
	}
	if (search->naming_count > 0) {
		qsort(search->namings, search->naming_count, sizeof(*search->namings), by_first);
		measure(search->namings, search->naming_count);
	}
}

/* The first of that flow which may reach to the frame. */
static size_t first_naming(const struct packet_search *search, uint32_t serial, uint64_t frame)
{
	size_t low = 0, high = search->naming_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct lookup *lookup = &search->namings[middle].lookup;
		bool is_before = lookup->serial != serial
					 ? lookup->serial < serial
					 : lookup->first + search->namings[middle].widest < frame;
		low = is_before ? middle + 1 : low;
		high = is_before ? high : middle;
	}
	return low;
}

/* Adds "look-up that names f0123456789abcdef, …" where the frame's flow did that in this frame. */
static bool put_lookup(
	struct packet_search *search, uint32_t serial, uint64_t frame, struct text *comment)
{
	uint64_t latest = 0;
	unsigned told = 0, more = 0;

	for (size_t i = first_naming(search, serial, frame); i < search->naming_count; i++) {
		const struct naming *naming = &search->namings[i];
		if (naming->lookup.serial != serial || naming->lookup.first > frame) {
			break;
		}
		if (naming->lookup.last < frame || (told > 0 && naming->id == latest)) {
			continue;
		}
		latest = naming->id;
		if (told == NAMES_TOLD) {
			more++;
			continue;
		}
		text_printf(comment, "%sf%016" PRIx64,
			told++ > 0            ? ", "
			: comment->length > 0 ? "; look-up that names "
					      : "look-up that names ",
			naming->id);
	}
	if (more > 0) {
		text_printf(comment, " and %u more", more);
	}
	return told > 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* What a frame holds of what was asked for. */
struct frame_words {
	struct text comment;
	unsigned packets, lookups;
};

/* Whose the packets of a frame are, and whom they name. */
static void put_words(struct packet_search *search, uint64_t frame, uint32_t *serials,
	unsigned count, struct frame_words *words)
{
	unsigned same;

	if (count > 1) {
		qsort(serials, count, sizeof(*serials), by_number);
	}
	for (unsigned i = 0; i < count; i += same) {
		for (same = 1; i + same < count && serials[i + same] == serials[i]; same++) {
		}
		bool is_asked_for = put_flow(search, serials[i], same, &words->comment);
		bool names = put_lookup(search, serials[i], frame, &words->comment);
		words->packets += is_asked_for ? same : 0;
		words->lookups += names && !is_asked_for ? same : 0;
	}
}

static int write_frame(struct packet_search *search, struct packet_file *file,
	const struct frame *frame, uint64_t number, struct packet_search_totals *totals,
	struct err *err)
{
	uint32_t serials[PACKETS_OF_FRAME];
	unsigned count = frame_marks_get(search->marks, number, serials, PACKETS_OF_FRAME);
	char memory[COMMENT_BYTES];
	struct frame_words words = { .packets = 0 };

	if (count == 0) {
		return 0;
	}
	text_init(&words.comment, memory, sizeof(memory));
	put_words(search, number, serials, count, &words);
	totals->packets += words.packets;
	totals->lookup_packets += words.lookups;
	return words.comment.length > 0 ? packet_file_put(file, frame, words.comment.at, err) : 0;
}

static volatile sig_atomic_t is_stopped; /* by Ctrl-C, while packets are written */

static void on_stop(int signal)
{
	(void)signal;
	is_stopped = 1;
}

/* Until the source ends, or what the first reading saw of it; that it ends badly was said by that.
 */
static int copy(struct packet_search *search, struct source *source, struct packet_file *file,
	struct progress *progress, struct packet_search_totals *totals, struct err *err)
{
	struct frame_batch *batch = malloc(sizeof(*batch));
	struct source_stats stats;
	uint64_t number = 0, due_ns = 0;
	struct err source_err;
	int status = batch ? 0 : err_set(err, ENOMEM, "out of memory");

	progress_restart(progress, clock_monotonic_ns());
	while (status == 0 && number < frame_marks_end(search->marks) &&
		source_next(source, batch, &source_err) == 0 && batch->count > 0) {
		if (is_stopped) {
			status = err_set(err, EINTR, "stopped while packets were written");
		}
		for (unsigned i = 0; i < batch->count && status == 0; i++) {
			status =
				write_frame(search, file, &batch->frames[i], number++, totals, err);
		}
		if (clock_monotonic_ns() >= due_ns) {
			source_read_stats(source, &stats);
			progress_show(progress, stats.bytes_done, stats.bytes_all, stats.frames,
				clock_monotonic_ns());
			due_ns = clock_monotonic_ns() + PROGRESS_EVERY_NS;
		}
	}
	free(batch);
	return status;
}

/* All that is marked, into a file that is whole or not there. */
static int write_whole(struct packet_search *search, struct source *source, const char *path,
	const char *description, struct progress *progress, struct packet_search_totals *totals,
	struct err *err)
{
	struct packet_file *file;
	int status = packet_file_open(&file, path, description, err);

	if (status < 0) {
		return status;
	}
	status = copy(search, source, file, progress, totals, err);
	if (status < 0) {
		packet_file_discard(file);
		return status;
	}
	return packet_file_close(file, err);
}

/* Ctrl-C ends it in order; a second one at once. */
static int write_until_stopped(struct packet_search *search, struct source *source,
	const char *path, const char *description, struct progress *progress,
	struct packet_search_totals *totals, struct err *err)
{
	const struct sigaction stop = { .sa_handler = on_stop, .sa_flags = SA_RESETHAND };
	struct sigaction on_interrupt, on_terminate;

	is_stopped = 0;
	sigaction(SIGINT, &stop, &on_interrupt);
	sigaction(SIGTERM, &stop, &on_terminate);
	int status = write_whole(search, source, path, description, progress, totals, err);
	sigaction(SIGINT, &on_interrupt, NULL);
	sigaction(SIGTERM, &on_terminate, NULL);
	return status;
}

int packet_search_write(struct packet_search *search, struct source *source, const char *path,
	const char *description, struct progress *progress, struct packet_search_totals *totals,
	struct err *err)
{
	int status = frame_marks_failure(search->marks, err);

	*totals = (struct packet_search_totals){ 0, 0, 0 };
	if (status < 0) {
		return status;
	}
	if (search->count > 0) {
		qsort(search->found, search->count, sizeof(*search->found), by_serial);
	}
	gather_lookups(search);
	if (search->is_short || lookups_are_short(search->lookups)) {
		return err_set(err, ENOMEM, "out of memory");
	}
	status = write_until_stopped(search, source, path, description, progress, totals, err);
	for (size_t i = 0; i < search->count; i++) {
		totals->flows += search->found[i].was_written;
	}
	return status;
}

void packet_search_say(
	const char *command, const char *path, const struct packet_search_totals *totals)
{
	char lookups[96] = "", packets[32], flows[32];
	struct text text;

	text_init(&text, packets, sizeof(packets));
	text_put_grouped(&text, totals->packets, ",");
	text_init(&text, flows, sizeof(flows));
	text_put_grouped(&text, totals->flows, ",");

	if (totals->lookup_packets > 0) {
		snprintf(lookups, sizeof(lookups),
			", and %" PRIu64 " packet%s of the look-ups that named %s",
			totals->lookup_packets, totals->lookup_packets == 1 ? "" : "s",
			totals->flows == 1 ? "it" : "them");
	}
	cli_notice(command, "%s: %s packet%s of %s flow%s%s", path, packets,
		totals->packets == 1 ? "" : "s", flows, totals->flows == 1 ? "" : "s", lookups);
}
