#include "analyzer/archive/archive_protection.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_pseudonyms.h"
#include "analyzer/rollup/protect.h"
#include "base/file.h"
#include "base/text.h"

static int make_path(const char *folder, char path[PATH_MAX], struct err *err)
{
	return snprintf(path, PATH_MAX, "%s/protection", folder) < PATH_MAX
		       ? 0
		       : err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
}

static bool has_mark(const struct archive_protection *protection, const char *mark)
{
	bool has = false;

	for (unsigned i = 0; i < protection->key_count; i++) {
		has |= strcmp(protection->keys[i], mark) == 0;
	}
	return has;
}

/* The oldest goes where there is no more room. */
static void add_mark(
	struct archive_protection *protection, const char mark[PSEUDONYM_MARK_LENGTH + 1])
{
	if (protection->key_count == ARCHIVE_KEYS_MAX) {
		protection->key_count--;
		memmove(protection->keys[0], protection->keys[1],
			protection->key_count * sizeof(protection->keys[0]));
	}
	memcpy(protection->keys[protection->key_count++], mark, sizeof(protection->keys[0]));
}

static bool read_line(struct archive_protection *protection, const char *line)
{
	char mark[PSEUDONYM_MARK_LENGTH + 1] = "";
	unsigned version;

	_Static_assert(ARCHIVE_ZONE_BYTES == 64 && PSEUDONYM_MARK_LENGTH == 32,
		"as the formats below have it");
	if (sscanf(line, "key %32s", mark) == 1) {
		add_mark(protection, mark);
		return true;
	}
	return sscanf(line, "k %u", &protection->k) == 1 ||
	       sscanf(line, "zone %63s", protection->zone) == 1 ||
	       (sscanf(line, "version %u", &version) == 1 && version == 1);
}

int archive_protection_read(
	const char *folder, struct archive_protection *protection, struct err *err)
{
	char path[PATH_MAX], *content = NULL, *rest, *line;
	int status = make_path(folder, path, err);

	*protection = (struct archive_protection){ .k = 0 };
	status = status < 0 ? status : file_read(path, &content, NULL, err);
	if (status < 0) {
		return status == -ENOENT ? 0 : status;
	}
	for (line = strtok_r(content, "\n", &rest); line && status == 0;
		line = strtok_r(NULL, "\n", &rest)) {
		if (!read_line(protection, line)) {
			status = err_set(err, EINVAL,
				"%s: expected \"version 1\", \"k NUMBER\", \"zone NAME\" or "
				"\"key MARK\"; found \"%.40s\"",
				path, line);
		}
	}
	if (status == 0 && (protection->k == 0 || !protection->zone[0])) {
		status = err_set(err, EINVAL, "%s: says no k, or no zone", path);
	}
	free(content);
	return status;
}

static int write_all(
	const char *folder, const struct archive_protection *protection, struct err *err)
{
	char path[PATH_MAX];
	struct text text;
	int status = make_path(folder, path, err);

	text_init_heap(&text);
	text_printf(&text, "version 1\nk %u\nzone %s\n", protection->k, protection->zone);
	for (unsigned i = 0; i < protection->key_count; i++) {
		text_printf(&text, "key %s\n", protection->keys[i]);
	}
	if (status == 0) {
		status = text.truncated ? err_set(err, ENOMEM, "%s: out of memory", path)
					: file_write_mode(path, text.at, text.length, 0640, err);
	}
	text_deinit(&text);
	return status;
}

int archive_protection_note(const char *folder, unsigned k, const struct local_zone *zone,
	const struct pseudonyms *pseudonyms, struct archive_protection *protection, struct err *err)
{
	char marks[PSEUDONYM_MARKS_MAX][PSEUDONYM_MARK_LENGTH + 1];
	unsigned count = pseudonyms_mark(pseudonyms, marks);
	int status = archive_protection_read(folder, protection, err);
	bool is_new = status == 0 && (k > protection->k || !protection->zone[0]);

	protection->k = k > protection->k ? k : protection->k;
	if (!protection->zone[0]) {
		snprintf(protection->zone, sizeof(protection->zone), "%s", local_zone_name(zone));
	}
	for (unsigned i = 0; i < count; i++) {
		if (!has_mark(protection, marks[i])) {
			add_mark(protection, marks[i]);
			is_new = true;
		}
	}
	return status == 0 && is_new ? write_all(folder, protection, err) : status;
}

int archive_protection_of(const char *const *folders, unsigned count,
	struct archive_protection *protection, struct err *err)
{
	const char *first = NULL;
	int status = 0;

	*protection = (struct archive_protection){ .k = 0 };
	for (unsigned i = 0; i < count && status >= 0; i++) {
		struct archive_protection one;
		status = archive_protection_read(folders[i], &one, err);
		if (status == 0 && one.k == 0) {
			status = archive_has_pseudonyms(folders[i], NULL, err);
			one.k = status == 1 ? PROTECT_K_USUAL : 0;
		}
		if (first && one.zone[0] && strcmp(one.zone, protection->zone) != 0) {
			return err_set(err, EPERM,
				"%s is told by days of %s, %s by days of %s; together they would "
				"tell more: ask one at a time",
				first, protection->zone, folders[i], one.zone);
		}
		protection->k = one.k > protection->k ? one.k : protection->k;
		if (!first && one.zone[0]) {
			first = folders[i];
			memcpy(protection->zone, one.zone, sizeof(one.zone));
		}
	}
	return status < 0 ? status : 0;
}

bool archive_protection_has_key(
	const struct archive_protection *protection, const struct pseudonyms *pseudonyms)
{
	char marks[PSEUDONYM_MARKS_MAX][PSEUDONYM_MARK_LENGTH + 1];
	unsigned count = pseudonyms_mark(pseudonyms, marks);
	bool has = protection->key_count == 0;

	for (unsigned i = 0; i < count; i++) {
		has |= has_mark(protection, marks[i]);
	}
	return has;
}

int archive_protection_zone(
	const struct archive_protection *protection, struct local_zone **zone, struct err *err)
{
	bool is_named = protection->zone[0] && strcmp(protection->zone, "UTC") != 0;

	*zone = NULL;
	return is_named ? local_zone_open(zone, protection->zone, err) : 0;
}

int archive_protection_check_key(
	const char *path, const char *const *folders, unsigned count, struct err *err)
{
	struct pseudonyms *pseudonyms = NULL;
	int status = pseudonyms_open(&pseudonyms, path, err);

	for (unsigned i = 0; i < count && status == 0; i++) {
		struct archive_protection protection;
		status = archive_protection_read(folders[i], &protection, err);
		if (status == 0 && !archive_protection_has_key(&protection, pseudonyms)) {
			status = err_set(err, EPERM,
				"%s is not the key that the pseudonyms of %s were made with", path,
				folders[i]);
		}
	}
	pseudonyms_close(pseudonyms);
	return status;
}
