/* A log's bytes, whether it is compressed (gzip, zstd) or not, and its lines.
 *
 * Memory   one buffer of LOG_LINE_BYTES and what decompression takes.
 * Threads  one a file.
 * Failure  -errno and a sentence with the path. A line that is longer than the buffer is passed
 *          over whole; it counts as one, and is empty. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { LOG_LINE_BYTES = 65536 };

struct log_file;

int log_file_open(struct log_file **file, const char *path, struct err *err);
void log_file_close(struct log_file *file); /* NULL is accepted */
const char *log_file_path(const struct log_file *file);
uint64_t log_file_changed_ns(const struct log_file *file); /* when it was written last */

/* At most count bytes; 0 at the end. */
int log_file_read(struct log_file *file, void *bytes, size_t count, size_t *got, struct err *err);

/* The next line without its newline, good until the next call; NULL in *line at the end. Mixes with
 * log_file_read() only where that came before. */
int log_file_line(struct log_file *file, char **line, struct err *err);
uint64_t log_file_line_number(const struct log_file *file);
