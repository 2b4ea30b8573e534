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
	uint32_t fractions;           /* of those units in a second */
	uint32_t record_header_bytes; /* 16, or 24 in the modified format */
	uint32_t captured_max;        /* more than this in one record is damage */
};

struct pcap_record {
	uint64_t time_ns;
	uint32_t fraction; /* as it stands in the file */
	uint32_t captured_bytes, wire_bytes;
};

/* Records whose time has a second or more in its fraction, which no clock writes. They are read
 * with the fraction carried over, and told of when the file is over. */
struct pcap_odd_times {
	uint64_t count, first_offset;
	uint32_t first_fraction;
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
	record.fraction = fraction;
	/* A fraction of a second or more is carried over; the largest sum fits 64 bits. */
	record.time_ns = seconds * UINT64_C(1000000000) + (uint64_t)fraction * format->fraction_ns;
	return record;
}

static inline bool pcap_record_has_odd_time(
	const struct pcap_format *format, const struct pcap_record *record)
{
	return record->fraction >= format->fractions;
}

/* Does another capture's header begin where a record's header should, as where captures were joined
 * end to end? Read as a record it is an empty one. */
bool pcap_format_is_joint(const uint8_t *record_header);

/* Can this be a record, as far as its header tells? */
static inline bool pcap_record_is_good(
	const struct pcap_format *format, const struct pcap_record *record, const uint8_t *header)
{
	/* Empty records are rare, so that one comparison serves for both ends. */
	return __builtin_expect(record->captured_bytes - 1 < format->captured_max, 1) ||
	       (record->captured_bytes == 0 && !pcap_format_is_joint(header));
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
 * take. offset is where the bytes stand in the file; odd learns of records with odd times. */
unsigned pcap_format_walk(const struct pcap_format *format, const uint8_t *bytes, size_t count,
	uint64_t offset, struct frame *frames, unsigned most, size_t *used,
	struct pcap_odd_times *odd);

/* Where a walk ended: true where another capture's header stands there; format is then its own, and
 * the header is to be stepped over. */
bool pcap_format_go_on(struct pcap_format *format, const uint8_t *bytes, size_t count);

/* Why a walk ended before the first of these bytes; needed is how many bytes the next record takes
 * (or its header, where that is not there yet). */
enum pcap_stop pcap_format_stop(
	const struct pcap_format *format, const uint8_t *bytes, size_t count, size_t *needed);

/* Says in err what is wrong with the record at offset, and returns -EBADMSG. at_hand is what is
 * left of the file. */
int pcap_format_explain(const struct pcap_format *format, const uint8_t *bytes, size_t at_hand,
	uint64_t offset, struct err *err);

/* At the end of a whole file: 0, or -EBADMSG and where the first odd time stands. */
int pcap_odd_times_explain(
	const struct pcap_format *format, const struct pcap_odd_times *odd, struct err *err);
