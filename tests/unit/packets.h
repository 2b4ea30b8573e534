/* Packets as the decoder would hand them over, made from a few numbers. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "collector/collector.h"
#include "collector/contexts.h"
#include "collector/flow_table.h"

/* An end of a flow: host n is 10.x.y.z or 2001:db8::n. */
struct made_end {
	uint32_t host;
	uint16_t port;
};

/* The same sequence for the same seed (xorshift64*, Vigna 2016). */
struct made_random {
	uint64_t state;
};

static inline uint64_t made_random(struct made_random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * UINT64_C(2685821657736338717);
}

static inline uint32_t made_below(struct made_random *random, uint32_t limit)
{
	return (uint32_t)((made_random(random) >> 32) * limit >> 32);
}

static inline void made_addr(uint8_t *bytes, bool is_v6, uint32_t host)
{
	static const uint8_t documentation[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	uint32_t host_be = htonl(is_v6 ? host : 0x0a000000 + host);

	if (is_v6) {
		memcpy(bytes, documentation, 12);
		bytes += 12;
	}
	memcpy(bytes, &host_be, 4);
}

/* 100 IP bytes, no payload. */
static inline struct packet made_packet(
	bool is_v6, uint8_t protocol, struct made_end from, struct made_end to, uint64_t time_ns)
{
	uint8_t text[2][18] = { { 0 } };
	unsigned length = is_v6 ? 16 : 4;
	uint16_t ports_be[2] = { htons(from.port), htons(to.port) };
	struct packet packet = { .time_ns = time_ns, .ip_bytes = 100 };

	made_addr(text[0], is_v6, from.host);
	made_addr(text[1], is_v6, to.host);
	memcpy(text[0] + length, &ports_be[0], 2);
	memcpy(text[1] + length, &ports_be[1], 2);
	unsigned from_high = memcmp(text[0], text[1], length + 2) > 0;
	packet.flags = (uint8_t)((is_v6 ? PACKET_V6 : 0) | (from_high ? PACKET_FROM_HIGH : 0));
	for (unsigned end = 0; end < 2; end++) {
		const uint8_t *of = text[end ^ from_high];
		memcpy(is_v6 ? packet.key.v6.addr[end] : packet.key.v4.addr[end], of, length);
		memcpy(is_v6 ? &packet.key.v6.port_be[end] : &packet.key.v4.port_be[end],
			of + length, 2);
	}
	*(is_v6 ? &packet.key.v6.protocol : &packet.key.v4.protocol) = protocol;
	return packet;
}

static inline struct packet made_tcp(struct made_end from, struct made_end to, uint64_t time_ns,
	uint8_t flags, uint32_t seq, uint32_t payload_bytes)
{
	struct packet packet = made_packet(false, IPPROTO_TCP, from, to, time_ns);
	static const uint8_t payload[1] = { 0 };

	packet.tcp_flags = flags;
	packet.tcp_seq = seq;
	packet.payload_wire_bytes = payload_bytes;
	packet.payload_bytes = payload_bytes ? 1 : 0;
	packet.payload = payload;
	packet.ip_bytes = 40 + payload_bytes;
	return packet;
}

/* A table with what stands around it, and all records it made so far. */
struct made_table {
	struct contexts *contexts;
	struct flow_table *table;
	struct collector_batch batch;
	struct flow_record *records;
	size_t count, capacity;
};

static inline struct made_table *made_table_create(const struct collector_options *options)
{
	struct made_table *made = calloc(1, sizeof(*made));

	made->contexts = contexts_create();
	made->table = flow_table_create(options, kernels_find(options->cpu), made->contexts);
	return made;
}

static inline void made_table_destroy(struct made_table *made)
{
	flow_table_destroy(made->table);
	contexts_destroy(made->contexts);
	free(made->records);
	free(made);
}

static inline void made_table_take(struct made_table *made)
{
	size_t count;

	do {
		if (made->capacity - made->count < 64) {
			made->capacity = 2 * made->capacity + 1024;
			made->records =
				realloc(made->records, made->capacity * sizeof(*made->records));
		}
		count = flow_table_take(made->table, made->records + made->count, 64);
		made->count += count;
	} while (count > 0);
}

/* At most PACKET_BATCH_MAX packets as one batch; records that became due are taken. */
static inline void made_table_batch(
	struct made_table *made, const struct packet *packets, unsigned count)
{
	made->batch.packets.count = count;
	memcpy(made->batch.packets.packets, packets, count * sizeof(*packets));
	flow_table_batch(made->table, &made->batch);
	made_table_take(made);
}

/* Time passes without a packet. */
static inline void made_table_tick(struct made_table *made, uint64_t time_ns)
{
	bool more;

	do {
		more = flow_table_tick(made->table, time_ns);
		made_table_take(made);
	} while (more);
}

static inline void made_table_finish(struct made_table *made)
{
	flow_table_finish(made->table);
	made_table_take(made);
}
