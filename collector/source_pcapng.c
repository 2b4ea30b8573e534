/* pcapng (draft-ietf-opsawg-pcapng): sections, interfaces, packets; everything else is stepped
 * over.
 *
 * Read by hand rather than by libpcap, which refuses a file whose interfaces differ in link type or
 * whose sections differ in byte order, and which cannot say where a file is damaged. */
#include "collector/source_ops.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/reader.h"
#include "collector/frame_place.h"

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET_OLD = 2,
	BLOCK_PACKET_SIMPLE = 3,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a
};

enum { OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14 };
enum {
	BLOCK_HEADER_BYTES = 8,
	BLOCK_BYTES_MIN = 12,
	BLOCK_BYTES_MAX = 16 << 20, /* of those that are read */
	INTERFACES_MAX = 65536
};

static const uint32_t order_magic = 0x1a2b3c4d;

/* ns = (ticks * multiplier >> shift) / divisor + offset */
struct interface {
	uint64_t multiplier, divisor;
	int64_t offset_s;
	uint32_t snaplen;
	uint16_t link_type;
	uint8_t shift, resolution;
};

/* The first interface whose resolution leaves no room for a date. */
struct odd_resolution {
	bool is_there;
	uint64_t offset;
	unsigned interface;
	uint8_t resolution;
};

/* Packets of a kind, and where the first one stands: whose time is past all that can be written,
 * which no clock said; and simple ones before any that has a time. */
struct odd_time {
	uint64_t count, first_offset;
};

/* A block that is only stepped over, of any length: what is left of it, its length behind it among
 * that. */
struct passed_block {
	uint64_t offset;
	uint32_t length, left_bytes;
};

struct pcapng {
	struct source base;
	struct stream *stream;
	struct interface *interfaces;
	unsigned interface_count, interface_room;
	bool big_endian;
	uint64_t last_ns; /* simple packets have no time of their own */
	struct odd_resolution odd;
	struct odd_time odd_time, untimed;
	struct passed_block passed;
};

static uint16_t get_u16(const struct pcapng *file, struct reader *reader)
{
	return file->big_endian ? reader_u16(reader) : reader_u16_le(reader);
}

static uint32_t get_u32(const struct pcapng *file, struct reader *reader)
{
	return file->big_endian ? reader_u32(reader) : reader_u32_le(reader);
}

static uint64_t ten_to_the(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0) {
		power *= 10;
	}
	return power;
}

/* if_tsresol: a negative power of ten, or of two where the highest bit is set. */
static void set_resolution(struct interface *interface, uint8_t resolution)
{
	unsigned exponent = resolution & 0x7f;

	interface->resolution = resolution;
	interface->shift = 0;
	interface->divisor = 1;
	if (resolution & 0x80) {
		interface->multiplier = NS_PER_S;
		interface->shift = (uint8_t)exponent;
	} else if (exponent <= 9) {
		interface->multiplier = ten_to_the(9 - exponent);
	} else {
		interface->multiplier = 1;
		interface->divisor = exponent - 9 <= 19 ? ten_to_the(exponent - 9) : UINT64_MAX;
	}
}

/* 64 bits of such a unit end before a day after 1970, and no other day was said to count from. */
static bool is_odd_resolution(const struct interface *interface)
{
	unsigned exponent = interface->resolution & 0x7f;

	return interface->offset_s == 0 && exponent > (interface->resolution & 0x80 ? 47 : 14);
}

/* UINT64_MAX: too late to be written. */
static uint64_t time_of(const struct interface *interface, uint64_t ticks)
{
	unsigned __int128 ns = (unsigned __int128)ticks * interface->multiplier >> interface->shift;

	if (interface->divisor != 1) {
		ns /= interface->divisor;
	}
	if (interface->offset_s != 0) {
		__int128 moved = (__int128)ns + (__int128)interface->offset_s * (__int128)NS_PER_S;
		ns = moved < 0 ? 0 : (unsigned __int128)moved;
	}
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/* Options of a length that is not theirs are left out. False: one says more bytes than there are.
 */
static bool read_options(
	const struct pcapng *file, struct reader *body, struct interface *interface)
{
	while (reader_left(body) >= 4) {
		uint16_t code = get_u16(file, body), length = get_u16(file, body);
		struct reader value = reader_sub(body, length);
		reader_skip(body, -length & 3);
		if (code == 0) {
			break;
		}
		if (code == OPTION_TSRESOL && length == 1) {
			set_resolution(interface, reader_u8(&value));
		} else if (code == OPTION_TSOFFSET && length == 8) {
			uint64_t first = get_u32(file, &value), second = get_u32(file, &value);
			interface->offset_s = (int64_t)(file->big_endian ? first << 32 | second
									 : second << 32 | first);
		}
	}
	return reader_ok(body);
}

static int bad_block(const struct pcapng *file, struct err *err, const char *reason)
{
	return err_set(err, EBADMSG, "offset %" PRIu64 ": %s; the file is damaged here",
		stream_offset(file->stream), reason);
}

static int read_interface(struct pcapng *file, struct reader *body, struct err *err)
{
	struct interface interface = { .link_type = get_u16(file, body) };

	reader_skip(body, 2);
	interface.snaplen = get_u32(file, body);
	set_resolution(&interface, 6);
	if (!reader_ok(body)) {
		return bad_block(
			file, err, "an interface block is too short (expected at least 20 bytes)");
	}
	if (!read_options(file, body, &interface)) {
		return bad_block(file, err,
			"an option of an interface block says more bytes than the block holds");
	}
	if (is_odd_resolution(&interface) && !file->odd.is_there) {
		file->odd = (struct odd_resolution){ true, stream_offset(file->stream),
			file->interface_count, interface.resolution };
	}
	if (file->interface_count == file->interface_room) {
		unsigned room = file->interface_room ? file->interface_room * 2 : 8;
		struct interface *more = room > INTERFACES_MAX
						 ? NULL
						 : realloc(file->interfaces, room * sizeof(*more));
		if (!more) {
			return bad_block(file, err,
				"more interfaces than can be kept (expected at most 65536)");
		}
		file->interfaces = more;
		file->interface_room = room;
	}
	file->interfaces[file->interface_count++] = interface;
	return 0;
}

static void note_odd_time(struct pcapng *file, struct odd_time *odd)
{
	if (odd->count++ == 0) {
		odd->first_offset = stream_offset(file->stream);
	}
}

static uint64_t see_time(struct pcapng *file, const struct interface *interface, uint64_t ticks)
{
	uint64_t time_ns = time_of(interface, ticks);

	if (time_ns == UINT64_MAX && !is_odd_resolution(interface)) {
		note_odd_time(file, &file->odd_time);
		return file->last_ns;
	}
	return time_ns;
}

/* The packet blocks: type says which of the three. */
static int read_packet(struct pcapng *file, uint32_t type, struct reader *body,
	struct frame_batch *batch, struct err *err)
{
	uint32_t number = 0, captured, wire;
	uint64_t ticks = 0;

	if (type != BLOCK_PACKET_SIMPLE) {
		number = type == BLOCK_PACKET ? get_u32(file, body) : get_u16(file, body);
		reader_skip(body, type == BLOCK_PACKET ? 0 : 2);
		ticks = (uint64_t)get_u32(file, body) << 32;
		ticks |= get_u32(file, body);
		captured = get_u32(file, body);
		wire = get_u32(file, body);
	} else {
		captured = wire = get_u32(file, body);
	}
	if (!reader_ok(body)) {
		return bad_block(file, err, "a packet block is too short for its header");
	}
	if (number >= file->interface_count) {
		return bad_block(
			file, err, "a packet names an interface that was not described before");
	}
	const struct interface *interface = &file->interfaces[number];
	if (type == BLOCK_PACKET_SIMPLE) {
		size_t most = interface->snaplen ? interface->snaplen : UINT32_MAX;
		most = reader_left(body) < most ? reader_left(body) : most;
		captured = wire < most ? wire : (uint32_t)most;
		if (file->last_ns == 0) {
			note_odd_time(file, &file->untimed);
		}
	} else {
		file->last_ns = see_time(file, interface, ticks);
	}
	const uint8_t *bytes = reader_bytes(body, captured);
	if (!bytes) {
		return bad_block(
			file, err, "a packet says more captured bytes than its block holds");
	}
	batch->places[batch->count] = frame_place(file->base.file_id, stream_offset(file->stream));
	batch->frames[batch->count++] = (struct frame){
		.bytes = bytes,
		.time_ns = file->last_ns,
		.captured_bytes = captured,
		.wire_bytes = wire > captured ? wire : captured,
		.link_type = interface->link_type,
		.interface = (uint16_t)number,
	};
	return 0;
}

static int read_section(struct pcapng *file, struct reader *body, struct err *err)
{
	reader_skip(body, 4); /* the byte order, known by now */
	uint16_t major = get_u16(file, body);
	if (!reader_ok(body) || major != 1) {
		return bad_block(
			file, err, "a section of a version that is not known (expected version 1)");
	}
	file->interface_count = 0;
	return 0;
}

/* A section says its byte order itself, in the word behind its length. */
static int learn_byte_order(struct pcapng *file, const uint8_t *block, struct err *err)
{
	if (load_le32(block, 8) == order_magic) {
		file->big_endian = false;
	} else if (load_be32(block, 8) == order_magic) {
		file->big_endian = true;
	} else {
		return bad_block(file, err, "a section without byte order (expected 1a2b3c4d)");
	}
	return 0;
}

/* Is there anything in blocks of this type for us? */
static bool is_read(uint32_t type)
{
	switch (type) {
	case BLOCK_SECTION:
	case BLOCK_INTERFACE:
	case BLOCK_PACKET:
	case BLOCK_PACKET_OLD:
	case BLOCK_PACKET_SIMPLE:
		return true;
	default:
		return false;
	}
}

/* How long the block at hand is. 0 and *length, or the error; *length is 0 where more bytes are
 * needed to know. */
static int block_length(
	struct pcapng *file, size_t at_hand, uint32_t *type, size_t *length, struct err *err)
{
	const uint8_t *block = stream_bytes(file->stream);

	*length = 0;
	if (at_hand < BLOCK_BYTES_MIN) {
		return 0;
	}
	/* The section's type reads the same in both byte orders. */
	if (load_be32(block, 0) == BLOCK_SECTION && learn_byte_order(file, block, err) < 0) {
		return -EBADMSG;
	}
	struct reader reader = reader_over(block, BLOCK_HEADER_BYTES);
	*type = get_u32(file, &reader);
	uint32_t total = get_u32(file, &reader);
	bool is_too_long = total > BLOCK_BYTES_MAX && is_read(*type);
	if (total < BLOCK_BYTES_MIN || is_too_long || total % 4 != 0) {
		return err_set(err, EBADMSG,
			"offset %" PRIu64 ": a block says a length of %" PRIu32
			" (expected a multiple of 4 between %d and %d); the file is damaged here",
			stream_offset(file->stream), total, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
	}
	*length = total;
	return 0;
}

/* Begins to step over a block, of which only the start need be at hand. */
static void pass_block(struct pcapng *file, uint32_t length)
{
	file->passed = (struct passed_block){ stream_offset(file->stream), length,
		length - BLOCK_HEADER_BYTES };
	stream_skip(file->stream, BLOCK_HEADER_BYTES);
}

/* Steps on. 0, and nothing is left of it, or *needed says how many bytes are wanted at hand. */
static int pass_on(struct pcapng *file, size_t *needed, struct err *err)
{
	enum { LENGTH_BYTES = 4 };
	struct passed_block *passed = &file->passed;
	size_t at_hand = stream_at_hand(file->stream);
	size_t inside = passed->left_bytes - LENGTH_BYTES;
	size_t now = at_hand < inside ? at_hand : inside;

	stream_skip(file->stream, now);
	passed->left_bytes -= (uint32_t)now;
	*needed = passed->left_bytes > LENGTH_BYTES ? 1 : LENGTH_BYTES;
	if (at_hand - now < *needed) {
		return 0;
	}
	struct reader reader = reader_over(stream_bytes(file->stream), LENGTH_BYTES);
	if (get_u32(file, &reader) != passed->length) {
		return err_set(err, EBADMSG,
			"offset %" PRIu64
			": the lengths before and behind a block differ; the file "
			"is damaged here",
			passed->offset);
	}
	stream_skip(file->stream, LENGTH_BYTES);
	passed->left_bytes = 0;
	return 0;
}

static int read_block(struct pcapng *file, uint32_t type, size_t length, struct frame_batch *batch,
	struct err *err)
{
	struct reader reader = reader_over(stream_bytes(file->stream), length);

	reader_skip(&reader, BLOCK_HEADER_BYTES);
	struct reader body = reader_sub(&reader, length - BLOCK_BYTES_MIN);
	if (get_u32(file, &reader) != length) {
		return bad_block(file, err, "the lengths before and behind a block differ");
	}
	switch (type) {
	case BLOCK_SECTION:
		return read_section(file, &body, err);
	case BLOCK_INTERFACE:
		return read_interface(file, &body, err);
	default:
		return read_packet(file, type, &body, batch, err);
	}
}

/* Of a file that was read to its end: times that mean nothing, or that there are none, which is no
 * fault of the file. */
static int explain_times(const struct pcapng *file, struct err *err)
{
	if (file->odd.is_there) {
		return err_set(err, EBADMSG,
			"offset %" PRIu64 ": interface %u counts time in units of %s-%u s "
			"(expected 10^-6 or 10^-9), too fine for any date; its packets were read "
			"with times that mean nothing",
			file->odd.offset, file->odd.interface,
			file->odd.resolution & 0x80 ? "2^" : "10^", file->odd.resolution & 0x7f);
	}
	if (file->odd_time.count > 0) {
		return err_set(err, EBADMSG,
			"offset %" PRIu64
			": the time of a packet lies past the year 2554, as do %" PRIu64
			" others; all were read, with the time of the packet before",
			file->odd_time.first_offset, file->odd_time.count - 1);
	}
	if (file->untimed.count > 0) {
		log_warning("%s: offset %" PRIu64 ": a packet has no time, nor have %" PRIu64
			    " others (simple packet blocks hold none); all are counted as of 1970",
			file->base.name, file->untimed.first_offset, file->untimed.count - 1);
	}
	return 0;
}

/* At the end of what can be read: nothing left is a clean end. */
static int explain_end(struct pcapng *file, size_t needed, struct err *err)
{
	int result = stream_failure(file->stream, err);
	size_t left = stream_at_hand(file->stream);

	if (result == 0 && left == 0 && file->passed.left_bytes == 0) {
		return explain_times(file, err);
	}
	if (result == 0 && file->passed.left_bytes > 0) {
		return err_set(err, EBADMSG,
			"offset %" PRIu64
			": the file is cut short inside a block (expected %" PRIu32
			" bytes, found %" PRIu64 ")",
			file->passed.offset, file->passed.length,
			stream_offset(file->stream) + left - file->passed.offset);
	}
	if (result < 0 || left == 0) {
		return result;
	}
	return err_set(err, EBADMSG,
		"offset %" PRIu64
		": the file is cut short inside a block (expected %zu bytes, found %zu)",
		stream_offset(file->stream), needed, left);
}

/* Blocks until the batch is full or no whole block is at hand; *needed is then what the next one
 * takes. */
static int read_blocks(
	struct pcapng *file, struct frame_batch *batch, size_t *needed, struct err *err)
{
	const uint64_t end = stream_offset(file->stream) + PACKET_BATCH_BYTES;
	uint32_t type = 0;
	size_t length;

	while (batch->count < PACKET_BATCH_MAX &&
		(batch->count == 0 || stream_offset(file->stream) < end)) {
		if (file->passed.left_bytes > 0) {
			int result = pass_on(file, needed, err);
			if (result < 0 || file->passed.left_bytes > 0) {
				return result;
			}
			continue;
		}
		size_t at_hand = stream_at_hand(file->stream);
		int result = block_length(file, at_hand, &type, &length, err);
		if (result == 0 && length > 0 && !is_read(type)) {
			pass_block(file, (uint32_t)length);
			continue;
		}
		*needed = length ? length : BLOCK_BYTES_MIN;
		if (result == 0 && at_hand < *needed) {
			return 0;
		}
		if (result == 0) {
			result = read_block(file, type, length, batch, err);
		}
		if (result < 0) {
			return result;
		}
		stream_skip(file->stream, length);
	}
	return 0;
}

static int pcapng_next(struct source *source, struct frame_batch *batch, struct err *err)
{
	struct pcapng *file = (struct pcapng *)source;
	size_t needed = 0;

	batch->is_kept = stream_mapping(file->stream) != NULL;
	if (batch->is_kept) {
		stream_fill(file->stream, 0); /* gives back what was passed */
	}
	for (;;) {
		int result = read_blocks(file, batch, &needed, err);
		bool was_empty = batch->count == 0;
		stream_drop_lost(file->stream, batch);
		if (batch->count > 0) {
			return 0; /* a failure is met again, and then told, by the next call */
		}
		if (result < 0 || !was_empty) {
			/* Where the file itself failed, that is why. */
			int failure = stream_failure(file->stream, err);
			return failure < 0 ? failure : result;
		}
		/* Filling moves the bytes that frames point at, so it waits until
		 * there are none. */
		if (stream_fill(file->stream, needed) < needed) {
			return explain_end(file, needed, err);
		}
	}
}

static void pcapng_progress(struct source *source, struct source_stats *stats)
{
	struct pcapng *file = (struct pcapng *)source;

	stream_progress(file->stream, &stats->bytes_done, &stats->bytes_all);
}

static bool is_packet(uint32_t type)
{
	return type == BLOCK_PACKET || type == BLOCK_PACKET_OLD || type == BLOCK_PACKET_SIMPLE;
}

/* What stands before the first packet is read: section and interfaces. */
static void pcapng_seek_offset(struct source *source, uint64_t offset)
{
	struct pcapng *file = (struct pcapng *)source;
	uint64_t end = stream_offset(file->stream) + stream_at_hand(file->stream);
	uint32_t type = 0;
	size_t length;
	struct err err;

	if (!stream_mapping(file->stream) || offset > end) {
		return;
	}
	while (stream_offset(file->stream) < offset) {
		size_t at_hand = stream_at_hand(file->stream);
		if (block_length(file, at_hand, &type, &length, &err) < 0 || length == 0 ||
			length > at_hand || is_packet(type) ||
			(is_read(type) && read_block(file, type, length, NULL, &err) < 0)) {
			break;
		}
		stream_skip(file->stream, length);
	}
	if (is_packet(type) && stream_offset(file->stream) < offset) {
		stream_skip(file->stream, (size_t)(offset - stream_offset(file->stream)));
		mapping_begin(stream_mapping(file->stream), offset);
	}
}

static void pcapng_destroy(struct source *source)
{
	struct pcapng *file = (struct pcapng *)source;

	stream_close(file->stream);
	free(file->interfaces);
	free(file);
}

static const struct source_ops pcapng_ops = {
	.next = pcapng_next,
	.progress = pcapng_progress,
	.seek_offset = pcapng_seek_offset,
	.destroy = pcapng_destroy,
};

int source_pcapng_open(
	struct source **source, const char *name, struct stream *stream, struct err *err)
{
	struct pcapng *file = calloc(1, sizeof(*file));

	if (!file) {
		stream_close(stream);
		return err_set(err, ENOMEM, "%s: out of memory", name);
	}
	file->base.ops = &pcapng_ops;
	file->stream = stream;
	*source = &file->base;
	return 0;
}
