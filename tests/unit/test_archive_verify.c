/* Verification of each shelf: what was changed in flows, hours or days, taken out of them or cut
 * off at their end. */
#include "analyzer/archive/archive_days.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/archive/archive_format.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { DAYS = 3 };

static const uint8_t secret[SECRET_KEY_BYTES] = { 1, 2, 3 };

static char folder[] = "/tmp/borderflow-verify-XXXXXX";
static struct err err;

/* A record a day, in a block each, added up and signed. */
static void write_archive(void)
{
	struct archive_day_rules rules = { .k = 5 };
	struct archive_writer *writer;
	struct record_labels labels;
	struct record record;

	archive_writer_open(&writer, folder, false, &err);
	archive_writer_sign(writer, secret);
	for (unsigned day = 0; day < DAYS; day++) {
		record_plain(&record, &labels);
		record.flow.flow_id = 1 + day;
		record.flow.start_ns += day * 86400 * NS_PER_S;
		record.flow.end_ns += day * 86400 * NS_PER_S;
		record.flow.flow_start_ns = record.flow.start_ns;
		rules.now_ns = record.flow.end_ns + 3 * 86400 * NS_PER_S;
		archive_writer_put(writer, &record, &labels, &err);
		archive_writer_flush(writer, &err);
		archive_writer_close_hours(writer, UINT64_MAX, &err);
		archive_writer_close_days(writer, &rules, &err);
	}
	is_int(archive_writer_close(writer, &err), 0, "an archive");
}

static char said[400];

static void note_problem(void *context, const char *sentence)
{
	(void)context;
	snprintf(said, sizeof(said), "%s", sentence);
}

static struct archive_check verify_by(const uint8_t *signer, const char *anchor)
{
	const struct archive_options options = { .folder = folder, .problem = note_problem };
	struct archive_check check = { .deleted = UINT64_MAX };

	said[0] = '\0';
	archive_verify(&options, signer, anchor, &check, &err);
	return check;
}

static struct archive_check verify(void)
{
	return verify_by(NULL, NULL);
}

/* A segment of a shelf, counted from its last one. */
static bool find_segment(enum archive_shelf shelf, size_t before_last, char path[PATH_MAX])
{
	struct archive_segments segments;

	archive_segments_list(&segments, folder, shelf, &err);
	bool is_there = segments.count > before_last;
	snprintf(path, PATH_MAX, "%s",
		is_there ? segments.items[segments.count - 1 - before_last].path : "/dev/null");
	archive_segments_free(&segments);
	return is_there;
}

static void test_shelf(enum archive_shelf shelf)
{
	const char *name = archive_shelf_name(shelf);
	char path[PATH_MAX], *content;
	size_t length;

	ok(find_segment(shelf, 0, path), "a segment of %s", name);
	file_read(path, &content, &length, &err);
	content[length - 20] ^= 1;
	file_write(path, content, length, &err);
	is_int((int64_t)verify().stats.problems > 0, true, "a bit of %s that was changed: %s", name,
		said);
	content[length - 20] ^= 1;
	file_write(path, content, length - 1, &err);
	is_int((int64_t)verify().stats.problems > 0, true, "a byte less of %s: %s", name, said);
	unlink(path);
	is_int((int64_t)verify().stats.problems > 0, true, "the last segment of %s is gone: %s",
		name, said);
	file_write(path, content, length, &err);
	is_int((int64_t)verify().stats.problems, 0, "as it was it is whole");
	free(content);
}

/* One in the middle that is gone, and no tombstone says so. */
static void test_middle(void)
{
	char path[PATH_MAX], *content;
	size_t length;

	ok(find_segment(ARCHIVE_SHELF_FLOWS, 1, path), "a segment between others");
	file_read(path, &content, &length, &err);
	unlink(path);
	is_int((int64_t)verify().stats.problems > 0, true, "taken out: %s", said);
	file_write(path, content, length, &err);
	is_int((int64_t)verify().stats.problems, 0, "put back it is whole");
	free(content);
}

static void is_signed_as(
	const uint8_t *signer, enum archive_signature wanted, bool is_good, const char *what)
{
	struct archive_check check = verify_by(signer, NULL);

	is_int(check.signature, wanted, "%s", what);
	ok((check.stats.problems == 0) == is_good, "… is %s %s",
		is_good ? "whole" : "a problem:", said);
}

/* Who vouches for the end of the archive. */
static void test_signature(void)
{
	uint8_t key[PUBLIC_KEY_BYTES], other[PUBLIC_KEY_BYTES];
	char path[80], hex[2 * PUBLIC_KEY_BYTES + 1], *content;
	size_t length;

	signature_public_key(secret, key);
	memcpy(other, key, sizeof(other));
	other[0] ^= 1;
	digest_hex(key, sizeof(key), hex);
	is_signed_as(NULL, ARCHIVE_SIGNED_BY, true, "signed by whoever it was");
	is_text(verify().signer, hex, "… whose key is told");
	is_signed_as(key, ARCHIVE_SIGNED, true, "signed by the one expected");
	is_signed_as(other, ARCHIVE_SIGNED_WRONG, false, "signed by another");
	snprintf(path, sizeof(path), "%s/head", folder);
	file_read(path, &content, &length, &err);
	char *signature = strstr(content, "signature ");
	char digit = signature[10];
	signature[10] = digit == '0' ? '1' : '0';
	file_write(path, content, length, &err);
	is_signed_as(NULL, ARCHIVE_SIGNED_WRONG, false, "a signature that does not hold");
	signature[10] = digit;
	file_write(path, content, (size_t)(strstr(content, "\nkey ") + 1 - content), &err);
	is_signed_as(NULL, ARCHIVE_UNSIGNED, true, "one that is not signed");
	is_signed_as(key, ARCHIVE_UNSIGNED, false, "… though a signature was expected");
	unlink(path);
	is_signed_as(NULL, ARCHIVE_NO_HEAD, true, "one without a head");
	is_signed_as(key, ARCHIVE_NO_HEAD, false, "… though a signature was expected");
	file_write(path, content, length, &err);
	free(content);
}

/* What was noted elsewhere of an archive must still be in it. */
static void test_anchor(void)
{
	struct archive_check check = verify();
	char digest[65] = "", anchor[sizeof(check.anchor)];
	const struct archive_options options = { .folder = folder };

	snprintf(anchor, sizeof(anchor), "%s", check.anchor);
	is_int((int64_t)verify_by(NULL, anchor).stats.problems, 0, "its ends: %s", anchor);
	sscanf(anchor, "flows %*s %64s", digest);
	is_int((int64_t)verify_by(NULL, digest).stats.problems, 0, "one of them alone");
	char *last = strrchr(anchor, ' ') + 1;
	*last = *last == '0' ? '1' : '0';
	is_int((int64_t)verify_by(NULL, anchor).stats.problems, 1, "one that is not there: %s",
		said);
	ok(archive_verify(&options, NULL, "no digest", &check, &err) < 0, "none at all: %s",
		err.text);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
	write_archive();
	struct archive_check check = verify();
	is_int((int64_t)check.stats.problems, 0, "it is whole %s", said);
	is_int((int64_t)check.stats.records, DAYS, "… with its records");
	ok(check.sum_blocks >= 2, "… and sums: %llu blocks", (unsigned long long)check.sum_blocks);
	for (unsigned shelf = 0; shelf < ARCHIVE_SHELF_COUNT; shelf++) {
		test_shelf(shelf);
	}
	test_middle();
	test_signature();
	test_anchor();
	snprintf(said, sizeof(said), "rm -r %s", folder);
	ok(system(said) == 0, "tidied up");
	return done_testing();
}
