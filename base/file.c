#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 256 << 20 };

static int read_all(int fd, char *content, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t count = read(fd, content + at, size - at);
		if (count < 0 && errno == EINTR) {
			continue;
		}
		if (count <= 0) {
			return count < 0 ? -errno : -EIO;
		}
		at += (size_t)count;
	}
	content[size] = '\0';
	return 0;
}

int file_open_regular(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

int file_read(const char *path, char **content, size_t *length, struct err *err)
{
	struct stat status;
	int result = 0, fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	*content = NULL;
	if (fd < 0) {
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > FILE_SIZE_MAX) {
		result = err_set(err, EINVAL, "%s: not a regular file of at most 256 MiB", path);
		goto cleanup;
	}
	*content = malloc((size_t)status.st_size + 1);
	if (!*content) {
		result = err_set(err, ENOMEM, "%s: out of memory", path);
		goto cleanup;
	}
	result = read_all(fd, *content, (size_t)status.st_size);
	if (result < 0) {
		err_set(err, -result, "%s: %s", path, strerror(-result));
		free(*content);
		*content = NULL;
	} else if (length) {
		*length = (size_t)status.st_size;
	}
cleanup:
	close(fd);
	return result;
}

static int write_all(int fd, const char *content, size_t length)
{
	while (length > 0) {
		ssize_t count = write(fd, content, length);
		if (count < 0 && errno != EINTR) {
			return -errno;
		}
		if (count > 0) {
			content += count;
			length -= (size_t)count;
		}
	}
	return 0;
}

int file_append(int fd, const char *path, const void *content, size_t length, struct err *err)
{
	off_t end = lseek(fd, 0, SEEK_END);
	int result = end < 0 ? -errno : write_all(fd, content, length);

	if (result == 0 && fsync(fd) < 0) {
		result = -errno;
	}
	if (result == 0) {
		return 0;
	}
	bool is_as_before = end >= 0 && ftruncate(fd, end) == 0;
	return err_set(err, -result, "%s: cannot write: %s%s", path, strerror(-result),
		is_as_before ? "" : " (a part of it may be left at the end)");
}

/* What another user laid there, of whatever kind. */
static bool is_laid_by_another(const struct stat *status)
{
	return status->st_uid != geteuid() && status->st_uid != 0;
}

/* A file, or nothing yet, gives way to a whole new one, and so does what another user laid there:
 * it is not written into. Pipes, devices and links of ours or the system's stay, and are. */
static bool is_replaced(const char *path)
{
	struct stat status;

	return lstat(path, &status) < 0 || S_ISREG(status.st_mode) || is_laid_by_another(&status);
}

static int write_into(const char *path, const void *content, size_t length, struct err *err)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		return err_set(err, errno, "%s: cannot write: %s", path,
			errno == ENXIO ? "nobody reads this pipe" : strerror(errno));
	}
	fcntl(fd, F_SETFL, 0); /* a reader that is there is waited for */
	int result = write_all(fd, content, length);
	if (close(fd) < 0 && result == 0) {
		result = -errno;
	}
	return result < 0 ? err_set(err, -result, "%s: cannot write: %s", path, strerror(-result))
			  : 0;
}

int file_write_mode(
	const char *path, const void *content, size_t length, mode_t mode, struct err *err)
{
	char beside[PATH_MAX];
	uint64_t chance = 0;

	if (!is_replaced(path)) {
		return write_into(path, content, length, err);
	}
	/* A name that nobody can guess, in a file that was not there: no planted link is followed.
	 */
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance) ||
		snprintf(beside, sizeof(beside), "%s.%016" PRIx64 ".new", path, chance) >=
			(int)sizeof(beside)) {
		return err_set(err, ENAMETOOLONG, "%s: the name is too long", path);
	}
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0) {
		return err_set(err, errno, "%s: %s", beside, strerror(errno));
	}
	int result = write_all(fd, content, length);
	if (result == 0 && fsync(fd) < 0) {
		result = -errno;
	}
	if (close(fd) < 0 && result == 0) {
		result = -errno;
	}
	if (result == 0 && rename(beside, path) < 0) {
		result = -errno;
	}
	if (result < 0) {
		unlink(beside);
		return err_set(err, -result, "%s: %s", path, strerror(-result));
	}
	return 0;
}

bool file_is_planted(const char *path)
{
	char name[PATH_MAX];
	struct stat status;
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/') {
		length--;
	}
	return snprintf(name, sizeof(name), "%.*s", (int)length, path) < (int)sizeof(name) &&
	       lstat(name, &status) == 0 && S_ISLNK(status.st_mode) && is_laid_by_another(&status);
}

int file_make_folder(const char *path, mode_t mode, struct err *err)
{
	if (file_is_planted(path)) {
		return err_set(err, EPERM,
			"%s: a link that another user made; remove it, or name a folder of your "
			"own",
			path);
	}
	struct stat there;
	int status = mkdir(path, mode) < 0 ? errno : 0;

	if (status == EEXIST && stat(path, &there) == 0) {
		status = S_ISDIR(there.st_mode) ? 0 : ENOTDIR;
	}
	return status ? err_set(err, status, "%s: cannot make the folder: %s", path,
				strerror(status))
		      : 0;
}

int file_open_to_write(const char *path, int flags, mode_t mode, struct err *err)
{
	struct stat status;
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);

	if (fd < 0 && errno == ELOOP) {
		return err_set(
			err, EPERM, "%s: a link, which is not written through; remove it", path);
	}
	if (fd < 0 && errno != ENXIO) { /* ENXIO: a pipe that nobody reads, or a socket */
		return err_set(err, errno, "%s: cannot write: %s", path, strerror(errno));
	}
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		if (fd >= 0) {
			close(fd);
		}
		return err_set(err, EINVAL, "%s: not a regular file; remove it", path);
	}
	return fd;
}

bool file_is_same(const char *left, const char *right)
{
	struct stat one, other;

	return stat(left, &one) == 0 && stat(right, &other) == 0 && S_ISREG(one.st_mode) &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool file_is_readable_twice(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) ||
	       S_ISBLK(status.st_mode);
}

int file_write(const char *path, const void *content, size_t length, struct err *err)
{
	return file_write_mode(path, content, length, 0644, err);
}

/* Cuts the last component off a path, in place. */
static void to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = '\0';
}

int file_find_data(const char *name, char *path, struct err *err)
{
	const char *root = getenv("BORDERFLOW_DATA");
	char program[PATH_MAX];
	ssize_t length = root ? 0 : readlink("/proc/self/exe", program, sizeof(program) - 1);

	/* The program's own folder, and two above it: a build folder lies in the tree, or in build/
	 * of it. */
	program[length > 0 ? length : 0] = '\0';
	for (unsigned up = 0; up < 3 && !root && program[0]; up++) {
		to_parent(program);
		if (snprintf(path, PATH_MAX, "%s/%s", program, name) < PATH_MAX &&
			access(path, R_OK) == 0) {
			return 0;
		}
	}
	root = root ? root : BORDERFLOW_DATADIR;
	if (snprintf(path, PATH_MAX, "%s/%s", root, name) < PATH_MAX && access(path, R_OK) == 0) {
		return 0;
	}
	return err_set(err, ENOENT, "cannot find the data file %s below %s; set BORDERFLOW_DATA",
		name, root);
}

const char *file_temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && folder[0] ? folder : "/tmp";
}

int file_open_nameless(struct err *err)
{
	const char *folder = file_temporary_folder();
	char path[PATH_MAX];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Not every file system has files without names. */
	if (fd < 0 &&
		snprintf(path, sizeof(path), "%s/borderflow-XXXXXX", folder) < (int)sizeof(path)) {
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0) {
			unlink(path);
		}
	}
	return fd >= 0 ? fd
		       : err_set(err, errno, "%s: cannot make a temporary file (TMPDIR): %s",
				 folder, strerror(errno));
}
