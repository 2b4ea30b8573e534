#include "analyzer/output/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const char *name_of(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard output" : path;
}

int out_file_open(
	struct out_file *file, const char *path, enum out_file_start start, struct err *err)
{
	enum { PRIVATE = 0600 };
	int flags =
		O_WRONLY | O_CREAT | O_CLOEXEC | (start == OUT_FILE_APPEND ? O_APPEND : O_TRUNC);

	file->path = path;
	if (strcmp(path, "-") == 0) {
		file->fd = STDOUT_FILENO;
		return 0;
	}
	file->fd = open(path, flags | O_NOFOLLOW, PRIVATE);
	if (file->fd < 0 && errno == ELOOP) {
		if (file_is_planted(path)) {
			return err_set(err, EPERM,
				"%s: a link that another user made; remove it, or name a file in a "
				"folder of your own",
				path);
		}
		file->fd = open(path, flags, PRIVATE);
	}
	if (file->fd < 0) {
		return err_set(err, errno, "%s: cannot write: %s", path, strerror(errno));
	}
	return 0;
}

/* What was written of something that did not fit is taken back, where that can be done: a reader
 * meets no half of a line, and it can be written anew. */
static void take_back(int fd, size_t count)
{
	struct stat status;
	off_t end = lseek(fd, 0, SEEK_CUR);

	if (count > 0 && end >= (off_t)count && fstat(fd, &status) == 0 &&
		S_ISREG(status.st_mode) && ftruncate(fd, end - (off_t)count) == 0) {
		lseek(fd, end - (off_t)count, SEEK_SET);
	}
}

int out_file_write_fd(int fd, const char *path, const void *bytes, size_t count, struct err *err)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t written = write(fd, at, count);
		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written < 0) {
			int code = errno;
			take_back(fd, (size_t)(at - (const char *)bytes));
			return err_set(
				err, code, "%s: cannot write: %s", name_of(path), strerror(code));
		}
		at += written;
		count -= (size_t)written;
	}
	return 0;
}

int out_file_write(struct out_file *file, const void *bytes, size_t count, struct err *err)
{
	return out_file_write_fd(file->fd, file->path, bytes, count, err);
}

int out_file_close(struct out_file *file, struct err *err)
{
	/* A network file system may find its disk full only now. */
	if (file->fd != STDOUT_FILENO && close(file->fd) < 0 && errno != EINTR) {
		return err_set(err, errno, "%s: cannot write: %s", file->path, strerror(errno));
	}
	return 0;
}
