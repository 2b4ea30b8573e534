#include "analyzer/archive/archive_head.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

enum { LINE_WORD_BYTES = 2 * SIGNATURE_BYTES + 1 };

static int head_path(const char *folder, char path[PATH_MAX], struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/head", folder) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
	}
	return 0;
}

static void put_ends(struct text *text, const struct archive_head *head, const char *between)
{
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		const struct archive_end *end = &head->ends[shelf];
		char hex[2 * DIGEST_SHA256_BYTES + 1];
		if (end->is_there) {
			digest_hex(end->digest, sizeof(end->digest), hex);
			text_printf(text, "%s%s %llu %s", text->length > 0 ? between : "",
				archive_shelf_name(shelf), (unsigned long long)end->segment, hex);
		}
	}
}

void archive_head_anchor(const struct archive_head *head, char text[ARCHIVE_ANCHOR_BYTES])
{
	struct text anchor;

	text_init(&anchor, text, ARCHIVE_ANCHOR_BYTES);
	text_put(&anchor, "");
	put_ends(&anchor, head, ", ");
}

static void put_signature(struct text *text, const uint8_t *secret)
{
	uint8_t key[PUBLIC_KEY_BYTES], signature[SIGNATURE_BYTES];
	char hex[LINE_WORD_BYTES];

	signature_public_key(secret, key);
	digest_hex(key, sizeof(key), hex);
	text_printf(text, "key %s\n", hex);
	signature_make(secret, text->at, text->length, signature);
	digest_hex(signature, sizeof(signature), hex);
	text_printf(text, "signature %s\n", hex);
}

int archive_head_write(
	const char *folder, const struct archive_head *head, const uint8_t *secret, struct err *err)
{
	char path[PATH_MAX], time[CLOCK_TEXT_LENGTH + 1];
	struct text text;
	int status = head_path(folder, path, err);

	if (status < 0) {
		return status;
	}
	text_init_heap(&text);
	put_ends(&text, head, "\n");
	clock_format(head->time_ns, time);
	text_printf(&text, "\ntime %s\n", time);
	if (secret) {
		put_signature(&text, secret);
	}
	status = text.truncated ? err_set(err, ENOMEM, "%s: out of memory", path)
				: file_write_mode(path, text.at, text.length, 0640, err);
	text_deinit(&text);
	return status;
}

static bool read_end(struct archive_head *head, const char *line)
{
	char name[16], hex[2 * DIGEST_SHA256_BYTES + 1];
	unsigned long long number = 0;
	struct archive_end end = { .is_there = true };

	if (sscanf(line, "segment %19llu block %64s", &number, hex) == 2) {
		snprintf(name, sizeof(name), "%s", archive_shelf_name(ARCHIVE_SHELF_FLOWS));
	} else if (sscanf(line, "%15s %19llu %64s", name, &number, hex) != 3) {
		return false;
	}
	if (!digest_parse_hex(hex, strlen(hex), end.digest, sizeof(end.digest))) {
		return false;
	}
	end.segment = number;
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		if (strcmp(name, archive_shelf_name(shelf)) == 0) {
			head->ends[shelf] = end;
			return true;
		}
	}
	return false;
}

/* line: within content, which is what was signed up to there. */
static bool read_line(struct archive_head *head, const char *content, const char *line)
{
	char word[LINE_WORD_BYTES];
	uint8_t signature[SIGNATURE_BYTES];

	if (sscanf(line, "key %128s", word) == 1) {
		return digest_parse_hex(word, strlen(word), head->key, sizeof(head->key));
	}
	if (sscanf(line, "time %127s", word) == 1) {
		return clock_parse(word, &head->time_ns);
	}
	if (strncmp(line, "signature", 9) == 0) {
		head->is_signed = digest_parse_signature(line, signature, sizeof(signature));
		head->holds = head->is_signed && signature_holds(head->key, content,
							 (size_t)(line - content), signature);
		return head->is_signed;
	}
	return read_end(head, line);
}

int archive_head_read(const char *folder, struct archive_head *head, struct err *err)
{
	char path[PATH_MAX], *content;
	int status = head_path(folder, path, err);

	*head = (struct archive_head){ .time_ns = 0 };
	if (status == 0) {
		status = file_read(path, &content, NULL, err);
	}
	if (status < 0) {
		return status;
	}
	char *last = strrchr(content, '\n');
	if (last && !last[1]) {
		*last = '\0';
	} else {
		status = err_set(err, EINVAL, "%s: damaged: its last line has no end", path);
	}
	for (const char *line = content; *line && status == 0; line++) {
		if (!read_line(head, content, line)) {
			status = err_set(err, EINVAL,
				"%s: damaged: expected \"flows SEGMENT DIGEST\", time, key or "
				"signature; found \"%.40s\"",
				path, line);
		}
		line = strchrnul(line, '\n');
		if (!*line) {
			break;
		}
	}
	free(content);
	return status;
}
