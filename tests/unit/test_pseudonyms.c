#include "analyzer/record/pseudonyms.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/tap.h"

static char path[64];

/* 0 or -errno, and the sentence. */
static int open_key(const char *content, size_t length, mode_t mode, struct pseudonyms **pseudonyms,
	struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	*pseudonyms = NULL;
	if (fd < 0 || write(fd, content, length) != (ssize_t)length || fchmod(fd, mode) < 0) {
		printf("# cannot write %s\n", path);
	}
	close(fd);
	return pseudonyms_open(pseudonyms, path, err);
}

static const char hex_key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
static const char raw_key[] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
			      "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

static void test_keys(void)
{
	struct pseudonyms *pseudonyms;
	struct err err;

	is_int(open_key(hex_key, 65, 0600, &pseudonyms, &err), 0,
		"64 digits and a newline are a key");
	pseudonyms_close(pseudonyms);
	is_int(open_key(hex_key, 64, 0400, &pseudonyms, &err), 0,
		"… without it too, read-only too");
	pseudonyms_close(pseudonyms);
	is_int(open_key(raw_key, 32, 0600, &pseudonyms, &err), 0, "32 bytes are a key");
	pseudonyms_close(pseudonyms);
	is_int(open_key(hex_key, 64, 0640, &pseudonyms, &err), -EPERM,
		"a key that the group may read is refused");
	ok(strstr(err.text, "chmod 600"), "… it says: %s", err.text);
	is_int(open_key(hex_key, 63, 0600, &pseudonyms, &err), -EINVAL, "63 digits are no key");
	ok(strstr(err.text, "found 63 bytes"), "… it says: %s", err.text);
	is_int(open_key("", 0, 0600, &pseudonyms, &err), -EINVAL, "an empty file is no key");
	is_int(open_key("zz", 2, 0600, &pseudonyms, &err), -EINVAL, "other letters are no key");
	is_int(pseudonyms_open(&pseudonyms, "/tmp", &err), -EINVAL, "a folder is no key");
	unlink(path);
	is_int(pseudonyms_open(&pseudonyms, path, &err), -ENOENT, "no file, no key");
	pseudonyms_close(NULL);
}

/* The wanted texts were computed with Python: base32(hmac_sha256(key, b"2026-03/addr" +
 * address)[:15]). */
static void test_pseudonyms(void)
{
	struct pseudonyms *pseudonyms, *others;
	char text[PSEUDONYM_LENGTH + 1], again[PSEUDONYM_LENGTH + 1];
	struct addr v4, v6;
	uint64_t march, april;
	struct err err;

	addr_parse("192.0.2.10", &v4);
	addr_parse("2001:db8::10", &v6);
	clock_parse("2026-03-31T23:59:59Z", &march);
	clock_parse("2026-04-01", &april);
	open_key(raw_key, 32, 0600, &pseudonyms, &err);
	pseudonyms_of_addr(pseudonyms, &v4, march, text);
	is_text(text, "nwnmj3l4dqfzjrb25ersxryj", "an IPv4 device");
	pseudonyms_of_addr(pseudonyms, &v6, march, again);
	is_text(again, "xbzirx2atnspkhyjnmmmyqkj", "an IPv6 device");
	pseudonyms_of_addr(pseudonyms, &v4, march - 30 * 24 * 3600 * NS_PER_S, again);
	is_text(again, text, "the same all month");
	pseudonyms_of_addr(pseudonyms, &v4, april, again);
	ok(strcmp(again, text) != 0, "another in the next month");
	open_key(hex_key, 64, 0600, &others, &err);
	pseudonyms_of_addr(others, &v4, march, again);
	is_text(again, text, "the same key in hexadecimal is the same key");
	pseudonyms_close(others);
	open_key("another key of 32 bytes, exactly", 32, 0600, &others, &err);
	pseudonyms_of_addr(others, &v4, march, again);
	ok(strcmp(again, text) != 0, "another key, another pseudonym");
	pseudonyms_close(others);
	pseudonyms_close(pseudonyms);
	unlink(path);
}

static struct hash_key flow_key_of(const char *content)
{
	struct pseudonyms *pseudonyms;
	struct hash_key key = { { 0, 0 } };

	if (open_key(content, 64, 0600, &pseudonyms, NULL) == 0) {
		key = pseudonyms_flow_key(pseudonyms);
	}
	pseudonyms_close(pseudonyms);
	unlink(path);
	return key;
}

static void test_flow_keys(void)
{
	char other[sizeof(hex_key)];
	memcpy(other, hex_key, sizeof(other));
	other[0] = 'f';
	struct hash_key one = flow_key_of(hex_key), again = flow_key_of(hex_key),
			two = flow_key_of(other);

	ok(one.words[0] && memcmp(&one, &again, sizeof(one)) == 0, "one key file, one flow key");
	ok(memcmp(&one, &two, sizeof(one)) != 0, "… and another for another file");
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/borderflow-key-%ld", (long)getpid());
	test_keys();
	test_pseudonyms();
	test_flow_keys();
	return done_testing();
}
