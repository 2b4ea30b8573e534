/* A folder of files to hand over, with a MANIFEST that "sha256sum -c MANIFEST" checks.
 *
 * The folder is made, its owner's alone (0700); one that is there already is refused, so that no
 * file of another case stays among them.
 *
 * Threads  one.
 * Failure  0 or -errno and a sentence with the file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct case_folder {
	const char *path;
	bool is_made;
	struct text manifest;
};

int case_folder_make(struct case_folder *folder, const char *path, struct err *err);
int case_folder_write(struct case_folder *folder, const char *name, const void *content,
	size_t length, struct err *err);
/* Writes the MANIFEST; the folder is then whole. Where status is a failure, or this fails, all of
 * it is removed. Frees in either case. */
int case_folder_finish(struct case_folder *folder, int status, struct err *err);
