/* What answers say to whoever may not see devices: the same from all backends, and nothing of few.
 */
#include <errno.h>

#include "base/quick_hash.h"
#include "tests/unit/view_backends.h"

static const struct view_row *find_row(const struct view_answer *answer, const char *value)
{
	for (size_t i = 0; i < answer->row_count; i++) {
		if (strcmp(answer->rows[i].values[0], value) == 0) {
			return &answer->rows[i];
		}
	}
	return NULL;
}

static const struct view_row *find_pair(
	const struct view_answer *answer, const struct view_row *wanted)
{
	for (size_t i = 0; i < answer->row_count; i++) {
		const struct view_row *row = &answer->rows[i];
		if (strcmp(row->values[0], wanted->values[0]) == 0 &&
			strcmp(row->values[1], wanted->values[1]) == 0) {
			return row;
		}
	}
	return NULL;
}

/* Parts of a cut whose finer lines are in a remainder: nowhere is less shown as all. */
static void test_lacking(void)
{
	const enum view_dimension others[] = { VIEW_BY_APP, VIEW_BY_ZONE, VIEW_BY_RULE,
		VIEW_BY_VERDICT };
	unsigned whole = 0, marked = 0, false_whole = 0;

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct view_question cut = { .by = { VIEW_BY_UNIT, others[i] }, .by_count = 2 };
		struct view_answer *shown = ask(VIEW_PROTECTED, HOURS, &cut);
		cut.from_ns = shown->notes.from_ns;
		cut.to_ns = shown->notes.to_ns;
		struct view_answer *exact = ask(VIEW_SEES_DEVICES, HOURS, &cut);
		for (size_t at = 0; at < shown->row_count; at++) {
			const struct view_row *row = &shown->rows[at];
			const struct view_row *told = find_pair(exact, row);
			bool is_all = told && told->total.flows == row->total.flows &&
				      told->total.bytes_up == row->total.bytes_up;
			if (row->is_remainder) {
				continue;
			}
			whole += is_all;
			marked += row->has_hidden_days;
			false_whole += !is_all && !(row->has_hidden_days &&
							  row->total.way_up != CELL_WAY_KNOWN);
		}
		view_answer_free(shown);
		view_answer_free(exact);
	}
	is_int(false_whole, 0, "what is less than all says so");
	ok(whole > 0 && marked > 0, "%u rows are all, %u may lack something", whole, marked);
}

static void test_protected(void)
{
	struct view_question units = {
		.by = { VIEW_BY_UNIT }, .by_count = 1, .step_ns = VIEW_DAY_NS
	};
	struct view_question crossed = { .by = { VIEW_BY_UNIT, VIEW_BY_APP }, .by_count = 2 };
	struct view_question apps = { .by = { VIEW_BY_APP }, .by_count = 1 };
	struct view_answer *answer, *exact;

	all_agree(VIEW_PROTECTED, &units, "protected units");
	all_agree(VIEW_PROTECTED, &crossed, "protected apps of units");
	all_agree(VIEW_PROTECTED, &apps, "apps of the body");
	answer = ask(VIEW_PROTECTED, HOURS, &units);
	ok(!find_row(answer, "unit-4"), "a unit of two devices is not shown");
	ok(find_row(answer, "") && find_row(answer, "")->is_remainder, "a remainder stands for it");
	uint64_t up = 0;
	bool are_floors = true;
	for (size_t i = 0; i < answer->row_count; i++) {
		const struct view_figures *total = &answer->rows[i].total;
		up += total->bytes_up;
		are_floors &= answer->rows[i].is_remainder ||
			      (total->count == VIEW_COUNT_AT_LEAST && total->devices == K);
	}
	is_int((int64_t)up, (int64_t)answer->total.bytes_up, "the rows are the body");
	ok(are_floors, "of devices no more is said than that there are k");
	view_answer_free(answer);
	test_lacking();
	answer = ask(VIEW_PROTECTED, HOURS, &apps);
	exact = ask(VIEW_SEES_DEVICES, HOURS, &apps);
	ok(answer->rows[0].total.bytes_up == exact->rows[0].total.bytes_up,
		"sums of the body are exact");
	view_answer_free(answer);
	view_answer_free(exact);
}

/* Only days that are over: the running one would tell by what is added. */
static void test_running_day(void)
{
	struct view_access early = viewer;
	struct view_question units = { .by = { VIEW_BY_UNIT }, .by_count = 1 };
	struct view_answer *answer;
	struct err err;

	early.now_ns = TRAFFIC_TO_NS - HOUR_NS;
	is_int(view_ask(views[HOURS], &early, &units, &answer, &err), 0, "asked within a day");
	ok(answer->notes.to_ns == TRAFFIC_TO_NS - TRAFFIC_DAY_NS,
		"the answer ends with the day before");
	view_answer_free(answer);
	early.k = 500;
	struct view_question apps = { .by = { VIEW_BY_APP }, .by_count = 1 };
	is_int(view_ask(views[HOURS], &early, &apps, &answer, &err), 0, "a body below k is asked");
	ok(answer->row_count == 0 && answer->total.bytes_up == 0 &&
			answer->notes.days_withheld == TRAFFIC_DAYS,
		"nothing is said of it, and why");
	view_answer_free(answer);
}

/* Of less than a day the time is told in pieces, the same ones whatever they are read from. */
static void test_protected_times(void)
{
	struct view_question question = { .from_ns = TRAFFIC_FROM_NS + 5 * HOUR_NS,
		.to_ns = TRAFFIC_FROM_NS + 29 * HOUR_NS,
		.by = { VIEW_BY_APP },
		.by_count = 1,
		.step_ns = HOUR_NS };

	all_agree(VIEW_PROTECTED, &question, "a viewer's hours");
	question.from_ns += SLOT_NS;
	question.step_ns = 0;
	all_agree(VIEW_PROTECTED, &question, "a viewer's day from five past five");
	question.to_ns = question.from_ns + 2 * SLOT_NS;
	all_agree(VIEW_PROTECTED, &question, "a viewer's ten minutes");
	question.step_ns = SLOT_NS;
	question.to_ns = question.from_ns + 30 * SLOT_NS;
	all_agree(VIEW_PROTECTED, &question, "a viewer's series of five minutes");
}

/* Flows of so many devices at a time. */
static void take_devices(struct view *view, uint64_t time_ns, unsigned first, unsigned count)
{
	struct cell cell = { .key = { .slot = (uint32_t)(time_ns / SLOT_NS),
				     .direction = RECORD_DIRECTION_OUTBOUND } };

	cell_sums_init(&cell.sums);
	cell.sums.flows = cell.sums.packets = cell.sums.bytes_up = count;
	cell.sums.first_ns = cell.sums.last_ns = time_ns;
	for (unsigned i = first; i < first + count; i++) {
		devices_add(&cell.devices, quick_hash(0, 1 + i), 1);
	}
	view_take(view, &cell, 1);
	devices_deinit(&cell.devices);
}

/* Bytes that a viewer is told of the hours [from, to) of the first day. */
static uint64_t told_of(struct view *view, unsigned from, unsigned to, struct view_notes *notes)
{
	struct view_question question = { .from_ns = TRAFFIC_FROM_NS + from * HOUR_NS,
		.to_ns = TRAFFIC_FROM_NS + to * HOUR_NS };
	struct view_answer *answer;
	struct err err;

	if (view_ask(view, &viewer, &question, &answer, &err) < 0) {
		ok(false, "%s", err.text);
		return 0;
	}
	uint64_t bytes = answer->total.bytes_up;
	*notes = answer->notes;
	view_answer_free(answer);
	return bytes;
}

/* Nine devices by day, one of them also at three in the night and at ten in the evening: no window,
 * and no difference of windows, is about that one alone. */
static void test_lonely_hours(void)
{
	struct view_question series = { .from_ns = TRAFFIC_FROM_NS,
		.to_ns = TRAFFIC_FROM_NS + 24 * HOUR_NS,
		.step_ns = HOUR_NS };
	struct view_notes notes;
	struct view_answer *answer;
	struct view_told told;
	struct view *view;
	struct err err;

	if (!ok(view_open_analysis(&view, false, &err) == 0, "an analysis of its own")) {
		return;
	}
	take_devices(view, TRAFFIC_FROM_NS + 3 * HOUR_NS, 0, 1);
	take_devices(view, TRAFFIC_FROM_NS + 8 * HOUR_NS, 0, 9);
	take_devices(view, TRAFFIC_FROM_NS + 9 * HOUR_NS, 0, 9);
	take_devices(view, TRAFFIC_FROM_NS + 22 * HOUR_NS, 0, 1);
	is_int((int64_t)told_of(view, 0, 24, &notes), 20, "the day is told");
	is_int(notes.days_cut, 0, "all of it");
	is_int((int64_t)told_of(view, 3, 4, &notes), 0, "the lonely hour is not");
	is_int(notes.days_cut, 1, "which is said");
	is_int((int64_t)told_of(view, 0, 9, &notes), 10, "it counts in the first piece");
	is_int((int64_t)told_of(view, 4, 9, &notes), 0, "of which nothing is told without it");
	is_int((int64_t)told_of(view, 0, 21, &notes), 10, "the evening counts in the last");
	is_int((int64_t)(notes.to_ns / HOUR_NS), (int64_t)(TRAFFIC_FROM_NS / HOUR_NS + 9),
		"and the answer says where it ends");
	is_int((int64_t)told_of(view, 9, 24, &notes), 10, "with it the last is told");
	is_int(view_ask(view, &viewer, &series, &answer, &err), 0, "hour by hour");
	is_int((int64_t)answer->total.bytes_up, 20, "the day is told");
	bool are_hidden = true;
	for (size_t i = 0; i < answer->notes.step_count; i++) {
		are_hidden &= answer->rows[0].steps[i].is_hidden &&
			      answer->rows[0].steps[i].bytes_up == 0;
	}
	ok(answer->notes.step_count == 24 && are_hidden,
		"no hour is, since each piece is longer than one");
	view_answer_free(answer);
	series = (struct view_question){ .from_ns = TRAFFIC_FROM_NS + HOUR_NS };
	is_int(view_ask_told(view, &viewer, &series, &told, &err), 0,
		"whoever adds up records asks for the time alone");
	ok(told.count == 1 && told.spans[0].from_ns == TRAFFIC_FROM_NS + 9 * HOUR_NS &&
			told.days_cut == 1,
		"and is told the same");
	view_told_deinit(&told);
	view_close(view);
}

/* A cell of so many devices of a unit; of 0 nothing tells them. */
static void take_cell(struct view *view, unsigned unit, unsigned app, unsigned devices,
	enum record_direction direction)
{
	struct cell cell = { .key = { .slot = (uint32_t)(TRAFFIC_FROM_NS / SLOT_NS),
				     .unit = traffic_symbol(SYMBOL_UNIT, "unit", unit),
				     .app = traffic_symbol(SYMBOL_APP, "app", app),
				     .direction = (uint8_t)direction } };

	cell_sums_init(&cell.sums);
	cell.sums.flows = cell.sums.packets = cell.sums.bytes_up = 10;
	cell.sums.first_ns = cell.sums.last_ns = TRAFFIC_FROM_NS;
	for (unsigned i = 0; i < devices; i++) {
		devices_add(&cell.devices, quick_hash(0, 1 + 100 * unit + i), 1);
	}
	view_take(view, &cell, 1);
	devices_deinit(&cell.devices);
}

/* Pupils, guests and many behind one address: whoever adds them up knows some devices, not all. */
static void test_not_told(void)
{
	struct view_question units = { .by = { VIEW_BY_UNIT }, .by_count = 1 };
	struct view_question apps = { .from_ns = TRAFFIC_FROM_NS,
		.to_ns = TRAFFIC_FROM_NS + TRAFFIC_DAY_NS,
		.by = { VIEW_BY_APP },
		.by_count = 1 };
	struct view *view;
	struct view_answer *answer;
	struct err err;

	if (!ok(view_open_analysis(&view, false, &err) == 0, "an analysis of its own")) {
		return;
	}
	take_cell(view, 1, 1, 6, RECORD_DIRECTION_OUTBOUND);
	take_cell(view, 1, 1, 0, RECORD_DIRECTION_EXTERNAL);
	take_cell(view, 2, 2, 2, RECORD_DIRECTION_OUTBOUND);
	is_int(view_ask(view, &all, &units, &answer, &err), 0, "of what each device is told of");
	is_int(answer->total.count, VIEW_COUNT_EXACT, "all are counted; others' are not ours");
	view_answer_free(answer);
	take_cell(view, 3, 2, 0, RECORD_DIRECTION_OUTBOUND);
	is_int(view_ask(view, &all, &units, &answer, &err), 0, "with a unit whose are not told");
	is_int(answer->total.count, VIEW_COUNT_AT_LEAST, "the total is at least");
	is_int((int64_t)answer->total.devices, 8, "those that are told");
	is_int(find_row(answer, "unit-1")->total.count, VIEW_COUNT_EXACT, "a unit stays exact");
	is_int(find_row(answer, "unit-3")->total.count, VIEW_COUNT_UNKNOWN, "that one is unknown");
	view_answer_free(answer);
	is_int(view_ask(view, &viewer, &apps, &answer, &err), 0, "protected");
	is_int(find_row(answer, "app-1")->total.count, VIEW_COUNT_AT_LEAST, "k are there");
	is_int(find_row(answer, "app-2")->total.count, VIEW_COUNT_UNKNOWN,
		"two and some that are not told are not said to be fewer than k");
	view_answer_free(answer);
	view_close(view);
}

int main(void)
{
	return backends_run((backend_test *const[]){ test_protected, test_running_day,
		test_protected_times, test_lonely_hours, test_not_told, NULL });
}
