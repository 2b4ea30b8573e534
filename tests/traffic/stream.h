/* Packets straight into a capture file, for captures that are too large to hold: fast, with right
 * checksums, payloads of zeros
 * unless they are given, and no ground truth but the scenario's own numbers.
 *
 * Memory   the struct.
 * Threads  one.
 * Failure  the capture writer's. */
#pragma once

#include <stdint.h>

#include "tests/traffic/capture_writer.h"
#include "tests/traffic/packet_builder.h"

struct stream {
	struct capture_writer *writer;
	struct packet_builder packet;
	uint64_t now_ns;
};

struct stream_packet {
	struct endpoint from, to;
	uint8_t protocol;  /* 6 or 17 */
	uint16_t vlan_id;  /* 0 none */
	uint16_t ip_bytes; /* what headers do not fill is payload, of zeros */
	struct tcp_header tcp;
	const uint8_t *payload; /* instead of zeros, payload_bytes of it; NULL none */
	size_t payload_bytes;
};

/* On the heap, for its size; ends the program where memory is short. Starts at the sample day's
 * noon. */
struct stream *stream_create(struct capture_writer *writer);
void stream_destroy(struct stream *stream);

/* Writes the packet at now_ns and moves the clock on by gap_ns. */
void stream_put(struct stream *stream, const struct stream_packet *packet, uint64_t gap_ns);

/* An IPv4 address from a number, and an IPv6 one from a prefix and a number. */
struct addr stream_addr4(uint32_t number);
struct addr stream_addr6(uint64_t prefix, uint64_t number);
