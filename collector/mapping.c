#include "collector/mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RELEASE_BYTES = 16 << 20 };

struct place {
	atomic_uintptr_t start, end; /* start 0: free */
	atomic_uint_fast64_t good_bytes;
};

/* A signal handler has no argument to carry state in; this table, and what stood before it, are
 * what it knows. */
static struct place places[MAPPINGS_MAX];
static struct sigaction before;
static uintptr_t page_bytes;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static struct place *place_of(uintptr_t address)
{
	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		if (atomic_load(&places[i].start) <= address &&
			address < atomic_load(&places[i].end)) {
			return &places[i];
		}
	}
	return NULL;
}

static void fill_with_zeros(int number, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr, page = address - address % page_bytes;
	struct place *place = place_of(address);
	int was_errno = errno;

	(void)number;
	(void)context;
	if (!place) {
		/* Not ours: whoever was there before us gets it when the access is tried again. */
		sigaction(SIGBUS, &before, NULL);
		return;
	}
	/* The same call is what makes this safe in a handler: no lock, no allocation, one system
	 * call. */
	if (mmap((void *)page, atomic_load(&place->end) - page, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
		sigaction(SIGBUS, &before, NULL);
		return;
	}
	if (page - place->start < atomic_load(&place->good_bytes)) {
		atomic_store(&place->good_bytes, page - place->start);
	}
	errno = was_errno;
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = fill_with_zeros,
		.sa_flags = SA_SIGINFO | SA_RESTART };

	page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &before);
}

/* A place is taken by moving its start from 0 to an address that holds nothing; the true start is
 * written last, so that the handler sees it whole or not at all. */
static bool take_place(struct mapping *mapping)
{
	uintptr_t start = (uintptr_t)mapping->bytes;
	uintptr_t end = start + (mapping->size + page_bytes - 1) / page_bytes * page_bytes;

	for (unsigned i = 0; i < MAPPINGS_MAX; i++) {
		uintptr_t none = UINTPTR_MAX, unset = 0;
		if (atomic_compare_exchange_strong(&places[i].start, &unset, none)) {
			atomic_store(&places[i].good_bytes, mapping->size);
			atomic_store(&places[i].end, end);
			atomic_store(&places[i].start, start);
			mapping->place = i;
			return true;
		}
	}
	return false;
}

int mapping_open(struct mapping *mapping, int fd, uint64_t size)
{
	pthread_once(&installed, install);
	void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED) {
		return -errno;
	}
	*mapping = (struct mapping){ .bytes = bytes, .size = size, .fd = fd };
	if (!take_place(mapping)) {
		munmap(bytes, size);
		return -EMFILE;
	}
	madvise(bytes, size, MADV_SEQUENTIAL);
	return 0;
}

void mapping_close(struct mapping *mapping)
{
	if (!mapping->bytes) {
		return;
	}
	struct place *place = &places[mapping->place];
	munmap((void *)mapping->bytes, mapping->size);
	atomic_store(&place->end, 0);
	atomic_store(&place->start, 0);
	mapping->bytes = NULL;
}

static uint64_t readable_bytes(const struct mapping *mapping)
{
	return atomic_load_explicit(&places[mapping->place].good_bytes, memory_order_relaxed);
}

uint64_t mapping_good_bytes(const struct mapping *mapping)
{
	uint64_t good_bytes = readable_bytes(mapping);
	struct stat status;

	if (fstat(mapping->fd, &status) < 0) {
		return 0;
	}
	return (uint64_t)status.st_size < good_bytes ? (uint64_t)status.st_size : good_bytes;
}

void mapping_enter(struct mapping *mapping, uint64_t from, uint64_t end)
{
	from -= from % page_bytes;
	from = from > mapping->entered ? from : mapping->entered;
	end -= end % page_bytes;
	if (end <= from || readable_bytes(mapping) < mapping->size) {
		return;
	}
	/* A wish: where the kernel does not know it, or a page cannot be had, the reader faults. */
	(void)madvise((void *)(mapping->bytes + from), end - from, MADV_POPULATE_READ);
	mapping->entered = end;
}

size_t mapping_copy(const struct mapping *mapping, uint64_t offset, uint8_t *into, size_t most)
{
	uint64_t left = mapping->size > offset ? mapping->size - offset : 0;
	ssize_t got = pread(mapping->fd, into, left < most ? left : most, (off_t)offset);

	return got > 0 ? (size_t)got : 0;
}

void mapping_begin(struct mapping *mapping, uint64_t offset)
{
	offset -= offset % page_bytes;
	mapping->entered = mapping->released = mapping->passed = offset;
}

void mapping_release(struct mapping *mapping, uint64_t offset)
{
	uint64_t until = mapping->passed - mapping->passed % page_bytes;

	if (offset - mapping->passed < RELEASE_BYTES || readable_bytes(mapping) < mapping->size) {
		return;
	}
	madvise((void *)(mapping->bytes + mapping->released), until - mapping->released,
		MADV_DONTNEED);
	mapping->released = until;
	mapping->passed = offset;
}
