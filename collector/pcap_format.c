#include "collector/pcap_format.h"

#include <errno.h>
#include <inttypes.h>

/* LINKTYPE_ values whose packets may be larger than 256 KiB, as libpcap has it. */
enum { LINK_DBUS = 231, LINK_USBPCAP = 249, LINK_USB_DARWIN = 266 };
enum { CAPTURED_MAX = 256 << 10, CAPTURED_MAX_USB = 128 << 20 };

/* Above the link type the field tells of checksums at the end of frames, which IP lengths leave out
 * anyway. */
enum { LINK_TYPE_MASK = 0x03ffffff };

struct magic {
	uint32_t magic, fraction_ns, record_header_bytes;
};

/* The magic that four bytes are, in either byte order; NULL where they are none. */
static const struct magic *find_magic(const uint8_t *bytes, bool *big_endian)
{
	static const struct magic magics[] = {
		{ 0xa1b2c3d4, 1000, PCAP_RECORD_BYTES },
		{ 0xa1b23c4d, 1, PCAP_RECORD_BYTES },
		{ 0xa1b2cd34, 1000, PCAP_RECORD_BYTES + 8 },
	};

	for (unsigned i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		*big_endian = load_be32(bytes, 0) == magics[i].magic;
		if (*big_endian || load_le32(bytes, 0) == magics[i].magic) {
			return &magics[i];
		}
	}
	return NULL;
}

bool pcap_format_read(struct pcap_format *format, const uint8_t *header)
{
	bool big_endian;
	const struct magic *magic = find_magic(header, &big_endian);

	if (!magic) {
		return false;
	}
	uint32_t link = big_endian ? load_be32(header, 20) : load_le32(header, 20);
	link &= LINK_TYPE_MASK;
	*format = (struct pcap_format){
		.big_endian = big_endian,
		.link_type = link > UINT16_MAX ? UINT16_MAX : (uint16_t)link,
		.fraction_ns = magic->fraction_ns,
		.fractions = UINT32_C(1000000000) / magic->fraction_ns,
		.record_header_bytes = magic->record_header_bytes,
		.captured_max = link == LINK_DBUS || link == LINK_USBPCAP || link == LINK_USB_DARWIN
					? CAPTURED_MAX_USB
					: CAPTURED_MAX,
	};
	return true;
}

bool pcap_format_is_joint(const uint8_t *record_header)
{
	bool big_endian;

	/* Every writer says version 2.4, each half in its own byte order. */
	return find_magic(record_header, &big_endian) &&
	       (big_endian ? load_be32(record_header, 4) == 0x00020004
			   : load_le32(record_header, 4) == 0x00040002);
}

int pcap_format_open(
	struct pcap_format *format, const char *name, struct stream *stream, struct err *err)
{
	size_t at_hand = stream_fill(stream, PCAP_HEADER_BYTES);

	if (at_hand < PCAP_HEADER_BYTES || !pcap_format_read(format, stream_bytes(stream))) {
		return err_set(err, EBADMSG,
			"%s: offset 0: the file is cut short inside its header (expected %d bytes, "
			"found %zu)",
			name, PCAP_HEADER_BYTES, at_hand);
	}
	stream_skip(stream, PCAP_HEADER_BYTES);
	return 0;
}

bool pcap_format_go_on(struct pcap_format *format, const uint8_t *bytes, size_t count)
{
	return count >= PCAP_HEADER_BYTES && pcap_format_is_joint(bytes) &&
	       pcap_format_read(format, bytes);
}

unsigned pcap_format_walk(const struct pcap_format *format, const uint8_t *bytes, size_t count,
	uint64_t offset, struct frame *frames, unsigned most, size_t *used,
	struct pcap_odd_times *odd)
{
	const struct pcap_format own = *format; /* no frame that is written changes it */
	struct reader reader = reader_over(bytes, count);
	unsigned made = 0;

	while (made < most && reader_left(&reader) >= own.record_header_bytes) {
		const uint8_t *header = reader.at;
		struct pcap_record record = pcap_record_read(&own, header);
		size_t record_bytes = (size_t)own.record_header_bytes + record.captured_bytes;
		if (!pcap_record_is_good(&own, &record, header) ||
			record_bytes > reader_left(&reader)) {
			break;
		}
		if (pcap_record_has_odd_time(&own, &record) && odd->count++ == 0) {
			odd->first_offset = offset + (uint64_t)(header - bytes);
			odd->first_fraction = record.fraction;
		}
		pcap_record_frame(&own, header, &record, &frames[made++]);
		reader_skip(&reader, record_bytes);
	}
	*used = count - reader_left(&reader);
	return made;
}

enum pcap_stop pcap_format_stop(
	const struct pcap_format *format, const uint8_t *bytes, size_t count, size_t *needed)
{
	*needed = format->record_header_bytes;
	if (count < *needed) {
		return PCAP_STOP_SHORT;
	}
	struct pcap_record record = pcap_record_read(format, bytes);
	if (record.captured_bytes == 0 && pcap_format_is_joint(bytes)) {
		*needed = PCAP_HEADER_BYTES;
		return PCAP_STOP_SHORT;
	}
	*needed += record.captured_bytes;
	return record.captured_bytes > format->captured_max ? PCAP_STOP_BAD : PCAP_STOP_SHORT;
}

int pcap_format_explain(const struct pcap_format *format, const uint8_t *bytes, size_t at_hand,
	uint64_t offset, struct err *err)
{
	size_t needed;

	if (pcap_format_stop(format, bytes, at_hand, &needed) == PCAP_STOP_BAD) {
		return err_set(err, EBADMSG,
			"offset %" PRIu64
			": the record says %zu captured bytes (expected at most %" PRIu32
			"); the file is damaged here",
			offset, needed - format->record_header_bytes, format->captured_max);
	}
	return err_set(err, EBADMSG,
		"offset %" PRIu64
		": the file is cut short inside a record (expected %zu bytes, found %zu)",
		offset, needed, at_hand);
}

int pcap_odd_times_explain(
	const struct pcap_format *format, const struct pcap_odd_times *odd, struct err *err)
{
	if (odd->count == 0) {
		return 0;
	}
	return err_set(err, EBADMSG,
		"offset %" PRIu64 ": the time of a record has %" PRIu32
		" %s in a second (expected fewer than %" PRIu32 "), as have %" PRIu64
		" others; all were read, with what is too much carried over",
		odd->first_offset, odd->first_fraction,
		format->fraction_ns == 1 ? "nanoseconds" : "microseconds", format->fractions,
		odd->count - 1);
}
