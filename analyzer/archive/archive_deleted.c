#include "analyzer/archive/archive_deleted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

static const char *const why_names[] = {
	[ARCHIVE_DELETED_AGE] = "age", [ARCHIVE_DELETED_SIZE] = "size"
};

static int deleted_path(const char *folder, char path[PATH_MAX], struct err *err)
{
	return snprintf(path, PATH_MAX, "%s/deleted", folder) < PATH_MAX
		       ? 0
		       : err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
}

/* The words of a line behind each other, "name value name value". */
static bool read_pair(struct archive_tombstone *tombstone, const char *name, const char *value)
{
	unsigned long long first, last;

	if (strcmp(name, "segments") == 0) {
		bool is_read = sscanf(value, "%19llu-%19llu", &first, &last) == 2;
		tombstone->first_segment = is_read ? first : 0;
		tombstone->last_segment = is_read ? last : 0;
		return is_read;
	}
	if (strcmp(name, "records") == 0) {
		tombstone->records = strtoull(value, NULL, 10);
		return true;
	}
	if (strcmp(name, "from") == 0) {
		return clock_parse(value, &tombstone->from_ns);
	}
	if (strcmp(name, "to") == 0) {
		return clock_parse(value, &tombstone->to_ns);
	}
	if (strcmp(name, "deleted") == 0) {
		return clock_parse(value, &tombstone->deleted_ns);
	}
	if (strcmp(name, "why") == 0) {
		tombstone->why = strcmp(value, why_names[ARCHIVE_DELETED_SIZE]) == 0
					 ? ARCHIVE_DELETED_SIZE
					 : ARCHIVE_DELETED_AGE;
		return true;
	}
	if (strcmp(name, "last") == 0) {
		return digest_parse_hex(
			value, strlen(value), tombstone->digest, sizeof(tombstone->digest));
	}
	return strcmp(name, "key") == 0 &&
	       digest_parse_hex(value, strlen(value), tombstone->key, sizeof(tombstone->key));
}

static bool read_shelf(struct archive_tombstone *tombstone, const char *word)
{
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		if (strcmp(word, archive_shelf_name(shelf)) == 0) {
			tombstone->shelf = shelf;
			return true;
		}
	}
	return false;
}

/* It stands behind the rest of the line, and a blank. */
static bool read_signature(struct archive_tombstone *tombstone, const char *line, size_t length)
{
	uint8_t signature[SIGNATURE_BYTES];

	tombstone->is_signed = line[length] == ' ' && digest_parse_signature(line + length + 1,
							      signature, sizeof(signature));
	tombstone->holds =
		tombstone->is_signed && signature_holds(tombstone->key, line, length, signature);
	return tombstone->is_signed;
}

static bool read_line(struct archive_tombstone *tombstone, const char *line)
{
	char name[16], value[2 * SIGNATURE_BYTES + 1];
	int at = 0, length;

	*tombstone = (struct archive_tombstone){ .records = 0 };
	if (sscanf(line, "%15s%n", name, &at) != 1 || !read_shelf(tombstone, name)) {
		return false;
	}
	while (sscanf(line + at, " %15s %128s%n", name, value, &length) == 2) {
		bool is_read = strcmp(name, "signature") == 0
				       ? read_signature(tombstone, line, (size_t)at)
				       : read_pair(tombstone, name, value);
		if (!is_read) {
			return false;
		}
		at += length;
	}
	return tombstone->last_segment > 0;
}

static bool add(struct archive_tombstones *tombstones, const struct archive_tombstone *tombstone)
{
	struct archive_tombstone *grown =
		realloc(tombstones->items, (tombstones->count + 1) * sizeof(*tombstones->items));

	if (grown) {
		tombstones->items = grown;
		tombstones->items[tombstones->count++] = *tombstone;
	}
	return grown != NULL;
}

int archive_deleted_read(const char *folder, struct archive_tombstones *tombstones, struct err *err)
{
	char path[PATH_MAX], *content = NULL;
	int status = deleted_path(folder, path, err);
	unsigned number = 0;

	*tombstones = (struct archive_tombstones){ NULL, 0 };
	if (status == 0) {
		status = file_read(path, &content, NULL, err);
	}
	if (status < 0) {
		return status == -ENOENT ? 0 : status;
	}
	for (char *line = content, *end; status == 0 && (end = strchr(line, '\n'));
		line = end + 1) {
		struct archive_tombstone tombstone;
		number++;
		*end = '\0';
		if (!read_line(&tombstone, line)) {
			status = err_set(err, EINVAL,
				"%s:%u: damaged: expected \"flows segments 1-2 records …\"; found "
				"\"%.60s\"",
				path, number, line);
		} else if (!add(tombstones, &tombstone)) {
			status = err_set(err, ENOMEM, "%s: out of memory", path);
		}
	}
	free(content);
	if (status < 0) {
		archive_deleted_free(tombstones);
	}
	return status;
}

void archive_deleted_free(struct archive_tombstones *tombstones)
{
	free(tombstones->items);
	*tombstones = (struct archive_tombstones){ NULL, 0 };
}

uint64_t archive_deleted_until(
	const struct archive_tombstones *tombstones, enum archive_shelf shelf)
{
	uint64_t until_ns = 0;

	for (size_t i = 0; i < tombstones->count; i++) {
		const struct archive_tombstone *tombstone = &tombstones->items[i];
		if (tombstone->shelf == shelf && tombstone->to_ns > until_ns) {
			until_ns = tombstone->to_ns;
		}
	}
	return until_ns;
}

static void put_line(struct text *line, const struct archive_tombstone *tombstone)
{
	char from[CLOCK_TEXT_LENGTH + 1], to[CLOCK_TEXT_LENGTH + 1];
	char deleted[CLOCK_TEXT_LENGTH + 1], digest[2 * DIGEST_SHA256_BYTES + 1];

	clock_format(tombstone->from_ns, from);
	clock_format(tombstone->to_ns, to);
	clock_format(tombstone->deleted_ns, deleted);
	digest_hex(tombstone->digest, sizeof(tombstone->digest), digest);
	text_printf(line,
		"%s segments %llu-%llu records %llu from %s to %s deleted %s why %s last %s",
		archive_shelf_name(tombstone->shelf), (unsigned long long)tombstone->first_segment,
		(unsigned long long)tombstone->last_segment, (unsigned long long)tombstone->records,
		from, to, deleted, why_names[tombstone->why], digest);
}

static void sign_line(struct text *line, const uint8_t *secret)
{
	uint8_t key[PUBLIC_KEY_BYTES], signature[SIGNATURE_BYTES];
	char hex[2 * SIGNATURE_BYTES + 1];

	signature_public_key(secret, key);
	digest_hex(key, sizeof(key), hex);
	text_printf(line, " key %s", hex);
	signature_make(secret, line->at, line->length, signature);
	digest_hex(signature, sizeof(signature), hex);
	text_printf(line, " signature %s", hex);
}

int archive_deleted_add(const char *folder, const struct archive_tombstone *tombstone,
	const uint8_t *secret, struct err *err)
{
	char path[PATH_MAX];
	struct text line;
	int status = deleted_path(folder, path, err);
	int fd = status < 0 ? status
			    : file_open_to_write(path, O_WRONLY | O_CREAT | O_APPEND, 0640, err);

	if (fd < 0) {
		return fd;
	}
	text_init_heap(&line);
	put_line(&line, tombstone);
	if (secret) {
		sign_line(&line, secret);
	}
	text_put_char(&line, '\n');
	status = file_append(fd, path, line.at, line.length, err);
	text_deinit(&line);
	close(fd);
	return status;
}
