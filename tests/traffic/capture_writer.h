/* Writes a classic pcap file (little-endian; microseconds or nanoseconds), through one large
 * buffer.
 *
 * Failure  creating and closing give -errno and a sentence; writing in between remembers the first
 *          failure for close. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { LINKTYPE_ETHERNET = 1, LINKTYPE_RAW = 101 };

struct capture_writer;

struct capture_options {
	const char *path; /* "-" is standard output */
	uint32_t snaplen; /* 0: whole packets */
	uint16_t link_type;
	bool nanoseconds;
};

int capture_create(
	struct capture_writer **writer, const struct capture_options *options, struct err *err);

/* captured_bytes of the frame are at bytes; more than the snaplen are cut. */
void capture_write(struct capture_writer *writer, uint64_t time_ns, const void *bytes,
	uint32_t captured_bytes, uint32_t wire_bytes);

/* The number of packets written so far. */
uint64_t capture_packets(const struct capture_writer *writer);

int capture_close(struct capture_writer *writer, struct err *err);
