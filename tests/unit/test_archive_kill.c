/* A writer is killed with -9 at random moments of its writing, and started anew, so many times as
 * KILLS says (10): every whole block can be read, the chain holds, no record is there twice, and
 * what hours and days add up to is what the records do, byte for byte. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_rebuild.h"
#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { RECORDS_A_RUN = 6000, KILLS_AN_ARCHIVE = 10 };

static char folder[64];

static void remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		printf("# cannot remove %s\n", folder);
	}
}

/* Record number of a run: one a minute of the archive's own time, now and then one that is late. */
static void make_record(uint64_t number, struct record *record, struct record_labels *labels)
{
	struct random random = { number * UINT64_C(0x9e3779b97f4a7c15) + 1 };
	uint64_t minute = number % 50 == 7 && number > 3000 ? number - 3000 : number;

	record_random(&random, true, record, labels);
	record->flow.flow_id = number;
	record->flow.part = 0; /* whose totals are its own counters */
	for (unsigned end = 0; end < 2; end++) {
		record->flow.total_packets[end] = record->flow.packets[end];
		record->flow.total_bytes[end] = record->flow.bytes[end];
	}
	record->flow.start_ns = UINT64_C(1774951200) * NS_PER_S + minute * 60 * NS_PER_S;
	record->flow.flow_start_ns = record->flow.start_ns;
	record->flow.end_ns = record->flow.start_ns + NS_PER_S;
}

/* Writes without end, as the sink does: until it is killed. */
static void write_until_killed(uint64_t from)
{
	struct archive_writer *writer;
	struct err err;
	int status = archive_writer_open(&writer, folder, from % 2, &err);

	for (uint64_t i = from; status == 0 && i < from + RECORDS_A_RUN; i++) {
		struct record record;
		struct record_labels labels;
		make_record(i, &record, &labels);
		const struct archive_day_rules rules = { NULL, 5, record.flow.start_ns };
		status = archive_writer_put(writer, &record, &labels, &err);
		if (status == 0 && i % 15 == 0) {
			status = archive_writer_close_hours(writer, rules.now_ns, &err);
		}
		if (status == 0 && i % 15 == 0) {
			status = archive_writer_close_days(writer, &rules, &err);
		}
		if (status == 0 && i % 120 == 0) {
			status = archive_writer_flush(writer, &err);
		}
	}
	if (status < 0) {
		fprintf(stderr, "# %s\n", err.text);
	}
	for (;;) {
		pause();
	}
}

static void kill_once(uint64_t from, struct random *random)
{
	struct timespec moment = { 0, 1000000 + random_below(random, 300) * 1000000 };
	pid_t writer = fork();

	if (writer == 0) {
		write_until_killed(from);
	}
	nanosleep(&moment, NULL);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
}

struct sums {
	uint64_t flows, bytes;
};

static void take_day(void *context, int64_t day, const struct cell *cell)
{
	struct sums *sums = context;

	(void)day;
	sums->flows += cell->sums.flows;
	sums->bytes += cell->sums.bytes_up + cell->sums.bytes_down;
}

/* What was wrong that no cut write explains. */
static unsigned serious;
static void note_problem(void *context, const char *sentence)
{
	(void)context;
	if (!strstr(sentence, "the file ends inside a block")) {
		printf("# %s\n", sentence);
		serious++;
	}
}

/* One more than the last record; *is_sound: each is there once, as it was written. */
static uint64_t read_back(struct sums *sums, bool *is_sound)
{
	const struct archive_options options = { .folder = folder, .problem = note_problem };
	struct archive_reader *reader;
	struct archived *rows;
	uint64_t next = 0;

	if (archive_reader_open(&reader, &options, NULL) < 0) {
		return 0;
	}
	for (size_t count; (count = archive_reader_next(reader, &rows)) > 0;) {
		for (size_t i = 0; i < count; i++) {
			const struct flow_record *flow = &rows[i].record.flow;
			*is_sound &= flow->flow_id >= next;
			next = flow->flow_id + 1;
			sums->flows++;
			sums->bytes += flow->bytes[0] + flow->bytes[1];
		}
	}
	archive_reader_close(reader);
	return next;
}

static bool check(uint64_t *next)
{
	const struct archive_options options = { .folder = folder, .problem = note_problem };
	const struct archive_day_rules rules = { NULL, 5, UINT64_MAX };
	struct sums records = { 0 }, days = { 0 };
	struct archive_rebuilt rebuilt = { 0 };
	struct archive_stats stats;
	struct archive_check checked;
	bool is_sound = true;
	struct err err;

	serious = 0;
	*next = read_back(&records, &is_sound);
	if (*next == 0) {
		return true; /* killed before the first block */
	}
	bool is_read = archive_read_days(&options, &rules, take_day, &days, &stats, &err) == 0 &&
		       archive_rebuild(&options, &rebuilt, &err) == 0 &&
		       archive_verify(&options, NULL, NULL, &checked, &err) == 0;
	bool is_same = records.flows == days.flows && records.bytes == days.bytes;
	if (!is_sound || !is_read || !is_same || rebuilt.other || serious) {
		printf("# sound %d, read %d, %llu flows of records, %llu of days, %llu blocks "
		       "other\n",
			is_sound, is_read, (unsigned long long)records.flows,
			(unsigned long long)days.flows, (unsigned long long)rebuilt.other);
	}
	return is_sound && is_read && is_same && rebuilt.other == 0 && serious == 0;
}

int main(void)
{
	unsigned kills = getenv("KILLS") ? (unsigned)atoi(getenv("KILLS")) : 10, good = 0;
	struct random random = { 20260331 };
	uint64_t next = 0, records = 0;

	for (unsigned i = 0; i < kills; i++) {
		if (i % KILLS_AN_ARCHIVE == 0) {
			snprintf(folder, sizeof(folder), "/tmp/borderflow-kill-XXXXXX");
			if (!mkdtemp(folder)) {
				skip_all("no folder for temporary files");
			}
			records += next;
			next = 0;
		}
		kill_once(next, &random);
		good += check(&next);
		if ((i + 1) % KILLS_AN_ARCHIVE == 0 || i + 1 == kills) {
			remove_folder();
		}
	}
	printf("# %llu records between %u kills\n", (unsigned long long)(records + next), kills);
	ok(records + next > 0, "writers wrote");
	is_int(good, kills, "after each kill all that is whole is there, once, and adds up");
	return done_testing();
}
