#include "analyzer/record/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/reader.h"

/* A file: magic, version, length of the content (both big-endian), SHA-256, content. */
enum { MAGIC_BYTES = 8, HEADER_BYTES = MAGIC_BYTES + 4 + 8 + DIGEST_SHA256_BYTES, NAME_MOST = 40 };

/* Nobody writes a file for so long. */
enum { UNFINISHED_S = 60 };

static const char magic[MAGIC_BYTES] = "bfstate1";

struct state {
	char folder[PATH_MAX];
};

static int open_folder(struct state **state, const char *folder, struct err *err)
{
	struct stat status;

	if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode)) {
		return err_set(err, ENOTDIR, "%s: state needs a folder", folder);
	}
	struct state *opened = calloc(1, sizeof(*opened));
	if (!opened) {
		return err_set(err, ENOMEM, "%s: out of memory", folder);
	}
	snprintf(opened->folder, sizeof(opened->folder), "%s", folder);
	*state = opened;
	return 0;
}

/* What file_write_mode() was killed over: NAME.state.CHANCE.new. */
static bool is_unfinished(int folder, const char *name)
{
	size_t length = strlen(name);
	uint64_t now_s = clock_now_ns() / NS_PER_S;
	struct stat status;

	return strstr(name, ".state.") && length > 4 && strcmp(name + length - 4, ".new") == 0 &&
	       fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && (uint64_t)status.st_mtim.tv_sec + UNFINISHED_S < now_s;
}

static void clear_away(const char *folder)
{
	DIR *names = opendir(folder);
	const struct dirent *entry;

	while (names && (entry = readdir(names)) != NULL) {
		if (is_unfinished(dirfd(names), entry->d_name)) {
			unlinkat(dirfd(names), entry->d_name, 0);
		}
	}
	if (names) {
		closedir(names);
	}
}

int state_open(struct state **state, const char *folder, struct err *err)
{
	*state = NULL;
	int status = file_make_folder(folder, 0700, err);
	if (status == 0) {
		status = open_folder(state, folder, err);
	}
	if (status == 0) {
		clear_away(folder);
	}
	return status;
}

int state_open_to_read(struct state **state, const char *folder, struct err *err)
{
	*state = NULL;
	if (access(folder, F_OK) < 0 && errno == ENOENT) {
		return err_set(err, ENOENT,
			"%s: no such folder; --state names the one that capture or analyze was "
			"given as --state",
			folder);
	}
	return open_folder(state, folder, err);
}

void state_close(struct state *state)
{
	free(state);
}

static int make_path(
	const struct state *state, const char *name, char path[PATH_MAX], struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (name[0] == '\0' || strlen(name) > NAME_MOST || strspn(name, letters) != strlen(name) ||
		snprintf(path, PATH_MAX, "%s/%s.state", state->folder, name) >= PATH_MAX) {
		return err_set(
			err, EINVAL, "%s: \"%.60s\" is no name of a state", state->folder, name);
	}
	return 0;
}

static void put_number(uint8_t *at, uint64_t number, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0; number >>= 8) {
		at[i] = (uint8_t)number;
	}
}

/* Over the name, and all of the file but itself. */
static int make_digest(const char *name, const uint8_t *header, const void *content, size_t count,
	uint8_t digest[DIGEST_SHA256_BYTES])
{
	struct digest_sha256 *state = digest_sha256_create();

	if (!state) {
		return -ENOMEM;
	}
	digest_sha256_update(state, name, strlen(name) + 1);
	digest_sha256_update(state, header, HEADER_BYTES - DIGEST_SHA256_BYTES);
	digest_sha256_update(state, content, count);
	digest_sha256_finish(state, digest);
	digest_sha256_destroy(state);
	return 0;
}

int state_save(struct state *state, const char *name, uint32_t version, const void *content,
	size_t count, struct err *err)
{
	char path[PATH_MAX];
	int status = make_path(state, name, path, err);

	if (status < 0) {
		return status;
	}
	uint8_t *file = malloc(HEADER_BYTES + count);
	if (!file) {
		return err_set(err, ENOMEM, "%s: out of memory", path);
	}
	memcpy(file, magic, MAGIC_BYTES);
	put_number(file + MAGIC_BYTES, version, 4);
	put_number(file + MAGIC_BYTES + 4, count, 8);
	if (count > 0) {
		memcpy(file + HEADER_BYTES, content, count);
	}
	status = make_digest(name, file, content, count, file + HEADER_BYTES - DIGEST_SHA256_BYTES);
	status = status < 0 ? err_set(err, -status, "%s: out of memory", path)
			    : file_write_mode(path, file, HEADER_BYTES + count, 0600, err);
	free(file);
	return status;
}

/* The content behind the header; -EBADMSG where it is not what was saved. */
static int check(const char *name, const char *file, size_t length, uint32_t *version)
{
	struct reader reader = reader_over(file, length);
	const uint8_t *found = reader_bytes(&reader, MAGIC_BYTES);
	uint8_t digest[DIGEST_SHA256_BYTES];
	bool is_good = found && memcmp(found, magic, MAGIC_BYTES) == 0;

	*version = reader_u32(&reader);
	uint64_t count = reader_u64(&reader);
	const uint8_t *said = reader_bytes(&reader, DIGEST_SHA256_BYTES);
	if (!is_good || !said || count != reader_left(&reader)) {
		return -EBADMSG;
	}
	if (make_digest(name, (const uint8_t *)file, reader.at, reader_left(&reader), digest) < 0) {
		return -ENOMEM;
	}
	return memcmp(said, digest, sizeof(digest)) == 0 ? 0 : -EBADMSG;
}

int state_load(struct state *state, const char *name, uint32_t *version, char **content,
	size_t *count, struct err *err)
{
	char path[PATH_MAX], *file;
	size_t length;
	int status = make_path(state, name, path, err);

	*content = NULL;
	if (status == 0) {
		status = file_read(path, &file, &length, err);
	}
	if (status < 0) {
		return status;
	}
	status = check(name, file, length, version);
	if (status < 0) {
		free(file);
		return status == -EBADMSG
			       ? err_set(err, EBADMSG, "%s: the saved state is damaged", path)
			       : err_set(err, -status, "%s: out of memory", path);
	}
	*count = length - HEADER_BYTES;
	memmove(file, file + HEADER_BYTES, *count + 1); /* with the NUL behind it */
	*content = file;
	return 0;
}

int state_load_part(struct state *state, const struct state_part *part, char **content,
	size_t *count, struct err *err)
{
	struct err reason;
	uint32_t version;
	int status = state_load(state, part->name, &version, content, count, &reason);

	if (status == -ENOENT) {
		return 0;
	}
	if (status < 0) {
		return err_set(err, -status, "%s: %s", reason.text, part->lost);
	}
	if (version != part->version) {
		free(*content);
		*content = NULL;
		return state_refuse_part(state, part, err);
	}
	return 0;
}

int state_refuse_part(const struct state *state, const struct state_part *part, struct err *err)
{
	return err_set(err, EBADMSG, "%s/%s.state: written by another version of borderflow: %s",
		state->folder, part->name, part->lost);
}
