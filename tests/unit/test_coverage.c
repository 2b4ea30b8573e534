/* Coverage: what stands for a period is what was seen of a class on three days of every week. */
#include "analyzer/device/coverage_period.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"

enum { STAFF = 20, LATE = 10, MONTH = 30 };
#define DAY_NS (UINT64_C(86400) * NS_PER_S)

/* 2026-06-01, a Monday; the late ones are enrolled from the 20th on. */
static const int64_t first = 20605;
static struct inventory *inventory;

static bool open_inventory(struct err *err)
{
	char path[] = "/tmp/borderflow-coverage-XXXXXX";
	struct text text;

	text_init_heap(&text);
	text_put(&text, "id,class,mac,enrolled_from\n");
	for (unsigned i = 0; i < STAFF + LATE; i++) {
		text_printf(&text, "PC-%u,%s,00:11:22:00:00:%02x,%s\n", i,
			i < STAFF ? "staff" : "late", i, i < STAFF ? "" : "2026-06-20");
	}
	close(mkstemp(path));
	int status = file_write(path, text.at, text.length, err);
	status = status < 0 ? status : inventory_load(&inventory, path, NULL, NULL, err);
	text_deinit(&text);
	unlink(path);
	return status == 0;
}

/* How many of the first twenty are seen on the day of the month, from 0. */
typedef unsigned seen_on(unsigned day);

static unsigned on_one_day(unsigned day)
{
	return day == 2 ? STAFF : 5;
}

static unsigned on_a_day_a_week(unsigned day)
{
	return day % 7 == 2 ? STAFF : 5;
}

static unsigned on_working_days(unsigned day)
{
	return day % 7 < 5 ? STAFF : 0;
}

/* Easter: three working days. */
static unsigned on_short_weeks(unsigned day)
{
	return day % 7 < 3 ? STAFF : 0;
}

static unsigned but_for_a_week(unsigned day)
{
	return day / 7 == 2 ? 9 : STAFF;
}

static unsigned in_the_first_half(unsigned day)
{
	return day < MONTH / 2 ? STAFF : 0;
}

static struct coverage *watch(seen_on *seen, unsigned from_device)
{
	struct coverage *coverage = coverage_create();

	for (unsigned day = 0; day < MONTH; day++) {
		for (unsigned i = 0; i < seen(day) && from_device + i < STAFF + LATE; i++) {
			coverage_see(coverage, &inventory_at(inventory, from_device + i)->identity,
				first + day);
		}
	}
	return coverage;
}

/* Of days from the one to before the other; -1: not measured. */
static int percent(seen_on *seen, const char *class_, unsigned from, unsigned to)
{
	struct coverage *coverage = watch(seen, strcmp(class_, "late") == 0 ? STAFF : 0);
	struct coverage_of_period of =
		coverage_over(coverage, inventory, symbol_of(SYMBOL_CLASS, class_), NULL,
			(uint64_t)(first + from) * DAY_NS, (uint64_t)(first + to) * DAY_NS - 1);

	coverage_destroy(coverage);
	return of.day.is_measured ? (int)coverage_percent(&of.day) : -1;
}

static void test_periods(void)
{
	is_int(percent(on_one_day, "staff", 0, MONTH), 25,
		"one good day does not stand for a month");
	is_int(percent(on_a_day_a_week, "staff", 0, MONTH), 25, "nor does one in each week");
	is_int(percent(on_working_days, "staff", 0, MONTH), 100,
		"devices that are off on Sundays are not missing");
	is_int(percent(on_short_weeks, "staff", 0, MONTH), 100, "three days of a week are enough");
	is_int(percent(but_for_a_week, "staff", 0, MONTH), 45, "the worst week counts");
	is_int(percent(in_the_first_half, "staff", 0, MONTH), 0, "and one in which none was seen");
	is_int(percent(in_the_first_half, "staff", 0, MONTH / 2), 100, "but not if it is no part");
	is_int(percent(on_one_day, "staff", 2, 3), 100, "a day is what it is");
	is_int(percent(on_working_days, "staff", 4, 7), 100,
		"of less than a week half of the days");
	is_int(percent(on_working_days, "late", 0, MONTH), 100,
		"a class is measured from its enrolment on");
	is_int(percent(in_the_first_half, "late", 0, MONTH), 0, "… and not by what was before");
	is_int(percent(on_working_days, "late", 0, 10), -1, "before it, not at all");
}

static void test_forgotten(void)
{
	struct coverage *coverage = watch(on_working_days, 0);
	uint16_t staff = symbol_of(SYMBOL_CLASS, "staff");
	uint64_t from_ns = (uint64_t)first * DAY_NS, to_ns = from_ns + MONTH * DAY_NS - 1;

	coverage_see(coverage, &inventory_at(inventory, 0)->identity, first + COVERAGE_DAYS - 1);
	struct coverage_of_period of =
		coverage_over(coverage, inventory, staff, NULL, from_ns, to_ns);
	ok(of.day.is_measured && of.day.seen >= STAFF - 1, "what was seen is kept for its time");
	is_int(coverage_first_day(coverage), first, "… and it is known since when");
	coverage_see(coverage, &inventory_at(inventory, 0)->identity, first + COVERAGE_DAYS);
	of = coverage_over(coverage, inventory, staff, NULL, from_ns, to_ns);
	ok(!of.day.is_measured && of.is_forgotten,
		"of days that are not kept nothing is said, not that none was seen");
	coverage_destroy(coverage);
}

/* As earlier versions saved a device: identity, day, 64 days. */
static void test_state(void)
{
	struct coverage *coverage = coverage_create(), *again = coverage_create();
	const struct inventory_device *device = inventory_at(inventory, 0);
	struct local_day day = local_day_at(NULL, first - 70);
	struct {
		struct addr identity;
		int64_t day;
		uint64_t days;
	} old = { device->identity, first, 5 };
	char saved[sizeof(uint32_t) + sizeof(old)];
	const uint32_t count = 1;
	struct text text;

	memcpy(saved, &count, sizeof(count));
	memcpy(saved + sizeof(count), &old, sizeof(old));
	ok(coverage_load(coverage, saved, sizeof(saved)), "what an earlier version saved is read");
	coverage_see(coverage, &device->identity, day.number);
	text_init_heap(&text);
	ok(coverage_save(coverage, &text) && coverage_load(again, text.at, text.length),
		"and saved anew");
	ok(coverage_of(again, inventory, device->class_, &day).seen == 1, "with what came since");
	day = local_day_at(NULL, first - 2);
	ok(coverage_of(again, inventory, device->class_, &day).seen == 1, "and what was");
	day = local_day_at(NULL, first - 1);
	ok(coverage_of(again, inventory, device->class_, &day).seen == 0, "and nothing else");
	ok(coverage_knows(again, first - COVERAGE_DAYS + 1) &&
			!coverage_knows(again, first - COVERAGE_DAYS),
		"how far back it knows is known as well");
	ok(!coverage_load(again, text.at, text.length - 1), "cut short it is refused");
	text_deinit(&text);
	coverage_destroy(coverage);
	coverage_destroy(again);
}

/* Days grow older one by one and by months, to the last that is kept. */
static void test_days(void)
{
	static const unsigned days[] = { 0, 60, 63, 64, 70, 127 };
	struct coverage *coverage = coverage_create();
	const struct inventory_device *device = inventory_at(inventory, 0);
	unsigned wrong = 0, at = 0;

	for (unsigned i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		coverage_see(coverage, &device->identity, first + days[i]);
	}
	for (unsigned i = 0; i < COVERAGE_DAYS; i++) {
		struct local_day day = local_day_at(NULL, first + i);
		bool was_seen = coverage_of(coverage, inventory, device->class_, &day).seen == 1;
		bool is_one = at < sizeof(days) / sizeof(days[0]) && days[at] == i;
		wrong += was_seen != is_one;
		at += is_one;
	}
	is_int(wrong, 0, "seen on the days on which it was, and on no others");
	is_int(coverage_first_day(coverage), first, "the first of them is kept");
	coverage_see(coverage, &device->identity, first + COVERAGE_DAYS);
	is_int(coverage_first_day(coverage), first + 60, "… until there are later ones");
	coverage_destroy(coverage);
}

int main(void)
{
	struct err err;

	if (!open_inventory(&err)) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_periods();
	test_forgotten();
	test_state();
	test_days();
	inventory_close(inventory);
	return done_testing();
}
