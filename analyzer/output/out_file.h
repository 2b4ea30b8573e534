/* A file that records are written to, or standard output ("-").
 *
 * Written straight to where it was asked for, so that a reader may follow it. Who uses which
 * application is nobody else's business: a file that is made here is its owner's alone (0600).
 * Buffering is the caller's: whoever writes gathers OUT_FILE_BUFFER_BYTES first.
 *
 * The reader of a pipe or socket may let wait: without end, or, of whoever has other things to do,
 * for OUT_FILE_PATIENCE_NS; then the write fails with -ETIMEDOUT.
 *
 * Failure  every call that can fail returns -errno with a sentence that names the file, short
 *          writes and a full disk included.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"

enum { OUT_FILE_BUFFER_BYTES = 256 << 10 };

/* For all of one write; a reader that stood still before is given the tenth of it. */
#define OUT_FILE_PATIENCE_NS NS_PER_S

struct out_file {
	int fd;
	const char *path; /* the caller's, good until out_file_close() */
	bool is_hurried;  /* its reader is not waited for without end, */
	bool stood_still; /* and let the last write wait for too long */
	size_t gone;      /* of a write that failed: so much had been taken, and is gone */
};

/* Whether what stands in the file already gives way. */
enum out_file_start { OUT_FILE_REPLACE, OUT_FILE_APPEND };

int out_file_open(
	struct out_file *file, const char *path, enum out_file_start start, struct err *err);
/* From now on no write waits longer than it may. A file never has to. */
void out_file_hurry(struct out_file *file);
/* All of it or nothing, in a file; what went into a pipe is gone. */
int out_file_write(struct out_file *file, const void *bytes, size_t count, struct err *err);
/* Standard output stays open. */
int out_file_close(struct out_file *file, struct err *err);

/* The same to a descriptor; path names it in the error. */
int out_file_write_fd(int fd, const char *path, const void *bytes, size_t count, struct err *err);
