/* What is usual for a question: the same days and hours of earlier weeks, as the view has them.
 * Where there are fewer than two such weeks nothing is called usual. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/web/api.h"

#define HOUR_NS (3600 * NS_PER_S)
#define WEEK_NS (UINT64_C(7) * 24 * 3600 * NS_PER_S)

enum { WEEKS_MAX = 6, WEEKS_LEAST = 2 };

/* The week that is asked for, then the earlier ones. */
struct weeks {
	struct view_answer *answers[WEEKS_MAX + 1];
	struct view_answer *outside[WEEKS_MAX + 1];
	unsigned count;
};

static int ask_one(struct call *call, const struct view_question *question,
	struct view_answer **answer, struct err *err)
{
	struct view_question copy = *question;

	return call_ask(call, &copy, answer, err);
}

/* The same with one filter more: what leaves. */
static int ask_outside(struct call *call, const struct view_question *question,
	struct view_answer **answer, struct err *err)
{
	struct view_question outside = *question;

	if (outside.filter_count == VIEW_FILTERS_MAX) {
		*answer = NULL;
		return 0;
	}
	outside.step_ns = 0;
	outside.filters[outside.filter_count++] =
		(struct view_filter){ .by = VIEW_BY_ZONE, .value = "outside-eea" };
	int status = call_ask(call, &outside, answer, err);
	if (status < 0) {
		*answer = NULL; /* not for every question of every role */
	}
	return 0;
}

/* Periods longer than a week are compared with those before them. "The last 7 days" reaches to the
 * end of the hour before this one, and is a week all the same. */
static uint64_t distance_of(uint64_t from_ns, uint64_t to_ns)
{
	uint64_t weeks = (to_ns - from_ns + WEEK_NS - VIEW_DAY_NS) / WEEK_NS;

	return weeks ? weeks * WEEK_NS : WEEK_NS;
}

/* Is all of that week kept, and read? What is past retention, from before the first flow, or
 * damaged is no zero. */
static bool is_whole(const struct view_answer *answer, uint64_t from_ns)
{
	return !answer->notes.is_past_retention && answer->notes.days_withheld == 0 &&
	       answer->notes.days_cut == 0 && answer->notes.problems == 0 &&
	       answer->total.first_ns != 0 &&
	       (answer->notes.kept_from_ns == 0 || answer->notes.kept_from_ns <= from_ns);
}

/* Of the time itself the same question as a table's, so that both say the same figure. */
static int ask_weeks(struct call *call, const struct view_question *question, uint64_t end_ns,
	struct weeks *weeks, struct err *err)
{
	uint64_t distance_ns = distance_of(question->from_ns, end_ns);
	struct view_question earlier = *question;
	int status = ask_one(call, question, &weeks->answers[0], err);

	earlier.to_ns = end_ns;
	if (status == 0) {
		status = ask_outside(call, question, &weeks->outside[0], err);
	}
	weeks->count = status == 0;
	while (status == 0 && weeks->count <= WEEKS_MAX && earlier.from_ns > distance_ns) {
		struct view_answer *answer;
		earlier.from_ns -= distance_ns;
		earlier.to_ns -= distance_ns;
		status = ask_one(call, &earlier, &answer, err);
		if (status < 0 || !is_whole(answer, earlier.from_ns)) {
			view_answer_free(status < 0 ? NULL : answer);
			break;
		}
		weeks->answers[weeks->count] = answer;
		status = ask_outside(call, &earlier, &weeks->outside[weeks->count++], err);
	}
	return status;
}

static void free_weeks(struct weeks *weeks)
{
	for (unsigned i = 0; i <= WEEKS_MAX; i++) {
		view_answer_free(weeks->answers[i]);
		view_answer_free(weeks->outside[i]);
	}
}

static int compare_numbers(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

struct band {
	uint64_t low, usual, high;
};

static struct band band_of(uint64_t *values, unsigned count)
{
	qsort(values, count, sizeof(*values), compare_numbers);
	return (struct band){ values[0], values[count / 2], values[count - 1] };
}

static void put_band(struct json *json, const struct band *band)
{
	json_u64(json, "low", band->low);
	json_u64(json, "usual", band->usual);
	json_u64(json, "high", band->high);
}

/* False where it is not known. */
typedef bool pick_number(const struct view_figures *figures, uint64_t *number);

static bool pick_up(const struct view_figures *figures, uint64_t *number)
{
	*number = figures->bytes_up;
	return figures->way_up != CELL_WAY_UNKNOWN;
}

static bool pick_down(const struct view_figures *figures, uint64_t *number)
{
	*number = figures->bytes_down;
	return figures->way_down != CELL_WAY_UNKNOWN;
}

static bool pick_flows(const struct view_figures *figures, uint64_t *number)
{
	*number = figures->flows;
	return true;
}

static bool pick_devices(const struct view_figures *figures, uint64_t *number)
{
	*number = figures->devices;
	return true;
}

static void put_usual(struct json *json, const char *key, struct view_answer *const *answers,
	unsigned count, pick_number *pick)
{
	uint64_t values[WEEKS_MAX], now = 0;
	unsigned known = 0;

	for (unsigned i = 1; i < count; i++) {
		if (answers[i] && !answers[i]->total.is_hidden) {
			known += pick(&answers[i]->total, &values[known]);
		}
	}
	if (!answers[0] || answers[0]->total.is_hidden || !pick(&answers[0]->total, &now)) {
		json_null(json, key);
		return;
	}
	json_object_begin(json, key);
	json_u64(json, "now", now);
	if (known >= WEEKS_LEAST) {
		struct band band = band_of(values, known);
		put_band(json, &band);
	} else {
		json_null(json, "low");
		json_null(json, "usual");
		json_null(json, "high");
	}
	json_object_end(json);
}

/* Counts can be compared, also those of a body that does not tell each device, week by week the
 * same; "at least k" cannot. */
static bool counts_devices(const struct weeks *weeks)
{
	for (unsigned i = 0; i < weeks->count; i++) {
		const struct view_answer *answer = weeks->answers[i];
		uint8_t count = answer->total.count;
		bool is_floor = count == VIEW_COUNT_AT_LEAST &&
				answer->notes.protection == VIEW_SEES_DEVICES &&
				!answer->notes.lacks_devices;
		if (count != VIEW_COUNT_EXACT && count != VIEW_COUNT_ESTIMATE && !is_floor) {
			return false;
		}
	}
	return true;
}

/* Up, step by step, of all rows' total. */
static void put_steps(struct json *json, const struct weeks *weeks, size_t step_count)
{
	json_array_begin(json, "steps");
	for (size_t step = 0; weeks->count > WEEKS_LEAST && step < step_count; step++) {
		uint64_t values[WEEKS_MAX];
		unsigned known = 0;
		for (unsigned i = 1; i < weeks->count; i++) {
			const struct view_answer *answer = weeks->answers[i];
			if (answer->row_count == 1 && step < answer->notes.step_count) {
				const struct view_figures *figures = &answer->rows[0].steps[step];
				values[known] = figures->bytes_up;
				known += !figures->is_hidden;
			}
		}
		json_object_begin(json, NULL);
		if (known >= WEEKS_LEAST) {
			struct band band = band_of(values, known);
			put_band(json, &band);
		}
		json_object_end(json);
	}
	json_array_end(json);
}

/* Was any of them read before its source grew? What is usual is then asked for again. */
static bool is_behind(const struct weeks *weeks)
{
	bool is = false;

	for (unsigned i = 0; i < weeks->count; i++) {
		is |= weeks->answers[i]->notes.is_behind ||
		      (weeks->outside[i] && weeks->outside[i]->notes.is_behind);
	}
	return is;
}

static void put_weeks(struct call *call, const struct weeks *weeks)
{
	struct json *json = &call->json;
	const struct view_answer *now = weeks->answers[0];

	json_object_begin(json, NULL);
	put_usual(json, "bytes_up", weeks->answers, weeks->count, pick_up);
	put_usual(json, "bytes_down", weeks->answers, weeks->count, pick_down);
	put_usual(json, "flows", weeks->answers, weeks->count, pick_flows);
	if (counts_devices(weeks)) {
		put_usual(json, "devices", weeks->answers, weeks->count, pick_devices);
	} else {
		json_null(json, "devices");
	}
	put_usual(json, "outside", weeks->outside, weeks->count, pick_up);
	put_steps(json, weeks, now->notes.step_count);
	json_u64(json, "weeks", weeks->count - 1);
	if (weeks->count <= WEEKS_LEAST) {
		json_string(json, "reason", "too_little_history");
	} else {
		json_null(json, "reason");
	}
	json_object_begin(json, "notes");
	json_bool(json, "is_behind", is_behind(weeks));
	json_object_end(json);
	json_object_end(json);
}

/* Where a time that goes on ends in earlier weeks: of more than a day with a whole hour, which is
 * how an archive keeps them, and which stays the same until the next one begins. */
static uint64_t end_of(const struct view_question *question, uint64_t now_ns)
{
	uint64_t slot_ns = now_ns - now_ns % SLOT_NS + SLOT_NS;
	uint64_t hour_ns = now_ns - now_ns % HOUR_NS + HOUR_NS;

	return question->to_ns                                       ? question->to_ns
	       : slot_ns > question->from_ns + VIEW_DAY_NS + HOUR_NS ? hour_ns
								     : slot_ns;
}

/* Steps are of the whole, whatever the question groups by. */
void answer_usual(struct call *call)
{
	uint64_t version = views_version(call->web->views);
	struct weeks weeks = { .count = 0 };
	struct view_question question;
	struct text key;
	struct err err;
	int status = ask_question(&question, call->request, &call->clock, &err);

	if (status == 0 && question.from_ns == 0) {
		status = err_set(&err, EINVAL, "from: what is usual is asked of a period");
	}
	question.by_count = 0;
	question.first = question.most = 0;
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	uint64_t end_ns = end_of(&question, call->now_ns);
	text_init_heap(&key);
	text_printf(&key, "usual %llu ", (unsigned long long)end_ns);
	call_put_key(&key, call, &question);
	if (!answer_cache_find(call->web->answers, key.at, version, &call->response->body)) {
		status = ask_weeks(call, &question, end_ns, &weeks, &err);
		if (status < 0) {
			call_fail(call, status, &err);
		} else {
			put_weeks(call, &weeks);
		}
		if (status == 0 && !is_behind(&weeks)) {
			answer_cache_put(
				call->web->answers, key.at, version, &call->response->body);
		}
		free_weeks(&weeks);
	}
	text_deinit(&key);
}
