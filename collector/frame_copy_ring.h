/* Keeps the bytes of frames whose source will use their memory again: copies, in as many places as
 * batches may be in use at once, taken in turns.
 *
 * A batch that needs more room than a place has is handed over in pieces.
 *
 * Memory   KEEPER_PLACE_BYTES a place, taken when a place is first used.
 * Threads  one a keeper; the copies may be read by others.
 * Failure  frame_copy_ring_create() says NULL where there is no memory. */
#pragma once

#include "collector/packet.h"

struct frame_copy_ring;

enum { KEEPER_PLACE_BYTES = 1 << 20 };

_Static_assert((int)KEEPER_PLACE_BYTES >= (int)FRAME_BYTES_READ, "a frame fits");

/* calls: how many further copies are made while the first must stay. */
struct frame_copy_ring *frame_copy_ring_create(unsigned calls);
void frame_copy_ring_destroy(struct frame_copy_ring *keeper);

/* Points the frames of a full batch at copies. Those that find no room wait: the batch is cut
 * before them. */
void frame_copy_ring_copy(struct frame_copy_ring *keeper, struct frame_batch *batch);

/* Fills an empty batch with frames that wait, copied; false where none do. They must be fetched
 * before the source reads on. */
bool frame_copy_ring_rest(struct frame_copy_ring *keeper, struct frame_batch *batch);
