/* Preloaded, it lets a program wait for what it reads of an archive as long as the file $SLOW_DISK
 * is there: a disk that is slow, for as long as a test wants. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_US = 10000 };

static bool is_of_archive(int fd)
{
	char link[64], path[4096];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	return length > 4 && memcmp(path + length - 4, ".bfa", 4) == 0;
}

static void wait_for_disk(int fd)
{
	const char *gate = getenv("SLOW_DISK");

	while (gate && is_of_archive(fd) && access(gate, F_OK) == 0) {
		usleep(LOOK_US);
	}
}

typedef ssize_t read_at(int fd, void *bytes, size_t count, off_t offset);

ssize_t pread(int fd, void *bytes, size_t count, off_t offset)
{
	wait_for_disk(fd);
	read_at *next = (read_at *)dlsym(RTLD_NEXT, "pread");
	return next(fd, bytes, count, offset);
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t offset)
{
	wait_for_disk(fd);
	read_at *next = (read_at *)dlsym(RTLD_NEXT, "pread64");
	return next(fd, bytes, count, offset);
}
