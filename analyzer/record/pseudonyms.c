#include "analyzer/record/pseudonyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/record/digest.h"
#include "base/clock.h"

struct pseudonyms {
	struct hmac_key *key;
};

/* Hexadecimal digits, a newline, and one byte more to notice a longer file. */
enum { KEY_FILE_MAX = 2 * PSEUDONYM_KEY_BYTES + 2 };

/* Reads at most size bytes; the file is opened once, so that the file whose mode was checked is the
 * file that is read. */
static int read_key_file(
	const char *path, char *content, size_t size, size_t *length, struct err *err)
{
	struct stat status;
	int result = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		return err_set(
			err, errno, "%s: cannot open the key file: %s", path, strerror(errno));
	}
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		result = err_set(err, EINVAL, "%s: the key must be in a regular file", path);
	} else if (status.st_mode & (S_IRWXG | S_IRWXO)) {
		result = err_set(err, EPERM,
			"%s: others may use the key file (mode %04o); chmod 600 it, and make a "
			"new key if somebody has read it",
			path, (unsigned)status.st_mode & 07777);
	}
	*length = 0;
	while (result == 0 && *length < size) {
		ssize_t count = read(fd, content + *length, size - *length);
		if (count < 0 && errno == EINTR) {
			continue;
		}
		if (count < 0) {
			result = err_set(
				err, errno, "%s: cannot read the key: %s", path, strerror(errno));
		}
		if (count <= 0) {
			break;
		}
		*length += (size_t)count;
	}
	close(fd);
	return result;
}

static bool decode_key(const char *content, size_t length, uint8_t *key)
{
	if (length == PSEUDONYM_KEY_BYTES) {
		memcpy(key, content, PSEUDONYM_KEY_BYTES);
		return true;
	}
	if (length > 0 && content[length - 1] == '\n') {
		length--;
	}
	return digest_parse_hex(content, length, key, PSEUDONYM_KEY_BYTES);
}

int pseudonyms_open(struct pseudonyms **pseudonyms, const char *key_path, struct err *err)
{
	char content[KEY_FILE_MAX];
	uint8_t key[PSEUDONYM_KEY_BYTES];
	size_t length = 0;
	int result = read_key_file(key_path, content, sizeof(content), &length, err);

	*pseudonyms = NULL;
	if (result == 0 && !decode_key(content, length, key)) {
		result = err_set(err, EINVAL,
			"%s: expected 32 bytes or 64 hexadecimal digits, found %zu bytes; "
			"make a key with: (umask 077; openssl rand -hex 32 > FILE)",
			key_path, length);
	}
	if (result == 0) {
		*pseudonyms = calloc(1, sizeof(**pseudonyms));
		if (*pseudonyms) {
			(*pseudonyms)->key = hmac_key_create(key, sizeof(key));
		}
		if (!*pseudonyms || !(*pseudonyms)->key) {
			free(*pseudonyms);
			*pseudonyms = NULL;
			result = err_set(err, ENOMEM, "%s: out of memory", key_path);
		}
	}
	explicit_bzero(key, sizeof(key));
	explicit_bzero(content, sizeof(content));
	return result;
}

void pseudonyms_close(struct pseudonyms *pseudonyms)
{
	if (pseudonyms) {
		hmac_key_destroy(pseudonyms->key);
		free(pseudonyms);
	}
}

void pseudonyms_of_device(const struct pseudonyms *pseudonyms, const struct record_device *device,
	uint64_t time_ns, char text[PSEUDONYM_LENGTH + 1])
{
	enum { MONTH_LENGTH = 7 }; /* "2026-03" */
	uint8_t digest[DIGEST_SHA256_BYTES];
	char message[MONTH_LENGTH + 5 + sizeof(device->identity.bytes)], date[11];

	/* The kind of identity is part of the message, so that an address and another identity can
	 * never stand for each other. */
	clock_format_date(time_ns, date);
	memcpy(message, date, MONTH_LENGTH);
	memcpy(message + MONTH_LENGTH, device->kind == DEVICE_ONE ? "/self" : "/addr", 5);
	memcpy(message + MONTH_LENGTH + 5, device->identity.bytes, sizeof(device->identity.bytes));
	hmac_sha256(pseudonyms->key, message, sizeof(message), digest);
	digest_base32(digest, PSEUDONYM_LENGTH * 5 / 8, text);
}

void pseudonyms_of_addr(const struct pseudonyms *pseudonyms, const struct addr *addr,
	uint64_t time_ns, char text[PSEUDONYM_LENGTH + 1])
{
	const struct record_device device = { *addr, DEVICE_ADDRESS };

	pseudonyms_of_device(pseudonyms, &device, time_ns, text);
}

struct hash_key pseudonyms_flow_key(const struct pseudonyms *pseudonyms)
{
	static const char purpose[] = "flow ids";
	uint8_t digest[DIGEST_SHA256_BYTES];
	struct hash_key key;

	hmac_sha256(pseudonyms->key, purpose, sizeof(purpose), digest);
	memcpy(&key, digest, sizeof(key));
	explicit_bzero(digest, sizeof(digest));
	return key;
}
