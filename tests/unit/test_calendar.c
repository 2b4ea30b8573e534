/* Which days are free: the shipped calendars against dates known from elsewhere, scopes, the clock.
 */
#include "analyzer/detect/calendar.h"
#include "tests/tap.h"

#include <unistd.h>

#include "base/file.h"

static uint64_t at(const char *text)
{
	uint64_t time_ns = 0;
	clock_parse(text, &time_ns);
	return time_ns;
}

static bool is_free(const struct calendar *calendar, unsigned scope, const char *date)
{
	struct day_place place;
	calendar_place(calendar, scope, at(date), &place);
	return place.kind == DAY_FREE;
}

static const struct {
	const char *country, *date, *name;
	bool free;
} known[] = {
	{ "se", "2024-06-21", "Midsummer's Eve", true },
	{ "se", "2026-04-03", "Good Friday", true },
	{ "se", "2026-06-19", "Midsummer's Eve", true },
	{ "se", "2029-05-10", "Ascension Day", true },
	{ "se", "2026-06-08", "the Monday after a National Day at a weekend", false },
	{ "se", "2027-01-06", "Epiphany", true },
	{ "no", "2027-05-17", "Constitution Day", true },
	{ "no", "2026-04-02", "Maundy Thursday", true },
	{ "no", "2026-01-06", "Epiphany, no holiday in Norway", false },
	{ "dk", "2026-05-01", "Store Bededag, abolished", false },
	{ "dk", "2026-05-25", "Whit Monday", true },
	{ "dk", "2025-06-05", "Constitution Day", true },
	{ "fi", "2027-12-06", "Independence Day", true },
	{ "fi", "2026-06-19", "Midsummer's Eve", true },
	{ "fi", "2026-05-25", "Whit Monday, no holiday in Finland", false },
	{ "is", "2026-04-23", "the first day of summer", true },
	{ "is", "2026-08-03", "Commerce Day", true },
	{ "is", "2025-06-17", "National Day", true },
};

static void test_countries(void)
{
	struct err err;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct calendar *calendar;
		if (calendar_create(&calendar, &err) < 0 ||
			calendar_load_country(calendar, known[i].country, &err) < 0) {
			ok(false, "%s: %s", known[i].country, err.text);
			continue;
		}
		ok(is_free(calendar, 0, known[i].date) == known[i].free, "%s %s: %s is %s",
			known[i].country, known[i].date, known[i].name,
			known[i].free ? "free" : "a working day");
		calendar_destroy(calendar);
	}
}

static void test_scopes(void)
{
	char path[] = "/tmp/borderflow-calendar-XXXXXX";
	const char *days = "date,to,series\r\n2026-02-16,2026-02-20,s1.csv\r\n2026-03-04,,*\r\n";
	struct calendar *calendar;
	struct err err;

	close(mkstemp(path));
	file_write(path, days, strlen(days), &err);
	calendar_create(&calendar, &err);
	is_int(calendar_load(calendar, path, &err), 0, "a file of one's own is read");
	unsigned school = calendar_scope(calendar, "s1.csv");
	ok(is_free(calendar, school, "2026-02-18"), "a term's week is free for its school");
	ok(!is_free(calendar, 0, "2026-02-18"), "… and for nobody else");
	ok(is_free(calendar, school, "2026-03-04"), "a day of everybody's is the school's too");
	ok(is_free(calendar, 0, "2026-03-07") && !is_free(calendar, 0, "2026-03-06"),
		"weekends are free without being told");
	is_int(calendar_scope(calendar, "nobody"), 0, "an unknown scope is everybody");

	days = "date\n2026-02-30\n";
	file_write(path, days, strlen(days), &err);
	ok(calendar_load(calendar, path, &err) < 0 && strstr(err.text, ":2: expected a date") &&
			strstr(err.text, "2026-02-30"),
		"a day that is none is told with its line: %s", err.text);
	days = "day\n2026-02-03\n";
	file_write(path, days, strlen(days), &err);
	ok(calendar_load(calendar, path, &err) < 0, "a file without a date column is refused");
	unlink(path);
	calendar_destroy(calendar);
}

static void test_clock(void)
{
	struct calendar *calendar;
	struct local_zone *zone;
	struct day_place winter, summer;
	struct err err;

	if (local_zone_open(&zone, "Europe/Stockholm", &err) < 0) {
		skip("no time zones are installed");
		return;
	}
	calendar_create(&calendar, &err);
	calendar_set_zone(calendar, zone);
	calendar_place(calendar, 0, at("2026-03-27T07:05:00"), &winter);
	calendar_place(calendar, 0, at("2026-03-30T06:05:00"), &summer);
	is_int(winter.half_hour, 16, "five past eight on a wall in winter");
	is_int(summer.half_hour, 16, "… is five past eight in summer");
	calendar_place(calendar, 0, at("2026-03-27T23:30:00"), &winter);
	is_int(winter.kind, DAY_FREE, "Saturday begins at local midnight");
	calendar_destroy(calendar);
	local_zone_close(zone);
}

int main(void)
{
	test_countries();
	test_scopes();
	test_clock();
	return done_testing();
}
