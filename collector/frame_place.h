/* A place: where the record of a frame begins.
 *
 * The id of its file, which whoever opened the source gave it (source_options.file_ids), and the
 * offset in what the file holds once it is unpacked. 0: nowhere, or nobody asked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FRAME_PLACE_OFFSET_BITS = 48 };

static inline uint64_t frame_place(uint16_t file, uint64_t offset)
{
	return (uint64_t)file << FRAME_PLACE_OFFSET_BITS | offset;
}

static inline uint16_t frame_place_file(uint64_t place)
{
	return (uint16_t)(place >> FRAME_PLACE_OFFSET_BITS);
}

static inline uint64_t frame_place_offset(uint64_t place)
{
	return place & ((UINT64_C(1) << FRAME_PLACE_OFFSET_BITS) - 1);
}
