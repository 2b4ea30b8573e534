/* Preloaded, it lets one allocation of a program fail: the first from the place number
 * $FAILING_ALLOC, where a place is a chain of callers, and places count as they are first seen. At
 * the end the number of places is written to the file $FAILING_ALLOC_PLACES. */
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What glibc calls its own; what we define under the usual names comes first. */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

enum { PLACES_MAX = 1 << 14, CALLERS = 6, OWN_CALLERS = 2 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t places[PLACES_MAX]; /* a hash table; 0 is free */
static long place_count, failing;
static _Thread_local bool is_looking; /* backtrace() allocates itself */

static bool is_new(uintptr_t place)
{
	size_t at = place % PLACES_MAX;

	while (places[at] && places[at] != place) {
		at = (at + 1) % PLACES_MAX;
	}
	if (places[at] || place_count == PLACES_MAX - 1) {
		return false;
	}
	places[at] = place;
	place_count++;
	return true;
}

static bool fails(void)
{
	void *callers[CALLERS];
	uintptr_t place = 1;

	if (is_looking || failing == 0) {
		return false;
	}
	is_looking = true;
	int count = backtrace(callers, CALLERS);
	is_looking = false;
	for (int i = OWN_CALLERS; i < count; i++) {
		place = (place ^ (uintptr_t)callers[i]) * UINT64_C(0x9e3779b97f4a7c15);
	}
	pthread_mutex_lock(&lock);
	bool hit = is_new(place | 1) && place_count == failing;
	pthread_mutex_unlock(&lock);
	errno = hit ? ENOMEM : errno;
	return hit;
}

void *malloc(size_t bytes)
{
	return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
	return fails() ? NULL : __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
	return fails() ? NULL : __libc_memalign(alignment, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
	*memory = fails() ? NULL : __libc_memalign(alignment, bytes);
	return *memory ? 0 : ENOMEM;
}

__attribute__((constructor)) static void begin(void)
{
	const char *place = getenv("FAILING_ALLOC");
	void *caller;

	is_looking = true;
	backtrace(&caller, 1);
	is_looking = false;
	failing = place ? atol(place) : 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAILING_ALLOC_PLACES");
	FILE *file = path ? fopen(path, "w") : NULL;

	failing = 0;
	if (file) {
		fprintf(file, "%ld\n", place_count);
		fclose(file);
	}
}
