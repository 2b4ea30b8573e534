#include "dashboards/report/report_told.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzer/archive/archive_once.h"
#include "analyzer/archive/archive_pseudonyms.h"
#include "analyzer/rollup/protect.h"
#include "analyzer/rollup/protect_time.h"
#include "base/local_time.h"
#include "dashboards/report/report_gather.h"

/* Who was active on a day. */
struct active_day {
	struct devices devices;
	struct protect_day *pieces; /* of a day that is not over; else NULL */
	bool is_held;
};

struct telling {
	struct report_told *told;
	const struct report_wish *wish;
	struct active_day *days;
	bool has_pseudonyms; /* of devices: what is of few is protected */
	bool failed;
};

static bool is_over(const struct report_wish *wish, const struct local_day *day)
{
	return day->end_ns + ARCHIVE_DAY_GRACE_NS <= wish->now_ns;
}

static void note_cell(struct telling *telling, int64_t number, const struct cell *cell)
{
	struct active_day *active = &telling->days[number - telling->told->first_day];
	struct local_day day = local_day_at(telling->wish->zone, number);

	active->is_held = true;
	devices_merge(&active->devices, &cell->devices);
	if (!active->pieces && !is_over(telling->wish, &day)) {
		active->pieces =
			protect_day_create(telling->wish->group_minimum, day.start_ns, day.end_ns);
		telling->failed |= !active->pieces;
	}
	if (active->pieces) {
		protect_day_note(active->pieces, cell->sums.first_ns, &cell->devices);
	}
}

static void take_cell(void *context, int64_t day, const struct cell *cell)
{
	struct telling *telling = context;
	int64_t place = day - telling->told->first_day;

	if (place >= 0 && place < (int64_t)telling->told->day_count) {
		note_cell(telling, day, cell);
	}
}

static void ignore_problem(void *context, const char *sentence)
{
	(void)context, (void)sentence; /* told when the sums are read */
}

/* A device counts once however many archives hold it, so each is read by itself. */
static int read_archive(struct telling *telling, unsigned index, struct err *err)
{
	const struct report_wish *wish = telling->wish;
	const struct archive_options options = { .folder = wish->archives[index],
		.from_ns = wish->previous_from_ns,
		.to_ns = wish->to_ns,
		.problem = ignore_problem };
	const struct archive_day_rules rules = {
		.zone = wish->zone, .k = wish->group_minimum, .now_ns = wish->now_ns
	};
	struct archive_stats ignored;
	int status = archive_has_pseudonyms(wish->archives[index], NULL, err);

	telling->has_pseudonyms |= status == 1;
	if (status < 0) {
		return status;
	}
	return archive_days_cut_hours(&options, &rules)
		       ? archive_once_read_days(
				 NULL, index, &options, &rules, take_cell, telling, &ignored, err)
		       : archive_read_days(&options, &rules, take_cell, telling, &ignored, err);
}

/* Until when a day is told. */
static uint64_t judge_day(const struct telling *telling, unsigned place)
{
	const struct active_day *active = &telling->days[place];
	uint64_t edges_ns[PROTECT_EDGES_MAX];

	if (!active->is_held) {
		return 0;
	}
	if (active->pieces) {
		unsigned edges = protect_day_edges(active->pieces, false, false, edges_ns);
		return edges ? edges_ns[edges - 1] : 0;
	}
	return protect_shows_count(telling->wish->group_minimum, devices_count(&active->devices))
		       ? UINT64_MAX
		       : 0;
}

/* Days from first on, of which there are so many. */
static void judge_period(struct telling *telling, unsigned first, unsigned count)
{
	struct report_told *told = telling->told;
	bool is_held = false, is_told = false;

	for (unsigned i = first; i < first + count; i++) {
		told->until_ns[i] = judge_day(telling, i);
		is_held |= telling->days[i].is_held;
		is_told |= told->until_ns[i] > 0;
	}
	for (unsigned i = first; i < first + count && !is_told && !telling->has_pseudonyms; i++) {
		told->until_ns[i] = UINT64_MAX;
	}
	told->is_withheld = is_held && !is_told && telling->has_pseudonyms;
}

int report_told_read(struct report_told *told, const struct report_wish *wish, struct err *err)
{
	int64_t before = local_day_of(wish->zone, wish->previous_from_ns).number,
		first = local_day_of(wish->zone, wish->from_ns).number,
		end = local_day_of(wish->zone, wish->to_ns - 1).number + 1;
	unsigned days_before = (unsigned)(first - before);
	struct telling telling = { .told = told, .wish = wish };
	int status = 0;

	*told = (struct report_told){ .first_day = before, .day_count = (unsigned)(end - before) };
	told->until_ns = calloc(told->day_count, sizeof(*told->until_ns));
	telling.days = calloc(told->day_count, sizeof(*telling.days));
	if (!told->until_ns || !telling.days) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	for (unsigned i = 0; i < wish->archive_count && status == 0; i++) {
		status = read_archive(&telling, i, err);
	}
	if (status == 0 && telling.failed) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	if (status == 0) {
		judge_period(&telling, 0, days_before);
		judge_period(&telling, days_before, told->day_count - days_before);
	}
	for (unsigned i = 0; telling.days && i < told->day_count; i++) {
		devices_deinit(&telling.days[i].devices);
		protect_day_destroy(telling.days[i].pieces);
	}
	free(telling.days);
	return status;
}

void report_told_deinit(struct report_told *told)
{
	free(told->until_ns);
	*told = (struct report_told){ .until_ns = NULL };
}

bool report_told_has(const struct report_told *told, int64_t day, uint64_t time_ns)
{
	int64_t place = day - told->first_day;

	return place >= 0 && place < (int64_t)told->day_count && time_ns < told->until_ns[place];
}

unsigned report_told_days(const struct report_told *told, int64_t first_day)
{
	unsigned days = 0;

	for (unsigned i = 0; i < told->day_count; i++) {
		days += told->first_day + i >= first_day && told->until_ns[i] > 0;
	}
	return days;
}
