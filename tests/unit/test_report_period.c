/* Periods of a report: local days, also where the clock changes in between, and what is none. */
#include "dashboards/cli/report_period.h"

#include "tests/tap.h"

static struct local_zone *zone;

static void is_period(struct report_period_text text, const char *from, const char *to)
{
	char first[LOCAL_TEXT_LENGTH + 1], last[LOCAL_TEXT_LENGTH + 1];
	struct report_period period;
	struct err err = { "" };

	if (!ok(report_period_parse(&period, &text, zone, &err) == 0, "a period %s", err.text)) {
		return;
	}
	local_format(zone, period.from_ns, first);
	local_format(zone, period.to_ns, last);
	is_text(first, from, "%s begins", period.name);
	is_text(last, to, "%s ends", period.name);
}

static void is_none(struct report_period_text text, const char *title)
{
	struct report_period period;
	struct err err = { "" };

	ok(report_period_parse(&period, &text, zone, &err) < 0, "%s: %s", title, err.text);
}

int main(void)
{
	struct err err;

	if (local_zone_open(&zone, "Europe/Oslo", &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	is_period((struct report_period_text){ .month = "2026-10" }, "2026-10-01T00:00:00+02:00",
		"2026-11-01T00:00:00+01:00");
	is_period((struct report_period_text){ .month = "2026-12" }, "2026-12-01T00:00:00+01:00",
		"2027-01-01T00:00:00+01:00");
	is_period((struct report_period_text){ .month = "last", .now_ns = 1780272000 * NS_PER_S },
		"2026-05-01T00:00:00+02:00", "2026-06-01T00:00:00+02:00");
	is_period((struct report_period_text){ .month = "last", .now_ns = 1767312000 * NS_PER_S },
		"2025-12-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00");
	is_period((struct report_period_text){ .quarter = "last", .now_ns = 1767312000 * NS_PER_S },
		"2025-10-01T00:00:00+02:00", "2026-01-01T00:00:00+01:00");
	is_period((struct report_period_text){ .quarter = "last", .now_ns = 1780272000 * NS_PER_S },
		"2026-01-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00");
	is_period((struct report_period_text){ .year = "last", .now_ns = 1780272000 * NS_PER_S },
		"2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00");
	is_period((struct report_period_text){ .quarter = "2026-Q4" }, "2026-10-01T00:00:00+02:00",
		"2027-01-01T00:00:00+01:00");
	is_period((struct report_period_text){ .year = "2026" }, "2026-01-01T00:00:00+01:00",
		"2027-01-01T00:00:00+01:00");
	is_period((struct report_period_text){ .from = "2026-03-28", .to = "2026-03-29" },
		"2026-03-28T00:00:00+01:00", "2026-03-30T00:00:00+02:00");
	is_none((struct report_period_text){ .month = "2026-13" }, "no month");
	is_none((struct report_period_text){ .month = "october" }, "no month");
	is_none((struct report_period_text){ .month = "2026-10-01" }, "a day");
	is_none((struct report_period_text){ .quarter = "2026-Q5" }, "no quarter");
	is_none((struct report_period_text){ .year = "26" }, "no year");
	is_none((struct report_period_text){ .from = "2026-10-01" }, "no end");
	is_none((struct report_period_text){ .from = "2026-10-02", .to = "2026-10-01" },
		"backwards");
	is_none((struct report_period_text){ .month = "2026-10", .year = "2026" }, "two periods");
	is_none((struct report_period_text){ 0 }, "none");
	local_zone_close(zone);
	return done_testing();
}
