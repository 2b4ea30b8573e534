#include "collector/reserve.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

/* The kernel clears a huge page when it is first touched, which takes as long as some thirty small
 * ones: so many are what a small capture touches of a table, and nothing of its huge pages. */
enum { SMALL_PAGES_BYTES = 128 << 10, HUGE_PAGE_BYTES = 2 << 20 };

static bool has_huge_pages(size_t bytes)
{
	return bytes > SMALL_PAGES_BYTES;
}

/* What is behind the small pages is whole huge ones. */
static size_t mapped_bytes(size_t bytes)
{
	size_t rest = has_huge_pages(bytes) ? bytes - SMALL_PAGES_BYTES : 0;

	return SMALL_PAGES_BYTES + (rest + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
}

static char *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Mapped so that what follows the small pages begins where a huge page can. */
static char *map_aligned(size_t bytes)
{
	char *all = map(bytes + HUGE_PAGE_BYTES);

	if (!all) {
		return NULL;
	}
	size_t before = -((uintptr_t)all + SMALL_PAGES_BYTES) % HUGE_PAGE_BYTES;
	if (before > 0) {
		munmap(all, before);
	}
	munmap(all + before + bytes, HUGE_PAGE_BYTES - before);
	return all + before;
}

void *reserve_map(size_t bytes)
{
	size_t mapped = mapped_bytes(bytes);

	if (!has_huge_pages(bytes)) {
		return map(mapped);
	}
	char *memory = map_aligned(mapped);
	/* A wish: without huge pages everything works, with more TLB misses. */
	if (memory) {
		(void)madvise(
			memory + SMALL_PAGES_BYTES, mapped - SMALL_PAGES_BYTES, MADV_HUGEPAGE);
	}
	return memory;
}

void reserve_unmap(void *memory, size_t bytes)
{
	if (memory) {
		munmap(memory, mapped_bytes(bytes));
	}
}
