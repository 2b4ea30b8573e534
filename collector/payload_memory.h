/* Memory for payloads that lie in no frame, because they were put together from several.
 *
 * A place a batch, taken in turns, so that what lies there stays as long as frames do that a source
 * keeps (source.h).
 *
 * Memory   16 MiB of address space; pages when they are first written.
 * Threads  one writer; what was written may be read by others.
 * Failure  payload_memory_init() says false where there is no memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct payload_memory {
	uint8_t *bytes;
	size_t used; /* of the place in use */
	unsigned place;
};

bool payload_memory_init(struct payload_memory *memory);
void payload_memory_deinit(struct payload_memory *memory);

/* Another batch begins. */
void payload_memory_turn(struct payload_memory *memory);
/* Where the next payload may be written, and how much of it. */
uint8_t *payload_memory_room(struct payload_memory *memory, size_t *room);
void payload_memory_use(struct payload_memory *memory, size_t bytes);
/* Is there less left than one frame may need? Then the batch should end. */
bool payload_memory_is_low(const struct payload_memory *memory);
