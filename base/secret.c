#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

void *secret_create(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED) {
		return NULL;
	}
	if (madvise(pages, size, MADV_DONTDUMP) < 0) {
		munmap(pages, size);
		return NULL;
	}
	return pages;
}

void secret_destroy(void *secret, size_t size)
{
	if (secret) {
		explicit_bzero(secret, size);
		munmap(secret, size);
	}
}
