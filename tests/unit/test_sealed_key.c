/* What two people open together neither opens alone. */
#include "analyzer/record/sealed_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/record/lookup_log.h"
#include "analyzer/record/pseudonyms.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"

static unsigned devices = 20000; /* make proof: a million (DEVICES) */

static char folder[] = "/tmp/borderflow-sealed-XXXXXX";

static void path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", folder, name);
}

static void rename_sealed(const char *from, const char *to)
{
	char names[2][32], paths[2][128];

	snprintf(names[0], sizeof(names[0]), "pseudonym.%s.sealed", from);
	snprintf(names[1], sizeof(names[1]), "pseudonym.%s.sealed", to);
	path_of(names[0], paths[0]);
	path_of(names[1], paths[1]);
	if (rename(paths[0], paths[1]) < 0) {
		printf("# cannot rename %s\n", paths[0]);
	}
}

/* How many of so many addresses somebody with this key can name. */
static unsigned recover(const uint8_t key[KEY_BYTES], const struct pseudonyms *real)
{
	struct pseudonyms *guess;
	struct err err;
	unsigned recovered = 0;

	if (pseudonyms_create(&guess, key, &err) < 0) {
		return 0;
	}
	for (unsigned i = 0; i < devices; i++) {
		char a[PSEUDONYM_LENGTH + 1], b[PSEUDONYM_LENGTH + 1];
		struct addr addr = addr_from_v4(
			(uint8_t[]){ 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i });
		uint64_t time_ns = UINT64_C(1790000000) * NS_PER_S;
		pseudonyms_of_addr(guess, &addr, time_ns, a);
		pseudonyms_of_addr(real, &addr, time_ns, b);
		recovered += strcmp(a, b) == 0;
	}
	pseudonyms_close(guess);
	return recovered;
}

/* The same with every 32 bytes of something as the key, by a device that is known. */
static unsigned recover_anywhere(const void *bytes, size_t count, const struct pseudonyms *real)
{
	const struct addr known = addr_from_v4((uint8_t[]){ 10, 0, 0, 1 });
	uint64_t time_ns = UINT64_C(1790000000) * NS_PER_S;
	char wanted[PSEUDONYM_LENGTH + 1], found[PSEUDONYM_LENGTH + 1];
	unsigned fitting = 0;

	pseudonyms_of_addr(real, &known, time_ns, wanted);
	for (size_t at = 0; at + KEY_BYTES <= count; at++) {
		struct pseudonyms *guess;
		struct err err;
		if (pseudonyms_create(&guess, (const uint8_t *)bytes + at, &err) == 0) {
			pseudonyms_of_addr(guess, &known, time_ns, found);
			fitting += strcmp(found, wanted) == 0;
			pseudonyms_close(guess);
		}
	}
	return fitting;
}

static void test_two_holders(void)
{
	uint8_t soc[KEY_BYTES], officer[KEY_BYTES], soc_public[KEY_BYTES];
	uint8_t officer_public[KEY_BYTES];
	uint8_t key[KEY_BYTES], inner[SEALED_INNER_BYTES], opened[KEY_BYTES] = { 0 };
	struct sealed_key sealed, read;
	struct pseudonyms *real;
	struct err err;

	for (unsigned i = 0; i < KEY_BYTES; i++) {
		soc[i] = (uint8_t)(i + 1);
		officer[i] = (uint8_t)(2 * i + 7);
		key[i] = (uint8_t)(3 * i + 11);
	}
	box_public_key(soc, soc_public);
	box_public_key(officer, officer_public);
	pseudonyms_create(&real, key, &err);
	const struct sealed_key_holders holders = { soc_public, officer_public, NULL };
	is_int(sealed_key_make(&sealed, "2026-09", key, &holders, &err), 0, "a key is sealed");
	is_int(sealed_key_write(&sealed, folder, &err), 0, "… and written");
	is_int(sealed_key_write(&sealed, folder, &err), -EEXIST, "… once");
	is_int(sealed_key_find(&read, folder, "2026-07", &err), 0,
		"the key of an earlier month is that of the next one that is sealed");
	is_int(sealed_key_find(&read, folder, "2026-10", &err), -ENOENT, "… a later one is none");
	rename_sealed("2026-09", "2026-08");
	is_int(sealed_key_find(&read, folder, "2026-08", &err), -EBADMSG,
		"… nor is that of another month under its name");
	rename_sealed("2026-08", "2026-09");
	sealed_key_find(&read, folder, "2026-09", &err);
	ok(memcmp(&read.box, &sealed.box, sizeof(read.box)) == 0, "it comes back");

	ok(sealed_key_open_outer(&read, soc, inner), "the SOC opens the outer box");
	is_int((int64_t)recover(inner, real), 0, "… which names none of the devices");
	ok(!sealed_key_open_inner(inner, soc, opened), "… and not the inner one");
	ok(!sealed_key_open_outer(&read, officer, inner),
		"the officer does not open the outer box");
	is_int((int64_t)recover(opened, real), 0, "… and names none of the devices");
	is_int((int64_t)recover_anywhere(&read, sizeof(read), real), 0,
		"nor does anything in the sealed file, wherever one reads it as a key");
	is_int((int64_t)recover_anywhere(soc, sizeof(soc), real) +
			(int64_t)recover_anywhere(officer, sizeof(officer), real),
		0, "… nor one holder's own key");
	sealed_key_open_outer(&read, soc, inner);
	is_int((int64_t)recover_anywhere(inner, sizeof(inner), real), 0,
		"… nor what the SOC finds in the box");
	ok(sealed_key_open_inner(inner, officer, opened), "both open it");
	is_int((int64_t)recover(opened, real), devices, "… and name every device");
	pseudonyms_close(real);
}

static void test_destroyed(void)
{
	char path[128], *content = NULL;
	struct err err;

	path_of("some.key", path);
	file_write(path, "secret secret secret secret secr", 32, &err);
	char other[128];
	path_of("link.key", other);
	ok(link(path, other) == 0, "a second name for the file");
	is_int(sealed_key_destroy(path, &err), 0, "a key is destroyed");
	ok(access(path, F_OK) < 0, "… its name is gone");
	file_read(other, &content, NULL, &err);
	ok(content && memchr(content, 's', 32) == NULL, "… and so is what was in it");
	free(content);
	unlink(other);
}

static void test_log(void)
{
	const struct lookup first = { .kind = LOOKUP_READ,
		.question = "app == tiktok\tand more",
		.reason = "case 1",
		.now_ns = 1000 };
	const struct lookup second = { .kind = LOOKUP_REVEAL,
		.question = "mfrgg",
		.reason = "case 2\nlie",
		.now_ns = 2 * NS_PER_S };
	struct lookup_counts counts;
	char path[128], *content = NULL;
	struct err err;

	is_int(lookup_log_count(folder, 0, 0, &counts, &err), -ENOENT, "nothing was asked yet");
	is_int(lookup_log_append(folder, &first, &err), 0, "a look-up is logged");
	is_int(lookup_log_append(folder, &second, &err), 0, "… and another");
	is_int(lookup_log_count(folder, 0, 0, &counts, &err), 0, "the chain holds");
	ok(counts.kinds[LOOKUP_READ] == 1 && counts.kinds[LOOKUP_REVEAL] == 1, "… over both");
	is_int(lookup_log_count(folder, NS_PER_S, 0, &counts, &err), 0, "from a time on");
	ok(counts.kinds[LOOKUP_READ] == 0 && counts.kinds[LOOKUP_REVEAL] == 1, "… it is one");
	path_of("lookups.tsv", path);
	size_t length;
	file_read(path, &content, &length, &err);
	unsigned found = 0, tried = 0;
	for (size_t i = 0; i + 1 < length; i += 3, tried++) {
		content[i] ^= 1;
		file_write(path, content, length, &err);
		found += lookup_log_count(folder, 0, 0, &counts, &err) == -EBADMSG;
		content[i] ^= 1;
	}
	is_int(found, tried, "every changed byte is found");
	file_write(path, content, length, &err);
	path_of("roles", path);
	file_write(path, "nobody look\n", 12, &err);
	const struct lookup audit = { .kind = LOOKUP_AUDIT,
		.question = "the log",
		.reason = "yearly",
		.now_ns = 5 * NS_PER_S };
	is_int(lookup_log_append(folder, &audit, &err), -EPERM, "nor may they read the log: %s",
		err.text);
	is_int(lookup_log_append(folder, &first, &err), -EPERM, "who has no role may not: %s",
		err.text);
	unlink(path);
	path_of("lookups.tsv", path);
	unlink(path);
	free(content);
}

int main(void)
{
	const char *many = getenv("DEVICES");
	char path[128];

	devices = many ? (unsigned)strtoul(many, NULL, 10) : devices;
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
	test_two_holders();
	test_destroyed();
	test_log();
	path_of("pseudonym.2026-09.sealed", path);
	unlink(path);
	rmdir(folder);
	return done_testing();
}
