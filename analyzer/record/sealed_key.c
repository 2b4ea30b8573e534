#include "analyzer/record/sealed_key.h"

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
#include "base/file.h"
#include "base/text.h"

#define FIRST_LINE "borderflow sealed key 1\n"

int sealed_key_make(struct sealed_key *sealed, const char *month, const uint8_t key[KEY_BYTES],
	const struct sealed_key_holders *holders, struct err *err)
{
	uint8_t inner[SEALED_INNER_BYTES];

	*sealed = (struct sealed_key){ .has_glass = holders->glass != NULL };
	snprintf(sealed->month, sizeof(sealed->month), "%s", month);
	memcpy(sealed->soc, holders->soc, PUBLIC_KEY_BYTES);
	memcpy(sealed->officer, holders->officer, PUBLIC_KEY_BYTES);
	bool is_sealed = box_seal(holders->officer, key, KEY_BYTES, inner) &&
			 box_seal(holders->soc, inner, sizeof(inner), sealed->box);
	if (is_sealed && holders->glass) {
		is_sealed = box_seal(holders->glass, key, KEY_BYTES, sealed->glass);
	}
	explicit_bzero(inner, sizeof(inner));
	return is_sealed ? 0
			 : err_set(err, EINVAL,
				   "the key of %s cannot be sealed: a public key is none, or "
				   "the system has no random bytes",
				   month);
}

static void put_bytes(struct text *text, const char *name, const uint8_t *bytes, size_t count)
{
	char hex[2 * SEALED_OUTER_BYTES + 1];

	digest_hex(bytes, count, hex);
	text_printf(text, "%s %s\n", name, hex);
}

static int sealed_path(const char *folder, const char *month, char path[PATH_MAX], struct err *err)
{
	return snprintf(path, PATH_MAX, "%s/pseudonym.%s.sealed", folder, month) < PATH_MAX
		       ? 0
		       : err_set(err, ENAMETOOLONG, "%.200s: the name is too long", folder);
}

int sealed_key_write(const struct sealed_key *sealed, const char *folder, struct err *err)
{
	char path[PATH_MAX];
	struct text text;
	int status = sealed_path(folder, sealed->month, path, err);

	if (status == 0 && access(path, F_OK) == 0) {
		status = err_set(err, EEXIST, "%s: this month is sealed already", path);
	}
	if (status < 0) {
		return status;
	}
	text_init_heap(&text);
	text_printf(&text, FIRST_LINE "month %s\n", sealed->month);
	put_bytes(&text, "soc", sealed->soc, sizeof(sealed->soc));
	put_bytes(&text, "officer", sealed->officer, sizeof(sealed->officer));
	put_bytes(&text, "box", sealed->box, sizeof(sealed->box));
	if (sealed->has_glass) {
		put_bytes(&text, "glass", sealed->glass, sizeof(sealed->glass));
	}
	status = file_write(path, text.at, text.length, err);
	text_deinit(&text);
	return status;
}

static bool read_bytes(const char *content, const char *name, uint8_t *bytes, size_t count)
{
	char start[16];

	snprintf(start, sizeof(start), "\n%s ", name);
	const char *at = strstr(content, start);
	at = at ? at + strlen(start) : NULL;
	return at && digest_parse_hex(at, strcspn(at, "\n"), bytes, count);
}

static int read_sealed(struct sealed_key *sealed, const char *path, struct err *err)
{
	char *content;
	int status = file_read(path, &content, NULL, err);

	*sealed = (struct sealed_key){ .month = "" };
	if (status < 0) {
		return status;
	}
	const char *month = strstr(content, "\nmonth ");
	bool is_read = strncmp(content, FIRST_LINE, strlen(FIRST_LINE)) == 0 && month &&
		       sscanf(month, " month %7s", sealed->month) == 1 &&
		       read_bytes(content, "soc", sealed->soc, sizeof(sealed->soc)) &&
		       read_bytes(content, "officer", sealed->officer, sizeof(sealed->officer)) &&
		       read_bytes(content, "box", sealed->box, sizeof(sealed->box));
	sealed->has_glass = read_bytes(content, "glass", sealed->glass, sizeof(sealed->glass));
	free(content);
	return is_read ? 0 : err_set(err, EBADMSG, "%s: it is damaged, or no sealed key", path);
}

/* "pseudonym.2026-10.sealed" */
static bool is_sealed_name(const char *name, char month[8])
{
	int end = 0;

	return sscanf(name, "pseudonym.%7[0-9-].sealed%n", month, &end) == 1 && end > 0 &&
	       name[end] == '\0' && strlen(month) == 7;
}

int sealed_key_find(
	struct sealed_key *sealed, const char *folder, const char *month, struct err *err)
{
	char path[PATH_MAX], found[8] = "", candidate[8];
	DIR *entries = opendir(folder);
	struct dirent *entry;

	if (!entries) {
		return err_set(
			err, errno, "%s: cannot read the folder: %s", folder, strerror(errno));
	}
	while ((entry = readdir(entries))) {
		if (is_sealed_name(entry->d_name, candidate) && strcmp(candidate, month) >= 0 &&
			(!found[0] || strcmp(candidate, found) < 0)) {
			memcpy(found, candidate, sizeof(found));
		}
	}
	closedir(entries);
	if (!found[0]) {
		return err_set(err, ENOENT, "%s: no key of %s is sealed here", folder, month);
	}
	int status = sealed_path(folder, found, path, err);
	status = status < 0 ? status : read_sealed(sealed, path, err);
	if (status == 0 && strcmp(sealed->month, found) != 0) {
		status = err_set(err, EBADMSG,
			"%s: it holds the key of %s: files have changed places, and nobody would "
			"be "
			"found; take the sealed key of %s from where it is kept apart",
			path, sealed->month, found);
	}
	return status;
}

bool sealed_key_open_outer(const struct sealed_key *sealed, const uint8_t soc[SECRET_KEY_BYTES],
	uint8_t inner[SEALED_INNER_BYTES])
{
	return box_open(soc, sealed->box, sizeof(sealed->box), inner);
}

bool sealed_key_open_inner(const uint8_t inner[SEALED_INNER_BYTES],
	const uint8_t officer[SECRET_KEY_BYTES], uint8_t key[KEY_BYTES])
{
	return box_open(officer, inner, SEALED_INNER_BYTES, key);
}

int sealed_key_destroy(const char *path, struct err *err)
{
	struct stat status;
	int fd = file_open_to_write(path, O_WRONLY, 0, err);

	if (fd < 0) {
		return fd;
	}
	if (fstat(fd, &status) < 0) {
		int code = errno;
		close(fd);
		return err_set(err, code, "%s: cannot destroy the key: %s", path, strerror(code));
	}
	bool is_gone = true;
	for (off_t at = 0; at < status.st_size && is_gone; at++) {
		is_gone = pwrite(fd, "", 1, at) == 1;
	}
	is_gone = is_gone && fsync(fd) == 0 && unlink(path) == 0;
	int code = errno;
	close(fd);
	return is_gone ? 0
		       : err_set(err, code, "%s: cannot destroy the key: %s", path, strerror(code));
}
