/* Every byte of a small archive is changed, one at a time: records, hours, days and their tables,
 * head, tombstone. `flows --verify` must find each, and say in which file. Prints TAP. */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_retention.h"
#include "analyzer/record/public_key.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { FILES_MAX = 64, DAYS = 3, HOURS = 3 /* of each day */ };

#define FROM_NS (UINT64_C(1772409600) * NS_PER_S) /* 2026-03-02T00:00Z */
#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

static char folder[] = "/tmp/borderflow-flips-XXXXXX";
static const uint8_t secret[SECRET_KEY_BYTES] = { 1, 2, 3 };
static uint8_t signer[PUBLIC_KEY_BYTES];
static char *files[FILES_MAX];
static unsigned file_count;

static int put_day(struct archive_writer *writer, unsigned day, struct err *err)
{
	struct record record;
	struct record_labels labels;
	int status = 0;

	for (unsigned hour = 0; hour < HOURS && status == 0; hour++) {
		record_plain(&record, &labels);
		record.flow.flow_id = day * HOURS + hour;
		record.flow.start_ns = record.flow.flow_start_ns =
			FROM_NS + (24 * day + hour) * HOUR_NS;
		record.flow.end_ns = record.flow.start_ns + NS_PER_S;
		status = archive_writer_put(writer, &record, &labels, err);
	}
	return status;
}

/* A run a day, and so a segment; what is older than a day is deleted in the last. */
static int write_run(unsigned day, struct err *err)
{
	const uint64_t now_ns = FROM_NS + (24 * day + 12) * HOUR_NS;
	const struct archive_day_rules rules = { NULL, 5, now_ns };
	const struct retention retention = { 24 * HOUR_NS, 0, 0, 0 };
	struct archive_pruned pruned;
	struct archive_writer *writer;
	struct err unheard;
	int status = archive_writer_open(&writer, folder, false, err);

	if (status < 0) {
		return status;
	}
	archive_writer_sign(writer, secret);
	status = put_day(writer, day, err);
	status = status < 0 ? status : archive_writer_close_hours(writer, UINT64_MAX, err);
	status = status < 0 ? status : archive_writer_close_days(writer, &rules, err);
	if (status == 0 && day == DAYS - 1) {
		status = archive_writer_prune(writer, &retention, now_ns, &pruned, err);
	}
	int closed = archive_writer_close(writer, status < 0 ? &unheard : err);
	return status < 0 ? status : closed;
}

static int note_file(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)where;
	bool is_sealed = strstr(path, ".bfa") || strcmp(basename(path), "head") == 0 ||
			 strcmp(basename(path), "deleted") == 0;
	if (type == FTW_F && is_sealed && status->st_size > 0 && file_count < FILES_MAX) {
		files[file_count++] = strdup(path);
	}
	return 0;
}

struct finding {
	const char *path;
	bool is_located;
};

static void hear(void *context, const char *sentence)
{
	struct finding *finding = context;

	finding->is_located |= strstr(sentence, basename(finding->path)) != NULL;
}

/* Is something wrong, or the signature another? */
static bool is_found(struct finding *finding)
{
	const struct archive_options options = {
		.folder = folder, .problem = hear, .problem_context = finding
	};
	struct archive_check check = { .signature = ARCHIVE_NO_HEAD };
	struct err err = { "" };
	int status = archive_verify(&options, signer, NULL, &check, &err);

	if (status < 0) {
		hear(finding, err.text);
	}
	return status < 0 || check.stats.problems > 0 || check.signature != ARCHIVE_SIGNED;
}

static void flip_all(const char *path)
{
	struct finding finding = { .path = path };
	struct stat status;
	unsigned found = 0, located = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0) {
		ok(false, "%s can be changed", path);
		return;
	}
	for (off_t at = 0; at < status.st_size; at++) {
		uint8_t byte = 0, changed;
		bool is_read = pread(fd, &byte, 1, at) == 1;
		changed = byte ^ (uint8_t)(1 << at % 8);
		finding.is_located = false;
		if (is_read && pwrite(fd, &changed, 1, at) == 1 && is_found(&finding)) {
			found++;
			located += finding.is_located;
		} else {
			printf("# %s:%lld: not found\n", path, (long long)at);
		}
		if (pwrite(fd, &byte, 1, at) != 1) {
			printf("# %s: cannot be mended\n", path);
		}
	}
	close(fd);
	is_int(found, status.st_size, "%s: each of its bytes is missed", path + strlen(folder) + 1);
	is_int(located, status.st_size, "… and its file is named");
}

int main(void)
{
	struct err err = { "" };
	struct finding whole = { .path = "" };
	char command[128];

	if (!mkdtemp(folder)) {
		skip_all("no folder");
	}
	signature_public_key(secret, signer);
	for (unsigned day = 0; day < DAYS; day++) {
		err.text[0] = '\0';
		int status = write_run(day, &err);
		ok(status == 0, "day %u is written %s", day, status < 0 ? err.text : "");
	}
	ok(!is_found(&whole), "it is whole");
	nftw(folder, note_file, 8, FTW_PHYS);
	for (unsigned i = 0; i < file_count; i++) {
		flip_all(files[i]);
		free(files[i]);
	}
	ok(!is_found(&whole), "it is whole again");
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command) == 0 ? done_testing() : 1;
}
