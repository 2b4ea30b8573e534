/* bench_year FOLDER RECORDS [DAYS]: a municipality's year in an archive: how large it becomes, how
 * fast it is read, and whether month sums from days, hours and records are the generator's. FOLDER
 * is made, and left; one that is there is measured again, against the truth of the same RECORDS and
 * DAYS. Prints what was measured, with TAP for what must hold. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_format.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/year.h"
#include "tests/tap.h"

static const char *folder;
static struct local_zone *zone;
static struct year *year;
static uint64_t records;

static double seconds_since(double start_ns)
{
	return (bench_now_ns() - start_ns) / 1e9;
}

static struct archive_day_rules rules(uint64_t now_ns)
{
	return (struct archive_day_rules){ zone, 5, now_ns };
}

/* As the sink does each minute. */
static int tick(struct archive_writer *writer, uint64_t now_ns, struct err *err)
{
	const struct archive_day_rules now = rules(now_ns);
	int status = archive_writer_close_hours(writer, now_ns, err);

	return status < 0 ? status : archive_writer_close_days(writer, &now, err);
}

static void write_year(void)
{
	struct archive_writer *writer;
	struct record record;
	struct record_labels labels;
	struct err err = { "" };
	uint64_t ticked_ns = 0;
	double start_ns = bench_now_ns();
	int status = archive_writer_open(&writer, folder, false, &err);

	while (status == 0 && year_next(year, &record, &labels)) {
		uint64_t now_ns = record.flow.start_ns;
		if (now_ns / (600 * NS_PER_S) != ticked_ns / (600 * NS_PER_S)) {
			ticked_ns = now_ns;
			status = tick(writer, now_ns, &err);
		}
		status = status < 0 ? status : archive_writer_put(writer, &record, &labels, &err);
		records++;
	}
	status = status < 0 ? status : archive_writer_close_hours(writer, UINT64_MAX, &err);
	status = status < 0 ? status : tick(writer, ticked_ns + 48 * 3600 * NS_PER_S, &err);
	status = status < 0 ? status : archive_writer_close(writer, &err);
	ok(status == 0, "%" PRIu64 " records are written %s", records, status < 0 ? err.text : "");
	double seconds = seconds_since(start_ns);
	printf("# written in %.1f s: %.2f M records/s with all sums\n", seconds,
		(double)records / seconds / 1e6);
}

/* The archive was written by an earlier run. */
static void count_year(void)
{
	struct record record;
	struct record_labels labels;

	while (year_next(year, &record, &labels)) {
		records++;
	}
	printf("# %s was there: %" PRIu64 " records\n", folder, records);
}

static uint64_t shelf_bytes(enum archive_shelf shelf)
{
	struct archive_segments segments;
	uint64_t bytes = 0;

	archive_segments_list(&segments, folder, shelf, NULL);
	for (size_t i = 0; i < segments.count; i++) {
		struct stat status;
		bytes += stat(segments.items[i].path, &status) == 0 ? (uint64_t)status.st_size : 0;
	}
	archive_segments_free(&segments);
	return bytes;
}

static void measure_size(void)
{
	uint64_t flows = shelf_bytes(ARCHIVE_SHELF_FLOWS), hours = shelf_bytes(ARCHIVE_SHELF_HOURS);
	uint64_t days = shelf_bytes(ARCHIVE_SHELF_DAYS);

	/* Wanted are 48 bytes and 10 %; these records have more chance in them than real ones. */
	printf("# %.1f bytes a record; hours %.1f %%, days %.1f %% on top\n",
		(double)flows / (double)records, 100.0 * (double)hours / (double)flows,
		100.0 * (double)days / (double)flows);
}

struct sums {
	struct year_sum zones[YEAR_ZONES];
	struct devices devices;
};

static void add(struct sums *sums, const struct cell *cell)
{
	sums->zones[cell->key.zone].flows += cell->sums.flows;
	sums->zones[cell->key.zone].bytes += cell->sums.bytes_up + cell->sums.bytes_down;
	devices_merge(&sums->devices, &cell->devices);
}

static void take_day(void *context, int64_t day, const struct cell *cell)
{
	(void)day;
	add(context, cell);
}

/* March, in which a clock goes forward; of less than three months January. */
static unsigned measured_month(unsigned days)
{
	return days >= 90 ? 2 : 0;
}

static struct archive_options of_month(unsigned month)
{
	char from[24], to[24];
	struct archive_options options = { .folder = folder };

	snprintf(from, sizeof(from), "2026-%02u-01", month % 12 + 1);
	snprintf(to, sizeof(to), "%u-%02u-01", month == 11 ? 2027u : 2026u, (month + 1) % 12 + 1);
	local_parse(zone, from, &options.from_ns);
	local_parse(zone, to, &options.to_ns);
	return options;
}

static void count_rows(void *context, const struct archive_day_tables *day)
{
	*(uint64_t *)context += day->tables->count;
}

static void measure_month(unsigned month)
{
	const struct archive_options options = of_month(month);
	const struct archive_day_rules now = rules(options.to_ns);
	struct archive_stats stats;
	struct sums days = { 0 }, hours = { 0 };
	struct err err = { "" };
	uint64_t rows = 0;

	double start_ns = bench_now_ns();
	archive_read_days(&options, &now, take_day, &days, &stats, &err);
	double fold = seconds_since(start_ns);
	start_ns = bench_now_ns();
	archive_read_day_tables(&options, &now, count_rows, &rows, &stats, &err);
	double tables = seconds_since(start_ns);
	start_ns = bench_now_ns();
	struct rollup *all =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });
	archive_read_cells(&options, all, &stats, &err);
	size_t count;
	const struct cell *cells = rollup_cells(all, &count);
	for (size_t i = 0; i < count; i++) {
		add(&hours, &cells[i]);
	}
	rollup_destroy(all);
	printf("# month %u: folded from days in %.2f s, its tables (%" PRIu64
	       " rows) in %.2f s, from hours in %.2f s; %zu MB resident\n",
		month + 1, fold, rows, tables, seconds_since(start_ns),
		bench_resident_bytes() >> 20);
	ok(fold + tables <= 20 && bench_resident_bytes() <= 500u << 20,
		"a month is folded in 20 s and 500 MB");
	bool is_same = true, is_hours = true;
	for (unsigned i = 0; i < YEAR_ZONES; i++) {
		const struct year_sum *truth = year_truth(year, month, i);
		is_same &= memcmp(truth, &days.zones[i], sizeof(*truth)) == 0;
		is_hours &= memcmp(truth, &hours.zones[i], sizeof(*truth)) == 0;
	}
	ok(is_same, "month %u: days add up to the truth, zone by zone", month + 1);
	ok(is_hours, "month %u: and so do hours", month + 1);
	uint64_t devices = devices_count(&days.devices); /* an estimate beyond 512 */
	ok(devices > YEAR_DEVICES * 95 / 100 && devices < YEAR_DEVICES * 105 / 100,
		"… each device counted once: %" PRIu64, devices);
	devices_deinit(&days.devices);
	devices_deinit(&hours.devices);
}

/* Reads records of [from, to) and adds them up by zone. */
static double scan(const struct archive_options *options, struct sums *sums, uint64_t *count)
{
	struct archive_reader *reader;
	struct archived *rows;
	double start_ns = bench_now_ns();

	*count = 0;
	archive_reader_open(&reader, options, NULL);
	for (size_t batch; (batch = archive_reader_next(reader, &rows)) > 0;) {
		*count += batch;
		for (size_t i = 0; i < batch; i++) {
			const struct record *record = &rows[i].record;
			struct year_sum *zone_sum = &sums->zones[record->place.zone];
			bool is_in = record->flow.start_ns >= options->from_ns &&
				     (!options->to_ns || record->flow.start_ns < options->to_ns);
			zone_sum->flows += is_in;
			zone_sum->bytes +=
				is_in ? record->flow.bytes[0] + record->flow.bytes[1] : 0;
		}
	}
	archive_reader_close(reader);
	return seconds_since(start_ns);
}

/* As a question reads them that is about bytes by zone. */
static void measure_fields(const struct sums *whole)
{
	struct archive_selection selection = { .matches = NULL };
	const struct archive_options all = { .folder = folder, .selection = &selection };
	struct sums sums = { 0 };
	uint64_t count;

	field_set_add(&selection.fields, field_find("zone", 4));
	field_set_add(&selection.fields, field_find("bytes", 5));
	double seconds = scan(&all, &sums, &count);
	printf("# full scan, zone and bytes: %.1f s, %.2f M records/s\n", seconds,
		(double)count / seconds / 1e6);
	ok(memcmp(sums.zones, whole->zones, sizeof(sums.zones)) == 0,
		"bytes by zone are those of whole records");
}

static void measure_scans(unsigned days)
{
	unsigned measured = measured_month(days);
	struct archive_options all = { .folder = folder }, month = of_month(measured), day = month;
	struct sums sums = { 0 }, in_month = { 0 }, of_day = { 0 };
	uint64_t count;

	double seconds = scan(&all, &sums, &count);
	printf("# full scan, whole records: %.1f s, %.2f M records/s\n", seconds,
		(double)count / seconds / 1e6);
	ok(count == records, "a scan finds every record");
	measure_fields(&sums);
	scan(&month, &in_month, &count);
	bool is_same = true;
	for (unsigned i = 0; i < YEAR_ZONES; i++) {
		is_same &= memcmp(year_truth(year, measured, i), &in_month.zones[i],
				   sizeof(struct year_sum)) == 0;
	}
	ok(is_same, "month %u: records add up to the truth, zone by zone", measured + 1);
	day.from_ns += (days > 9 ? 9 : 0) * UINT64_C(86400) * NS_PER_S;
	day.to_ns = day.from_ns + UINT64_C(86400) * NS_PER_S;
	seconds = scan(&day, &of_day, &count);
	printf("# a day: %" PRIu64 " records in %.2f s\n", count, seconds);
	ok(count > 0 && seconds <= 1, "a question about a day is answered in a second");
}

int main(int argc, char **argv)
{
	if (argc < 3 || local_zone_open(&zone, "Europe/Oslo", NULL) < 0) {
		fprintf(stderr, "usage: bench_year FOLDER RECORDS [DAYS]\n");
		return 2;
	}
	folder = argv[1];
	unsigned days = argc > 3 ? (unsigned)atoi(argv[3]) : 365;
	year = year_create(strtoull(argv[2], NULL, 10), days, 7);
	if (!year) {
		skip_all("no memory");
	}
	if (access(folder, F_OK) == 0) {
		count_year();
	} else {
		write_year();
	}
	measure_size();
	measure_month(measured_month(days));
	measure_scans(days);
	year_destroy(year);
	local_zone_close(zone);
	return done_testing();
}
