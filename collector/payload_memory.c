#include "collector/payload_memory.h"

#include "collector/reserve.h"
#include "collector/source.h"

/* A datagram within a datagram, each as large as can be, and some more. Packets that found no room
 * in their batch lie in a later one: hence twice as many. */
enum { PLACE_BYTES = 256 << 10, ONE_FRAME_BYTES = 128 << 10, PLACES = 2 * SOURCE_KEPT_CALLS };

bool payload_memory_init(struct payload_memory *memory)
{
	*memory = (struct payload_memory){ reserve_map((size_t)PLACES * PLACE_BYTES), 0, 0 };
	return memory->bytes != NULL;
}

void payload_memory_deinit(struct payload_memory *memory)
{
	if (memory->bytes) {
		reserve_unmap(memory->bytes, (size_t)PLACES * PLACE_BYTES);
	}
}

void payload_memory_turn(struct payload_memory *memory)
{
	if (memory->used > 0) {
		memory->place = (memory->place + 1) % PLACES;
		memory->used = 0;
	}
}

uint8_t *payload_memory_room(struct payload_memory *memory, size_t *room)
{
	*room = PLACE_BYTES - memory->used;
	return memory->bytes + (size_t)memory->place * PLACE_BYTES + memory->used;
}

void payload_memory_use(struct payload_memory *memory, size_t bytes)
{
	memory->used += bytes;
}

bool payload_memory_is_low(const struct payload_memory *memory)
{
	return PLACE_BYTES - memory->used < ONE_FRAME_BYTES;
}
