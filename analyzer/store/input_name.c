#include "analyzer/store/input_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/digest.h"

/* 128 bits of the hash name an input well enough, and keep keys short. */
enum { READ_BYTES = 1 << 20, NAME_DIGEST_BYTES = 16 };

static int open_regular(const char *path, struct err *err)
{
	struct stat status;
	int fd = strcmp(path, "-") == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && strcmp(path, "-") != 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		if (fd >= 0) {
			close(fd);
		}
		return err_set(err, EINVAL,
			"%s: only a regular file can be told apart from others by its content; "
			"store the input in a file first",
			strcmp(path, "-") == 0 ? "standard input" : path);
	}
	return fd;
}

static int add_file(struct digest_sha256 *digest, const char *path, char *buffer, struct err *err)
{
	int status = 0, fd = open_regular(path, err);
	ssize_t count;

	if (fd < 0) {
		return fd;
	}
	do {
		count = read(fd, buffer, READ_BYTES);
		if (count > 0) {
			digest_sha256_update(digest, buffer, (size_t)count);
		}
	} while (count > 0 || (count < 0 && errno == EINTR));
	if (count < 0) {
		status = err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	close(fd);
	return status;
}

int input_name(
	const char *const *paths, unsigned count, char name[INPUT_NAME_BYTES], struct err *err)
{
	struct digest_sha256 *digest = digest_sha256_create();
	char *buffer = malloc(READ_BYTES);
	uint8_t bytes[DIGEST_SHA256_BYTES];
	int status = digest && buffer ? 0 : err_set(err, ENOMEM, "out of memory");

	for (unsigned i = 0; i < count && status == 0; i++) {
		status = add_file(digest, paths[i], buffer, err);
	}
	if (status == 0) {
		digest_sha256_finish(digest, bytes);
		memcpy(name, "file-", 5);
		digest_hex(bytes, NAME_DIGEST_BYTES, name + 5);
	}
	free(buffer);
	digest_sha256_destroy(digest);
	return status;
}
