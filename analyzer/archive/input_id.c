#include "analyzer/archive/input_id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/record/digest.h"
#include "base/text.h"
#include "collector/stream.h"

/* 128 bits tell captures apart. */
enum { HASH_BYTES = 16, HASH_DIGITS = 2 * HASH_BYTES, NAME_BYTES = 256 };

struct capture {
	char name[NAME_BYTES];
	uint64_t bytes; /* 0: it is compressed */
	char hash[HASH_DIGITS + 1];
};

static void name_of(char name[NAME_BYTES], const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(name, NAME_BYTES, "%s", slash ? slash + 1 : path);
	bool is_text = text_is_utf8(name, strlen(name));
	for (char *at = name; *at; at++) {
		uint8_t byte = (uint8_t)*at;
		if (byte < ' ' || byte == 0x7f || byte == ':' || (byte >= 0x80 && !is_text)) {
			*at = '_';
		}
	}
}

/* head_bytes: so much of the beginning at most. */
static int look_at(struct capture *capture, const char *path, uint64_t head_bytes, struct err *err)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	struct stat status_of;
	struct stream *stream;

	if (strcmp(path, "-") == 0 || stat(path, &status_of) < 0 || !S_ISREG(status_of.st_mode)) {
		return err_set(err, EINVAL, "%s: is no file that can be read twice", path);
	}
	int status = stream_open(&stream, path, err);
	if (status < 0) {
		return status;
	}
	uint64_t count = stream_fill(stream, INPUT_HEAD_BYTES);
	count = count < INPUT_HEAD_BYTES ? count : INPUT_HEAD_BYTES;
	digest_sha256(stream_bytes(stream), count < head_bytes ? count : head_bytes, digest);
	digest_hex(digest, HASH_BYTES, capture->hash);
	capture->bytes = stream_mapping(stream) ? (uint64_t)status_of.st_size : 0;
	name_of(capture->name, path);
	stream_close(stream);
	return 0;
}

int input_id(const char *path, char id[INPUT_ID_BYTES], struct err *err)
{
	struct capture capture;
	int status = look_at(&capture, path, UINT64_MAX, err);

	if (status == 0) {
		snprintf(id, INPUT_ID_BYTES, "%s:%" PRIu64 ":%s", capture.name, capture.bytes,
			capture.hash);
	}
	return status;
}

int input_id_name_length(const char *id)
{
	return (int)strcspn(id, ":");
}

/* False where it is no id. */
static bool read_id(struct capture *capture, const char *id)
{
	char end;

	return sscanf(id, "%255[^:]:%20" SCNu64 ":%32[0-9a-f]%c", capture->name, &capture->bytes,
		       capture->hash, &end) == 3;
}

enum input_match input_id_match(const char *id, const char *path)
{
	struct capture wanted, found;
	struct err err;

	if (!read_id(&wanted, id) ||
		look_at(&found, path, wanted.bytes ? wanted.bytes : UINT64_MAX, &err) < 0) {
		return INPUT_IS_OTHER;
	}
	if (strcmp(wanted.hash, found.hash) == 0 &&
		(found.bytes == 0 || found.bytes >= wanted.bytes)) {
		return found.bytes == 0 ? INPUT_IS_SAME_PACKED : INPUT_IS_SAME;
	}
	return strcmp(wanted.name, found.name) == 0 ? INPUT_IS_CHANGED : INPUT_IS_OTHER;
}
