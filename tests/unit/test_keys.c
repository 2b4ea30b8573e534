/* Keys: made once, refused where others could know them, found as credentials. */
#include "analyzer/record/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/tap.h"

static char folder[] = "/tmp/borderflow-keys-XXXXXX";
static char path[256];

static void write_key(const char *content, size_t length, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, content, length) != (ssize_t)length || fchmod(fd, mode) < 0) {
		printf("# cannot write %s\n", path);
	}
	close(fd);
}

static void test_make(void)
{
	uint8_t first[KEY_BYTES], again[KEY_BYTES];
	char inner[128], aside[300];
	bool made, is_there;
	struct stat status;
	struct err err;
	uint64_t now_ns;

	clock_parse("2026-03-31T10:15:00Z", &now_ns);
	snprintf(inner, sizeof(inner), "%s/keys", folder);
	ok(key_make(KEY_FLOW, inner, false, now_ns, &made, &err) == 0 && made, "a key is made");
	snprintf(path, sizeof(path), "%s/flow.key", inner);
	ok(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600, "… for its owner alone");
	ok(stat(inner, &status) == 0 && (status.st_mode & 0777) == 0700, "… and so is the folder");
	ok(key_read(KEY_FLOW, inner, first, &is_there, &err) == 0 && is_there, "it can be read");
	ok(key_make(KEY_FLOW, inner, false, now_ns, &made, &err) == 0 && !made, "a second time");
	key_read(KEY_FLOW, inner, again, &is_there, &err);
	ok(memcmp(first, again, KEY_BYTES) == 0, "… leaves it as it is");
	ok(key_make(KEY_FLOW, inner, true, now_ns, &made, &err) == 0 && made, "it is rotated");
	key_read(KEY_FLOW, inner, again, &is_there, &err);
	ok(memcmp(first, again, KEY_BYTES) != 0, "… and another one");
	snprintf(aside, sizeof(aside), "%s.2026-03-31T101500Z", path);
	ok(key_read_file(aside, again, &err) == 0 && memcmp(first, again, KEY_BYTES) == 0,
		"the old one is kept under its date");
	ok(key_make(KEY_FLOW, inner, true, now_ns, &made, &err) == -EEXIST && !made,
		"twice in a second is refused: %s", err.text);
	ok(key_read(KEY_SIGNING, inner, again, &is_there, &err) == -ENOENT && !is_there,
		"one that is not there: %s", err.text);
	unlink(aside);
	chmod(inner, 0770);
	ok(key_make(KEY_SIGNING, inner, false, now_ns, &made, &err) == -EPERM,
		"a folder that others may write to: %s", err.text);
	unlink(path);
	rmdir(inner);
}

static void test_refused(void)
{
	static const char zeros[KEY_BYTES];
	static const char hex[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	uint8_t key[KEY_BYTES];
	struct err err;

	snprintf(path, sizeof(path), "%s/some.key", folder);
	write_key(zeros, sizeof(zeros), 0600);
	ok(key_read_file(path, key, &err) == -EINVAL && strstr(err.text, "guess"), "zeros: %s",
		err.text);
	write_key("2222222222222222222222222222222222222222222222222222222222222222", 64, 0600);
	ok(key_read_file(path, key, &err) == -EINVAL && strstr(err.text, "22"),
		"one byte over and over: %s", err.text);
	write_key(hex, 65, 0640);
	ok(key_read_file(path, key, &err) == -EPERM && strstr(err.text, "chmod 600"),
		"others may read it: %s", err.text);
	write_key(hex, 60, 0600);
	ok(key_read_file(path, key, &err) == -EINVAL && strstr(err.text, "60 bytes"),
		"too short: %s", err.text);
	ok(memcmp(key, zeros, KEY_BYTES) == 0, "nothing of it is left");
	unlink(path);
	mkfifo(path, 0600);
	ok(key_read_file(path, key, &err) == -EINVAL && strstr(err.text, "regular"),
		"a pipe is not waited for: %s", err.text);
	unlink(path);
}

static void test_credentials(void)
{
	static const char hex[] =
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	uint8_t key[KEY_BYTES];
	bool is_there = true;
	struct err err;

	unsetenv("CREDENTIALS_DIRECTORY");
	ok(key_read(KEY_PSEUDONYM, NULL, key, &is_there, &err) == 0 && !is_there,
		"no folder and no credential: no key");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	ok(key_read(KEY_PSEUDONYM, NULL, key, &is_there, &err) == 0 && !is_there,
		"credentials without this one: no key");
	snprintf(path, sizeof(path), "%s/pseudonym.key", folder);
	write_key(hex, 65, 0400);
	ok(key_read(KEY_PSEUDONYM, NULL, key, &is_there, &err) == 0 && is_there && key[31] == 0x1f,
		"a credential of its name is the key");
	write_key("x", 1, 0600);
	ok(key_read(KEY_PSEUDONYM, NULL, key, &is_there, &err) < 0 && !is_there,
		"one that is none is an error: %s", err.text);
	unlink(path);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		ok(false, "a folder in /tmp");
		return done_testing();
	}
	test_make();
	test_refused();
	test_credentials();
	rmdir(folder);
	return done_testing();
}
