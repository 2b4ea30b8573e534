#include "dashboards/cli/case_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/record/digest.h"
#include "base/file.h"

int case_folder_make(struct case_folder *folder, const char *path, struct err *err)
{
	*folder = (struct case_folder){ .path = path };
	text_init_heap(&folder->manifest);
	if (mkdir(path, 0700) < 0) {
		return err_set(err, errno, "%s: %s", path,
			errno == EEXIST ? "is there already; name a new folder" : strerror(errno));
	}
	folder->is_made = true;
	return 0;
}

int case_folder_write(struct case_folder *folder, const char *name, const void *content,
	size_t length, struct err *err)
{
	char path[PATH_MAX], digest_text[2 * DIGEST_SHA256_BYTES + 1];
	uint8_t digest[DIGEST_SHA256_BYTES];

	if (snprintf(path, sizeof(path), "%s/%s", folder->path, name) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%s: the name is too long", folder->path);
	}
	digest_sha256(content, length, digest);
	digest_hex(digest, sizeof(digest), digest_text);
	text_printf(&folder->manifest, "%s  %s\n", digest_text, name);
	return file_write_mode(path, content, length, 0600, err);
}

/* What could not be made whole leaves nothing behind. */
static void remove_all(struct case_folder *folder)
{
	enum { NAME_AT = 2 * DIGEST_SHA256_BYTES + 2 };
	char path[PATH_MAX];

	for (const char *line = folder->manifest.at; line && *line;) {
		size_t length = strcspn(line, "\n");
		if (length > NAME_AT &&
			snprintf(path, sizeof(path), "%s/%.*s", folder->path,
				(int)(length - NAME_AT), line + NAME_AT) < PATH_MAX) {
			unlink(path);
		}
		line += length + (line[length] == '\n');
	}
	rmdir(folder->path);
}

int case_folder_finish(struct case_folder *folder, int status, struct err *err)
{
	char path[PATH_MAX];

	if (status == 0 && folder->manifest.truncated) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	if (status == 0) {
		snprintf(path, sizeof(path), "%s/MANIFEST", folder->path);
		status = file_write_mode(
			path, folder->manifest.at, folder->manifest.length, 0600, err);
	}
	if (status < 0 && folder->is_made) {
		remove_all(folder);
	}
	text_deinit(&folder->manifest);
	return status;
}
