/* Frames built by hand, byte by byte, and a decoder to give them to. For one test program a file.
 */
#pragma once

#include "collector/contexts.h"
#include "collector/decode.h"
#include "tests/tap.h"

enum { BYTES_MAX = 4096 };

static struct decoder *decoder;
static struct packet_batch out;
static uint8_t bytes[BYTES_MAX];
static unsigned length;

static inline void start(void)
{
	length = 0;
}

/* Appends hexadecimal text; spaces are ignored. */
static inline void put(const char *hex)
{
	unsigned value, digits = 0;
	char pair[3] = "";

	for (; *hex; hex++) {
		if (*hex == ' ') {
			continue;
		}
		pair[digits++] = *hex;
		if (digits == 2) {
			sscanf(pair, "%2x", &value);
			bytes[length++] = (uint8_t)value;
			digits = 0;
		}
	}
}

static inline void put_zeros(unsigned count)
{
	memset(bytes + length, 0, count);
	length += count;
}

static inline void put_ethernet(const char *type)
{
	put("020000000001 020000000002");
	put(type);
}

/* 10.0.0.1 to 10.0.0.2; fragment is flags and offset. */
static inline void put_ipv4(
	unsigned payload_bytes, unsigned protocol, unsigned identification, unsigned fragment)
{
	char text[80];

	snprintf(text, sizeof(text), "4500 %04x %04x %04x 40 %02x 0000 0a000001 0a000002",
		payload_bytes + 20, identification, fragment, protocol);
	put(text);
}

/* 2001:db8::1 to 2001:db8::2 */
static inline void put_ipv6(unsigned payload_bytes, unsigned next)
{
	char text[128];

	snprintf(text, sizeof(text),
		"60000000 %04x %02x 40 20010db8000000000000000000000001 "
		"20010db8000000000000000000000002",
		payload_bytes, next);
	put(text);
}

static inline void put_udp(unsigned source_port, unsigned destination_port, unsigned payload_bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%04x %04x %04x 0000", source_port, destination_port,
		payload_bytes + 8);
	put(text);
}

/* A SYN of 20 bytes from port 40000 to 443. */
static inline void put_tcp(void)
{
	put("9c40 01bb 00000001 00000002 50 02 ffff 0000 0000");
}

/* Each a moment after the one before: the same bytes at once would be seen twice (duplicates.h). */
static inline struct frame frame_of(uint16_t link_type)
{
	static uint64_t time_ns;

	time_ns += 20000000;
	return (struct frame){ .bytes = bytes,
		.time_ns = time_ns,
		.captured_bytes = length,
		.wire_bytes = length,
		.link_type = link_type };
}

static inline const struct packet *decode(struct frame frame)
{
	static struct frame_batch in;

	in.count = 1;
	in.frames[0] = frame;
	decode_batch(decoder, &in, &out);
	return out.count == 1 ? &out.packets[0] : NULL;
}

/* The first frame after a decoder_create() takes the same way as later ones. */
static inline const struct packet *decode_link_type(uint16_t link_type)
{
	return decode(frame_of(link_type));
}

static inline unsigned port(const uint16_t *port_be)
{
	const uint8_t *b = (const uint8_t *)port_be;
	return (unsigned)(b[0] << 8 | b[1]);
}

static inline bool is_refused(const struct packet *packet, enum decode_refusal refusal)
{
	static uint64_t before[DECODE_REFUSAL_COUNT];
	uint64_t count = decoder_stats(decoder)->refused[refusal];
	bool is_one_more = !packet && count == before[refusal] + 1;

	memcpy(before, decoder_stats(decoder)->refused, sizeof(before));
	return is_one_more;
}

/* Starts counting anew, so that is_refused() sees one refusal at a time. */
static inline void expect_refusal(void)
{
	decoder_destroy(decoder);
	decoder = decoder_create();
	is_refused(NULL, DECODE_REFUSED_ARP);
}

static inline const struct context *context_of(const struct packet *packet)
{
	return contexts_get(decoder_contexts(decoder), packet->context);
}

/* An inner TCP packet was found, in a context whose tunnels are these. */
static inline void is_tunnelled(const struct packet *packet, enum tunnel_kind first,
	enum tunnel_kind second, const char *what)
{
	if (!ok(packet && packet->key.v4.protocol == 6 && packet->ip_bytes == 40, "%s: opened",
		    what)) {
		return;
	}
	const struct context *context = context_of(packet);
	ok(context->tunnels[0] == first && context->tunnels[1] == second, "%s: named", what);
}

static inline void put_inner_tcp(void)
{
	put_ipv4(20, 6, 1, 0);
	put_tcp();
}
