#include "analyzer/resolver/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "collector/decompress.h"

enum { PACKED_BYTES = 32768 };

struct log_file {
	int fd;
	char *path;
	uint64_t changed_ns;
	struct decompressor *decompressor; /* NULL: not compressed */
	uint8_t packed[PACKED_BYTES];
	size_t packed_at, packed_count;
	bool is_read; /* to the end of the file */

	char lines[LOG_LINE_BYTES + 1];
	size_t at, count;
	uint64_t line_number;
};

static int refuse(const struct log_file *file, struct err *err)
{
	return err_set(err, errno, "%s: %s", file->path, strerror(errno));
}

/* More of the file's own bytes. */
static int fill(struct log_file *file, struct err *err)
{
	ssize_t got = read(file->fd, file->packed, sizeof(file->packed));

	if (got < 0) {
		return refuse(file, err);
	}
	file->packed_at = 0;
	file->packed_count = (size_t)got;
	file->is_read = got == 0;
	return 0;
}

static int begin(struct log_file *file, struct err *err)
{
	bool is_packed = false;
	struct stat status;

	if (fstat(file->fd, &status) < 0) {
		return refuse(file, err);
	}
	if (S_ISDIR(status.st_mode)) {
		return err_set(err, EISDIR, "%s is a folder: name the log", file->path);
	}
	file->changed_ns = (uint64_t)status.st_mtim.tv_sec * NS_PER_S;
	if (fill(file, err) < 0) {
		return -EIO;
	}
	if (file->packed_count >= DECOMPRESS_MAGIC_BYTES) {
		file->decompressor = decompressor_for(file->packed, &is_packed);
	}
	return is_packed && !file->decompressor ? err_set(err, ENOMEM, "out of memory") : 0;
}

int log_file_open(struct log_file **opened, const char *path, struct err *err)
{
	struct log_file *file = calloc(1, sizeof(*file));
	char *copy = strdup(path);

	if (!file || !copy) {
		free(file);
		free(copy);
		return err_set(err, ENOMEM, "out of memory");
	}
	file->path = copy;
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	int status = file->fd < 0 ? refuse(file, err) : begin(file, err);
	if (status < 0) {
		log_file_close(file);
		return status;
	}
	*opened = file;
	return 0;
}

void log_file_close(struct log_file *file)
{
	if (!file) {
		return;
	}
	if (file->decompressor) {
		file->decompressor->destroy(file->decompressor);
	}
	if (file->fd >= 0) {
		close(file->fd);
	}
	free(file->path);
	free(file);
}

const char *log_file_path(const struct log_file *file)
{
	return file->path;
}

uint64_t log_file_changed_ns(const struct log_file *file)
{
	return file->changed_ns;
}

/* Some bytes, where there are any left. */
static int read_some(
	struct log_file *file, uint8_t *bytes, size_t count, size_t *got, struct err *err)
{
	struct decompress_io io = { .in = file->packed + file->packed_at,
		.in_bytes = file->packed_count - file->packed_at,
		.out = bytes,
		.out_bytes = count };
	struct err reason;

	if (!file->decompressor) {
		*got = io.in_bytes < count ? io.in_bytes : count;
		memcpy(bytes, io.in, *got);
		file->packed_at += *got;
		return 0;
	}
	if (file->decompressor->step(file->decompressor, &io, &reason) < 0) {
		return err_set(err, EBADMSG, "%s: %s", file->path, reason.text);
	}
	file->packed_at = file->packed_count - io.in_bytes;
	*got = count - io.out_bytes;
	return 0;
}

int log_file_read(struct log_file *file, void *bytes, size_t count, size_t *got, struct err *err)
{
	int status = 0;

	*got = 0;
	while (*got == 0 && count > 0 && status == 0) {
		if (file->packed_at == file->packed_count && !file->is_read) {
			status = fill(file, err);
		}
		if (status == 0) {
			status = read_some(file, bytes, count, got, err);
		}
		if (*got == 0 && file->is_read) {
			break;
		}
	}
	bool is_cut = *got == 0 && file->decompressor && !file->decompressor->at_boundary;
	return status == 0 && is_cut ? err_set(err, EBADMSG, "%s: cut short", file->path) : status;
}

/* Moves what is left of the lines to the front and reads more behind it. */
static int read_lines(struct log_file *file, size_t *got, struct err *err)
{
	memmove(file->lines, file->lines + file->at, file->count - file->at);
	file->count -= file->at;
	file->at = 0;
	int status = log_file_read(
		file, file->lines + file->count, LOG_LINE_BYTES - file->count, got, err);
	file->count += *got;
	return status;
}

int log_file_line(struct log_file *file, char **line, struct err *err)
{
	bool is_long = false;

	*line = NULL;
	for (;;) {
		char *start = file->lines + file->at;
		char *end = memchr(start, '\n', file->count - file->at);
		size_t got = 0;
		if (end) {
			*end = '\0';
			file->at = (size_t)(end + 1 - file->lines);
			file->line_number++;
			*line = is_long ? end : start;
			return 0;
		}
		if (file->count - file->at == LOG_LINE_BYTES) {
			is_long = true;
			file->at = file->count;
		}
		int status = read_lines(file, &got, err);
		if (status < 0) {
			return status;
		}
		if (got == 0) {
			/* A last line without an end may still be being written: passed over. */
			return 0;
		}
	}
}

uint64_t log_file_line_number(const struct log_file *file)
{
	return file->line_number;
}
