/* The classic capture file format ("libpcap savefile"): its header and its records.
 *
 * Four magics: microseconds or nanoseconds, written by a little- or big-endian machine; and the two
 * of the old "modified" format, whose record headers are longer. A reader walks whole records that
 * are at hand and asks pcap_format_stop() why it could go no further. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reader.h"
#include "collector/packet.h"
#include "collector/stream.h"

enum { PCAP_HEADER_BYTES = 24, PCAP_RECORD_BYTES = 16 };

struct pcap_format {
	bool big_endian;
	uint16_t link_type;
	uint32_t fraction_ns;         /* of one unit of a record's second time field */
	uint32_t record_header_bytes; /* 16, or 24 in the modified format */
	uint32_t captured_max;        /* more than this in one record is damage */
};

struct pcap_record {
	uint64_t time_ns;
	uint32_t captured_bytes, wire_bytes;
};

enum pcap_stop {
	PCAP_STOP_SHORT, /* the next record is not at hand as a whole */
	PCAP_STOP_BAD    /* the next record's header cannot be true */
};

/* False where the bytes (PCAP_HEADER_BYTES) are not such a header. */
bool pcap_format_read(struct pcap_format *format, const uint8_t *header);

/* Reads the header at the start of a stream and steps over it. 0, or -EBADMSG with
 * name and reason. */
int pcap_format_open(
	struct pcap_format *format, const char *name, struct stream *stream, struct err *err);

static inline struct pcap_record pcap_record_read(
	const struct pcap_format *format, const uint8_t *header)
{
	uint32_t seconds, fraction;
	struct pcap_record record;

	if (format->big_endian) {
		seconds = load_be32(header, 0);
		fraction = load_be32(header, 4);
		record.captured_bytes = load_be32(header, 8);
		record.wire_bytes = load_be32(header, 12);
	} else {
		seconds = load_le32(header, 0);
		fraction = load_le32(header, 4);
		record.captured_bytes = load_le32(header, 8);
		record.wire_bytes = load_le32(header, 12);
	}
	/* A fraction of a second or more is carried over; the largest sum fits 64 bits. */
	record.time_ns = seconds * UINT64_C(1000000000) + (uint64_t)fraction * format->fraction_ns;
	return record;
}

static inline void pcap_record_frame(const struct pcap_format *format, const uint8_t *header,
	const struct pcap_record *record, struct frame *frame)
{
	*frame = (struct frame){
		.bytes = header + format->record_header_bytes,
		.time_ns = record->time_ns,
		.captured_bytes = record->captured_bytes,
		.wire_bytes = record->wire_bytes > record->captured_bytes ? record->wire_bytes
									  : record->captured_bytes,
		.link_type = format->link_type,
	};
}

/* Frames of the whole records among count bytes, at most so many; used says how many bytes they
 * take. */
unsigned pcap_format_walk(const struct pcap_format *format, const uint8_t *bytes, size_t count,
	struct frame *frames, unsigned most, size_t *used);

/* Why a walk ended before the first of these bytes; needed is how many bytes the next record takes
 * (or its header, where that is not there yet). */
enum pcap_stop pcap_format_stop(
	const struct pcap_format *format, const uint8_t *bytes, size_t count, size_t *needed);

/* Says in err what is wrong with the record at offset, and returns -EBADMSG. at_hand is what is
 * left of the file. */
int pcap_format_explain(const struct pcap_format *format, const uint8_t *bytes, size_t at_hand,
	uint64_t offset, struct err *err);
