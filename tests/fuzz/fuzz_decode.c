/* The decoder. The first two bytes are the link type, the next two how much more was on the wire;
 * the rest is the frame. The same frame three times, so that fast ways that open on second sight
 * are taken as well. */
#include <stdlib.h>

#include "collector/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static struct frame_batch frames;
	static struct packet_batch packets;

	if (count < 4) {
		return 0;
	}
	/* A block of its own, so that one byte too far is seen. */
	uint8_t *copy = malloc(count - 4 + (count == 4));
	struct decoder *decoder = decoder_create();
	for (unsigned i = 0; copy && i < count - 4; i++) {
		copy[i] = bytes[i + 4];
	}
	frames.count = 3;
	for (unsigned i = 0; i < frames.count; i++) {
		frames.frames[i] = (struct frame){
			.bytes = copy,
			.time_ns = i,
			.captured_bytes = (uint32_t)(count - 4),
			.wire_bytes = (uint32_t)(count - 4) + bytes[3] * 16,
			.link_type = (uint16_t)(bytes[0] | bytes[1] << 8),
		};
	}
	decode_batch(decoder, &frames, &packets);
	const struct decode_stats *stats = decoder_stats(decoder);
	uint64_t accounted = stats->packets;
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		accounted += stats->refused[i];
	}
	if (accounted != stats->frames) {
		abort();
	}
	for (unsigned i = 0; i < packets.count; i++) {
		const struct packet *packet = &packets.packets[i];
		volatile uint8_t last =
			packet->payload_bytes ? packet->payload[packet->payload_bytes - 1] : 0;
		(void)last;
	}
	decoder_destroy(decoder);
	free(copy);
	return 0;
}
