#include "tests/unit/geo_fixture.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static char folder[PATH_MAX - 300];

static void give_up(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

const char *fixture_folder(void)
{
	const char *place = getenv("TMPDIR");

	if (folder[0] == '\0') {
		snprintf(
			folder, sizeof(folder), "%s/borderflow-geo.XXXXXX", place ? place : "/tmp");
		if (!mkdtemp(folder)) {
			give_up("cannot make a folder for the test databases");
		}
	}
	return folder;
}

const char *fixture_path(const char *file)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", fixture_folder(), file);
	return path;
}

void fixture_remove(void)
{
	DIR *files = opendir(fixture_folder());

	for (struct dirent *file; files && (file = readdir(files));) {
		unlink(fixture_path(file->d_name));
	}
	closedir(files);
	rmdir(folder);
	folder[0] = '\0';
}

void fixture_text(const char *file, const char *content)
{
	if (file_write(fixture_path(file), content, strlen(content), NULL) < 0) {
		give_up("cannot write a test file");
	}
}

struct mmdb_writer *fixture_writer(const char *type, unsigned ip_version)
{
	const struct mmdb_metadata metadata = { .type = type,
		.description = "invented facts",
		.ip_version = ip_version,
		.built_s = 1772323200 };
	struct mmdb_writer *writer = mmdb_writer_create(&metadata);

	if (!writer) {
		give_up("out of memory");
	}
	return writer;
}

void fixture_add(struct mmdb_writer *writer, const char *text)
{
	struct prefix prefix;
	unsigned __int128 first = 0;

	if (!prefix_parse(text, &prefix)) {
		give_up(text);
	}
	bool v4 = addr_is_v4(&prefix.addr) && prefix.bits >= 96;
	for (unsigned i = v4 ? 12 : 0; i < 16; i++) {
		first = first << 8 | prefix.addr.bytes[i];
	}
	unsigned __int128 last = first | (((unsigned __int128)1 << (128 - prefix.bits)) - 1);
	mmdb_add_range(writer, first, last, mmdb_end_value(writer));
}

void fixture_write(struct mmdb_writer *writer, const char *file)
{
	struct err err;

	if (mmdb_write(writer, fixture_path(file), &err) < 0) {
		give_up(err.text);
	}
	mmdb_writer_destroy(writer);
}

struct addr fixture_addr(const char *text)
{
	struct addr addr;

	if (!addr_parse(text, &addr)) {
		give_up(text);
	}
	return addr;
}
