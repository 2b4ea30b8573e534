/* Marks: the flows in which the packets of each frame of a source were counted.
 *
 * Flows are known by serial numbers from 1, in the order in which they began. Nearly every frame
 * holds one packet at most; an aggregated one may hold several, of one flow or of many.
 *
 * Memory   4 bytes a frame, in a file without a name that the system may write out ($TMPDIR).
 * Threads  one at a time.
 * Failure  where the disk is full marks are missing, and frame_marks_failure() says so. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct frame_marks;

int frame_marks_create(struct frame_marks **marks, struct err *err);
void frame_marks_destroy(struct frame_marks *marks);

/* One packet of the frame is of this flow. */
void frame_marks_add(struct frame_marks *marks, uint64_t frame, uint32_t serial);
/* One that was counted in the first flow is of the other. */
void frame_marks_move(struct frame_marks *marks, uint64_t frame, uint32_t from, uint32_t to);

/* The flows of a frame's packets, at most so many, one for each packet; how many. */
unsigned frame_marks_get(
	struct frame_marks *marks, uint64_t frame, uint32_t *serials, unsigned most);

/* No frame from here on is of a flow. */
uint64_t frame_marks_end(const struct frame_marks *marks);

int frame_marks_failure(const struct frame_marks *marks, struct err *err);
