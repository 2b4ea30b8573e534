/* Reserved memory: address space for the most that may be needed, pages when they are first
 * written.
 *
 * Zeroed, page aligned; behind the first 128 KiB on transparent huge pages where the kernel has
 * them. Growing into it copies nothing and stalls for one page at a time. */
#pragma once

#include <stddef.h>

void *reserve_map(size_t bytes); /* NULL: not to be had */
void reserve_unmap(void *memory, size_t bytes);
