#include "collector/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/frame_place.h"
#include "collector/pcap_format.h"
#include "collector/source_ops.h"

static const char live_prefix[] = "if:";

/* Every section of a pcapng file begins with this word, the same in both byte orders. */
enum { PCAPNG_MAGIC = 0x0a0d0d0a };

static int open_stream(
	struct source **source, const char *name, struct stream *stream, struct err *err)
{
	struct pcap_format format;
	size_t at_hand = stream_fill(stream, 4);
	uint8_t start[PCAP_HEADER_BYTES] = { 0 };

	if (at_hand < 4) {
		int result = stream_failure(stream, err);
		if (result < 0) {
			err_prefix(err, "%s", name);
		} else {
			result = err_set(err, EBADMSG,
				"%s: offset 0: %s (expected a pcap or pcapng capture)", name,
				at_hand == 0 ? "the file is empty" : "the file is cut short");
		}
		stream_close(stream);
		return result;
	}
	memcpy(start, stream_bytes(stream), 4);
	if (load_be32(start, 0) == PCAPNG_MAGIC) {
		return source_pcapng_open(source, name, stream, err);
	}
	if (!pcap_format_read(&format, start)) {
		stream_close(stream);
		return err_set(err, EBADMSG,
			"%s: offset 0: not a capture: it starts with %02x %02x %02x %02x "
			"(expected pcap or pcapng, plain or compressed with gzip or zstd)",
			name, start[0], start[1], start[2], start[3]);
	}
	return stream_mapping(stream) ? source_mmap_open(source, name, stream, err)
				      : source_pcap_file_open(source, name, stream, err);
}

static int open_kind(struct source **source, const char *name, const struct source_options *options,
	struct err *err)
{
	struct stream *stream;

	if (strncmp(name, live_prefix, strlen(live_prefix)) == 0) {
		return source_live_open(source, name, options, err);
	}
	int result = stream_open(&stream, name, err);
	if (result < 0) {
		return result;
	}
	if (options && options->jobs > 1) {
		stream_go_ahead(stream);
	}
	return open_stream(source, name, stream, err);
}

int source_check_filter(const char *expression, struct err *err)
{
	struct packet_filter *filter;
	int status = packet_filter_create(&filter, expression, err);

	packet_filter_destroy(filter);
	return status;
}

static bool is_all(const struct source_range *range)
{
	return range->from_offset == 0 && range->to_offset == UINT64_MAX;
}

/* What of a file is wanted: a range of it, else a time. Frames of a range are located, as they are
 * where somebody asks. */
static void narrow(struct source *source, const struct source_options *options)
{
	source->file_id = options->file_ids ? options->file_ids[0] : options->ranges != NULL;
	source->range = options->ranges ? options->ranges[0] : SOURCE_RANGE_ALL;
	if (!is_all(&source->range)) {
		source->has_range = true;
		if (source->ops->seek_offset) {
			source->ops->seek_offset(source, source->range.from_offset);
		}
		return;
	}
	source->to_ns = options->to_ns;
	if (options->from_ns > 0 && source->ops->seek) {
		source->ops->seek(source, options->from_ns);
	}
}

int source_open(struct source **source, const char *name, const struct source_options *options,
	struct err *err)
{
	int result = open_kind(source, name, options, err);

	if (result < 0) {
		*source = NULL;
		return result;
	}
	struct source *opened = *source;
	opened->name = strdup(strcmp(name, "-") == 0 ? "standard input" : name);
	if (!opened->name) {
		result = err_set(err, ENOMEM, "%s: out of memory", name);
	} else if (options && options->filter && !opened->is_live) {
		result = packet_filter_create(&opened->filter, options->filter, err);
	}
	if (result < 0) {
		source_close(opened);
		*source = NULL;
	} else if (options && !opened->is_live) {
		narrow(opened, options);
	}
	return result;
}

/* Are these frames, and all that follow, later than what is wanted? */
static bool is_past(const struct source *source, const struct frame_batch *batch)
{
	return source->to_ns > 0 && batch->frames[0].time_ns > source->to_ns &&
	       batch->frames[batch->count - 1].time_ns > source->to_ns;
}

/* Frames outside of the range go. False: so do all that follow. */
static bool keep_range(const struct source *source, struct frame_batch *batch)
{
	unsigned first = 0, end = batch->count;

	while (first < end &&
		frame_place_offset(batch->places[first]) < source->range.from_offset) {
		first++;
	}
	while (end > first &&
		frame_place_offset(batch->places[end - 1]) > source->range.to_offset) {
		end--;
	}
	bool is_over = end < batch->count && end == first;
	batch->count = end - first;
	memmove(batch->frames, batch->frames + first, batch->count * sizeof(batch->frames[0]));
	memmove(batch->places, batch->places + first, batch->count * sizeof(batch->places[0]));
	return !is_over;
}

void source_close(struct source *source)
{
	if (!source) {
		return;
	}
	packet_filter_destroy(source->filter);
	frame_copy_ring_destroy(source->keeper);
	free(source->name);
	source->ops->destroy(source);
}

static void count_frames(struct source_stats *stats, const struct frame_batch *batch)
{
	uint64_t first = stats->frames ? stats->first_ns : UINT64_MAX, last = stats->last_ns;

	for (unsigned i = 0; i < batch->count; i++) {
		uint64_t time_ns = batch->frames[i].time_ns;
		first = time_ns < first ? time_ns : first;
		last = time_ns > last ? time_ns : last;
		stats->cut_frames += batch->frames[i].captured_bytes < batch->frames[i].wire_bytes;
	}
	stats->frames += batch->count;
	if (stats->frames > 0) {
		stats->first_ns = first;
		stats->last_ns = last;
	}
}

int source_next(struct source *source, struct frame_batch *batch, struct err *err)
{
	int result;

	batch->count = 0;
	if (source->keeper && frame_copy_ring_rest(source->keeper, batch)) {
		count_frames(&source->stats, batch);
		return 0;
	}
	if (source->failure) {
		*err = source->reason;
		return source->failure;
	}
	do {
		batch->count = 0;
		batch->is_kept = false;
		result = source->ops->next(source, batch, &source->reason);
		if (result < 0) {
			if (!source->names_files) {
				err_prefix(&source->reason, "%s", source->name);
			}
			*err = source->reason;
			source->failure = result;
			return result;
		}
		if (batch->count > 0 && is_past(source, batch)) {
			batch->count = 0;
		}
		if (batch->count == 0 || (source->has_range && !keep_range(source, batch))) {
			return 0;
		}
		if (source->filter) {
			packet_filter_batch(source->filter, batch);
		}
	} while (batch->count == 0 && !source->is_live);
	if (source->keeper && !batch->is_kept) {
		frame_copy_ring_copy(source->keeper, batch);
	}
	count_frames(&source->stats, batch);
	return 0;
}

int source_keep(struct source *source, struct err *err)
{
	if (!source->keeper) {
		source->keeper = frame_copy_ring_create(SOURCE_KEPT_CALLS);
	}
	source->keeps = source->keeper != NULL;
	return source->keeps ? 0 : err_set(err, ENOMEM, "out of memory for reading ahead");
}

void source_hurry(struct source *source, bool is_hurried)
{
	source->is_hurried = is_hurried;
}

bool source_is_live(const struct source *source)
{
	return source->is_live;
}

void source_read_stats(const struct source *source, struct source_stats *stats)
{
	*stats = source->stats;
	source->ops->progress((struct source *)source, stats);
}
