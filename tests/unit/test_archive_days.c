/* Hours and days of the archive: what is added up counts once, whatever was cut short. */
#include "analyzer/archive/archive_days.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/archive/archive_blocks.h"
#include "analyzer/archive/archive_index.h"
#include "analyzer/archive/archive_hours.h"
#include "analyzer/archive/archive_rebuild.h"
#include "analyzer/archive/archive_retention.h"
#include "tests/tap.h"
#include "tests/unit/view_traffic.h"

/* 2026-03-01T00:00Z */
#define MARCH_NS (UINT64_C(1772323200) * NS_PER_S)

static char folder[64];
static struct traffic traffic;

static void begin(void)
{
	snprintf(folder, sizeof(folder), "/tmp/borderflow-days-XXXXXX");
	if (!mkdtemp(folder)) {
		skip_all("no folder for temporary files");
	}
}

static void end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0) {
		printf("# cannot remove %s\n", folder);
	}
}

static int by_start(const void *a, const void *b)
{
	const size_t *one = a, *other = b;
	uint64_t x = traffic.records[*one].flow.start_ns, y = traffic.records[*other].flow.start_ns;

	return x < y ? -1 : x > y;
}

/* Every third record comes after the day that it is of. */
static size_t *order_of(bool with_late)
{
	size_t *order = calloc(traffic.count, sizeof(*order)), late = 0;

	for (size_t i = 0; i < traffic.count; i++) {
		order[i] = i;
	}
	qsort(order, traffic.count, sizeof(*order), by_start);
	for (size_t i = 0; with_late && i < traffic.count; i += 30) {
		size_t record = order[i];
		memmove(order + i, order + i + 1, (traffic.count - i - 1) * sizeof(*order));
		order[traffic.count - 1] = record;
		late++;
	}
	return order;
}

static struct archive_day_rules rules(uint64_t now_ns)
{
	return (struct archive_day_rules){ NULL, 5, now_ns };
}

/* Writes records from..to, closing what time closes. Ended by close, or not at all. */
static void write_some(const size_t *order, size_t from, size_t to, bool is_killed)
{
	struct archive_writer *writer;
	struct err err = { "" };
	int status = archive_writer_open(&writer, folder, false, &err);

	for (size_t i = from; i < to && status == 0; i++) {
		const struct record *record = &traffic.records[order[i]];
		struct archive_day_rules now = rules(record->flow.start_ns);
		status = archive_writer_put(writer, record, &traffic.labels[order[i]], &err);
		if (status == 0 && i % 40 == 0) {
			status = archive_writer_close_hours(writer, now.now_ns, &err);
		}
		if (status == 0 && i % 40 == 0) {
			status = archive_writer_close_days(writer, &now, &err);
		}
		if (status == 0 && i % 100 == 0) {
			status = archive_writer_flush(writer, &err);
		}
	}
	if (status < 0) {
		printf("# %s\n", err.text);
	}
	if (is_killed) {
		_exit(status < 0);
	}
	if (status == 0) {
		status = archive_writer_close(writer, &err);
	}
	ok(status == 0, "records %zu to %zu are written", from, to);
}

/* The same, killed without a word at the end. What was not flushed is lost: from there on. */
static void write_killed(const size_t *order, size_t from, size_t to)
{
	int ended = 0;
	pid_t writer = fork();

	if (writer == 0) {
		write_some(order, from, to, true);
	}
	waitpid(writer, &ended, 0);
	ok(ended == 0, "a writer is killed at record %zu", to);
}

struct sums {
	uint64_t flows, bytes, cells, device_count;
	struct devices devices; /* while they are added up */
};

static void add_cell(struct sums *sums, const struct cell *cell)
{
	sums->flows += cell->sums.flows;
	sums->bytes += cell->sums.bytes_up + cell->sums.bytes_down;
	sums->cells++;
	devices_merge(&sums->devices, &cell->devices);
}

static struct sums added_up(struct sums sums)
{
	sums.device_count = devices_count(&sums.devices);
	devices_deinit(&sums.devices);
	return sums;
}

static void take_day(void *context, int64_t day, const struct cell *cell)
{
	(void)day;
	add_cell(context, cell);
}

static struct sums sums_of_records(void)
{
	struct archive_options options = { .folder = folder };
	struct rollup *all =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = 1 << 20 });
	struct archive_reader *reader;
	struct archived *rows;
	struct sums sums = { 0 };
	size_t count;

	archive_reader_open(&reader, &options, NULL);
	while ((count = archive_reader_next(reader, &rows)) > 0) {
		for (size_t i = 0; i < count; i++) {
			rollup_add(all, &rows[i].record,
				device_hash_of_pseudonym(rows[i].labels.device));
		}
	}
	archive_reader_close(reader);
	const struct cell *cells = rollup_cells(all, &count);
	for (size_t i = 0; i < count; i++) {
		add_cell(&sums, &cells[i]);
	}
	rollup_destroy(all);
	return added_up(sums);
}

static struct sums sums_of_hours(void)
{
	struct archive_options options = { .folder = folder };
	struct rollup *all =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = 1 << 20 });
	struct archive_stats stats;
	struct sums sums = { 0 };
	size_t count;

	archive_read_cells(&options, all, &stats, NULL);
	const struct cell *cells = rollup_cells(all, &count);
	for (size_t i = 0; i < count; i++) {
		add_cell(&sums, &cells[i]);
	}
	rollup_destroy(all);
	return added_up(sums);
}

static struct sums sums_of_days(void)
{
	struct archive_options options = { .folder = folder };
	struct archive_day_rules now = rules(TRAFFIC_TO_NS);
	struct archive_stats stats;
	struct sums sums = { 0 };

	archive_read_days(&options, &now, take_day, &sums, &stats, NULL);
	return added_up(sums);
}

static void check_sums(const char *story)
{
	struct sums records = sums_of_records(), hours = sums_of_hours(), days = sums_of_days();
	struct archive_options options = { .folder = folder };
	struct archive_check check = { .sum_blocks = 0 };

	printf("# %s: %llu flows of %llu devices\n", story, (unsigned long long)records.flows,
		(unsigned long long)records.device_count);
	ok(records.flows > 0, "%s: there are records", story);
	ok(hours.flows == records.flows && hours.bytes == records.bytes,
		"… hours are what they add up to");
	ok(days.flows == records.flows && days.bytes == records.bytes, "… and so are days");
	is_int((int64_t)days.device_count, (int64_t)records.device_count, "… of the same devices");
	is_int(archive_verify(&options, NULL, NULL, &check, NULL), 0, "… it can be verified");
	struct archive_rebuilt rebuilt;
	is_int(archive_rebuild(&options, &rebuilt, NULL), 0, "… and made again from records");
	ok(rebuilt.same > 0 && rebuilt.other == 0, "… to the same bytes: %llu blocks, %llu not",
		(unsigned long long)rebuilt.same, (unsigned long long)rebuilt.other);
}

struct tables_seen {
	unsigned days, closed, months, rests, exact_parts, small_parts;
	uint64_t flows, unit_flows;
};

static void take_tables(void *context, const struct archive_day_tables *day)
{
	struct tables_seen *seen = context;

	seen->months += day->is_month;
	seen->days += !day->is_month;
	seen->closed += !day->is_month && day->is_closed;
	for (size_t i = 0; i < day->tables->count; i++) {
		const struct day_table_row *row = &day->tables->rows[i];
		bool is_part = day_table_part(row->table) != DAY_TABLE_PART_NONE;
		seen->flows += row->table == DAY_TABLE_BODY ? row->sums.flows : 0;
		seen->unit_flows += row->table == DAY_TABLE_UNIT ? row->sums.flows : 0;
		seen->rests += row->is_rest;
		seen->exact_parts += is_part && row->devices_are == DAY_TABLE_EXACT;
		seen->small_parts +=
			is_part && !row->is_rest && row->devices_are == DAY_TABLE_FEWER;
	}
}

static struct tables_seen read_tables(uint64_t now_ns)
{
	struct archive_options options = { .folder = folder };
	struct archive_day_rules now = rules(now_ns);
	struct tables_seen seen = { 0 };
	struct archive_stats stats;

	archive_read_day_tables(&options, &now, take_tables, &seen, &stats, NULL);
	return seen;
}

static void test_days(bool with_late)
{
	size_t *order = order_of(with_late);

	begin();
	write_some(order, 0, traffic.count / 2, false);
	write_some(order, traffic.count / 2, traffic.count, false);
	check_sums(with_late ? "with late records" : "in order");
	struct tables_seen seen = read_tables(TRAFFIC_TO_NS);
	is_int(seen.days, TRAFFIC_DAYS, "each day has its tables");
	is_int(seen.closed, TRAFFIC_DAYS - 1, "… and all but the last were closed");
	is_int((int64_t)seen.flows, (int64_t)seen.unit_flows, "… units add up to the body");
	if (!with_late) {
		is_int((int64_t)seen.flows, (int64_t)sums_of_records().flows, "… and to records");
	}
	ok(seen.rests > 0, "… small units stand together");
	is_int(seen.exact_parts + seen.small_parts, 0, "… of no part devices are counted");
	is_int(read_tables(TRAFFIC_TO_NS - 1).days, TRAFFIC_DAYS - 1,
		"a day that is not over has no tables");
	end();
	free(order);
}

/* Again and again killed: nothing is doubled, nothing lost that was flushed. */
static void test_killed(void)
{
	size_t *order = order_of(true);
	struct random random = { 12345 };

	begin();
	for (size_t at = 0; at < traffic.count;) {
		size_t to = at + 1 + random_below(&random, 900);
		to = to < traffic.count ? to : traffic.count;
		write_killed(order, at, to);
		at = to;
	}
	check_sums("killed again and again");
	end();
	free(order);
}

/* Deletes what is older than two days at the end of the third. */
static void prune(uint64_t records_ns, uint64_t hours_ns, uint64_t days_ns, uint64_t bytes,
	struct archive_pruned *pruned)
{
	static const uint8_t secret[SECRET_KEY_BYTES] = { 1, 2, 3 };
	const struct retention retention = { records_ns, hours_ns, days_ns, bytes };
	struct archive_writer *writer;
	struct err err = { "" };

	archive_writer_open(&writer, folder, false, &err);
	archive_writer_sign(writer, secret);
	is_int(archive_writer_prune(writer, &retention, TRAFFIC_TO_NS, pruned, &err), 0,
		"what is too old is deleted %s", err.text);
	archive_writer_close(writer, &err);
}

/* A segment of one record, whose writer closes no hour. */
static void write_one_killed(size_t place)
{
	struct archive_writer *writer;
	int ended = 0;
	pid_t child = fork();

	if (child == 0) {
		bool is_good = archive_writer_open(&writer, folder, false, NULL) == 0 &&
			       archive_writer_put(writer, &traffic.records[place],
				       &traffic.labels[place], NULL) == 0 &&
			       archive_writer_flush(writer, NULL) == 0;
		_exit(!is_good);
	}
	waitpid(child, &ended, 0);
	is_int(ended, 0, "a record of a writer that was killed");
}

/* Records go once their hour is added up, however old they are. */
static void test_retention_waits(void)
{
	static const struct retention retention = { .records_ns = 1 };
	size_t *order = order_of(false);
	struct archive_writer *writer;
	struct archive_pruned pruned;
	struct err err = { "" };

	begin();
	for (unsigned i = 0; i < 3; i++) {
		write_one_killed(order[i]);
	}
	archive_writer_open(&writer, folder, false, &err);
	is_int(archive_writer_prune(writer, &retention, TRAFFIC_TO_NS, &pruned, &err), 0,
		"pruned %s", err.text);
	is_int((int64_t)pruned.records[ARCHIVE_SHELF_FLOWS], 0, "of an open hour nothing goes");
	is_int(archive_writer_close_hours(writer, UINT64_MAX, &err), 0, "it closes");
	is_int(archive_writer_prune(writer, &retention, TRAFFIC_TO_NS, &pruned, &err), 0,
		"pruned again %s", err.text);
	is_int((int64_t)pruned.records[ARCHIVE_SHELF_FLOWS], 2, "… then all but the newest");
	archive_writer_close(writer, &err);
	end();
	free(order);
}

/* How many records go of three that have a segment each. */
static int64_t count_pruned(const struct retention *retention, uint64_t now_ns)
{
	struct archive_writer *writer;
	struct archive_pruned pruned;
	struct err err = { "" };

	archive_writer_open(&writer, folder, false, &err);
	archive_writer_close_hours(writer, UINT64_MAX, &err);
	archive_writer_prune(writer, retention, now_ns, &pruned, &err);
	archive_writer_close(writer, &err);
	return (int64_t)pruned.records[ARCHIVE_SHELF_FLOWS];
}

static uint64_t bytes_of_segments(void)
{
	const struct archive_options options = { .folder = folder };
	struct archive_blocks blocks;
	uint64_t bytes = 0;

	archive_blocks_open(&blocks, &options, ARCHIVE_RECORD_CONTENTS, NULL);
	for (size_t i = 0; i < blocks.segments.count; i++) {
		struct stat status = { 0 };
		stat(blocks.segments.items[i].path, &status);
		bytes += (uint64_t)status.st_size;
	}
	archive_blocks_close(&blocks);
	return bytes;
}

/* Kept is what is younger, and as much as there may be: to the nanosecond and the byte. */
static void test_retention_bounds(void)
{
	struct retention retention = { .records_ns = TRAFFIC_DAY_NS };
	size_t *order = order_of(false);

	begin();
	for (unsigned i = 0; i < 3; i++) {
		write_one_killed(order[i]);
	}
	uint64_t old_ns = traffic.records[order[1]].flow.end_ns + TRAFFIC_DAY_NS;
	is_int(count_pruned(&retention, old_ns - 1), 0, "until the next is a day old one stays");
	is_int(count_pruned(&retention, old_ns), 1, "… and goes then");
	retention = (struct retention){ .bytes = bytes_of_segments() };
	is_int(count_pruned(&retention, old_ns), 0, "as many bytes as there may be stay");
	retention.bytes--;
	is_int(count_pruned(&retention, old_ns), 1, "… one less, and the oldest go");
	end();
	free(order);
}

/* An hour closes when its grace is over, the earliest first. */
static void test_hours(void)
{
	enum { EARLY = 490000, LATE = 490002 };
	struct archive_hours *hours = archive_hours_create();
	const uint64_t over_ns = (EARLY + 1) * ARCHIVE_HOUR_NS + ARCHIVE_HOUR_GRACE_NS;
	struct archive_hour hour;

	for (unsigned i = 0; i < 2; i++) {
		const struct cell cell = {
			.sums = { .flows = 1, .first_ns = (i ? EARLY : LATE) * ARCHIVE_HOUR_NS }
		};
		ok(archive_hours_add_cell(hours, &cell), "a cell");
	}
	ok(!archive_hours_take(hours, over_ns - 1, &hour), "until its grace is over it is open");
	ok(archive_hours_take(hours, over_ns, &hour) && hour.number == EARLY,
		"… and then it is not");
	archive_hours_drop(hours, &hour);
	ok(!archive_hours_take(hours, over_ns, &hour), "the other one is");
	archive_hours_destroy(hours);
	hours = archive_hours_create();
	for (unsigned i = 0; i < 2; i++) {
		const struct cell cell = {
			.sums = { .flows = 1, .first_ns = (i ? EARLY : LATE) * ARCHIVE_HOUR_NS }
		};
		archive_hours_add_cell(hours, &cell);
	}
	ok(archive_hours_take(hours, UINT64_MAX, &hour) && hour.number == EARLY,
		"of two that close the earlier is first");
	archive_hours_drop(hours, &hour);
	archive_hours_destroy(hours);
}

static void test_retention(void)
{
	size_t *order = order_of(false);
	struct archive_options options = { .folder = folder };
	struct archive_day_rules now = rules(TRAFFIC_TO_NS);
	struct archive_pruned pruned;
	struct archive_check check;
	struct archive_stats stats;
	struct sums sums = { 0 };

	begin();
	for (size_t at = 0; at < traffic.count; at += 250) {
		write_some(order, at, at + 250, false);
	}
	struct sums before = sums_of_days();
	struct tables_seen seen = read_tables(TRAFFIC_TO_NS);
	prune(TRAFFIC_DAY_NS, 0, 0, 0, &pruned);
	ok(pruned.records[ARCHIVE_SHELF_FLOWS] > 0 && pruned.segments[ARCHIVE_SHELF_HOURS] == 0,
		"… records alone");
	is_int((int64_t)(pruned.records[ARCHIVE_SHELF_FLOWS] + sums_of_records().flows),
		(int64_t)traffic.count, "… the others are there");
	is_int(archive_verify(&options, NULL, NULL, &check, NULL), 0, "the rest can be verified");
	is_int((int64_t)check.stats.problems, 0, "… and is whole");
	is_int((int64_t)check.deleted, (int64_t)pruned.records[ARCHIVE_SHELF_FLOWS],
		"… a tombstone says how much is gone");
	is_int((int64_t)sums_of_hours().flows, (int64_t)traffic.count, "… hours still have all");
	struct archive_reader *reader;
	struct archived *rows;
	archive_reader_open(&reader, &options, NULL);
	while (archive_reader_next(reader, &rows) > 0) {
		continue;
	}
	archive_reader_stats(reader, &stats);
	archive_reader_close(reader);
	ok(stats.deleted_until_ns > TRAFFIC_FROM_NS + TRAFFIC_DAY_NS,
		"… and a question of records is told that they were deleted");

	prune(TRAFFIC_DAY_NS, TRAFFIC_DAY_NS, 0, 0, &pruned);
	ok(pruned.records[ARCHIVE_SHELF_HOURS] > 0, "… hours");
	archive_read_days(&options, &now, take_day, &sums, &stats, NULL);
	sums = added_up(sums);
	is_int((int64_t)sums.flows, (int64_t)before.flows, "… days still have all");
	is_int((int64_t)sums.bytes, (int64_t)before.bytes, "… every byte");
	is_int((int64_t)stats.deleted_until_ns, 0, "… and nothing of days was deleted");
	struct tables_seen after = read_tables(TRAFFIC_TO_NS);
	is_int((int64_t)after.unit_flows, (int64_t)seen.unit_flows, "… their tables as well");
	is_int(archive_verify(&options, NULL, NULL, &check, NULL), 0, "… it can be verified");
	is_int((int64_t)check.stats.problems, 0, "… and is whole");

	prune(0, 0, 0, 1, &pruned);
	ok(pruned.records[ARCHIVE_SHELF_FLOWS] > 0,
		"where there is no room, all but the newest go");
	is_int(archive_verify(&options, NULL, NULL, &check, NULL), 0, "… it can be verified");
	is_int((int64_t)check.stats.problems, 0, "… and is whole");
	end();
	free(order);
}

/* Days closed in one time zone, asked for in another: two periods side by side have each once. */
static void test_other_zone(void)
{
	const uint64_t middle_ns = TRAFFIC_FROM_NS + TRAFFIC_DAY_NS;
	struct archive_options options = { .folder = folder };
	struct archive_day_rules now = rules(TRAFFIC_TO_NS);
	struct archive_stats first, second;
	struct sums sums = { 0 };
	size_t *order = order_of(false);
	struct err err;

	begin();
	write_some(order, 0, traffic.count, false);
	uint64_t flows = sums_of_days().flows;
	archive_read_days(&options, &now, take_day, &sums, &first, NULL);
	is_int((int64_t)first.days_elsewhere, 0, "days are read in their own time zone");
	added_up(sums);

	struct local_zone *zone = NULL;
	is_int(local_zone_open(&zone, "Asia/Kolkata", &err), 0, "another time zone");
	now.zone = zone;
	sums = (struct sums){ 0 };
	options.to_ns = local_day_of(zone, middle_ns).start_ns;
	archive_read_days(&options, &now, take_day, &sums, &first, NULL);
	options.from_ns = options.to_ns;
	options.to_ns = 0;
	archive_read_days(&options, &now, take_day, &sums, &second, NULL);
	sums = added_up(sums);
	is_int((int64_t)sums.flows, (int64_t)flows, "… has every flow in one of two periods");
	ok(first.days_elsewhere > 0 && second.days_elsewhere > 0, "… and says so of both");
	local_zone_close(zone);
	end();
	free(order);
}

/* On the clock of Stockholm March begins an hour before the keys of March do: a device of that
 * night has two pseudonyms on one day, and counts once. */
struct edge {
	uint64_t flows, devices;
	bool shows_small_unit;
};

static void take_edge_tables(void *context, const struct archive_day_tables *day)
{
	struct edge *edge = context;

	for (size_t i = 0; !day->is_month && i < day->tables->count; i++) {
		const struct day_table_row *row = &day->tables->rows[i];
		if (row->table == DAY_TABLE_BODY) {
			edge->flows += row->sums.flows;
			edge->devices = row->devices;
		}
		edge->shows_small_unit |=
			row->table == DAY_TABLE_UNIT && !row->is_rest &&
			strcmp(symbol_name(SYMBOL_UNIT, row->key.unit), "small") == 0;
	}
}

/* Twenty-three devices, three of them of a small unit; each before and after midnight of UTC. */
static void write_edge(void)
{
	enum { DEVICES = 23, SMALL = 3 };
	struct archive_writer *writer;
	struct record record;
	struct record_labels labels;
	struct err err = { "" };

	archive_writer_open(&writer, folder, false, &err);
	for (unsigned i = 0; i < 2 * DEVICES; i++) {
		unsigned device = i % DEVICES;
		bool is_before = i < DEVICES;
		record_plain(&record, &labels);
		record.flow.flow_id = i + 1;
		record.flow.start_ns = record.flow.flow_start_ns =
			MARCH_NS + (is_before ? -1800 * NS_PER_S : 1800 * NS_PER_S);
		record.flow.end_ns = record.flow.start_ns + NS_PER_S;
		record.direction = RECORD_DIRECTION_OUTBOUND;
		record.decision.unit = symbol_of(SYMBOL_UNIT, device < SMALL ? "small"
							      : device % 2   ? "odd"
									     : "even");
		labels.unit = symbol_name(SYMBOL_UNIT, record.decision.unit);
		snprintf(labels.device, sizeof(labels.device), "device-%u-%u", is_before, device);
		archive_writer_put(writer, &record, &labels, &err);
	}
	archive_writer_close(writer, &err);
}

static void test_first_night_of_a_month(void)
{
	struct archive_options options = { .folder = folder };
	struct archive_day_rules now = { NULL, 5, MARCH_NS + 40 * TRAFFIC_DAY_NS };
	struct local_zone *zone;
	struct archive_stats stats;
	struct sums sums = { 0 };
	struct edge edge = { 0 };
	struct err err = { "" };

	if (local_zone_open(&zone, "Europe/Stockholm", &err) < 0) {
		printf("# %s\n", err.text);
		return;
	}
	now.zone = zone;
	begin();
	write_edge();
	archive_read_days(&options, &now, take_day, &sums, &stats, NULL);
	sums = added_up(sums);
	is_int((int64_t)sums.flows, 46, "the first night of a month is of its first day");
	is_int((int64_t)sums.device_count, 23, "… and each device counts once");
	archive_read_day_tables(&options, &now, take_edge_tables, &edge, &stats, NULL);
	is_int((int64_t)edge.flows, 46, "… as in the tables of the day");
	is_int((int64_t)edge.devices, 23, "… which count each once");
	ok(!edge.shows_small_unit, "… and do not take three devices for six");
	end();
	local_zone_close(zone);
}

int main(void)
{
	static const unsigned sizes[TRAFFIC_UNITS] = { 40, 2, 20, 3, 9 };

	if (!traffic_make(&traffic, sizes, TRAFFIC_RECORDS, 7)) {
		skip_all("no memory");
	}
	test_days(false);
	test_days(true);
	test_killed();
	test_retention();
	test_retention_waits();
	test_retention_bounds();
	test_hours();
	test_other_zone();
	test_first_night_of_a_month();
	traffic_free(&traffic);
	return done_testing();
}
