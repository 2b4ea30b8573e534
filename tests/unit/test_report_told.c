/* Reports over all windows of days of a body that one day rested: each says of the body what a
 * viewer is told of the same time by a view, so that no difference of a report and another one, or
 * a page, is of fewer than k devices. */
#include "dashboards/report/report_gather.h"

#include <errno.h>
#include <stdlib.h>

#include "base/local_time.h"
#include "tests/tap.h"
#include "tests/unit/view_traffic.h"
#include "analyzer/view/view.h"

enum { K = 5, QUIET_DAY = 1, QUIET_DEVICES = 2 };
#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

static struct traffic traffic;
static char folder[64];

/* An archive, or two that share flows, and what a viewer is told of them. */
struct body {
	const char *folders[2];
	unsigned count;
	struct view *view;
};

static void ignore_problem(void *context, const char *sentence)
{
	(void)context, (void)sentence;
}

static void ignore_count(void *context, size_t count)
{
	(void)context, (void)count;
}

static struct report_wish wish_of(
	const struct body *body, const struct local_zone *zone, uint64_t from_ns, uint64_t to_ns)
{
	return (struct report_wish){ .archives = body->folders,
		.archive_count = body->count,
		.from_ns = from_ns,
		.to_ns = to_ns,
		.previous_from_ns = from_ns - (to_ns - from_ns),
		.now_ns = TRAFFIC_TO_NS + 2 * TRAFFIC_DAY_NS,
		.zone = zone,
		.group_minimum = K,
		.problem = ignore_problem,
		.was_read = ignore_count };
}

/* Bytes sent that a viewer is told of. */
static uint64_t told_by_view(const struct body *body, const struct report_wish *wish)
{
	const struct view_access viewer = {
		.role = VIEW_PROTECTED, .k = K, .zone = wish->zone, .now_ns = wish->now_ns
	};
	const struct view_question question = { .from_ns = wish->from_ns, .to_ns = wish->to_ns };
	struct view_answer *answer;
	struct err err;

	if (view_ask(body->view, &viewer, &question, &answer, &err) < 0) {
		ok(false, "%s", err.text);
		return 0;
	}
	uint64_t bytes = answer->total.bytes_up;
	view_answer_free(answer);
	return bytes;
}

static uint64_t sent_on(const struct report_day *day)
{
	uint64_t bytes = 0;

	for (unsigned zone = 0; zone < GEO_ZONE_COUNT; zone++) {
		bytes += day->bytes_up[zone];
	}
	return bytes;
}

/* The same by a report; its days are all of it. */
static uint64_t told_by_report(const struct report_wish *wish)
{
	struct report_gathering gathering;
	uint64_t by_days = 0, bytes = 0;
	struct err err;
	int status = report_gather(&gathering, wish, &err);

	if (status == 0) {
		bytes = overview_total(gathering.overview).bytes_up;
		for (size_t i = 0; i < gathering.calendar.day_count; i++) {
			by_days += sent_on(&gathering.calendar.days[i]);
		}
		if (by_days != bytes) {
			ok(false, "the days of a report are all of it");
		}
	} else if (status != -EPERM) {
		ok(false, "a report: %s", err.text);
	}
	report_gathering_deinit(&gathering);
	return bytes;
}

static void test_windows(const struct body *body, const struct local_zone *zone, const char *what,
	unsigned days_withheld)
{
	unsigned same = 0, windows = 0, withheld = 0;
	struct local_day first = local_day_of(zone, TRAFFIC_FROM_NS),
			 last = local_day_of(zone, TRAFFIC_TO_NS - 1);

	for (int64_t from = first.number; from <= last.number; from++) {
		for (int64_t to = from; to <= last.number; to++) {
			struct report_wish wish = wish_of(body, zone,
				local_day_at(zone, from).start_ns, local_day_at(zone, to).end_ns);
			uint64_t wanted = told_by_view(body, &wish);
			same += told_by_report(&wish) == wanted;
			withheld += wanted == 0;
			windows++;
		}
	}
	is_int(same, windows, "%s: reports over all windows say what a viewer is told", what);
	is_int(withheld, days_withheld,
		"… and nothing of the day on which two devices were active");
}

/* Hour by hour, as the last day goes on. */
static void test_running_day(const struct body *body)
{
	unsigned same = 0, times = 0, steps = 0;
	uint64_t before = 0;

	for (unsigned hour = 0; hour < 24; hour += 3) {
		struct report_wish wish = wish_of(body, NULL, TRAFFIC_FROM_NS, TRAFFIC_TO_NS);
		wish.now_ns = TRAFFIC_TO_NS - TRAFFIC_DAY_NS + hour * HOUR_NS + 1800 * NS_PER_S;
		uint64_t wanted = told_by_view(body, &wish);
		same += told_by_report(&wish) == wanted;
		steps += wanted != before;
		before = wanted;
		times++;
	}
	is_int(same, times, "of a day that runs a report says what a viewer is told");
	ok(steps >= 1, "… which is something");
}

/* Units have their tables when a day is over: until then they stand with the others. */
static void test_units_of_a_running_day(const struct body *body)
{
	struct report_wish wish = wish_of(body, NULL, TRAFFIC_FROM_NS, TRAFFIC_TO_NS);
	struct report_gathering gathering;
	struct err err = { "" };

	wish.now_ns = TRAFFIC_TO_NS - HOUR_NS;
	is_int(report_gather(&gathering, &wish, &err), 0, "a report before the last day is over");
	is_int(gathering.shown.days, TRAFFIC_DAYS - 1, "something is told of that day");
	is_int(gathering.shown.days_withheld, 1, "… and nothing of its units");
	report_gathering_deinit(&gathering);
}

static void test_withheld(const struct body *body)
{
	struct report_wish wish = wish_of(body, NULL, TRAFFIC_FROM_NS, TRAFFIC_TO_NS);
	struct report_gathering gathering;
	struct err err = { "" };

	is_int(report_gather(&gathering, &wish, &err), 0, "a report of all days");
	is_int((int64_t)report_calendar_held(&gathering.calendar), TRAFFIC_DAYS,
		"something is there of each day");
	is_int((int64_t)report_calendar_withheld(&gathering.calendar), 1, "one is not told");
	ok(gathering.withheld && overview_total(gathering.withheld).devices == QUIET_DEVICES,
		"what it holds is kept for lights");
	is_int(gathering.shown.days, TRAFFIC_DAYS - 1, "of units the same days are told");
	is_int(gathering.shown.days_withheld, 0, "… all of them");
	report_gathering_deinit(&gathering);
	wish = wish_of(body, NULL, TRAFFIC_FROM_NS + QUIET_DAY * TRAFFIC_DAY_NS,
		TRAFFIC_FROM_NS + (QUIET_DAY + 1) * TRAFFIC_DAY_NS);
	is_int(report_gather(&gathering, &wish, &err), -EPERM, "of that day there is no report");
	ok(strstr(err.text, "5 devices") && !strstr(err.text, "yet"), "and why: %s", err.text);
	report_gathering_deinit(&gathering);
	wish.now_ns = wish.from_ns + HOUR_NS;
	is_int(report_gather(&gathering, &wish, &err), -EPERM, "nor of its first hour");
	ok(strstr(err.text, "nothing can be told yet") != NULL, "and why: %s", err.text);
	report_gathering_deinit(&gathering);
}

static bool is_quiet(size_t record)
{
	return (traffic.records[record].flow.start_ns - TRAFFIC_FROM_NS) / TRAFFIC_DAY_NS ==
	       QUIET_DAY;
}

/* An archive that tells no devices, on that day or at all. */
static void write_nameless(char path[96], const char *name, bool is_of_a_day)
{
	struct err err = { "" };

	snprintf(path, 96, "%s/%s", folder, name);
	for (size_t i = 0; i < traffic.count; i++) {
		if (!is_of_a_day || is_quiet(i)) {
			traffic.labels[i].device[0] = '\0';
		}
	}
	is_int(traffic_archive(&traffic, 0, traffic.count, path, &err), 0, "an archive");
}

/* Where nothing tells devices nobody knows how many were active: on a day on which pupils alone
 * were there, of whom single ones are not kept, they may be few. */
static void test_without_devices(void)
{
	char path[96];
	const struct body body = { .folders = { path }, .count = 1 };
	struct report_gathering gathering;
	struct report_wish wish = wish_of(&body, NULL, TRAFFIC_FROM_NS + TRAFFIC_DAY_NS,
		TRAFFIC_FROM_NS + 2 * TRAFFIC_DAY_NS);
	struct err err = { "" };

	write_nameless(path, "pupils", true);
	is_int(report_gather(&gathering, &wish, &err), -EPERM,
		"of a day on which nothing tells devices, beside others, there is no report");
	report_gathering_deinit(&gathering);
	write_nameless(path, "nameless", false);
	wish = wish_of(&body, NULL, TRAFFIC_FROM_NS, TRAFFIC_TO_NS);
	is_int(report_gather(&gathering, &wish, &err), 0, "one that tells none at all is reported");
	ok(overview_total(gathering.overview).flows > 0 && gathering.lacks_devices &&
			!gathering.withheld,
		"as a whole, and says that it lacks them");
	report_gathering_deinit(&gathering);
}

static bool make_traffic(void)
{
	static const unsigned sizes[TRAFFIC_UNITS] = { 40, 30, 20, 10, 2 };

	if (!traffic_make(&traffic, sizes, TRAFFIC_RECORDS, 7)) {
		return false;
	}
	for (size_t i = 0; i < traffic.count; i++) {
		if (is_quiet(i)) {
			snprintf(traffic.labels[i].device, sizeof(traffic.labels[i].device),
				"device-0-%zu", i % QUIET_DEVICES);
		}
	}
	return true;
}

static bool open_body(
	struct body *body, const char *const paths[2], unsigned count, struct err *err)
{
	size_t third = traffic.count / 3;
	*body = (struct body){ .folders = { paths[0], paths[1] }, .count = count };
	const struct view_archive_options options = { .folders = body->folders,
		.folder_count = count };
	int status =
		traffic_archive(&traffic, 0, count == 1 ? traffic.count : 2 * third, paths[0], err);

	if (status == 0 && count == 2) {
		status = traffic_archive(&traffic, third, traffic.count, paths[1], err);
	}
	return is_int(status == 0 ? view_open_archive(&body->view, &options, err) : status, 0,
		"an archive, or two");
}

int main(void)
{
	const char *place = getenv("TMPDIR");
	char paths[3][96], command[96];
	struct local_zone *zone = NULL;
	struct body one, two;
	struct err err = { "" };

	snprintf(folder, sizeof(folder), "%s/borderflow-told-XXXXXX", place ? place : "/tmp");
	if (!mkdtemp(folder) || !make_traffic()) {
		return 1;
	}
	for (unsigned i = 0; i < 3; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%u", folder, i);
	}
	if (open_body(&one, (const char *[]){ paths[0], NULL }, 1, &err) &&
		open_body(&two, (const char *[]){ paths[1], paths[2] }, 2, &err)) {
		test_windows(&one, NULL, "one archive", 1);
		test_windows(&two, NULL, "two that share flows", 1);
		/* Elsewhere that day is parts of two. */
		is_int(local_zone_open(&zone, "Asia/Kolkata", &err), 0, "a zone");
		test_windows(&one, zone, "days that begin within an hour", 0);
		test_windows(&two, zone, "… of two archives", 0);
		test_running_day(&one);
		test_running_day(&two);
		test_units_of_a_running_day(&one);
		test_units_of_a_running_day(&two);
		test_withheld(&one);
		test_withheld(&two);
		test_without_devices();
		view_close(one.view);
		view_close(two.view);
		local_zone_close(zone);
	}
	traffic_free(&traffic);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command) == 0 ? done_testing() : 1;
}
