#include "analyzer/record/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/record/digest.h"
#include "base/clock.h"
#include "base/file.h"

/* Hexadecimal digits, a newline, and one byte more to notice a longer file. */
enum { FILE_MOST = 2 * KEY_BYTES + 2 };

const char *key_kind_name(enum key_kind kind)
{
	static const char *const names[] = {
#define X(id, name) [KEY_##id] = (name),
		KEY_KINDS(X)
#undef X
	};
	return (unsigned)kind < KEY_KIND_COUNT ? names[kind] : "";
}

static int read_bytes(int fd, const char *path, char *content, size_t *length, struct err *err)
{
	*length = 0;
	while (*length < FILE_MOST) {
		ssize_t count = read(fd, content + *length, FILE_MOST - *length);
		if (count < 0 && errno != EINTR) {
			return err_set(
				err, errno, "%s: cannot read the key: %s", path, strerror(errno));
		}
		if (count == 0) {
			break;
		}
		*length += count > 0 ? (size_t)count : 0;
	}
	return 0;
}

/* The file is opened once, so that the file whose mode was checked is the file that is read. */
static int read_content(const char *path, char *content, size_t *length, struct err *err)
{
	struct stat status;
	int result = 0, fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

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
	} else {
		result = read_bytes(fd, path, content, length, err);
	}
	close(fd);
	return result;
}

static bool decode(const char *content, size_t length, uint8_t *key)
{
	if (length == KEY_BYTES) {
		memcpy(key, content, KEY_BYTES);
		return true;
	}
	if (length > 0 && content[length - 1] == '\n') {
		length--;
	}
	return digest_parse_hex(content, length, key, KEY_BYTES);
}

static bool is_one_byte(const uint8_t *key)
{
	return memcmp(key, key + 1, KEY_BYTES - 1) == 0;
}

int key_read_file(const char *path, uint8_t key[KEY_BYTES], struct err *err)
{
	char content[FILE_MOST];
	size_t length = 0;
	int status = read_content(path, content, &length, err);

	if (status == 0 && !decode(content, length, key)) {
		status = err_set(err, EINVAL,
			"%s: expected 32 bytes or 64 hexadecimal digits, found %zu bytes; make "
			"keys with: borderflow keys init",
			path, length);
	} else if (status == 0 && is_one_byte(key)) {
		status = err_set(err, EINVAL,
			"%s: every byte of the key is %02x, which anybody can guess; make keys "
			"with: borderflow keys init",
			path, key[0]);
	}
	explicit_bzero(content, sizeof(content));
	if (status < 0) {
		explicit_bzero(key, KEY_BYTES);
	}
	return status;
}

static int make_path(const char *name, const char *folder, char path[PATH_MAX], struct err *err)
{
	return snprintf(path, PATH_MAX, "%s/%s.key", folder, name) < PATH_MAX
		       ? 0
		       : err_set(err, ENAMETOOLONG, "%.200s: the name is too long", folder);
}

/* must_be_there: in a folder that was given. */
static int read_named(const char *name, const char *folder, bool must_be_there,
	uint8_t key[KEY_BYTES], bool *is_there, struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	*is_there = false;
	memset(key, 0, KEY_BYTES);
	if (!folder && (!credentials || !credentials[0])) {
		return 0;
	}
	int status = make_path(name, folder ? folder : credentials, path, err);
	if (status == 0 && !(folder && must_be_there) && access(path, F_OK) < 0 &&
		errno == ENOENT) {
		return 0;
	}
	status = status < 0 ? status : key_read_file(path, key, err);
	*is_there = status == 0;
	return status;
}

int key_read(enum key_kind kind, const char *folder, uint8_t key[KEY_BYTES], bool *is_there,
	struct err *err)
{
	return read_named(key_kind_name(kind), folder, true, key, is_there, err);
}

int key_read_month(enum key_kind kind, const char *month, const char *folder,
	uint8_t key[KEY_BYTES], bool *is_there, struct err *err)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.%.7s", key_kind_name(kind), month);
	return read_named(name, folder, false, key, is_there, err);
}

int key_read_holder(const char *name, const char *folder, uint8_t key[KEY_BYTES], struct err *err)
{
	bool is_there;
	int status = read_named(name, folder, true, key, &is_there, err);

	if (status == -ENOENT) {
		return err_set(err, ENOENT,
			"%s: there is no %s.key here. What was sealed to it nothing else opens: "
			"put "
			"it back from where it is kept apart. If it is lost, so is who the "
			"pseudonyms of those months are; for months to come \"borderflow keys "
			"holder %s\" makes another, to be given to \"borderflow keys seal\"",
			folder, name, name);
	}
	return status;
}

static int make_folder(const char *folder, struct err *err)
{
	struct stat status;
	int made = file_make_folder(folder, 0700, err);

	if (made < 0) {
		return made;
	}
	if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode)) {
		return err_set(err, ENOTDIR, "%s: keys need a folder", folder);
	}
	if (status.st_mode & (S_IWGRP | S_IWOTH)) {
		return err_set(
			err, EPERM, "%s: others may write to the folder; chmod 700 it", folder);
	}
	return 0;
}

/* "flow.key" becomes "flow.key.2026-03-31T101500Z". */
static int put_aside(const char *path, uint64_t now_ns, struct err *err)
{
	char aside[PATH_MAX], time[CLOCK_TEXT_LENGTH + 1];

	clock_format(now_ns, time);
	if (snprintf(aside, sizeof(aside), "%s.%.13s%.2s%.2sZ", path, time, time + 14, time + 17) >=
		PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%.200s: the name is too long", path);
	}
	if (link(path, aside) < 0) {
		return err_set(
			err, errno, "%s: cannot keep the old key: %s", aside, strerror(errno));
	}
	return 0;
}

int public_key_read_file(const char *path, uint8_t key[PUBLIC_KEY_BYTES], struct err *err)
{
	char *content;
	size_t length;
	int status = file_read(path, &content, &length, err);

	if (status < 0) {
		return status;
	}
	length -= length > 0 && content[length - 1] == '\n';
	if (!digest_parse_hex(content, length, key, PUBLIC_KEY_BYTES)) {
		status = err_set(err, EINVAL,
			"%s: expected a public key, 64 hexadecimal digits; found %zu characters",
			path, length);
	}
	free(content);
	return status;
}

int public_key_write_file(const char *path, const uint8_t key[PUBLIC_KEY_BYTES], struct err *err)
{
	char text[2 * PUBLIC_KEY_BYTES + 1];

	digest_hex(key, PUBLIC_KEY_BYTES, text);
	text[2 * PUBLIC_KEY_BYTES] = '\n';
	return file_write(path, text, sizeof(text), err);
}

enum public_half { PUBLIC_NONE, PUBLIC_SIGNATURE, PUBLIC_BOX };

/* "signing.key" gets its "signing.pub". */
static int write_public_half(
	const char *path, const uint8_t key[KEY_BYTES], enum public_half half, struct err *err)
{
	char public_path[PATH_MAX];
	uint8_t public_key[PUBLIC_KEY_BYTES];

	snprintf(public_path, sizeof(public_path), "%.*spub", (int)strlen(path) - 3, path);
	if (half == PUBLIC_BOX) {
		box_public_key(key, public_key);
	} else {
		signature_public_key(key, public_key);
	}
	return public_key_write_file(public_path, public_key, err);
}

static int write_key(
	const char *path, const uint8_t key[KEY_BYTES], enum public_half half, struct err *err)
{
	char text[2 * KEY_BYTES + 1];

	digest_hex(key, KEY_BYTES, text);
	text[2 * KEY_BYTES] = '\n';
	int status = file_write_mode(path, text, sizeof(text), 0600, err);
	explicit_bzero(text, sizeof(text));
	return status < 0 || half == PUBLIC_NONE ? status : write_public_half(path, key, half, err);
}

/* aside_ns: a key that is there is kept beside the new one under that time; 0: left alone. */
static int make_named(const char *name, const char *folder, enum public_half half,
	uint64_t aside_ns, bool *made, struct err *err)
{
	char path[PATH_MAX];
	uint8_t key[KEY_BYTES];
	int status = make_folder(folder, err);

	*made = false;
	if (status == 0) {
		status = make_path(name, folder, path, err);
	}
	bool is_there = status == 0 && access(path, F_OK) == 0;
	if (status < 0 || (is_there && aside_ns == 0)) {
		return status;
	}
	if (getrandom(key, sizeof(key), 0) != sizeof(key)) {
		return err_set(err, EIO, "%s: no random bytes from the system", path);
	}
	if (is_there) {
		status = put_aside(path, aside_ns, err);
	}
	if (status == 0) {
		status = write_key(path, key, half, err);
	}
	*made = status == 0;
	explicit_bzero(key, sizeof(key));
	return status;
}

int key_make(enum key_kind kind, const char *folder, bool replace, uint64_t now_ns, bool *made,
	struct err *err)
{
	return make_named(key_kind_name(kind), folder,
		kind == KEY_SIGNING ? PUBLIC_SIGNATURE : PUBLIC_NONE, replace ? now_ns : 0, made,
		err);
}

int key_write_month(enum key_kind kind, const char *month, const char *folder,
	const uint8_t key[KEY_BYTES], struct err *err)
{
	char name[32], path[PATH_MAX];

	snprintf(name, sizeof(name), "%s.%.7s", key_kind_name(kind), month);
	int status = make_path(name, folder, path, err);
	return status < 0 ? status : write_key(path, key, PUBLIC_NONE, err);
}

int key_make_month(const char *month, const char *folder, bool *made, struct err *err)
{
	char name[32];

	snprintf(name, sizeof(name), "pseudonym.%.7s", month);
	return make_named(name, folder, PUBLIC_NONE, 0, made, err);
}

int key_make_holder(const char *name, const char *folder, bool *made, struct err *err)
{
	return make_named(name, folder, PUBLIC_BOX, 0, made, err);
}
