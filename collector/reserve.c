#include "collector/reserve.h"

#include <sys/mman.h>

void *reserve_map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED) {
		return NULL;
	}
	/* A wish: without huge pages everything works, with more TLB misses. */
	(void)madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

void reserve_unmap(void *memory, size_t bytes)
{
	if (memory) {
		munmap(memory, bytes);
	}
}
