/* What an archive is protected by: kept with it, never less, and of one time zone. */
#include "analyzer/archive/archive_protection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/tap.h"

static char one[64], other[64];
static struct local_zone *stockholm, *kolkata;
static struct pseudonyms *first_key, *second_key;

static struct pseudonyms *key_of(uint8_t byte)
{
	uint8_t key[KEY_BYTES];
	struct pseudonyms *pseudonyms = NULL;

	for (unsigned i = 0; i < KEY_BYTES; i++) {
		key[i] = (uint8_t)(byte + i);
	}
	pseudonyms_create(&pseudonyms, key, NULL);
	return pseudonyms;
}

static struct archive_protection note(
	const char *folder, unsigned k, const struct local_zone *zone, const struct pseudonyms *key)
{
	struct archive_protection protection;
	struct err err = { "" };

	ok(archive_protection_note(folder, k, zone, key, &protection, &err) == 0,
		"what protects it is noted%s%s", err.text[0] ? ": " : "", err.text);
	return protection;
}

static void test_note(void)
{
	struct archive_protection kept;
	struct err err = { "" };

	ok(archive_protection_read(one, &kept, &err) == 0 && kept.k == 0 && !kept.zone[0],
		"an archive of an earlier build says nothing");
	ok(archive_protection_has_key(&kept, first_key), "… and believes any key");
	note(one, 7, stockholm, first_key);
	archive_protection_read(one, &kept, &err);
	is_int(kept.k, 7, "its k is kept");
	is_text(kept.zone, "Europe/Stockholm", "… and whose days it is told by");
	ok(archive_protection_has_key(&kept, first_key), "its key is known again");
	ok(!archive_protection_has_key(&kept, second_key), "… and no other is");
	kept = note(one, 3, kolkata, second_key);
	is_int(kept.k, 7, "a smaller k does not count");
	is_text(kept.zone, "Europe/Stockholm", "… nor other days");
	kept = note(one, 10, NULL, second_key);
	is_int(kept.k, 10, "a larger k does");
	ok(archive_protection_has_key(&kept, first_key) &&
			archive_protection_has_key(&kept, second_key) && kept.key_count == 2,
		"all keys are known that it was ever written with, each once");
}

static void test_several(void)
{
	const char *const folders[] = { one, other };
	struct archive_protection kept;
	struct err err = { "" };

	note(other, 4, kolkata, first_key);
	is_int(archive_protection_of(folders, 2, &kept, &err), -EPERM,
		"days of two time zones are not told together");
	ok(strstr(err.text, "Europe/Stockholm") && strstr(err.text, "Asia/Kolkata"),
		"… and why is said: %s", err.text);
	ok(archive_protection_of(folders + 1, 1, &kept, &err) == 0 && kept.k == 4,
		"each by itself");
}

static void test_damage(void)
{
	static const char *const bad[] = { "version 2\nk 5\nzone UTC\n", "k 5\n", "k\n", "",
		"version 1\nk 5\nzone UTC\nno such line\n" };
	struct archive_protection kept;
	char path[96];
	struct err err;

	snprintf(path, sizeof(path), "%s/protection", other);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		file_write(path, bad[i], strlen(bad[i]), NULL);
		ok(archive_protection_read(other, &kept, &err) < 0,
			"what cannot be made out protects nothing away: %s", err.text);
	}
}

static void clean(const char *folder)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/protection", folder);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	struct err err;

	snprintf(one, sizeof(one), "/tmp/borderflow-protection-XXXXXX");
	snprintf(other, sizeof(other), "/tmp/borderflow-protection-XXXXXX");
	if (!mkdtemp(one) || !mkdtemp(other) ||
		local_zone_open(&stockholm, "Europe/Stockholm", &err) < 0 ||
		local_zone_open(&kolkata, "Asia/Kolkata", &err) < 0) {
		skip_all("no folder for temporary files, or no time zones");
	}
	first_key = key_of(1);
	second_key = key_of(2);
	test_note();
	test_several();
	test_damage();
	pseudonyms_close(first_key);
	pseudonyms_close(second_key);
	local_zone_close(stockholm);
	local_zone_close(kolkata);
	clean(one);
	clean(other);
	return done_testing();
}
