#include "dashboards/cli/reveal_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/digest.h"
#include "base/file.h"
#include "base/text.h"

#define REQUEST_LINE "borderflow reveal request 1\n"
#define ANSWER_LINE  "borderflow reveal answer 1\n"

enum { ANSWER_BOX_BYTES = REVEAL_ANSWER_BYTES + BOX_EXTRA_BYTES };

static void put_bytes(struct text *text, const char *name, const uint8_t *bytes, size_t count)
{
	char hex[2 * ANSWER_BOX_BYTES + 1];

	digest_hex(bytes, count, hex);
	text_printf(text, "%s %s\n", name, hex);
}

/* What stands behind the name on its line, at most bytes - 1 of it. */
static bool read_word(const char *content, const char *name, char *word, size_t bytes)
{
	char start[24];

	snprintf(start, sizeof(start), "\n%s ", name);
	const char *at = strstr(content, start);
	if (!at) {
		return false;
	}
	at += strlen(start);
	size_t length = strcspn(at, "\n");
	snprintf(word, bytes, "%.*s", (int)length, at);
	return length > 0 && length < bytes;
}

static bool read_bytes(const char *content, const char *name, uint8_t *bytes, size_t count)
{
	char hex[2 * ANSWER_BOX_BYTES + 1];

	return read_word(content, name, hex, sizeof(hex)) &&
	       digest_parse_hex(hex, strlen(hex), bytes, count);
}

int reveal_request_write(const struct reveal_request *request, const char *path, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	text_printf(
		&text, REQUEST_LINE "month %s\npseudonym %s\n", request->month, request->pseudonym);
	put_bytes(&text, "soc", request->soc, sizeof(request->soc));
	put_bytes(&text, "box", request->inner, sizeof(request->inner));
	text_put(&text, "reason ");
	for (const char *at = request->reason; *at; at++) {
		text_put_char(&text, (unsigned char)*at < ' ' ? ' ' : *at);
	}
	text_put_char(&text, '\n');
	int status = file_write_mode(path, text.at, text.length, 0600, err);
	text_deinit(&text);
	return status;
}

int reveal_request_read(struct reveal_request *request, const char *path, struct err *err)
{
	char *content;
	int status = file_read(path, &content, NULL, err);

	*request = (struct reveal_request){ .month = "" };
	if (status < 0) {
		return status;
	}
	bool is_read =
		strncmp(content, REQUEST_LINE, strlen(REQUEST_LINE)) == 0 &&
		read_word(content, "month", request->month, sizeof(request->month)) &&
		read_word(content, "pseudonym", request->pseudonym, sizeof(request->pseudonym)) &&
		read_bytes(content, "soc", request->soc, sizeof(request->soc)) &&
		read_bytes(content, "box", request->inner, sizeof(request->inner)) &&
		read_word(content, "reason", request->reason, sizeof(request->reason));
	free(content);
	return is_read ? 0 : err_set(err, EBADMSG, "%s: it is damaged, or no request", path);
}

int reveal_answer_write(const struct reveal_request *request, const char *identity,
	const char *path, struct err *err)
{
	char padded[REVEAL_ANSWER_BYTES] = ""; /* as long whatever the answer is */
	uint8_t box[ANSWER_BOX_BYTES];
	struct text text;

	snprintf(padded, sizeof(padded), "%s", identity);
	if (!box_seal(request->soc, padded, sizeof(padded), box)) {
		return err_set(err, EINVAL, "the answer cannot be sealed to the asker's key");
	}
	text_init_heap(&text);
	text_printf(&text, ANSWER_LINE "pseudonym %s\n", request->pseudonym);
	put_bytes(&text, "box", box, sizeof(box));
	int status = file_write_mode(path, text.at, text.length, 0600, err);
	text_deinit(&text);
	return status;
}

int reveal_answer_read(const char *path, const uint8_t soc[SECRET_KEY_BYTES],
	char pseudonym[PSEUDONYM_LENGTH + 1], char identity[REVEAL_ANSWER_BYTES], struct err *err)
{
	uint8_t box[ANSWER_BOX_BYTES];
	char *content;
	int status = file_read(path, &content, NULL, err);

	if (status < 0) {
		return status;
	}
	bool is_read = strncmp(content, ANSWER_LINE, strlen(ANSWER_LINE)) == 0 &&
		       read_word(content, "pseudonym", pseudonym, PSEUDONYM_LENGTH + 1) &&
		       read_bytes(content, "box", box, sizeof(box));
	free(content);
	if (!is_read) {
		return err_set(err, EBADMSG, "%s: it is damaged, or no answer", path);
	}
	if (!box_open(soc, box, sizeof(box), (uint8_t *)identity)) {
		return err_set(err, EACCES, "%s: it is not for this key, or was changed", path);
	}
	identity[REVEAL_ANSWER_BYTES - 1] = '\0';
	return 0;
}
