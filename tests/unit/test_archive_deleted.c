/* Tombstones: what was deleted is told line by line, and one moment of a full disk ends nothing. */
#include "analyzer/archive/archive_deleted.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/archive/archive_inputs.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"
#include "tests/unit/full_disk.h"

static const uint8_t secret[SECRET_KEY_BYTES] = { 1, 2, 3 };
static char folder[] = "/tmp/borderflow-deleted-XXXXXX", path[64];
static struct err err;

static int add(enum archive_shelf shelf, uint64_t segment, uint64_t to_s, const uint8_t *key)
{
	const struct archive_tombstone tombstone = { .shelf = shelf,
		.first_segment = segment,
		.last_segment = segment,
		.records = 7,
		.from_ns = to_s * NS_PER_S / 2,
		.to_ns = to_s * NS_PER_S,
		.why = ARCHIVE_DELETED_SIZE };

	return archive_deleted_add(folder, &tombstone, key, &err);
}

static size_t count_read(void)
{
	struct archive_tombstones tombstones;

	is_int(archive_deleted_read(folder, &tombstones, &err), 0, "they are read %s", err.text);
	size_t count = tombstones.count;
	archive_deleted_free(&tombstones);
	return count;
}

static void test_lines(void)
{
	struct archive_tombstones tombstones;

	is_int((int64_t)count_read(), 0, "nothing was deleted");
	is_int(add(ARCHIVE_SHELF_FLOWS, 1, 2000, secret), 0, "flows");
	is_int(add(ARCHIVE_SHELF_FLOWS, 2, 1000, NULL), 0, "… older ones");
	is_int(add(ARCHIVE_SHELF_HOURS, 3, 3000, secret), 0, "hours");
	archive_deleted_read(folder, &tombstones, &err);
	is_int((int64_t)tombstones.count, 3, "a tombstone each");
	ok(tombstones.items[0].is_signed && tombstones.items[0].holds &&
			!tombstones.items[1].is_signed && tombstones.items[2].holds,
		"signed where there is a key");
	ok(tombstones.items[0].why == ARCHIVE_DELETED_SIZE && tombstones.items[0].records == 7 &&
			tombstones.items[1].last_segment == 2 &&
			tombstones.items[2].shelf == ARCHIVE_SHELF_HOURS,
		"as they were written");
	is_int((int64_t)(archive_deleted_until(&tombstones, ARCHIVE_SHELF_FLOWS) / NS_PER_S), 2000,
		"of a shelf the latest tells until when");
	is_int((int64_t)archive_deleted_until(&tombstones, ARCHIVE_SHELF_DAYS), 0,
		"of another nothing");
	archive_deleted_free(&tombstones);
}

/* What is forged stands there, and does not hold. */
static void test_forged(void)
{
	struct archive_tombstones tombstones;
	char *content;
	size_t length;

	file_read(path, &content, &length, &err);
	strstr(content, "records 7")[8] = '8';
	file_write(path, content, length, &err);
	archive_deleted_read(folder, &tombstones, &err);
	ok(tombstones.items[0].is_signed && !tombstones.items[0].holds,
		"another number under a signature does not hold");
	archive_deleted_free(&tombstones);
	strstr(content, "records 8")[8] = '7';
	file_write(path, content, length, &err);
	free(content);
}

static void test_full_disk(void)
{
	fill_disk(path, 20);
	ok(add(ARCHIVE_SHELF_FLOWS, 4, 4000, secret) < 0, "no room for a line is an error");
	clear_disk();
	is_int((int64_t)count_read(), 3, "and the lines are as they were");
	is_int(add(ARCHIVE_SHELF_FLOWS, 4, 4000, secret), 0, "with room it is written");
	is_int((int64_t)count_read(), 4, "… as one more");
}

/* The list of captures that were added, likewise. */
static void test_inputs(void)
{
	char capture[80], list[80], *content, name[INPUT_NAME_BYTES];
	const char *const paths[] = { capture };
	struct archive_inputs *inputs;
	bool known;

	snprintf(capture, sizeof(capture), "%s/a.pcap", folder);
	snprintf(list, sizeof(list), "%s/inputs", folder);
	file_write(capture, "a capture", 9, &err);
	is_int(archive_inputs_open(&inputs, folder, paths, 1, &known, &err), 0, "a capture %s",
		err.text);
	is_int(archive_inputs_begin(inputs, &err), 0, "is begun");
	fill_disk(list, 5);
	ok(archive_inputs_finish(inputs, &err) < 0, "no room to say that it is whole");
	clear_disk();
	is_int(archive_inputs_unfinished(folder, name), 1, "it is not");
	is_int(archive_inputs_finish(inputs, &err), 0, "with room it is said");
	is_int(archive_inputs_unfinished(folder, name), 0, "… and it is");
	archive_inputs_close(inputs);
	file_read(list, &content, NULL, &err);
	ok(strncmp(content, "begun ", 6) == 0 && strstr(content, "\nwhole ") &&
			strchr(strstr(content, "\nwhole ") + 1, '\n')[1] == '\0',
		"two lines, and no half");
	free(content);
	unlink(capture);
	unlink(list);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
	snprintf(path, sizeof(path), "%s/deleted", folder);
	test_lines();
	test_forged();
	test_full_disk();
	test_inputs();
	unlink(path);
	rmdir(folder);
	return done_testing();
}
