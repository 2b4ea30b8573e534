/* Gives equal byte strings equal numbers: the first different one is 0, the next 1, and so on.
 *
 * Used where tables are compiled; a lookup never comes here. Memory grows with what is put in and
 * is freed at once. Threads: one at a time. Failure: INTERN_FULL when memory or the 32-bit numbers
 * are used up. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define INTERN_FULL UINT32_MAX

struct intern {
	char *bytes; /* all strings, one behind the other */
	size_t length, capacity;
	uint32_t *ends;  /* where string i ends in bytes */
	uint32_t *slots; /* hash table of number + 1 */
	uint32_t count, slot_count;
};

/* A zeroed struct is an empty one. */
void intern_deinit(struct intern *intern);

uint32_t intern_put(struct intern *intern, const void *bytes, size_t count);

static inline uint32_t intern_offset(const struct intern *intern, uint32_t number)
{
	return number > 0 ? intern->ends[number - 1] : 0;
}

/* Good until the next intern_put(). */
static inline const void *intern_get(const struct intern *intern, uint32_t number)
{
	return intern->bytes + intern_offset(intern, number);
}
