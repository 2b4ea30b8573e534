/* The packets of a capture before they are written: made flow by flow, then put in order of time.
 *
 * Memory   one growing store of bytes; bulk data may be kept cut ("slice"), its wire length stays.
 * Threads  one.
 * Failure  out of memory ends the program (it is a test tool). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/traffic/packet_builder.h"
#include "tests/traffic/path.h"

struct timeline_packet {
	uint64_t time_ns;
	uint64_t offset; /* of its bytes: an IP packet, or what ethertype says */
	uint32_t order;  /* among packets of the same time */
	uint32_t stored_bytes, wire_bytes;
	uint32_t flow; /* of the truth; TRUTH_NO_FLOW: none */
	uint16_t path;
	uint16_t ethertype;
	uint8_t direction; /* 0 from the initiator */
	bool from_device;
	bool carries_name; /* lost: the flow's name may not be known any more */
	bool starts_flow;  /* lost: the initiator may be guessed wrong */
	bool is_dropped;   /* set by impair; not written */
	bool is_copy;      /* the same: written, but a perfect observer counts it once */
};

struct timeline;

struct timeline *timeline_create(void);
void timeline_destroy(struct timeline *timeline);

/* The number of this path; the same for an equal one. */
uint16_t timeline_path(struct timeline *timeline, const struct path *path);
const struct path *timeline_get_path(const struct timeline *timeline, uint16_t number);

/* Adds a packet: bytes are copied, offset and order filled in. stored_bytes may be less than
 * wire_bytes. */
void timeline_add(
	struct timeline *timeline, const struct timeline_packet *packet, const void *bytes);

/* Forgets the first count packets (in order) and moves the others up. */
void timeline_forget(struct timeline *timeline, size_t count);

void timeline_sort(struct timeline *timeline);

struct timeline_packet *timeline_packets(struct timeline *timeline, size_t *count);
const uint8_t *timeline_bytes(
	const struct timeline *timeline, const struct timeline_packet *packet);
