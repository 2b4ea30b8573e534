/* The snapshot: what is written is read again, lines of several sensors add up, groups below k
 * leave no trace of their names; and the counters that a sensor fills it from. */
#include "analyzer/view/live_snapshot.h"

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/view/live_counters.h"
#include "analyzer/view/live_protect.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

static const uint64_t noon_ns = UINT64_C(1767268800) * NS_PER_S; /* 2026-01-01T12:00Z */

static void take(struct live_snapshot *snapshot, const char *lines)
{
	char *copy = strdup(lines);

	live_snapshot_take(snapshot, copy);
	free(copy);
}

static const struct live_snapshot_row *find(
	const struct live_snapshot *snapshot, unsigned dimension, const char *series)
{
	for (size_t i = 0; i < snapshot->row_count; i++) {
		if (snapshot->rows[i].dimension == dimension &&
			strcmp(snapshot->rows[i].series, series) == 0) {
			return &snapshot->rows[i];
		}
	}
	return NULL;
}

static void test_health_summary(void)
{
	struct health_summary health_summary, again;
	struct text text;
	char memory[2048];

	memset(&health_summary, 0, sizeof(health_summary));
	health_summary.frames = 41;
	health_summary.kernel_drops = 42;
	health_summary.lag_ns = UINT64_MAX;
	health_summary.outputs_up = 43;
	text_init(&text, memory, sizeof(memory));
	health_summary_put(&text, &health_summary);
	health_summary_parse(&again, memory);
	ok(memcmp(&health_summary, &again, sizeof(health_summary)) == 0,
		"a health summary is read as it was written");
	health_summary_parse(&again, "frames 7 of_tomorrow 9 bytes 8 lag_ns");
	is_int((int64_t)again.frames, 7, "a name that is not known is passed over");
	is_int((int64_t)again.bytes, 8, "… and what follows is read");
}

static void test_rates(void)
{
	static struct health now, before;
	struct health_summary health_summary;

	now.worker_count = before.worker_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		before.workers[i].seen_ns = noon_ns;
		before.workers[i].source.frames = 1000;
		now.workers[i] = before.workers[i];
		now.workers[i].seen_ns += (i + 1) * NS_PER_S / 2;
		now.workers[i].source.frames += 500;
		now.workers[i].source.bytes_done += 1000;
	}
	health_summary_take(&health_summary, &now, &before);
	is_int((int64_t)health_summary.frames_s, 1000 + 500, "each queue's rate over its own time");
	is_int((int64_t)health_summary.bits_s, 16000 + 8000, "in bits");
	is_int((int64_t)health_summary.frames, 3000, "and all together");
	memset(&before, 0, sizeof(before));
	health_summary_take(&health_summary, &now, &before);
	is_int((int64_t)health_summary.frames_s, 0, "no rate where nothing was before");
}

static void test_merging(void)
{
	struct live_snapshot snapshot;
	struct text text;
	struct health_summary health_summary = { .frames = 5 };

	live_snapshot_init(&snapshot);
	take(&snapshot, "snapshot\t-\t17\t5\n"
			"row\tapp\ttiktok\t6\t1\t2\t3\t4\t5\t6\n"
			"row\tapp\ttiktok\t9\t10\t20\t30\t40\t50\t60\n"
			"row\tunit\ttiktok\t1\t1\t1\t1\t1\t1\t1\n"
			"row\tweather\ttiktok\t1\t1\t1\t1\t1\t1\t1\n"
			"row\tapp\ttiktok\n"
			"alert\tab\tpolicy.violation\t9\tlatest\n"
			"alert\tab\tpolicy.violation\t8\tearlier\n"
			"nonsense");
	const struct live_snapshot_row *row = find(&snapshot, DIMENSION_APP, "tiktok");
	ok(row && row->up[LIVE_SNAPSHOT_RECENT] == 11 && row->down[LIVE_SNAPSHOT_DAY] == 66,
		"rows of one series add up");
	is_int(row ? (int64_t)row->devices : -1, 9, "of devices the most stands");
	is_int((int64_t)snapshot.row_count, 2, "the same word in another dimension is another row");
	is_int((int64_t)snapshot.lines_refused, 3, "what is no line is counted");
	is_int((int64_t)snapshot.alert_count, 1, "an alert stands there once");
	is_text(snapshot.alerts[0].sentence, "latest", "… as its first line says");
	text_init_heap(&text);
	live_snapshot_put_sensor(&text, "hall", 3, &health_summary);
	live_snapshot_take(&snapshot, text.at);
	ok(snapshot.sensor_count == 1 && snapshot.sensors[0].silent_s == 3 &&
			snapshot.sensors[0].health_summary.frames == 5,
		"a sensor is read as it was written");
	text_deinit(&text);
	live_snapshot_deinit(&snapshot);
}

/* Of a store that only counts: 5 devices use TikTok, 4 Temu; a school has 9, two clinics 2 and 3.
 */
static void test_small_groups(void)
{
	struct live_snapshot snapshot;

	live_snapshot_init(&snapshot);
	take(&snapshot, "row\tapp\ttiktok\t5\t1\t1\t1\t1\t1\t1\n"
			"row\tapp\ttemu\t4\t10\t10\t10\t10\t10\t10\n"
			"row\tunit\tschool\t9\t7\t7\t7\t7\t7\t7\n"
			"row\tunit\tclinic\t3\t100\t1\t1\t1\t1\t1\n"
			"row\tunit\toffice\t6\t10\t1\t1\t1\t1\t1\n");
	live_snapshot_protect(&snapshot, 5);
	const struct live_snapshot_row *temu = find(&snapshot, DIMENSION_APP, "temu");
	ok(temu && temu->up[LIVE_SNAPSHOT_RECENT] == 10 && temu->devices == 0,
		"what the body sends to an app is shown, and not how few use it");
	const struct live_snapshot_row *rest = find(&snapshot, DIMENSION_UNIT, "");
	ok(find(&snapshot, DIMENSION_UNIT, "school"), "a unit of k is shown");
	ok(!find(&snapshot, DIMENSION_UNIT, "clinic") && !find(&snapshot, DIMENSION_UNIT, "office"),
		"a single smaller one is not, nor the next one, by which it would follow");
	ok(rest && rest->up[LIVE_SNAPSHOT_RECENT] == 110 && rest->devices == 0,
		"their bytes stand together, without a count of devices");
	live_snapshot_clear(&snapshot);
	take(&snapshot, "row\tapp\ttiktok\t4\t1\t1\t1\t1\t1\t1\n");
	live_snapshot_protect(&snapshot, 5);
	is_int((int64_t)snapshot.row_count, 0, "a body below k has no rows");
	live_snapshot_deinit(&snapshot);
}

static void make_record(struct record *record, unsigned device, uint16_t app, uint64_t time_ns)
{
	const uint8_t own[4] = { 10, 0, 0, (uint8_t)device }, other[4] = { 203, 0, 113, 1 };

	memset(record, 0, sizeof(*record));
	record->flow.source = addr_from_v4(own);
	record->flow.destination = addr_from_v4(other);
	record->flow.start_ns = time_ns;
	record->flow.bytes[0] = 100;
	record->flow.bytes[1] = 1000;
	record->verdict.app = app;
	record->place.zone = GEO_ZONE_THIRD;
	memcpy(record->place.country, "SG", 2);
	memcpy(record->verdict.parent_country, "CN", 2);
}

static struct reference reference;

/* What the counters say at that time. */
static void read_live_counters(
	struct live_counters *counters, struct live_snapshot *snapshot, uint64_t now_ns)
{
	struct text text;
	struct err err;

	live_counters_sink_ops.flush(live_counters_sink(counters), &reference, now_ns, &err);
	text_init_heap(&text);
	live_counters_read(counters, &text);
	live_snapshot_clear(snapshot);
	live_snapshot_take(snapshot, text.at);
	text_deinit(&text);
}

static void add_record(struct live_counters *counters, const struct record *record)
{
	struct rollup *rollup = cells_of(record, 1);
	size_t count;
	const struct cell *cells = rollup_cells(rollup, &count);
	struct err err;

	live_counters_sink_ops.write_cells(
		live_counters_sink(counters), &reference, cells, count, &err);
	rollup_destroy(rollup);
}

static void feed(struct live_counters *counters, unsigned devices, uint16_t app, uint64_t time_ns)
{
	struct record record;

	for (unsigned i = 0; i < devices; i++) {
		make_record(&record, i, app, time_ns);
		add_record(counters, &record);
	}
}

static void test_live_counters(void)
{
	struct catalogue *catalogue;
	struct policy *policy;
	struct live_snapshot snapshot;
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	struct live_counters *counters = live_counters_create(NULL);
	live_snapshot_init(&snapshot);
	feed(counters, 6, catalogue_find(catalogue, "tiktok"), noon_ns);
	feed(counters, 4, catalogue_find(catalogue, "whatsapp"), noon_ns);
	read_live_counters(counters, &snapshot, noon_ns + 60 * NS_PER_S);
	const struct live_snapshot_row *row = find(&snapshot, DIMENSION_APP, "tiktok");
	ok(row && row->devices == 6 && row->up[LIVE_SNAPSHOT_RECENT] == 600 &&
			row->down[LIVE_SNAPSHOT_DAY] == 6000,
		"the counters count bytes and devices");
	row = find(&snapshot, DIMENSION_APP, "whatsapp");
	ok(row && row->devices == 0 && row->up[LIVE_SNAPSHOT_RECENT] == 400,
		"a count below the policy's k is not said");
	row = find(&snapshot, DIMENSION_MATRIX, "SG-CN");
	is_int(row ? (int64_t)row->up[LIVE_SNAPSHOT_HOUR] : -1, 1000,
		"server and control as one row");
	read_live_counters(counters, &snapshot, noon_ns + 20 * 60 * NS_PER_S);
	row = find(&snapshot, DIMENSION_APP, "tiktok");
	ok(row && row->up[LIVE_SNAPSHOT_RECENT] == 0 && row->up[LIVE_SNAPSHOT_HOUR] == 600,
		"twenty minutes later it is no longer recent");
	read_live_counters(counters, &snapshot, noon_ns + 2 * 3600 * NS_PER_S);
	row = find(&snapshot, DIMENSION_APP, "tiktok");
	ok(row && row->up[LIVE_SNAPSHOT_HOUR] == 0 && row->up[LIVE_SNAPSHOT_DAY] == 600,
		"two hours later only the day knows");
	read_live_counters(counters, &snapshot, noon_ns + 13 * 3600 * NS_PER_S);
	is_int((int64_t)snapshot.row_count, 0, "the next day begins empty");
	feed(counters, 6, catalogue_find(catalogue, "tiktok"), noon_ns + 13 * 3600 * NS_PER_S);
	read_live_counters(counters, &snapshot, noon_ns + 13 * 3600 * NS_PER_S);
	row = find(&snapshot, DIMENSION_APP, "tiktok");
	is_int(row ? (int64_t)row->up[LIVE_SNAPSHOT_DAY] : -1, 600, "… and counts anew");
	live_snapshot_deinit(&snapshot);
	live_counters_destroy(counters);
	policy_free(policy);
	catalogue_close(catalogue);
}

/* More series than there is room for: what is new goes to "other", and nothing is lost. */
static void test_flood(void)
{
	struct catalogue *catalogue;
	struct policy *policy;
	struct live_snapshot snapshot;
	struct record record;
	struct err err;
	uint64_t sum = 0;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	struct live_counters *counters = live_counters_create(NULL);
	live_snapshot_init(&snapshot);
	for (unsigned i = 0; i < 26 * 26 * 26; i++) {
		make_record(&record, i % 8, 0, noon_ns);
		record.place.country[0] = (char)('A' + i % 26);
		record.place.country[1] = (char)('A' + i / 26 % 26);
		record.verdict.parent_country[0] = (char)('A' + i / 676);
		add_record(counters, &record);
	}
	read_live_counters(counters, &snapshot, noon_ns);
	for (size_t i = 0; i < snapshot.row_count; i++) {
		sum += snapshot.rows[i].dimension == DIMENSION_MATRIX
			       ? snapshot.rows[i].up[LIVE_SNAPSHOT_RECENT]
			       : 0;
	}
	is_int((int64_t)sum, 26 * 26 * 26 * 100, "every byte of a flood of series is there");
	ok(find(&snapshot, DIMENSION_MATRIX, "other"), "what found no room is \"other\"");
	live_snapshot_deinit(&snapshot);
	live_counters_destroy(counters);
	policy_free(policy);
	catalogue_close(catalogue);
}

int main(void)
{
	test_health_summary();
	test_rates();
	test_merging();
	test_small_groups();
	test_live_counters();
	test_flood();
	return done_testing();
}
