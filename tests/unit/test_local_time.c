/* Local time: offsets, days of 23 and 25 hours, times that a clock skips or shows twice, rules for
 * years to come, damaged files. What is wanted was computed by Python's zoneinfo. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/local_rule.h"
#include "base/local_time.h"
#include "tests/tap.h"

static uint64_t utc(const char *text)
{
	uint64_t time_ns = 0;

	clock_parse(text, &time_ns);
	return time_ns;
}

static void test_offsets(void)
{
	static const struct {
		const char *zone, *time, *local;
	} cases[] = {
		{ "Europe/Stockholm", "2026-01-15T12:00:00Z", "2026-01-15T13:00:00+01:00" },
		{ "Europe/Stockholm", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00" },
		{ "Europe/Stockholm", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00" },
		{ "Europe/Stockholm", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00" },
		{ "Europe/Stockholm", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00" },
		{ "Europe/Stockholm", "2099-07-01T00:00:00Z", "2099-07-01T02:00:00+02:00" },
		{ "Europe/Stockholm", "1972-07-01T00:00:00Z", "1972-07-01T01:00:00+01:00" },
		{ "Europe/Helsinki", "2026-07-01T21:30:00Z", "2026-07-02T00:30:00+03:00" },
		{ "Atlantic/Azores", "2026-07-01T00:30:00Z", "2026-07-01T00:30:00+00:00" },
		{ "America/St_Johns", "2026-01-01T00:00:00Z", "2025-12-31T20:30:00-03:30" },
		{ "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45" },
		{ "Africa/Casablanca", "2026-06-01T00:00:00Z", "2026-06-01T01:00:00+01:00" },
		{ "Australia/Lord_Howe", "2060-01-01T00:00:00Z", "2060-01-01T11:00:00+11:00" },
		{ "America/Nuuk", "2060-07-01T00:00:00Z", "2060-06-30T23:00:00-01:00" },
		{ "UTC", "2026-07-01T00:00:00Z", "2026-07-01T00:00:00+00:00" },
	};
	char text[LOCAL_TEXT_LENGTH + 1];

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct local_zone *zone;
		struct err err;
		ok(local_zone_open(&zone, cases[i].zone, &err) == 0, "%s", cases[i].zone);
		local_format(zone, utc(cases[i].time), text);
		is_text(text, cases[i].local, "%s, %s", cases[i].zone, cases[i].time);
		local_zone_close(zone);
	}
	local_format(NULL, utc("2026-07-01T00:00:00Z"), text);
	is_text(text, "2026-07-01T00:00:00+00:00", "no zone is UTC");
}

static void test_days(void)
{
	static const struct {
		const char *zone, *time, *date, *start, *end;
	} cases[] = {
		{ "Europe/Stockholm", "2026-03-29T12:00:00Z", "2026-03-29", "2026-03-28T23:00:00Z",
			"2026-03-29T22:00:00Z" },
		{ "Europe/Stockholm", "2026-10-25T12:00:00Z", "2026-10-25", "2026-10-24T22:00:00Z",
			"2026-10-25T23:00:00Z" },
		{ "Europe/Stockholm", "2026-12-31T23:30:00Z", "2027-01-01", "2026-12-31T23:00:00Z",
			"2027-01-01T23:00:00Z" },
		/* The clock goes from midnight to one: the day begins at one. */
		{ "Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-24", "2026-04-23T22:00:00Z",
			"2026-04-24T21:00:00Z" },
		/* … and from midnight back to eleven: the evening comes twice and the day has 25.
		 */
		{ "Asia/Beirut", "2026-10-24T12:00:00Z", "2026-10-24", "2026-10-23T21:00:00Z",
			"2026-10-24T22:00:00Z" },
		/* A day that was left out. */
		{ "Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-31", "2011-12-30T10:00:00Z",
			"2011-12-31T10:00:00Z" },
		{ "UTC", "2026-03-29T12:00:00Z", "2026-03-29", "2026-03-29T00:00:00Z",
			"2026-03-30T00:00:00Z" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct local_zone *zone;
		struct err err;
		char date[11];
		local_zone_open(&zone, cases[i].zone, &err);
		struct local_day day = local_day_of(zone, utc(cases[i].time));
		local_format_date(zone, utc(cases[i].time), date);
		is_text(date, cases[i].date, "%s, %s: the date", cases[i].zone, cases[i].time);
		ok(day.start_ns == utc(cases[i].start) && day.end_ns == utc(cases[i].end),
			"… and its bounds, %.1f hours",
			(double)(day.end_ns - day.start_ns) / 3.6e12);
		local_zone_close(zone);
	}
}

/* Days meet and do not overlap, and each of their moments is in them. */
static void test_days_meet(void)
{
	static const char *const zones[] = { "Europe/Stockholm", "Europe/Dublin", "Asia/Beirut",
		"America/St_Johns", "Africa/Casablanca", "America/Nuuk", "Asia/Gaza" };

	for (unsigned i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct local_zone *zone;
		struct err err;
		unsigned wrong = 0;
		local_zone_open(&zone, zones[i], &err);
		struct local_day day = local_day_of(zone, utc("1987-01-01"));
		for (unsigned k = 0; k < 120 * 366; k++) {
			struct local_day next = local_day_of(zone, day.end_ns);
			wrong += next.start_ns != day.end_ns || next.number != day.number + 1;
			wrong += local_day_of(zone, day.end_ns - 1).number != day.number;
			day = next;
		}
		is_int(wrong, 0, "%s: every day of 120 years meets the next", zones[i]);
		local_zone_close(zone);
	}
}

static void test_parse(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "2026-07-01", "2026-06-30T22:00:00Z" },
		{ "2026-07-01T10:15", "2026-07-01T08:15:00Z" },
		{ "2026-07-01T10:15:00Z", "2026-07-01T10:15:00Z" },
		{ "2026-07-01T10:15:00-03:00", "2026-07-01T13:15:00Z" },
		{ "2026-07-01T10:15:00.5", "2026-07-01T08:15:00.5Z" },
		{ "2026-03-29T02:30", "2026-03-29T01:00:00Z" }, /* skipped */
		{ "2026-10-25T02:30", "2026-10-25T00:30:00Z" }, /* shown twice */
	};
	struct local_zone *zone;
	struct err err;
	uint64_t time_ns;

	local_zone_open(&zone, "Europe/Stockholm", &err);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ok(local_parse(zone, cases[i].text, &time_ns) && time_ns == utc(cases[i].wanted),
			"%s is %s", cases[i].text, cases[i].wanted);
	}
	ok(!local_parse(zone, "tomorrow", &time_ns), "no time is none");
	local_zone_close(zone);
}

static void test_names(void)
{
	static const char *const wrong[] = { "", "/etc/passwd", "../../etc/passwd", "Europe/Gotham",
		"Europe", "Europe/Stock holm" };
	struct local_zone *zone;
	struct err err;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ok(local_zone_open(&zone, wrong[i], &err) < 0 && !zone &&
				strstr(err.text, "time zone"),
			"\"%s\": %s", wrong[i], err.text);
	}
}

/* Every file that is cut or has a byte changed is read or refused. */
static void test_damage(void)
{
	struct local_zone *zone;
	struct err err;
	char *bytes;
	size_t count;
	unsigned cut_taken = 0;

	if (file_read("/usr/share/zoneinfo/Europe/Stockholm", &bytes, &count, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		cut_taken += local_zone_read(&zone, "cut", bytes, i, &err) == 0;
		local_zone_close(zone);
		char kept = bytes[i];
		bytes[i] = (char)(kept ^ 0x91);
		if (local_zone_read(&zone, "changed", bytes, count, &err) == 0) {
			local_day_of(zone, utc("2026-03-29"));
			local_day_of(zone, utc("2099-03-29"));
		}
		local_zone_close(zone);
		bytes[i] = kept;
	}
	is_int(cut_taken, 0, "a file that is cut is refused");
	free(bytes);
}

static void test_rules(void)
{
	static const char *const wrong[] = { "", "CE", "CET", "CET-", "CET-200", "CET-1CEST,",
		"CET-1CEST,M3", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0x", "<+03",
		"CET-1CEST,J0,J9" };
	struct local_rule rule;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ok(!local_rule_parse(&rule, wrong[i]), "\"%s\" is no rule", wrong[i]);
	}
	ok(local_rule_parse(&rule, "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
		"a rule with a negative hour");
	is_int(local_rule_offset_s(&rule, 1782864000), -3600, "… in July");
	ok(local_rule_parse(&rule, "XXX3EDT4,0/0,J365/23"), "always summer");
	is_int(local_rule_offset_s(&rule, 1782864000), -4 * 3600, "… in July");
	is_int(local_rule_offset_s(&rule, 1767225600 + 6 * 3600), -4 * 3600, "… on New Year's day");
}

int main(void)
{
	test_offsets();
	test_days();
	test_days_meet();
	test_parse();
	test_names();
	test_damage();
	test_rules();
	return done_testing();
}
