/* The decoder. The first two bytes are the link type, the next two how much more was on the wire;
 * the rest is the frame. The same frame three times, so that fast ways that open on second sight
 * are taken as well. Where the third byte is not zero the rest is several frames, each behind two
 * bytes of its length, so that fragments meet. */
#include <stdlib.h>

#include "collector/decode.h"

/* One run is dear (replay_main.c). */
const unsigned replay_runs = 2000;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static struct frame_batch frames;
static struct packet_batch packets;

static void add_frame(const uint8_t *input, const uint8_t *bytes, size_t count)
{
	unsigned i = frames.count++;

	frames.frames[i] = (struct frame){
		.bytes = bytes,
		.time_ns = i,
		.captured_bytes = (uint32_t)count,
		.wire_bytes = (uint32_t)count + input[3] * 16,
		.link_type = (uint16_t)(input[0] | input[1] << 8),
	};
}

static void add_frames(const uint8_t *input, const uint8_t *bytes, size_t count)
{
	frames.count = 0;
	if (input[2] == 0) {
		for (unsigned i = 0; i < 3; i++) {
			add_frame(input, bytes, count);
		}
		return;
	}
	while (count > 2 && frames.count < PACKET_BATCH_MAX) {
		size_t length = (size_t)(bytes[0] << 8 | bytes[1]);
		length = length < count - 2 ? length : count - 2;
		add_frame(input, bytes + 2, length);
		bytes += 2 + length;
		count -= 2 + length;
	}
}

static void touch(const struct packet_batch *batch)
{
	for (unsigned i = 0; i < batch->count; i++) {
		const struct packet *packet = &batch->packets[i];
		volatile uint8_t last =
			packet->payload_bytes ? packet->payload[packet->payload_bytes - 1] : 0;
		(void)last;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	if (count < 4) {
		return 0;
	}
	/* A block of its own, so that one byte too far is seen. */
	uint8_t *copy = malloc(count - 4 + (count == 4));
	struct decoder *decoder = decoder_create();
	for (unsigned i = 0; copy && i < count - 4; i++) {
		copy[i] = bytes[i + 4];
	}
	add_frames(bytes, copy, count - 4);
	decode_batch(decoder, &frames, &packets);
	do {
		touch(&packets);
	} while (decode_rest(decoder, &packets));
	decoder_end(decoder);
	while (decode_rest(decoder, &packets)) {
		touch(&packets);
	}
	const struct decode_stats *stats = decoder_stats(decoder);
	uint64_t accounted = stats->packets;
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		accounted += stats->refused[i];
	}
	if (accounted != stats->frames + stats->subframes || stats->held > 0) {
		abort();
	}
	decoder_destroy(decoder);
	free(copy);
	return 0;
}
