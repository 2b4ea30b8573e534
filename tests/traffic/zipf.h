/* Draws ranks by Zipf's law: the k-th most popular of count things with a weight of k^-1.1.
 *
 * The inverse of the cumulated weights with a guide table (Chen and Asau, 1974): two or three table
 * reads a draw. Memory: 4 bytes a rank and 256 KiB, taken by zipf_create(); out of memory ends the
 * program. */
#pragma once

#include <stdint.h>

#include "tests/traffic/rng.h"

struct zipf;

struct zipf *zipf_create(uint32_t count);
void zipf_destroy(struct zipf *zipf);

uint32_t zipf_draw(const struct zipf *zipf, struct rng *rng); /* 0 .. count - 1 */
