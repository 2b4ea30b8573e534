#include "collector/reserve.h"

#include <sys/mman.h>

/* The kernel clears a huge page when it is first touched: too long for a small capture, which needs
 * little of it. */
enum { SMALL_PAGES_BYTES = 2 << 20 };

void *reserve_map(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED) {
		return NULL;
	}
	/* A wish: without huge pages everything works, with more TLB misses. */
	if (bytes > SMALL_PAGES_BYTES) {
		(void)madvise(memory + SMALL_PAGES_BYTES, bytes - SMALL_PAGES_BYTES, MADV_HUGEPAGE);
	}
	return memory;
}

void reserve_unmap(void *memory, size_t bytes)
{
	if (memory) {
		munmap(memory, bytes);
	}
}
