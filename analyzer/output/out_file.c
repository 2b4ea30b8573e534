#include "analyzer/output/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
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

	*file = (struct out_file){ .path = path };
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

void out_file_hurry(struct out_file *file)
{
	struct stat status;

	file->is_hurried = fstat(file->fd, &status) == 0 && !S_ISREG(status.st_mode);
}

/* Whether the reader takes more before then; UINT64_MAX: it is waited for. */
static bool wait_for_reader(int fd, uint64_t until_ns)
{
	struct pollfd poller = { .fd = fd, .events = POLLOUT };
	int ready;

	do {
		uint64_t now_ns = clock_monotonic_ns();
		int left_ms = until_ns == UINT64_MAX ? -1
			      : until_ns > now_ns    ? (int)((until_ns - now_ns) / NS_PER_MS) + 1
						     : 0;
		ready = poll(&poller, 1, left_ms);
	} while (ready < 0 && errno == EINTR);
	return ready != 0; /* what else is wrong, the write says */
}

/* Never waits where there is an end to it: a pipe that can be written to takes PIPE_BUF. Standard
 * output is not ours alone, and stays as it is. */
static ssize_t write_some(int fd, const void *bytes, size_t count, uint64_t until_ns)
{
	if (until_ns == UINT64_MAX) {
		return write(fd, bytes, count);
	}
	count = count < PIPE_BUF ? count : PIPE_BUF;
	ssize_t sent = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 && errno == ENOTSOCK ? write(fd, bytes, count) : sent;
}

/* Returns 0 or the error; gone: how much was taken. */
static int write_until(int fd, const void *bytes, size_t count, uint64_t until_ns, size_t *gone)
{
	const char *at = bytes;

	*gone = 0;
	while (*gone < count) {
		if (until_ns != UINT64_MAX && !wait_for_reader(fd, until_ns)) {
			return ETIMEDOUT;
		}
		ssize_t written = write_some(fd, at + *gone, count - *gone, until_ns);
		if (written >= 0) {
			*gone += (size_t)written;
		} else if (errno == EAGAIN) {
			wait_for_reader(fd, until_ns);
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

static int refuse(const char *path, int code, struct err *err)
{
	return err_set(err, code, "%s: cannot write: %s", name_of(path),
		code == ETIMEDOUT ? "its reader stands still" : strerror(code));
}

int out_file_write_fd(int fd, const char *path, const void *bytes, size_t count, struct err *err)
{
	size_t gone;
	int code = write_until(fd, bytes, count, UINT64_MAX, &gone);

	if (code == 0) {
		return 0;
	}
	take_back(fd, gone);
	return refuse(path, code, err);
}

int out_file_write(struct out_file *file, const void *bytes, size_t count, struct err *err)
{
	file->gone = 0;
	if (!file->is_hurried) {
		return out_file_write_fd(file->fd, file->path, bytes, count, err);
	}
	uint64_t until_ns =
		clock_monotonic_ns() + OUT_FILE_PATIENCE_NS / (file->stood_still ? 10 : 1);
	int code = write_until(file->fd, bytes, count, until_ns, &file->gone);

	file->stood_still = code == ETIMEDOUT;
	return code == 0 ? 0 : refuse(file->path, code, err);
}

int out_file_close(struct out_file *file, struct err *err)
{
	/* A network file system may find its disk full only now. */
	if (file->fd != STDOUT_FILENO && close(file->fd) < 0 && errno != EINTR) {
		return err_set(err, errno, "%s: cannot write: %s", file->path, strerror(errno));
	}
	return 0;
}
