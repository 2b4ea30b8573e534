/* The picture: what is written is read again, lines of several sensors add up, groups below k leave
 * no trace of their names; and the board that a sensor fills it from. */
#include "analyzer/live/picture.h"

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/live/board.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "tests/tap.h"

static const uint64_t noon_ns = UINT64_C(1767268800) * NS_PER_S; /* 2026-01-01T12:00Z */

static void take(struct picture *picture, const char *lines)
{
	char *copy = strdup(lines);

	picture_take(picture, copy);
	free(copy);
}

static const struct picture_row *find(
	const struct picture *picture, unsigned dimension, const char *series)
{
	for (size_t i = 0; i < picture->row_count; i++) {
		if (picture->rows[i].dimension == dimension &&
			strcmp(picture->rows[i].series, series) == 0) {
			return &picture->rows[i];
		}
	}
	return NULL;
}

static void test_pulse(void)
{
	struct pulse pulse, again;
	struct text text;
	char memory[2048];

	memset(&pulse, 0, sizeof(pulse));
	pulse.frames = 41;
	pulse.kernel_drops = 42;
	pulse.lag_ns = UINT64_MAX;
	pulse.outputs_up = 43;
	text_init(&text, memory, sizeof(memory));
	pulse_put(&text, &pulse);
	pulse_parse(&again, memory);
	ok(memcmp(&pulse, &again, sizeof(pulse)) == 0, "a pulse is read as it was written");
	pulse_parse(&again, "frames 7 of_tomorrow 9 bytes 8 lag_ns");
	is_int((int64_t)again.frames, 7, "a name that is not known is passed over");
	is_int((int64_t)again.bytes, 8, "… and what follows is read");
}

static void test_rates(void)
{
	static struct health now, before;
	struct pulse pulse;

	now.worker_count = before.worker_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		before.workers[i].seen_ns = noon_ns;
		before.workers[i].source.frames = 1000;
		now.workers[i] = before.workers[i];
		now.workers[i].seen_ns += (i + 1) * NS_PER_S / 2;
		now.workers[i].source.frames += 500;
		now.workers[i].source.bytes_done += 1000;
	}
	pulse_take(&pulse, &now, &before);
	is_int((int64_t)pulse.frames_s, 1000 + 500, "each queue's rate over its own time");
	is_int((int64_t)pulse.bits_s, 16000 + 8000, "in bits");
	is_int((int64_t)pulse.frames, 3000, "and all together");
	memset(&before, 0, sizeof(before));
	pulse_take(&pulse, &now, &before);
	is_int((int64_t)pulse.frames_s, 0, "no rate where nothing was before");
}

static void test_merging(void)
{
	struct picture picture;
	struct text text;
	struct pulse pulse = { .frames = 5 };

	picture_init(&picture);
	take(&picture, "picture\t-\t17\t5\n"
		       "row\tapp\ttiktok\t6\t1\t2\t3\t4\t5\t6\n"
		       "row\tapp\ttiktok\t9\t10\t20\t30\t40\t50\t60\n"
		       "row\tunit\ttiktok\t1\t1\t1\t1\t1\t1\t1\n"
		       "row\tweather\ttiktok\t1\t1\t1\t1\t1\t1\t1\n"
		       "row\tapp\ttiktok\n"
		       "alert\tab\tpolicy.violation\t9\tlatest\n"
		       "alert\tab\tpolicy.violation\t8\tearlier\n"
		       "nonsense");
	const struct picture_row *row = find(&picture, METER_APP, "tiktok");
	ok(row && row->up[PICTURE_RECENT] == 11 && row->down[PICTURE_DAY] == 66,
		"rows of one series add up");
	is_int(row ? (int64_t)row->devices : -1, 9, "of devices the most stands");
	is_int((int64_t)picture.row_count, 2, "the same word in another dimension is another row");
	is_int((int64_t)picture.lines_refused, 3, "what is no line is counted");
	is_int((int64_t)picture.alert_count, 1, "an alert stands there once");
	is_text(picture.alerts[0].sentence, "latest", "… as its first line says");
	text_init_heap(&text);
	picture_put_sensor(&text, "hall", 3, &pulse);
	picture_take(&picture, text.at);
	ok(picture.sensor_count == 1 && picture.sensors[0].silent_s == 3 &&
			picture.sensors[0].pulse.frames == 5,
		"a sensor is read as it was written");
	text_deinit(&text);
	picture_deinit(&picture);
}

static void test_small_groups(void)
{
	struct picture picture;

	picture_init(&picture);
	take(&picture, "row\tapp\ttiktok\t5\t1\t1\t1\t1\t1\t1\n"
		       "row\tapp\ttemu\t4\t10\t10\t10\t10\t10\t10\n"
		       "row\tapp\tshein\t1\t100\t1\t1\t1\t1\t1\n"
		       "row\tunit\tschool\t0\t7\t7\t7\t7\t7\t7\n");
	picture_suppress(&picture, 5);
	const struct picture_row *small = find(&picture, METER_APP, "");
	ok(find(&picture, METER_APP, "tiktok"), "a group of k is shown");
	ok(!find(&picture, METER_APP, "temu") && !find(&picture, METER_APP, "shein"),
		"smaller ones have no name");
	ok(small && small->up[PICTURE_RECENT] == 110 && small->devices == 0,
		"their bytes stand together, without a count of devices");
	ok(!find(&picture, METER_UNIT, "school") && find(&picture, METER_UNIT, ""),
		"each dimension by itself");
	picture_suppress(&picture, 5);
	is_int((int64_t)picture.row_count, 3, "done twice it changes nothing");
	picture_deinit(&picture);
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

/* What the board says at that time. */
static void read_board(struct board *board, struct picture *picture, uint64_t now_ns)
{
	struct text text;
	struct err err;

	board_sink_ops.flush(board_sink(board), now_ns, &err);
	text_init_heap(&text);
	board_read(board, &text);
	picture_clear(picture);
	picture_take(picture, text.at);
	text_deinit(&text);
}

static void feed(struct board *board, unsigned devices, uint16_t app, uint64_t time_ns)
{
	struct record record;
	struct err err;

	for (unsigned i = 0; i < devices; i++) {
		make_record(&record, i, app, time_ns);
		board_sink_ops.write(board_sink(board), &record, 1, &err);
	}
}

static void test_board(void)
{
	struct catalogue *catalogue;
	struct policy *policy;
	struct picture picture;
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	struct lexicon lexicon = { .catalogue = catalogue, .policy = policy };
	struct board *board = board_create(&lexicon, NULL);
	picture_init(&picture);
	feed(board, 6, catalogue_find(catalogue, "tiktok"), noon_ns);
	feed(board, 4, catalogue_find(catalogue, "whatsapp"), noon_ns);
	read_board(board, &picture, noon_ns + 60 * NS_PER_S);
	const struct picture_row *row = find(&picture, METER_APP, "tiktok");
	ok(row && row->devices == 6 && row->up[PICTURE_RECENT] == 600 &&
			row->down[PICTURE_DAY] == 6000,
		"the board counts bytes and devices");
	ok(!find(&picture, METER_APP, "whatsapp"), "a group below the policy's k is not named");
	row = find(&picture, METER_MATRIX, "SG-CN");
	is_int(row ? (int64_t)row->up[PICTURE_HOUR] : -1, 1000, "server and control as one row");
	read_board(board, &picture, noon_ns + 20 * 60 * NS_PER_S);
	row = find(&picture, METER_APP, "tiktok");
	ok(row && row->up[PICTURE_RECENT] == 0 && row->up[PICTURE_HOUR] == 600,
		"twenty minutes later it is no longer recent");
	read_board(board, &picture, noon_ns + 2 * 3600 * NS_PER_S);
	row = find(&picture, METER_APP, "tiktok");
	ok(row && row->up[PICTURE_HOUR] == 0 && row->up[PICTURE_DAY] == 600,
		"two hours later only the day knows");
	read_board(board, &picture, noon_ns + 13 * 3600 * NS_PER_S);
	is_int((int64_t)picture.row_count, 0, "the next day begins empty");
	feed(board, 6, catalogue_find(catalogue, "tiktok"), noon_ns + 13 * 3600 * NS_PER_S);
	read_board(board, &picture, noon_ns + 13 * 3600 * NS_PER_S);
	row = find(&picture, METER_APP, "tiktok");
	is_int(row ? (int64_t)row->up[PICTURE_DAY] : -1, 600, "… and counts anew");
	picture_deinit(&picture);
	board_destroy(board);
	policy_free(policy);
	catalogue_close(catalogue);
}

/* More series than there is room for: what is new goes to "other", and nothing is lost. */
static void test_flood(void)
{
	struct catalogue *catalogue;
	struct policy *policy;
	struct picture picture;
	struct record record;
	struct err err;
	uint64_t sum = 0;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	struct lexicon lexicon = { .catalogue = catalogue, .policy = policy };
	struct board *board = board_create(&lexicon, NULL);
	picture_init(&picture);
	for (unsigned i = 0; i < 26 * 26 * 26; i++) {
		make_record(&record, i % 8, 0, noon_ns);
		record.place.country[0] = (char)('A' + i % 26);
		record.place.country[1] = (char)('A' + i / 26 % 26);
		record.verdict.parent_country[0] = (char)('A' + i / 676);
		board_sink_ops.write(board_sink(board), &record, 1, &err);
	}
	read_board(board, &picture, noon_ns);
	for (size_t i = 0; i < picture.row_count; i++) {
		sum += picture.rows[i].dimension == METER_MATRIX
			       ? picture.rows[i].up[PICTURE_RECENT]
			       : 0;
	}
	is_int((int64_t)sum, 26 * 26 * 26 * 100, "every byte of a flood of series is there");
	ok(find(&picture, METER_MATRIX, "other"), "what found no room is \"other\"");
	picture_deinit(&picture);
	board_destroy(board);
	policy_free(policy);
	catalogue_close(catalogue);
}

int main(void)
{
	test_pulse();
	test_rates();
	test_merging();
	test_small_groups();
	test_board();
	test_flood();
	return done_testing();
}
