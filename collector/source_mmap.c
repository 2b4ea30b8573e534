/* Classic capture files mapped into memory, walked by many cursors at once.
 *
 * A record says only how long it is, so a walk is a chain of loads that each wait for the one
 * before: a hundred nanoseconds a packet when packets are large. Here a window of the file is cut
 * into stretches, and one cursor walks each, in turns, so that their loads wait together.
 *
 * Where records begin inside the window is guessed: a place followed by several plausible record
 * headers. The first cursor starts at a true boundary; so when it ends exactly where the second one
 * began, that start was true as well, and so on. At the first cursor for which this does not hold
 * the window ends, what the later ones found is thrown away, and the next window starts where the
 * last true cursor ended. So the result is the one-cursor walk's, whatever a file holds; a file
 * that fools the guess (a capture of captures) only costs time, and less and less of it.
 *
 * Where nobody keeps frames a window is copied instead, so small that it stays in the cache: the
 * copy streams, while of a mapped window each header and each handshake is waited for. Mapping is
 * no gift either: to map small pages and to give them back takes as long as copying two thirds of
 * what they hold. */
#include "collector/source_ops.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "collector/frame_place.h"
#include "collector/pcap_format.h"

enum { CURSORS = 12, CURSOR_FRAMES = 512, WINDOW_FRAMES = CURSORS * CURSOR_FRAMES };

/* A guess is this many plausible headers in a row, found within so many bytes. */
enum { CHAIN_RECORDS = 6, GUESS_BYTES = 1 << 16 };

/* Plausible: within an hour of the window's first packet, and no larger than an IP
 * packet can be. */
enum { PLAUSIBLE_SECONDS = 3600, PLAUSIBLE_BYTES = 66 << 10 };

/* What decoding reads of nearly every record: its header, Ethernet, IPv4 and TCP. */
enum { OPENING_BYTES = PCAP_RECORD_BYTES + 14 + 20 + 20 };

/* For the first window. */
enum { RECORD_BYTES_GUESS = 256 };

/* A window is asked for at once, so it is bounded also where records are large. */
enum { WINDOW_BYTES_MAX = 64 << 20 };

/* Below this a window is not worth guessing; and after a wrong guess up to so many windows do
 * without. */
enum { MANY_CURSORS_BYTES = 1 << 18, DISTRUST_MAX = 64 };

/* A window that is copied: a quarter of a small second-level cache. */
enum { COPY_BYTES = 128 << 10 };

struct cursor {
	const uint8_t *start, *at;
	const uint8_t *stop; /* records that begin here or later are the next cursor's */
	struct frame *frames;
	unsigned count;
	const uint8_t *odd; /* the first record with an odd time; NULL none */
};

struct mapped_file {
	struct source base;
	struct stream *stream;
	struct pcap_format format;
	struct pcap_odd_times odd;
	const uint8_t *start, *end;
	const uint8_t *window; /* what its frames point into: the mapping, or the copy */
	uint64_t window_offset;
	struct reader rest;   /* of the copy: what was not walked yet */
	uint64_t handed_over; /* everything before; for progress */
	struct cursor cursors[CURSORS];
	unsigned cursor_count;           /* whose frames are true */
	unsigned cursor, frame;          /* the next to be handed over */
	unsigned distrust, distrust_now; /* windows to walk with one cursor: after the next wrong
					    guess, and still */
	size_t record_bytes;             /* mean of the last window */
	unsigned batch_frames;           /* of it, in one batch */
	struct frame frames[WINDOW_FRAMES];
	uint8_t copy[COPY_BYTES];
};

static inline uint32_t seconds_at(const struct mapped_file *file, const uint8_t *header)
{
	return file->format.big_endian ? load_be32(header, 0) : load_le32(header, 0);
}

/* What nearly no place in the middle of a record has. */
static inline bool is_near(const struct mapped_file *file, const uint8_t *header, uint32_t seconds)
{
	return seconds_at(file, header) - seconds + PLAUSIBLE_SECONDS <= 2 * PLAUSIBLE_SECONDS;
}

static bool is_plausible(const struct mapped_file *file, const uint8_t *header, uint32_t seconds)
{
	const struct pcap_format *format = &file->format;
	struct pcap_record record = pcap_record_read(format, header);

	return is_near(file, header, seconds) && record.fraction < format->fractions &&
	       record.captured_bytes <= record.wire_bytes &&
	       record.wire_bytes - 1 < PLAUSIBLE_BYTES;
}

static bool is_chain(const struct mapped_file *file, const uint8_t *at, uint32_t seconds)
{
	for (unsigned i = 0; i < CHAIN_RECORDS; i++) {
		if ((size_t)(file->end - at) < file->format.record_header_bytes) {
			return at == file->end;
		}
		if (!is_plausible(file, at, seconds)) {
			return false;
		}
		size_t bytes = pcap_record_read(&file->format, at).captured_bytes;
		bytes += file->format.record_header_bytes;
		if ((size_t)(file->end - at) < bytes) {
			return false;
		}
		at += bytes;
	}
	return true;
}

/* The first place from here on where records seem to begin; NULL where there is none near. */
static const uint8_t *guess_start(
	const struct mapped_file *file, const uint8_t *from, uint32_t seconds)
{
	if ((size_t)(file->end - from) < GUESS_BYTES) {
		return NULL;
	}
	for (const uint8_t *at = from; at < from + GUESS_BYTES - PCAP_RECORD_BYTES - 8; at++) {
		if (__builtin_expect(is_near(file, at, seconds), 0) &&
			is_chain(file, at, seconds)) {
			return at;
		}
	}
	return NULL;
}

/* The first place from here on where records surely begin, whatever their time; NULL: none near. */
static const uint8_t *find_record(const struct mapped_file *file, const uint8_t *from)
{
	if ((size_t)(file->end - from) < GUESS_BYTES) {
		return NULL;
	}
	for (const uint8_t *at = from; at < from + GUESS_BYTES - PCAP_RECORD_BYTES - 8; at++) {
		uint32_t seconds = seconds_at(file, at);
		if (is_plausible(file, at, seconds) && is_chain(file, at, seconds)) {
			return at;
		}
	}
	return NULL;
}

/* Halves the file until little is left between a record that is too early and one that is not. */
static void mapped_seek(struct source *source, uint64_t from_ns)
{
	enum { NEAR_BYTES = 1 << 20 };
	struct mapped_file *file = (struct mapped_file *)source;
	const uint8_t *early = stream_bytes(file->stream), *late = file->end;

	while (late - early > NEAR_BYTES) {
		const uint8_t *middle = early + (late - early) / 2;
		const uint8_t *record = find_record(file, middle);
		if (!record || record >= late) {
			break; /* the rest is walked */
		}
		if (pcap_record_read(&file->format, record).time_ns < from_ns) {
			early = record;
		} else {
			late = middle;
		}
	}
	stream_skip(file->stream, (size_t)(early - stream_bytes(file->stream)));
	mapping_begin(stream_mapping(file->stream), stream_offset(file->stream));
}

static void mapped_seek_offset(struct source *source, uint64_t offset)
{
	struct mapped_file *file = (struct mapped_file *)source;
	uint64_t now = stream_offset(file->stream);

	if (offset > now && offset - now <= stream_at_hand(file->stream)) {
		stream_skip(file->stream, (size_t)(offset - now));
		mapping_begin(stream_mapping(file->stream), offset);
	}
}

/* After a guess that did not hold or found nothing, do without for a while, and for longer each
 * time. */
static void lose_trust(struct mapped_file *file)
{
	file->distrust = file->distrust < DISTRUST_MAX ? file->distrust * 2 + 1 : DISTRUST_MAX;
	file->distrust_now = file->distrust;
}

/* Cuts the window into stretches; fewer where no start is found, one where guessing does not pay.
 * The stretches are meant for somewhat fewer records than a cursor can take. */
static unsigned place_cursors(struct mapped_file *file)
{
	const uint8_t *at = stream_bytes(file->stream);
	size_t left = (size_t)(file->end - at);
	size_t stretch = file->record_bytes * (CURSOR_FRAMES - CURSOR_FRAMES / 8);
	unsigned count = 1;

	file->cursors[0] =
		(struct cursor){ .start = at, .at = at, .stop = file->end, .frames = file->frames };
	if (file->distrust_now > 0 || left < MANY_CURSORS_BYTES) {
		file->distrust_now -= file->distrust_now > 0;
		return count;
	}
	size_t most = (left < WINDOW_BYTES_MAX ? left : WINDOW_BYTES_MAX) / CURSORS;
	stretch = most < stretch ? most : stretch;
	stream_enter(file->stream, stretch * CURSORS);
	uint32_t seconds = seconds_at(file, at);
	for (; count < CURSORS; count++) {
		struct cursor *before = &file->cursors[count - 1];
		const uint8_t *start = guess_start(file, at + count * stretch, seconds);
		if (!start || start <= before->start) {
			break;
		}
		before->stop = start;
		file->cursors[count] = (struct cursor){ .start = start,
			.at = start,
			.stop = file->end,
			.frames = file->frames + count * CURSOR_FRAMES };
	}
	if (count == 1) {
		lose_trust(file);
	}
	return count;
}

/* One record; false where the cursor is at its end, or cannot go on. */
static inline bool cursor_step(
	const struct mapped_file *file, const struct pcap_format *format, struct cursor *cursor)
{
	size_t left = (size_t)(file->end - cursor->at);

	if (cursor->at >= cursor->stop || cursor->count == CURSOR_FRAMES ||
		left < format->record_header_bytes) {
		return false;
	}
	struct pcap_record record = pcap_record_read(format, cursor->at);
	if (!pcap_record_is_good(format, &record, cursor->at) ||
		record.captured_bytes > left - format->record_header_bytes) {
		return false;
	}
	if (__builtin_expect(pcap_record_has_odd_time(format, &record), 0) && !cursor->odd) {
		cursor->odd = cursor->at;
	}
	pcap_record_frame(format, cursor->at, &record, &cursor->frames[cursor->count++]);
	cursor->at += format->record_header_bytes + record.captured_bytes;
	__builtin_prefetch(cursor->at);
	__builtin_prefetch(cursor->at + OPENING_BYTES - 1);
	return true;
}

static void walk_together(struct mapped_file *file, unsigned count)
{
	const struct pcap_format format = file->format;
	struct cursor *active[CURSORS];
	unsigned active_count = count;

	for (unsigned i = 0; i < count; i++) {
		active[i] = &file->cursors[i];
	}
	while (active_count > 0) {
		for (unsigned i = 0; i < active_count;) {
			if (cursor_step(file, &format, active[i])) {
				i++;
			} else {
				active[i] = active[--active_count];
			}
		}
	}
}

/* How many cursors, from the first, have walked true records. */
static unsigned count_true(struct mapped_file *file, unsigned count)
{
	unsigned good = 1;

	while (good < count && file->cursors[good - 1].at == file->cursors[good].start) {
		good++;
	}
	/* A cursor whose list was full before its stop is short, not wrong. */
	if (good < count && file->cursors[good - 1].count < CURSOR_FRAMES) {
		lose_trust(file);
	} else if (count > 1) {
		file->distrust = 0;
	}
	return good;
}

/* Walks a true cursor's records again, from the first odd one. */
static void count_odd_times(struct mapped_file *file, const struct cursor *cursor)
{
	for (const uint8_t *at = cursor->odd; at < cursor->at;) {
		struct pcap_record record = pcap_record_read(&file->format, at);
		if (pcap_record_has_odd_time(&file->format, &record) && file->odd.count++ == 0) {
			file->odd.first_offset = (uint64_t)(at - file->start);
			file->odd.first_fraction = record.fraction;
		}
		at += file->format.record_header_bytes + record.captured_bytes;
	}
}

static unsigned frames_of_batch(size_t record_bytes)
{
	size_t frames = PACKET_BATCH_BYTES / record_bytes;

	return frames == 0 ? 1 : frames < PACKET_BATCH_MAX ? (unsigned)frames : PACKET_BATCH_MAX;
}

/* Copies the next window, unless frames are kept. */
static void copy_window(struct mapped_file *file)
{
	if (!file->base.keeps) {
		file->window = file->copy;
		file->window_offset = stream_offset(file->stream);
		file->rest = reader_over(
			file->copy, mapping_copy(stream_mapping(file->stream), file->window_offset,
					    file->copy, COPY_BYTES));
	}
}

/* The next frames of the copy. */
static void walk_copy(struct mapped_file *file, struct frame_batch *batch)
{
	size_t left = reader_left(&file->rest), used;

	batch->count = pcap_format_walk(&file->format, file->rest.at, left,
		stream_offset(file->stream), batch->frames, PACKET_BATCH_MAX, &used, &file->odd);
	reader_skip(&file->rest, batch->count > 0 ? used : left);
	stream_skip(file->stream, used);
}

/* Walks the next window of the mapping, from where the stream is to where its last true record
 * ends. */
static void walk_mapping(struct mapped_file *file)
{
	unsigned frames = 0, count = place_cursors(file);

	file->cursor = file->frame = 0;
	file->window = file->start;
	file->window_offset = 0;
	walk_together(file, count);
	file->cursor_count = count_true(file, count);
	for (unsigned i = 0; i < file->cursor_count; i++) {
		frames += file->cursors[i].count;
		if (__builtin_expect(file->cursors[i].odd != NULL, 0)) {
			count_odd_times(file, &file->cursors[i]);
		}
	}
	const struct cursor *last = &file->cursors[file->cursor_count - 1];
	size_t bytes = (size_t)(last->at - stream_bytes(file->stream));
	stream_skip(file->stream, bytes);
	file->record_bytes = frames ? bytes / frames : file->record_bytes;
	file->batch_frames = frames_of_batch(file->record_bytes);
}

static uint64_t offset_of(const struct mapped_file *file, const uint8_t *bytes)
{
	return file->window_offset + (uint64_t)(bytes - file->window);
}

static void locate(const struct mapped_file *file, struct frame_batch *batch)
{
	const uint8_t *window = file->window;
	uint64_t first = frame_place(file->base.file_id, file->window_offset) -
			 file->format.record_header_bytes;

	for (unsigned i = 0; i < batch->count; i++) {
		batch->places[i] = first + (uint64_t)(batch->frames[i].bytes - window);
	}
}

/* Frames of what is left of the window, up to a batch. */
static void hand_over(struct mapped_file *file, struct frame_batch *batch)
{
	if (reader_left(&file->rest) > 0) {
		walk_copy(file, batch);
	}
	while (file->cursor < file->cursor_count && batch->count < file->batch_frames) {
		const struct cursor *cursor = &file->cursors[file->cursor];
		unsigned left = cursor->count - file->frame,
			 room = file->batch_frames - batch->count;
		unsigned many = left < room ? left : room;
		memcpy(&batch->frames[batch->count], &cursor->frames[file->frame],
			many * sizeof(struct frame));
		batch->count += many;
		file->frame += many;
		if (file->frame == cursor->count) {
			file->cursor++;
			file->frame = 0;
		}
	}
	if (file->base.file_id) {
		locate(file, batch);
	}
	if (batch->count > 0) {
		const struct frame *last = &batch->frames[batch->count - 1];
		file->handed_over = offset_of(file, last->bytes) + last->captured_bytes;
	}
}

/* The next frames, from the next window where this one is used up. False where there are none, or
 * where what was walked is lost with the file. */
static bool take_frames(struct mapped_file *file, struct frame_batch *batch, bool *was_empty)
{
	hand_over(file, batch);
	if (batch->count == 0) {
		stream_fill(file->stream, 0);
		copy_window(file);
		hand_over(file, batch);
	}
	/* The mapping knows why a copy holds no whole record. */
	if (batch->count == 0) {
		walk_mapping(file);
		hand_over(file, batch);
	}
	*was_empty = batch->count == 0;
	batch->is_kept = file->window == file->start;
	if (batch->is_kept) {
		stream_drop_lost(file->stream, batch);
	}
	return batch->count > 0;
}

static int mapped_next(struct source *source, struct frame_batch *batch, struct err *err)
{
	struct mapped_file *file = (struct mapped_file *)source;
	bool was_empty;

	while (!take_frames(file, batch, &was_empty)) {
		int result = stream_failure(file->stream, err);
		const uint8_t *bytes = stream_bytes(file->stream);
		size_t left = stream_at_hand(file->stream);
		if (result < 0 || !was_empty) {
			return result;
		}
		if (pcap_format_go_on(&file->format, bytes, left)) {
			stream_skip(file->stream, PCAP_HEADER_BYTES);
			continue;
		}
		return left > 0 ? pcap_format_explain(&file->format, bytes, left,
					  stream_offset(file->stream), err)
				: pcap_odd_times_explain(&file->format, &file->odd, err);
	}
	return 0;
}

/* The stream is a window ahead of what has been handed over. */
static void mapped_progress(struct source *source, struct source_stats *stats)
{
	struct mapped_file *file = (struct mapped_file *)source;

	stream_progress(file->stream, &stats->bytes_done, &stats->bytes_all);
	if (file->cursor < file->cursor_count) {
		stats->bytes_done = file->handed_over;
	}
}

static void mapped_destroy(struct source *source)
{
	struct mapped_file *file = (struct mapped_file *)source;

	stream_close(file->stream);
	free(file);
}

static const struct source_ops mapped_ops = {
	.next = mapped_next,
	.progress = mapped_progress,
	.seek = mapped_seek,
	.seek_offset = mapped_seek_offset,
	.destroy = mapped_destroy,
};

int source_mmap_open(
	struct source **source, const char *name, struct stream *stream, struct err *err)
{
	struct mapped_file *file =
		malloc(sizeof(*file)); /* the frames stay untouched until they are used */

	if (!file) {
		stream_close(stream);
		return err_set(err, ENOMEM, "%s: out of memory", name);
	}
	memset(file, 0, offsetof(struct mapped_file, frames));
	file->base.ops = &mapped_ops;
	file->stream = stream;
	file->record_bytes = RECORD_BYTES_GUESS;
	int result = pcap_format_open(&file->format, name, stream, err);
	if (result < 0) {
		mapped_destroy(&file->base);
		return result;
	}
	file->start = stream_bytes(stream) - stream_offset(stream);
	file->end = stream_bytes(stream) + stream_at_hand(stream);
	*source = &file->base;
	return 0;
}
