#include "collector/frame_copy_ring.h"

#include <stdlib.h>
#include <string.h>

#include "collector/reserve.h"

struct frame_copy_ring {
	uint8_t *memory;
	unsigned places, next;
	unsigned rest_next; /* of the frames that wait; those before were handed over */
	struct frame_batch rest;
};

struct frame_copy_ring *frame_copy_ring_create(unsigned calls)
{
	struct frame_copy_ring *keeper = calloc(1, sizeof(*keeper));

	if (!keeper) {
		return NULL;
	}
	keeper->places = calls + 1;
	keeper->memory = reserve_map((size_t)keeper->places * KEEPER_PLACE_BYTES);
	if (!keeper->memory) {
		free(keeper);
		return NULL;
	}
	return keeper;
}

void frame_copy_ring_destroy(struct frame_copy_ring *keeper)
{
	if (keeper) {
		reserve_unmap(keeper->memory, (size_t)keeper->places * KEEPER_PLACE_BYTES);
		free(keeper);
	}
}

/* Copies as many of the frames as the next place holds, at least one; how many. */
static unsigned copy_frames(
	struct frame_copy_ring *keeper, const struct frame *from, unsigned count, struct frame *to)
{
	uint8_t *at = keeper->memory + (size_t)keeper->next * KEEPER_PLACE_BYTES;
	size_t left = KEEPER_PLACE_BYTES;
	unsigned copied = 0;

	for (; copied < count; copied++) {
		uint32_t bytes = from[copied].captured_bytes;
		bytes = bytes < FRAME_BYTES_READ ? bytes : FRAME_BYTES_READ;
		if (bytes > left) {
			break;
		}
		memcpy(at, from[copied].bytes, bytes);
		to[copied] = from[copied];
		to[copied].bytes = at;
		to[copied].captured_bytes = bytes;
		at += bytes;
		left -= bytes;
	}
	keeper->next = (keeper->next + 1) % keeper->places;
	return copied;
}

void frame_copy_ring_copy(struct frame_copy_ring *keeper, struct frame_batch *batch)
{
	unsigned count = batch->count;
	unsigned copied = copy_frames(keeper, batch->frames, count, batch->frames);

	memcpy(keeper->rest.frames, batch->frames + copied,
		(count - copied) * sizeof(batch->frames[0]));
	memcpy(keeper->rest.places, batch->places + copied,
		(count - copied) * sizeof(batch->places[0]));
	keeper->rest.count = count - copied;
	keeper->rest_next = 0;
	batch->count = copied;
}

bool frame_copy_ring_rest(struct frame_copy_ring *keeper, struct frame_batch *batch)
{
	unsigned left = keeper->rest.count - keeper->rest_next;

	if (left == 0) {
		return false;
	}
	batch->count =
		copy_frames(keeper, keeper->rest.frames + keeper->rest_next, left, batch->frames);
	memcpy(batch->places, keeper->rest.places + keeper->rest_next,
		batch->count * sizeof(batch->places[0]));
	keeper->rest_next += batch->count;
	return true;
}
