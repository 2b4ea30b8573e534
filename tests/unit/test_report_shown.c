/* What the tables of days show of a unit over a period, and where it is said to be "at least" so
 * much: wherever a remainder may stand for some of it, whether it does or not. */
#include "dashboards/report/report_shown.h"

#include "tests/tap.h"

enum { NORTH = 1, SOUTH, WEST };
enum { FIRST_APP = 1, OTHER_APP };

static struct report_shown shown;
static struct day_tables day;

static void begin(void)
{
	report_shown_deinit(&shown);
	shown = (struct report_shown){ .days = 0 };
}

/* A line of the day's table of units and apps: how much the unit is shown with. */
static void show(uint16_t unit, uint16_t app, uint64_t bytes)
{
	const struct day_table_row row = { .table = DAY_TABLE_UNIT_APP,
		.key = { .unit = unit, .app = app, .direction = RECORD_DIRECTION_OUTBOUND },
		.sums = { .bytes_up = bytes, .packets = 1 } };

	day_tables_add(&day, &row);
}

static void hide_others(uint16_t app)
{
	const struct day_table_row row = { .table = DAY_TABLE_UNIT_APP,
		.is_rest = true,
		.key = { .app = app, .direction = RECORD_DIRECTION_OUTBOUND },
		.sums = { .bytes_up = 1000, .packets = 1 } };

	day_tables_add(&day, &row);
}

static void end_day(void)
{
	report_shown_take(&shown, &day);
	day_tables_deinit(&day);
	day = (struct day_tables){ .k = 0 };
}

/* May something be missing of what the unit is shown with in that app? */
static bool may_lack(uint16_t unit, uint16_t app)
{
	bool may = false;

	for (uint32_t i = 0; i < shown.rests.count; i++) {
		const struct report_shown_rest *rest = report_shown_rest_at(&shown, i);
		may |= rest->key.app == app && report_shown_may_lack(&shown, rest, unit);
	}
	return may;
}

static void test_remainders(void)
{
	begin();
	show(NORTH, FIRST_APP, 10);
	show(SOUTH, FIRST_APP, 20);
	hide_others(FIRST_APP);
	end_day();
	ok(!may_lack(NORTH, FIRST_APP) && !may_lack(SOUTH, FIRST_APP),
		"who is shown beside the remainder is not in it");
	show(NORTH, FIRST_APP, 10);
	end_day();
	ok(!may_lack(SOUTH, FIRST_APP), "a day without remainder hides nothing");
	hide_others(FIRST_APP);
	show(NORTH, FIRST_APP, 10);
	end_day();
	ok(!may_lack(NORTH, FIRST_APP), "the remainder's place in the table does not matter");
	ok(may_lack(SOUTH, FIRST_APP), "who is not beside it may be in it, or not have been there");
	ok(may_lack(WEST, FIRST_APP), "and so may who is never shown");
	ok(!may_lack(SOUTH, OTHER_APP), "of another line nothing is lacking");
	is_int((int64_t)report_shown_at(&shown, 0)->sums.bytes_up, 30, "what is shown adds up");
}

static void test_late(void)
{
	begin();
	hide_others(FIRST_APP);
	end_day();
	show(NORTH, FIRST_APP, 10);
	hide_others(FIRST_APP);
	end_day();
	ok(may_lack(NORTH, FIRST_APP), "who is shown on the second day may be in the first one's");
}

static void test_withheld(void)
{
	begin();
	day.is_withheld = true;
	end_day();
	show(NORTH, FIRST_APP, 10);
	end_day();
	is_int(shown.days, 2, "two days,");
	is_int(shown.days_withheld, 1, "of one of which nothing is shown");
}

int main(void)
{
	test_remainders();
	test_late();
	test_withheld();
	report_shown_deinit(&shown);
	return done_testing();
}
