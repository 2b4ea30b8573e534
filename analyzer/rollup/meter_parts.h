/* Inside the meter: what a batch is gathered in, and how a series is a number.
 *
 * Numbers are rows and codes of our own tables, never text from the wire. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Which series: dimension in the top byte, then two numbers of 28 bits (app and unit, two
 * countries, …). */
static inline uint64_t series_key(unsigned dimension, uint32_t first, uint32_t second)
{
	return (uint64_t)dimension << 56 | (uint64_t)(first & 0xfffffff) << 28 |
	       (second & 0xfffffff);
}

static inline unsigned series_dimension(uint64_t key)
{
	return (unsigned)(key >> 56);
}

static inline uint32_t series_first(uint64_t key)
{
	return (uint32_t)(key >> 28) & 0xfffffff;
}

static inline uint32_t series_second(uint64_t key)
{
	return (uint32_t)key & 0xfffffff;
}

/* The series that stands for all that found no room. */
static inline uint64_t series_other(unsigned dimension)
{
	return series_key(dimension, 0xfffffff, 0xfffffff);
}

/* What one batch knows of one series in one slot. */
struct meter_cell {
	uint64_t series;
	uint64_t up, down;
	uint64_t last_device; /* the device added last: most records repeat it */
	uint32_t slot;        /* since 1970 */
};

/* A device seen in a series on a day. */
struct meter_device {
	uint64_t series, device;
	uint32_t day; /* since 1970 */
};

/* Names for the numbers in series, and the text of a batch (meter_batch.c). Sorts the arrays.
 * False: out of memory. */
struct text;
bool meter_put_batch(struct text *text, struct meter_cell *cells, size_t cell_count,
	struct meter_device *devices, size_t device_count);

/* Countries as numbers of a series. */
enum { COUNTRY_UNKNOWN = 0, COUNTRY_INTERNAL = 1 };

static inline uint32_t country_number(const char *code)
{
	bool is_code = code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';

	return is_code ? (uint32_t)code[0] << 8 | (uint8_t)code[1] : COUNTRY_UNKNOWN;
}
