/* The calendar of a report: months side by side, each with its own devices, and no number of
 * devices over several of them. */
#include "dashboards/report/report_calendar.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "base/local_time.h"
#include "dashboards/report/report.h"
#include "dashboards/report/report_tables.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

enum { DEVICES = 20, FEW = 2, K = 5 };
#define DAY_NS  (UINT64_C(86400) * NS_PER_S)
#define JAN_NS  (20454 * DAY_NS) /* 2026-01-01 */
#define FEB_NS  (20485 * DAY_NS)
#define MAR_NS  (20513 * DAY_NS)
#define APR_NS  (20544 * DAY_NS)
#define TEST_MB UINT64_C(1000000)

static struct catalogue *catalogue;
static struct policy *policy;

/* So many devices send a megabyte each to a third country on a day, which is told where they are
 * enough; the keys of a month make other devices of them. */
static void add_day(struct report_calendar *calendar, struct overview *overview, uint64_t day_ns,
	unsigned month, unsigned devices)
{
	for (unsigned i = 0; i < devices; i++) {
		struct record record = { .flow = { .start_ns = day_ns,
						 .packets = { 1, 1 },
						 .bytes = { TEST_MB, 500 } },
			.place = { .country = "SG", .zone = GEO_ZONE_THIRD },
			.decision = { .verdict = POLICY_VERDICT_VIOLATION } };
		record.verdict.app = catalogue_find(catalogue, "tiktok");
		record.flow.source.bytes[14] = (uint8_t)month;
		record.flow.source.bytes[15] = (uint8_t)i;
		struct rollup *rollup = cells_of(&record, 1);
		size_t count;
		const struct cell *cells = rollup_cells(rollup, &count);
		for (size_t at = 0; at < count && devices >= K; at++) {
			report_calendar_take(calendar, &cells[at], (int64_t)(day_ns / DAY_NS));
		}
		for (size_t at = 0; at < count && devices < K; at++) {
			report_calendar_note(calendar, &cells[at], (int64_t)(day_ns / DAY_NS));
		}
		overview_take(overview, cells, devices >= K ? count : 0);
		rollup_destroy(rollup);
	}
}

struct period {
	struct report_calendar calendar;
	struct overview *overview;
	struct engine_stats stats;
	struct reference reference;
	struct report_model model;
};

static void begin(struct period *period, uint64_t from_ns, uint64_t to_ns)
{
	*period = (struct period){ .overview = overview_create() };
	period->reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	report_calendar_init(&period->calendar, NULL, from_ns, to_ns);
	period->model = (struct report_model){ .overview = period->overview,
		.stats = &period->stats,
		.reference = &period->reference,
		.is_from_archive = true,
		.group_minimum = K,
		.period = "test",
		.from_ns = from_ns,
		.to_ns = to_ns,
		.made_ns = to_ns,
		.calendar = &period->calendar };
}

static void end(struct period *period)
{
	report_calendar_deinit(&period->calendar);
	overview_destroy(period->overview);
}

/* So many flows of a week that a rule's block met, and what came of them. */
static void add_blocked(struct report_calendar *calendar, enum policy_verdict verdict,
	enum block_outcome block, unsigned flows)
{
	struct cell cell = { .key = { .rule = symbol_of(SYMBOL_RULE, "ban"),
				     .action = POLICY_ACTION_DENY,
				     .verdict = (uint8_t)verdict,
				     .block = (uint8_t)block },
		.sums = { .flows = flows } };

	report_calendar_take(calendar, &cell, (int64_t)((JAN_NS + 5 * DAY_NS) / DAY_NS));
}

static void test_block_weeks(void)
{
	struct period period;
	struct report_table weeks;

	begin(&period, JAN_NS, FEB_NS);
	add_day(&period.calendar, period.overview, JAN_NS + 4 * DAY_NS, 1, DEVICES);
	add_blocked(&period.calendar, POLICY_VERDICT_REPORTED, BLOCK_DROPPED, 90);
	add_blocked(&period.calendar, POLICY_VERDICT_VIOLATION, BLOCK_PASSED, 6);
	add_blocked(&period.calendar, POLICY_VERDICT_REPORTED, BLOCK_PASSED, 4);
	add_blocked(&period.calendar, POLICY_VERDICT_REPORTED, BLOCK_UNSURE, 3);
	add_blocked(&period.calendar, POLICY_VERDICT_EXCEPTED, BLOCK_PASSED, 50);
	add_blocked(&period.calendar, POLICY_VERDICT_EXCEPTED, BLOCK_UNSURE, 1);
	add_blocked(&period.calendar, POLICY_VERDICT_GRACE, BLOCK_PASSED, 20);
	add_blocked(&period.calendar, POLICY_VERDICT_OUT_OF_SCOPE, BLOCK_PASSED, 7);
	report_calendar_finish(&period.calendar, K, APR_NS);
	report_table_fill(&weeks, &table_block_weeks, &period.model);
	is_int(weeks.count, 1, "one week of one rule");
	const struct report_value *week = weeks.rows[0].values;
	is_int(week[2].number, 181, "all flows of it");
	is_int(week[4].number, 90, "stopped");
	is_int(week[5].number, 10, "passed: by what was to be stopped alone");
	is_int(week[6].number, 3, "what cannot be told of that");
	is_int(week[7].number, 78, "excepted, in grace or out of scope is shown apart");
	is_int(week[8].number, 90, "… and out of the share");
	report_table_deinit(&weeks);
	end(&period);
}

static char *page_of(const struct period *period, const char *language)
{
	struct messages *messages = NULL;
	struct err err;
	struct text text;

	text_init_heap(&text);
	if (messages_open(&messages, language, &err) == 0) {
		report_put_html(&text, &period->model, messages, "");
	}
	messages_close(messages);
	return text.at;
}

static void test_quarter(void)
{
	struct period period;
	struct report_table months;

	begin(&period, JAN_NS, APR_NS);
	add_day(&period.calendar, period.overview, JAN_NS + 4 * DAY_NS, 1, DEVICES);
	add_day(&period.calendar, period.overview, JAN_NS + 9 * DAY_NS, 1, DEVICES);
	add_day(&period.calendar, period.overview, FEB_NS, 2, FEW);
	add_day(&period.calendar, period.overview, MAR_NS - DAY_NS, 2, FEW);
	add_day(&period.calendar, period.overview, APR_NS - DAY_NS, 3, DEVICES + 1);
	report_calendar_finish(&period.calendar, K, APR_NS);
	is_int(report_months(&period.model), 3, "three months");
	report_table_fill(&months, &table_months, &period.model);
	is_int(months.count, 3, "a row each");
	const struct report_value *january = months.rows[0].values,
				  *february = months.rows[1].values, *march = months.rows[2].values;
	is_int(january[0].number, JAN_NS, "the first is January");
	is_int(january[5].number, 2 * DEVICES * TEST_MB, "its bytes to third countries");
	is_int(january[8].number, 2 * DEVICES, "its denied flows");
	is_int(january[9].number, DEVICES, "its devices count once");
	is_int(march[9].number, DEVICES + 1, "March has its own");
	ok(february[5].kind == VALUE_HIDDEN && february[9].is_fewer,
		"February had too few devices: no figure");
	report_table_deinit(&months);

	char *page = page_of(&period, "en");
	ok(strstr(page, "January 2026") && strstr(page, "March 2026"), "the page names months");
	ok(!strstr(page, "from 43 devices") && !strstr(page, "from 42 devices"),
		"no number of devices over all of them");
	free(page);
	page = page_of(&period, "fi");
	ok(strstr(page, "tammikuu 2026") != NULL, "… in the reader's language");
	free(page);
	end(&period);
}

static void test_month(void)
{
	struct period period;
	struct report_table months;

	begin(&period, JAN_NS, FEB_NS);
	add_day(&period.calendar, period.overview, JAN_NS + 4 * DAY_NS, 1, DEVICES);
	report_calendar_finish(&period.calendar, K, APR_NS);
	report_table_fill(&months, &table_months, &period.model);
	is_int(months.count, 0, "a month alone is not told twice");
	report_table_deinit(&months);
	char *page = page_of(&period, "en");
	ok(strstr(page, "20 devices") != NULL, "… and its devices are told");
	free(page);
	end(&period);
}

/* The devices in the row of all zones, of a period that is over or still runs. */
static struct report_value devices_of(uint64_t from_ns, uint64_t to_ns, uint64_t now_ns)
{
	enum { DEVICES_COLUMN = 5 };
	struct period period;
	struct report_table zones;

	begin(&period, from_ns, to_ns);
	add_day(&period.calendar, period.overview, JAN_NS + 4 * DAY_NS, 1, DEVICES);
	report_calendar_finish(&period.calendar, K, now_ns);
	report_table_fill(&zones, &table_zones, &period.model);
	struct report_value devices = zones.rows[zones.count - 1].values[DEVICES_COLUMN];
	report_table_deinit(&zones);
	end(&period);
	return devices;
}

/* Two periods of which one has a day more would differ by the devices of that day. */
static void test_part_of_a_month(void)
{
	struct report_value devices = devices_of(JAN_NS, FEB_NS, FEB_NS);

	ok(devices.number == DEVICES && !devices.is_at_least, "of a month that is over, exact");
	devices = devices_of(JAN_NS, FEB_NS, FEB_NS - 1);
	ok(devices.number == K && devices.is_at_least, "of one that runs at least k are told");
	devices = devices_of(JAN_NS, FEB_NS - DAY_NS, FEB_NS);
	ok(devices.number == K && devices.is_at_least, "… and of a part of it");
	devices = devices_of(JAN_NS + DAY_NS, FEB_NS, FEB_NS);
	ok(devices.number == K && devices.is_at_least, "… whichever");
}

int main(void)
{
	struct err err = { "" };

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, NULL, NULL, catalogue, &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	test_quarter();
	test_block_weeks();
	test_month();
	test_part_of_a_month();
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
