#include "analyzer/archive/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/archive_format.h"
#include "analyzer/format/fields.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { RECORDS = 6000 };

static char folder[64];
static char problems[8192];

static void note_problem(void *context, const char *sentence)
{
	size_t length = strlen(problems);

	(void)context;
	snprintf(problems + length, sizeof(problems) - length, "%s; ", sentence);
}

/* A fresh folder for each story. */
static void begin(const char *story)
{
	const char *place = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/borderflow-%s-XXXXXX", place ? place : "/tmp", story);
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
	problems[0] = '\0';
}

static void end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		printf("# cannot remove %s\n", folder);
	}
}

/* The record of that number: reproducible, and at its own second. */
static void make_record(unsigned number, struct record *record, struct record_labels *labels)
{
	struct random random = { UINT64_C(0x9e3779b97f4a7c15) * (number + 1) };

	record_random(&random, number % 4 == 0, record, labels);
	record->flow.start_ns = (UINT64_C(1774951200) + number) * NS_PER_S;
	record->flow.end_ns = record->flow.start_ns + NS_PER_S / 2;
	record->flow.flow_start_ns = record->flow.start_ns;
	record->flow.flow_id = number;
}

/* Writes records from..to in one run; a block every so many. Every other run has a thread for it.
 */
static void write_run(unsigned from, unsigned to, unsigned block)
{
	static unsigned runs;
	struct archive_writer *writer;
	struct err err;
	int status = archive_writer_open(&writer, folder, runs++ % 2 == 1, &err);

	for (unsigned i = from; i < to && status == 0; i++) {
		struct record record;
		struct record_labels labels;

		make_record(i, &record, &labels);
		status = archive_writer_put(writer, &record, &labels, &err);
		if (status == 0 && block && (i + 1 - from) % block == 0) {
			status = archive_writer_flush(writer, &err);
		}
	}
	status = status < 0 ? status : archive_writer_close(writer, &err);
	ok(status == 0, "records %u to %u are written", from, to);
	if (status < 0) {
		printf("# %s\n", err.text);
	}
}

static bool is_same_field(
	const struct field *field, const struct field_view *a, const struct field_view *b)
{
	struct field_value one, other;
	struct text one_text, other_text;
	bool has_one = field_get(field, a, &one), has_other = field_get(field, b, &other);

	if (!has_one || !has_other) {
		return has_one == has_other;
	}
	text_init_heap(&one_text);
	text_init_heap(&other_text);
	text_put(&one_text, "");
	text_put(&other_text, "");
	field_put_text(&one_text, field, &one);
	field_put_text(&other_text, field, &other);
	bool same = strcmp(one_text.at, other_text.at) == 0;
	text_deinit(&one_text);
	text_deinit(&other_text);
	return same;
}

/* Every member but those of this process alone: the numbers of a worker, rows of its geo databases,
 * and the address that a pseudonym stands for. A member that is new in a record is compared too. */
static bool is_same_record(const struct record *wanted, const struct record *got, bool hidden)
{
	struct record a = *wanted, b = *got;

	for (unsigned i = 0; i < L7_INFO_NAMES_MAX; i++) {
		a.l7.names[i].offset = b.l7.names[i].offset = 0; /* names are compared as fields */
	}
	if (hidden || a.direction == RECORD_DIRECTION_INTERNAL) {
		a.flow.source = b.flow.source;
		a.flow.destination = b.flow.destination;
		a.device.identity = b.device.identity;
	}
	a.place.organization = a.place.owner = b.place.organization = b.place.owner = 0;
	return memcmp(&a.flow, &b.flow, sizeof(a.flow)) == 0 &&
	       memcmp(&a.place, &b.place, sizeof(a.place)) == 0 &&
	       memcmp(&a.verdict, &b.verdict, sizeof(a.verdict)) == 0 &&
	       memcmp(&a.decision, &b.decision, sizeof(a.decision)) == 0 &&
	       memcmp(&a.device, &b.device, sizeof(a.device)) == 0 &&
	       memcmp(&a.l7, &b.l7, offsetof(struct l7_info, text_length)) == 0 &&
	       a.direction == b.direction && a.own_side == b.own_side && a.seen == b.seen &&
	       a.via == b.via;
}

static bool is_same(const struct archived *archived)
{
	struct record record;
	struct record_labels labels;

	make_record((unsigned)archived->record.flow.flow_id, &record, &labels);
	struct field_view wanted = { &record, &labels, true, NULL };
	struct field_view got = { &archived->record, &archived->labels, true, NULL };
	for (unsigned i = 0; i < field_count; i++) {
		if (!is_same_field(&field_table[i], &wanted, &got)) {
			printf("# record %u: %s differs\n", (unsigned)record.flow.flow_id,
				field_table[i].path);
			return false;
		}
	}
	bool is_whole = is_same_record(&record, &archived->record, labels.device[0]);
	if (!is_whole) {
		printf("# record %u: a member differs\n", (unsigned)record.flow.flow_id);
	}
	return is_whole;
}

/* Reads [from, to) seconds after the first record; counts the records and those that came back as
 * they were. */
static unsigned read_all(
	uint64_t from_s, uint64_t to_s, unsigned *same, struct archive_stats *stats)
{
	struct archive_options options = {
		.folder = folder,
		.from_ns = from_s ? (UINT64_C(1774951200) + from_s) * NS_PER_S : 0,
		.to_ns = to_s ? (UINT64_C(1774951200) + to_s) * NS_PER_S : 0,
		.problem = note_problem,
	};
	struct archive_reader *reader;
	struct archived *records;
	unsigned count = 0;
	size_t batch;

	*same = 0;
	if (archive_reader_open(&reader, &options, NULL) < 0) {
		return 0;
	}
	while ((batch = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < batch; i++) {
			*same += is_same(&records[i]);
		}
		count += (unsigned)batch;
	}
	archive_reader_stats(reader, stats);
	archive_reader_close(reader);
	return count;
}

static uint64_t verify(void)
{
	struct archive_options options = { .folder = folder, .problem = note_problem };
	struct archive_check check;
	struct err err;

	problems[0] = '\0';
	if (archive_verify(&options, NULL, NULL, &check, &err) < 0) {
		printf("# %s\n", err.text);
		return UINT64_MAX;
	}
	return check.stats.problems;
}

/* The path of a segment, by its place. */
static const char *segment(size_t place)
{
	static char path[PATH_MAX];
	struct archive_segments segments;

	path[0] = '\0';
	if (archive_segments_list(&segments, folder, ARCHIVE_SHELF_FLOWS, NULL) == 0) {
		if (place < segments.count) {
			snprintf(path, sizeof(path), "%s", segments.items[place].path);
		}
		archive_segments_free(&segments);
	}
	return path;
}

static void test_there_and_back(void)
{
	struct archive_extent extent;
	struct archive_stats stats;
	unsigned same, count;
	struct err err;

	begin("whole");
	write_run(0, RECORDS / 2, 0);
	write_run(RECORDS / 2, RECORDS, 500);
	count = read_all(0, 0, &same, &stats);
	is_int(count, RECORDS, "every record comes back");
	is_int(same, RECORDS, "… with every field as it was");
	is_int((int64_t)stats.problems, 0, "… without a problem");
	ok(stats.segments >= 2 && stats.blocks >= 7, "runs are segments, flushes are blocks");
	printf("# %.0f bytes a record, %.0f before compression\n",
		(double)stats.compressed_bytes / RECORDS, (double)stats.plain_bytes / RECORDS);
	is_int((int64_t)verify(), 0, "the chain holds over both runs");

	count = read_all(5000, 5100, &same, &stats);
	is_int(count, 100, "a hundred seconds hold a hundred records");
	ok(stats.blocks <= 2 && stats.blocks_skipped > 0, "… and other blocks are not read");
	is_int(read_all(100000, 0, &same, &stats), 0, "nothing after the last");
	is_int(archive_read_extent(folder, &extent, &err), 0, "headers say what there is");
	ok(extent.records == RECORDS && extent.first_ns == UINT64_C(1774951200) * NS_PER_S &&
			extent.last_ns == extent.first_ns + (RECORDS - 1) * NS_PER_S + NS_PER_S / 2,
		"… how many records, and from when to when");
	ok(strstr(segment(0), "/2026/03/31/flows-00000001.bfa") != NULL, "segments lie by day: %s",
		segment(0));
	end();
}

static void test_writers(void)
{
	struct archive_writer *writer, *second;
	struct archive_reader *reader;
	struct archive_options options = { .folder = folder };
	struct err err;

	begin("writers");
	is_int(archive_reader_open(&reader, &options, &err), -ENOENT,
		"an empty folder is no archive");
	ok(strstr(err.text, "no archive here") != NULL, "… it says: %s", err.text);
	is_int(archive_writer_open(&writer, folder, false, &err), 0, "one writes");
	is_int(archive_writer_open(&second, folder, false, &err), -EBUSY, "… a second may not");
	ok(strstr(err.text, "another process writes") != NULL, "… it says: %s", err.text);
	is_int(archive_writer_close(writer, &err), 0, "nothing written, nothing wrong");
	is_text(segment(0), "", "… and no segment");
	end();
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	if (fd < 0 || pread(fd, &byte, 1, at) != 1 ||
		(byte ^= 0x10, pwrite(fd, &byte, 1, at)) != 1) {
		printf("# cannot change %s\n", path);
	}
	close(fd);
}

static void test_torn(void)
{
	struct archive_stats stats;
	struct stat status;
	unsigned same, count, whole = 0, told = 0, appended = 0;
	char path[PATH_MAX];

	begin("torn");
	write_run(0, 300, 100);
	snprintf(path, sizeof(path), "%s", segment(0));
	stat(path, &status);
	/* Cut inside the content and inside the header of the last block, and one byte short. */
	uint8_t header_bytes[ARCHIVE_HEADER_BYTES];
	struct archive_header header;
	off_t last = 0;
	int fd = open(path, O_RDONLY);
	for (unsigned block = 0; block < 2; block++) {
		archive_read_at(fd, (uint64_t)last, header_bytes, sizeof(header_bytes));
		archive_header_decode(&header, header_bytes);
		last += ARCHIVE_HEADER_BYTES + (off_t)header.compressed_bytes;
	}
	close(fd);
	const off_t cuts[] = { status.st_size - 1, last + ARCHIVE_HEADER_BYTES + 10,
		last + ARCHIVE_HEADER_BYTES, last + 60, last + 1 };
	for (unsigned i = 0; i < 5; i++) {
		problems[0] = '\0';
		if (truncate(path, cuts[i]) < 0) {
			printf("# cannot cut %s\n", path);
		}
		count = read_all(0, 0, &same, &stats);
		whole += count == 200 && same == 200;
		char place[PATH_MAX + 64];
		snprintf(place, sizeof(place), "%s:%lld: the file ends inside", path,
			(long long)last);
		told += stats.problems == 1 && strstr(problems, place) != NULL;
	}
	is_int(whole, 5, "wherever the last block is torn, what was before it is whole");
	is_int(told, 5, "… and a sentence says file and offset");
	write_run(300, 400, 0);
	count = read_all(0, 0, &same, &stats);
	appended = count == 300 && same == 300;
	ok(appended, "a later run goes on in a segment of its own");
	is_int((int64_t)verify(), 1, "the chain holds across the torn block, which is told");
	ok(strstr(problems, "ends inside") && !strstr(problems, "chain"), "… it says: %s",
		problems);
	end();
}

/* Every byte matters: one that is changed anywhere is noticed, and costs its own block at most. */
static void test_changed(void)
{
	struct archive_stats stats;
	struct stat status;
	unsigned noticed = 0, enough = 0, tried = 0;
	char path[PATH_MAX];

	begin("changed");
	write_run(0, 300, 100);
	is_int((int64_t)verify(), 0, "whole before");
	snprintf(path, sizeof(path), "%s", segment(0));
	stat(path, &status);
	for (off_t at = 0; at < status.st_size; at += at < 300 ? 7 : 2999) {
		unsigned same;

		flip(path, at);
		tried++;
		enough += read_all(0, 0, &same, &stats) >= 200 && same >= 200;
		noticed += verify() >= 1 && verify() != UINT64_MAX;
		flip(path, at);
	}
	is_int(enough, tried, "a changed byte costs one block of three");
	is_int(noticed, tried, "… and --verify notices it");
	is_int((int64_t)verify(), 0, "whole again");
	end();
}

static void test_chain(void)
{
	char path[PATH_MAX], other[PATH_MAX + 8];
	struct archive_stats stats;
	unsigned same;

	begin("chain");
	for (unsigned run = 0; run < 4; run++) {
		write_run(100 * run, 100 * run + 100, 0);
	}
	is_int((int64_t)verify(), 0, "four runs, one chain");
	snprintf(path, sizeof(path), "%s", segment(1));
	snprintf(other, sizeof(other), "%s.away", path);
	rename(path, other);
	ok(verify() == 2 && strstr(problems, "are missing") && strstr(problems, "chain is broken"),
		"a segment that was taken out is missed: %s", problems);
	is_int(read_all(0, 0, &same, &stats), 300, "… the others are still read");
	rename(other, path);
	snprintf(path, sizeof(path), "%s", segment(3));
	snprintf(other, sizeof(other), "%s.away", path);
	rename(path, other);
	ok(verify() == 1 && strstr(problems, "the end is missing"), "so is the newest: %s",
		problems);
	rename(other, path);
	is_int((int64_t)verify(), 0, "put back, all is well");

	/* Two segments that change places: each is whole in itself. */
	char first[PATH_MAX], second[PATH_MAX];
	snprintf(first, sizeof(first), "%s", segment(1));
	snprintf(second, sizeof(second), "%s", segment(2));
	rename(first, other);
	rename(second, first);
	rename(other, second);
	ok(verify() >= 2 && strstr(problems, "was written to segment"),
		"segments cannot change places");
	end();
}

/* Clocks that jump must not make a segment, or a block, for every record. */
static void test_jumping_clock(void)
{
	struct archive_writer *writer;
	struct archive_stats stats;
	struct record record;
	struct record_labels labels;
	struct random random = { 77 };
	struct err err;
	unsigned count = 0;

	begin("clock");
	archive_writer_open(&writer, folder, false, &err);
	for (unsigned i = 0; i < RECORDS; i++) {
		record_random(&random, false, &record, &labels);
		record.flow.start_ns = record.flow.flow_start_ns = random_next(&random);
		record.flow.end_ns = random_next(&random);
		archive_writer_put(writer, &record, &labels, &err);
	}
	is_int(archive_writer_close(writer, &err), 0, "a clock that jumps by centuries is written");
	struct archive_options options = { .folder = folder };
	struct archive_reader *reader;
	struct archived *records;
	archive_reader_open(&reader, &options, &err);
	for (size_t batch; (batch = archive_reader_next(reader, &records)) > 0;) {
		count += (unsigned)batch;
	}
	archive_reader_stats(reader, &stats);
	archive_reader_close(reader);
	is_int(count, RECORDS, "… and read");
	ok(stats.segments <= stats.blocks && stats.blocks < 20, "in %u blocks, %u segments",
		(unsigned)stats.blocks, (unsigned)stats.segments);
	end();
}

/* A capture in which each packet is of another day: its records, and what they add up to, share
 * files from some number on. */
static unsigned segments_of_days(unsigned days, unsigned most)
{
	struct archive_writer *writer;
	struct archive_segments segments;
	struct err err;

	archive_writer_open(&writer, folder, false, &err);
	archive_writer_bound(writer, most);
	for (unsigned i = 0; i < days; i++) {
		struct record record;
		struct record_labels labels;
		make_record(i % RECORDS, &record, &labels);
		record.flow.start_ns = record.flow.flow_start_ns = (i + 1) * 24 * 3600 * NS_PER_S;
		record.flow.end_ns = record.flow.start_ns;
		archive_writer_put(writer, &record, &labels, &err);
		archive_writer_close_hours(writer, UINT64_MAX, &err);
	}
	is_int(archive_writer_close(writer, &err), 0, "%u days", days);
	archive_segments_list(&segments, folder, ARCHIVE_SHELF_HOURS, &err);
	unsigned count = (unsigned)segments.count;
	archive_segments_free(&segments);
	return count;
}

static void test_days_without_end(void)
{
	enum { DAYS = 12, MOST = 5 };
	struct archive_options options = { .folder = folder };
	struct archive_check check;
	struct err err;

	begin("days");
	is_int(segments_of_days(DAYS, MOST), MOST + 1, "… in so many files");
	is_int(archive_verify(&options, NULL, NULL, &check, &err), 0, "… can be read");
	is_int((long)check.stats.problems, 0, "… are whole");
	is_int((long)check.stats.records, DAYS, "… and all there");
	end();
	begin("clock-days");
	is_int(segments_of_days(DAYS, 0), DAYS, "a clock's days have a file each");
	end();
}

enum { MANY = 40000 }; /* records of more blocks than wait for the thread */

/* Puts so many, at most; how many were taken before one failed. */
static unsigned put_many(struct archive_writer *writer, int *status, struct err *err)
{
	unsigned count = 0;

	for (*status = 0; count < MANY; count++) {
		struct record record;
		struct record_labels labels;
		make_record(count % RECORDS, &record, &labels);
		*status = archive_writer_put(writer, &record, &labels, err);
		if (*status < 0) {
			return count;
		}
	}
	return count;
}

/* The digest of the last block stands for every byte before it. */
static void test_thread(void)
{
	struct archive_check checks[2];
	struct archive_writer *writer;
	struct err err;
	int status;

	for (unsigned threads = 0; threads < 2; threads++) {
		begin("thread");
		archive_writer_open(&writer, folder, threads > 0, &err);
		is_int(put_many(writer, &status, &err), MANY, "%u threads more: many records",
			threads);
		is_int(archive_writer_flush(writer, &err), 0, "… all of them written");
		struct archive_options options = { .folder = folder };
		is_int(archive_verify(&options, NULL, NULL, &checks[threads], &err), 0,
			"… and there once they are flushed");
		is_int((long)checks[threads].stats.records, MANY, "… every one");
		is_int(archive_writer_close(writer, &err), 0, "… before the end");
		end();
	}
	is_text(checks[1].stats.head, checks[0].stats.head, "a thread writes the same bytes");
}

/* A disk that is full after some blocks: a limit on the size of files, which fails like one.
 * What failed is kept and tried again. Behind a thread's back more blocks may wait by then; how
 * many is chance, and so whether the next finds room. */
static void test_full_disk(bool with_thread)
{
	struct rlimit before, limit = { 300 << 10, 300 << 10 };
	struct archive_writer *writer;
	struct archive_check check;
	struct err err = { "" };
	int status;

	begin("full");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit.rlim_max = before.rlim_max;
	archive_writer_open(&writer, folder, with_thread, &err);
	setrlimit(RLIMIT_FSIZE, &limit);
	unsigned taken = put_many(writer, &status, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	ok(status == -EFBIG && taken < MANY, "a full disk fails a record%s",
		with_thread ? ", also through a thread" : "");
	ok(strstr(err.text, ".bfa: cannot write: ") != NULL, "… it says: %s", err.text);
	/* What waits is tried again before more comes: how fast the thread gets a processor is
	 * chance. */
	is_int(archive_writer_flush(writer, &err), 0,
		"… once there is room, what waits is written");
	is_int(put_many(writer, &status, &err), MANY, "… and it goes on");
	uint64_t put = (uint64_t)taken + 1 + MANY, lost = archive_writer_lost(writer);
	const struct sink_gap gap = { 1, 2, lost, "no room" };
	is_int(archive_writer_put_gap(writer, &gap, &err), 0, "… what is missing can be noted");
	is_int(archive_writer_close(writer, &err), 0, "… without a word");
	struct archive_options options = { .folder = folder };
	is_int(archive_verify(&options, NULL, NULL, &check, &err), 0, "… the archive can be read");
	is_int((long)check.stats.problems, 0, "… and is whole");
	is_int((long)check.stats.records, (long)(put - lost), "… but for what found no room (%lu)",
		(unsigned long)lost);
	ok(with_thread ? lost < 2 * check.stats.records / check.stats.blocks : lost == 0,
		with_thread ? "… no more than one block, for which those that wait leave no room"
			    : "… and nothing is lost");
	is_int((long)check.stats.gaps, 1, "… the gap is told");
	is_int((long)check.stats.gap_records, (long)lost, "… with how much is missing");
	end();
}

int main(void)
{
	test_there_and_back();
	test_writers();
	test_torn();
	test_changed();
	test_chain();
	test_jumping_clock();
	test_days_without_end();
	test_thread();
	test_full_disk(false);
	test_full_disk(true);
	return done_testing();
}
