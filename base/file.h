/* Whole small files, and where the program's own data files are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Reads a regular file whole into memory that the caller frees; a NUL stands behind the last byte.
 * At most 256 MiB; a pipe is refused and not waited for. length may be NULL. 0 or -errno; the error
 * names the file. */
int file_read(const char *path, char **content, size_t *length, struct err *err);

/* Opens a regular file to read it, and nothing else: nobody waits for a pipe. As open(); EINVAL
 * where it is something else. */
int file_open_regular(const char *path);

/* Writes a file whole and atomically (a new file beside it, fsync, rename); what stands there and
 * is none, /dev/null or a pipe, is written into, unless another user laid it. 0 or -errno. */
int file_write(const char *path, const void *content, size_t length, struct err *err);
/* The same with other permissions than 0644. */
int file_write_mode(
	const char *path, const void *content, size_t length, mode_t mode, struct err *err);

/* Adds to the end of a file that is open to be written: whole or not at all, and on the disk when
 * it returns. Nobody else writes meanwhile. 0 or -errno; the error names the file. */
int file_append(int fd, const char *path, const void *content, size_t length, struct err *err);

/* A link that neither we nor the system laid (/dev/stdout is the system's): where something is
 * about to be written it may lead to what is not ours to write. "name/" counts as "name". */
bool file_is_planted(const char *path);

/* Makes a folder to write into; one that is there already will do, unless it is reached by a
 * planted link. 0 or -errno. */
int file_make_folder(const char *path, mode_t mode, struct err *err);

/* Opens a file of ours to write into it where others may write to the folder as well; flags and
 * mode as of open(). A link in its place is not followed, whoever laid it, and a pipe or a device
 * is refused and not waited for. The descriptor, or -errno; the error names the file. */
int file_open_to_write(const char *path, int flags, mode_t mode, struct err *err);

/* A file without a name for what is needed while the process runs, in file_temporary_folder():
 * $TMPDIR, else /tmp. The descriptor, or -errno. */
int file_open_nameless(struct err *err);
const char *file_temporary_folder(void);

/* Both lead to one regular file, whatever the paths look like; what is not there is none. */
bool file_is_same(const char *left, const char *right);

/* Not a pipe, a terminal or the like; what is not there says so when it is opened. */
bool file_is_readable_twice(const char *path);

/* Where a data file of ours is, such as "geo/share/jurisdictions.tsv" or "analyzer/share/apps":
 * below $BORDERFLOW_DATA where that is set; else below the program's own folder or two above it,
 * when it runs from a source tree; else where it was installed. Fills path (PATH_MAX bytes); 0, or
 * -ENOENT and where it was looked for. */
int file_find_data(const char *name, char *path, struct err *err);
