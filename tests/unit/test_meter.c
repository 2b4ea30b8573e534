#include "analyzer/rollup/meter.h"

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"
#include "tests/unit/made_policy.h"

static struct catalogue *catalogue;
static struct policy *policy;

static const char rules[] = "units:\n"
			    "  Norra skolan: {networks: [10.1.0.0/16]}\n"
			    "classes:\n"
			    "  phones: {networks: [10.1.7.0/24]}\n";

static struct record part(const char *device, const char *app, const char *country,
	const char *when, uint64_t up, uint64_t down)
{
	struct record record = { 0 };

	addr_parse(device, &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	clock_parse(when, &record.flow.start_ns);
	record.flow.bytes[0] = up;
	record.flow.bytes[1] = down;
	record.verdict.app = catalogue_find(catalogue, app);
	if (record.verdict.app) {
		strcpy(record.verdict.parent_country,
			catalogue_app(catalogue, record.verdict.app)->parent_country);
	}
	strcpy(record.place.country, country);
	record.place.zone = country[0] ? GEO_ZONE_EU : GEO_ZONE_UNKNOWN;
	policy_locate(policy, &record);
	policy_decide(policy, catalogue, &record);
	return record;
}

/* One record after the other, each as a cell of its own; how many fit. */
static size_t add_records(struct meter *meter, const struct record *records, size_t count)
{
	size_t taken = 0;

	for (bool is_taken = true; is_taken && taken < count; taken += is_taken) {
		struct rollup *rollup = cells_of(&records[taken], 1);
		size_t cell_count;
		const struct cell *cells = rollup_cells(rollup, &cell_count);
		is_taken = meter_add(meter, cells, cell_count) == cell_count;
		rollup_destroy(rollup);
	}
	return taken;
}

/* Is there such a line of cells below the line of its dimension and day? */
static bool has_line(const struct meter_batch *batch, const char *day, const char *cells)
{
	char head[64], wanted[128];

	snprintf(head, sizeof(head), "c %s\n", day);
	snprintf(wanted, sizeof(wanted), "\n%s", cells);
	const char *at = strstr(batch->bytes, head);
	const char *end = at ? strstr(at, "\nc ") : NULL;
	const char *found = at ? strstr(at, wanted) : NULL;
	return found && (!end || found < end);
}

static void has_cells(const struct meter_batch *batch, const char *day, const char *cells)
{
	char whole[128];

	snprintf(whole, sizeof(whole), "%s\n", cells);
	ok(has_line(batch, day, whole), "%s: %s", day, cells);
}

static void test_lines(void)
{
	struct meter *meter = meter_create();
	struct record records[] = {
		part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:00:00Z", 10, 1000),
		part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:04:59Z", 5, 500),
		part("10.1.7.2", "tiktok", "IE", "2026-03-04T00:05:00Z", 1, 0),
		part("10.9.1.1", "", "", "2026-03-04T23:59:59Z", 7, 8),
		part("10.9.1.1", "", "", "2026-03-08T23:59:59Z", 2, 0),
		part("10.9.1.1", "", "", "2026-03-09T00:00:00Z", 3, 0),
	};
	struct meter_batch batch;

	records[5].flow.tcp_state = TCP_STATE_ESTABLISHED;
	records[5].flow.total_packets[0] = 3;
	is_int((int)add_records(meter, records, 6), 6, "all records fit");
	ok(meter_cut(meter, &batch) && batch.number == 1, "the first batch");
	has_cells(&batch, "app 20260304 20260302 2", "+tiktok 0 15 1500 1 1 0");
	has_cells(&batch, "app 20260304 20260302 2", "+unknown 287 7 8");
	has_cells(&batch, "app 20260308 20260302 6", "+unknown 287 2 0");
	has_cells(&batch, "app 20260309 20260309 0", "+unknown 0 3 0");
	has_cells(&batch, "app 20260309 20260309 0", "?unknown 0 0 1");
	has_cells(&batch, "server 20260304 20260302 2", "+SE 0 15 1500");
	has_cells(&batch, "server 20260304 20260302 2", "+unknown 287 7 8");
	has_cells(&batch, "parent 20260304 20260302 2", "+CN 0 15 1500 1 1 0");
	has_cells(&batch, "zone 20260304 20260302 2", "+eu 0 15 1500 1 1 0");
	has_cells(&batch, "matrix 20260304 20260302 2", "+SE-CN 0 15 1500");
	has_cells(&batch, "matrix 20260304 20260302 2", "+unknown-unknown 287 7 8");
	has_cells(&batch, "class 20260304 20260302 2", "+none 287 7 8");
	ok(strstr(batch.bytes, " Norra skolan\n") && strstr(batch.bytes, " phones\n"),
		"names of the policy stand in the dictionary");
	ok(!strstr(batch.bytes, "+Norra"), "… and in no key");
	const char *devices = strstr(batch.bytes, "d app tiktok 20260304 ");
	ok(devices && strcspn(devices, "\n") == strlen("d app tiktok 20260304") + 2 * 17,
		"two devices, once each");
	ok(!strstr(batch.bytes, "10.1.7.1"), "no address");
	ok(!meter_cut(meter, &batch), "nothing is left");
	meter_destroy(meter);
}

/* Two flows of a slot, none of the next; a way that was not seen, each by itself; the country whose
 * letters are the last, and one that is none. */
static void test_lines_of_few(void)
{
	struct meter *meter = meter_create();
	struct record records[] = {
		part("10.9.1.1", "tiktok", "ZZ", "2026-03-04T00:00:00Z", 1, 1),
		part("10.9.1.1", "tiktok", "ZZ", "2026-03-04T00:00:01Z", 1, 1),
		part("10.9.1.1", "tiktok", "z1", "2026-03-04T00:05:00Z", 0, 9),
	};
	struct meter_batch batch;

	records[1].flow.part = 1;
	records[2].flow.part = 1;
	records[2].flow.tcp_state = TCP_STATE_ESTABLISHED;
	records[2].flow.total_packets[1] = 3;
	add_records(meter, records, 3);
	ok(meter_cut(meter, &batch), "a batch of parts");
	has_cells(&batch, "server 20260304 20260302 2", "+ZZ 0 2 2");
	has_cells(&batch, "server 20260304 20260302 2", "=ZZ 0 1");
	has_cells(&batch, "server 20260304 20260302 2", "+unknown 1 0 9");
	has_cells(&batch, "server 20260304 20260302 2", "?unknown 1 1 0");
	ok(!has_line(&batch, "server 20260304 20260302 2", "=unknown"),
		"parts that begin no flow have no line of flows");
	meter_destroy(meter);
}

/* Times of 1970: its first week begins with it. */
static void test_first_week(void)
{
	struct meter *meter = meter_create();
	struct record record = part("10.9.1.1", "", "SE", "1970-01-04T00:00:00Z", 1, 1);
	struct record next = part("10.9.1.1", "", "SE", "1970-01-05T00:00:00Z", 1, 1);
	struct meter_batch batch;

	add_records(meter, &record, 1);
	add_records(meter, &next, 1);
	ok(meter_cut(meter, &batch), "a batch of 1970");
	has_cells(&batch, "server 19700104 19700101 3", "+SE 0 1 1");
	has_cells(&batch, "server 19700105 19700105 0", "+SE 0 1 1");
	meter_destroy(meter);
}

/* What is only inferred is no use of the app: it stands in a dimension of its own. */
static void test_inferred(void)
{
	struct meter *meter = meter_create();
	struct record named = part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:00:00Z", 10, 1000);
	struct record inferred = named;
	struct meter_batch batch;

	inferred.verdict.inferred = true;
	add_records(meter, &named, 1);
	ok(meter_cut(meter, &batch) && !strstr(batch.bytes, "c inferred "), "named: not inferred");
	add_records(meter, &inferred, 1);
	ok(meter_cut(meter, &batch), "inferred: a batch");
	has_cells(&batch, "inferred 20260304 20260302 2", "+tiktok 0 10 1000");
	has_cells(&batch, "app 20260304 20260302 2", "+unknown 0 10 1000");
	ok(!strstr(batch.bytes, "d app tiktok "), "… and no device uses it");
	meter_destroy(meter);
}

/* A device is said once an hour, not with every batch. */
static void test_devices(void)
{
	struct meter *meter = meter_create();
	struct record first = part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:00:00Z", 10, 1000);
	struct record again = part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:10:00Z", 1, 1);
	struct record later = part("10.1.7.1", "tiktok", "SE", "2026-03-04T01:00:00Z", 1, 1);
	struct meter_batch batch;

	add_records(meter, &first, 1);
	ok(meter_cut(meter, &batch) && strstr(batch.bytes, "d app tiktok 20260304 "), "said");
	add_records(meter, &again, 1);
	ok(meter_cut(meter, &batch) && !strstr(batch.bytes, "d app"), "not again");
	add_records(meter, &later, 1);
	ok(meter_cut(meter, &batch) && strstr(batch.bytes, "d app tiktok 20260304 "),
		"the next hour, once more");
	meter_destroy(meter);
}

/* By slot where small groups are judged by the time that runs. */
static void test_devices_of_slots(void)
{
	struct meter *meter = meter_create();
	struct record records[] = {
		part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:00:00Z", 10, 1000),
		part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:04:00Z", 10, 1000),
		part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:05:00Z", 1, 1),
	};
	struct meter_batch batch;

	add_records(meter, records, 2);
	ok(meter_cut(meter, &batch) && strstr(batch.bytes, "\ns zone eu 20260304 5908608 ") &&
			strstr(batch.bytes, "\ns unit u") && strstr(batch.bytes, "\ns class c"),
		"zone, unit and class by slot");
	ok(!strstr(batch.bytes, "\nd zone") && !strstr(batch.bytes, "\ns app"),
		"which says the day too, and nothing else by slot");
	add_records(meter, records, 1);
	ok(meter_cut(meter, &batch) && !strstr(batch.bytes, "\ns zone"), "once a slot");
	add_records(meter, records + 2, 1);
	ok(meter_cut(meter, &batch) && strstr(batch.bytes, "\ns zone eu 20260304 5908609 "),
		"and the next slot once more");
	meter_destroy(meter);
}

/* As many devices as a cell keeps exactly. */
static void test_widest_cell(void)
{
	struct meter *meter = meter_create();
	struct record record = part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:00:00Z", 10, 1000);
	struct rollup *rollup = cells_of(&record, 1);
	struct meter_batch batch;
	size_t count;
	struct cell cell = *rollup_cells(rollup, &count);

	cell.devices = (struct devices){ 0 };
	for (uint64_t i = 1; i <= DEVICES_EXACT_MAX; i++) {
		devices_add(&cell.devices, i << (64 - DEVICES_SHORT_BITS), 1);
	}
	is_int((int)cell.devices.count, DEVICES_EXACT_MAX, "a cell of very many devices");
	is_int((int)meter_add(meter, &cell, 1), 1, "finds room in a batch");
	ok(meter_cut(meter, &batch), "which is made");
	devices_deinit(&cell.devices);
	rollup_destroy(rollup);
	meter_destroy(meter);
}

/* The same records make the same bytes, whatever secret the tables use. */
static void test_repeats(void)
{
	char *copy = NULL;

	for (unsigned run = 0; run < 2; run++) {
		struct meter *meter = meter_create();
		struct meter_batch batch;
		for (unsigned i = 0; i < 2000; i++) {
			char device[32];
			snprintf(device, sizeof(device), "10.1.%u.%u", i % 7, i % 251);
			struct record record = part(device, i % 3 ? "tiktok" : "telegram",
				i % 2 ? "SE" : "DE", "2026-03-04T10:00:00Z", i, 2 * i);
			record.flow.start_ns += i * SLOT_NS / 3;
			add_records(meter, &record, 1);
		}
		ok(meter_cut(meter, &batch), "a batch");
		if (run == 0) {
			copy = strdup(batch.bytes);
		} else {
			ok(strcmp(copy, batch.bytes) == 0, "the same batch, byte for byte");
		}
		meter_destroy(meter);
	}
	free(copy);
}

/* Sums the bytes up in every cell of a dimension. */
static uint64_t sum_of(const char *bytes, const char *dimension)
{
	uint64_t sum = 0;
	char begin[32];
	bool is_meant = false;

	snprintf(begin, sizeof(begin), "c %s ", dimension);
	for (const char *line = bytes; line; line = strchr(line, '\n')) {
		line += line != bytes;
		if (line[0] == 'c') {
			is_meant = strncmp(line, begin, strlen(begin)) == 0;
		}
		if (!is_meant || line[0] != '+') {
			continue;
		}
		char *copy = strndup(line, strcspn(line, "\n")), *rest = copy;
		unsigned at = 0;
		for (char *word; (word = strsep(&rest, " ")); at++) {
			sum += at >= 2 && at % 3 == 2 ? strtoull(word, NULL, 10) : 0;
		}
		free(copy);
	}
	return sum;
}

/* A flood of countries and apps in many slots: batches are cut, series run over, no
 * byte is lost. */
static void test_flood(void)
{
	static const char *const dimensions[] = { "app", "app-unit", "unit", "server", "parent",
		"zone", "class", "matrix" };
	struct meter *meter = meter_create();
	uint64_t sums[8] = { 0 }, sent = 0, batches = 0;
	struct record record = part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:00:00Z", 0, 0);
	struct meter_batch batch;
	struct meter_stats stats;

	for (uint32_t i = 0; i < 200000; i++) {
		record.flow.bytes[0] = i % 1000;
		sent += i % 1000;
		/* 456,976 pairs of countries: more than a day may have. */
		record.place.country[0] = (char)('A' + i % 26);
		record.place.country[1] = (char)('A' + i / 26 % 26);
		record.verdict.parent_country[0] = (char)('A' + i / 676 % 26);
		record.verdict.parent_country[1] = (char)('A' + i / 17576 % 26);
		bool is_taken = add_records(meter, &record, 1) == 1;
		if (!is_taken || i == 199999) {
			ok(meter_cut(meter, &batch), "a full batch is cut");
			batches++;
			for (unsigned j = 0; j < 8; j++) {
				sums[j] += sum_of(batch.bytes, dimensions[j]);
			}
		}
		if (!is_taken) {
			add_records(meter, &record, 1);
			if (i == 199999) {
				meter_cut(meter, &batch);
				for (unsigned j = 0; j < 8; j++) {
					sums[j] += sum_of(batch.bytes, dimensions[j]);
				}
			}
		}
	}
	for (unsigned j = 0; j < 8; j++) {
		ok(sums[j] == sent, "%s holds every byte", dimensions[j]);
	}
	meter_read_stats(meter, &stats);
	ok(stats.batches == batches, "every batch is counted");
	ok(stats.series_overflow > 0, "what ran over is counted");
	ok(batches > 1 && batches < 400, "batches are full");
	meter_destroy(meter);
}

/* One record of a country of its own at that time: does it have a series, on a day that is full? */
static bool is_admitted(struct meter *meter, const char *country, const char *when)
{
	struct record record = part("10.1.7.1", "tiktok", country, when, 1, 1);
	struct meter_batch batch;
	char cells[32];

	snprintf(cells, sizeof(cells), "+%s 0 1 1\n", country);
	add_records(meter, &record, 1);
	return meter_cut(meter, &batch) && strstr(batch.bytes, cells);
}

/* A day that is full has no room for more series, nor have the days before it, until a new one
 * begins or the clock has jumped. */
static void test_full_day(const char *after, const char *title)
{
	struct meter *meter = meter_create();
	struct record record = part("10.1.7.1", "tiktok", "AA", "2026-03-11T00:00:00Z", 1, 1);
	struct meter_batch batch;

	for (uint32_t i = 0; i < METER_SERIES_MAX; i++) {
		record.place.country[0] = (char)('A' + i % 8);
		record.place.country[1] = (char)('A' + i / 8 % 8);
		record.verdict.parent_country[0] = (char)('A' + i / 64 % 32);
		record.verdict.parent_country[1] = (char)('A' + i / 2048 % 32);
		if (add_records(meter, &record, 1) == 0) {
			meter_cut(meter, &batch);
			add_records(meter, &record, 1);
		}
	}
	meter_cut(meter, &batch);
	ok(!is_admitted(meter, "XX", "2026-03-11T00:00:00Z"), "the day is full");
	ok(!is_admitted(meter, "XX", "2026-03-04T00:00:00Z"), "a week late changes nothing");
	ok(is_admitted(meter, "XX", after), "%s", title);
	meter_destroy(meter);
}

/* Times that packets claim open no more than so many days of keys. */
static void test_random_times(void)
{
	struct meter *meter = meter_create();
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 4096 });
	struct record record = part("10.1.7.1", "tiktok", "SE", "2026-03-04T00:00:00Z", 1, 1);
	uint64_t random = 7, sum = 0;
	unsigned days = 0;
	char seen[64 * 12] = "";
	struct meter_batch batch;
	size_t count;

	for (unsigned i = 0; i < 3000; i++) {
		random = random * UINT64_C(6364136223846793005) + 1;
		record.flow.start_ns = random >> 2; /* any time until 2116 */
		rollup_add(rollup, &record, 1);
	}
	const struct cell *cells = rollup_cells(rollup, &count);
	for (size_t taken = 0; taken < count;) {
		taken += meter_add(meter, cells + taken, count - taken);
		meter_cut(meter, &batch);
		sum += sum_of(batch.bytes, "app");
		for (const char *at = batch.bytes; (at = strstr(at, "c app ")); at++) {
			char day[10];
			snprintf(day, sizeof(day), "%.8s ", at + 6);
			if (!strstr(seen, day)) {
				strcat(seen, day);
				days++;
			}
		}
	}
	is_int(days, ROLLUP_DAYS_MAX + 1, "so many days, and one for all others");
	is_int((int64_t)sum, 3000, "no byte is lost");
	rollup_destroy(rollup);
	meter_destroy(meter);
}

int main(void)
{
	if (!made_policy(&catalogue, &policy, rules)) {
		return done_testing();
	}
	test_lines();
	test_lines_of_few();
	test_first_week();
	test_inferred();
	test_devices();
	test_devices_of_slots();
	test_widest_cell();
	test_repeats();
	test_flood();
	test_full_day("2026-03-12T00:00:00Z", "a new day has room");
	test_full_day("2026-03-03T00:00:00Z", "more than a week back the clock has jumped");
	test_random_times();
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
