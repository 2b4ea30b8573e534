/* Times as people type them, also on the days on which the clock changes. */
#include "dashboards/cli/time_word.h"

#include "tests/tap.h"

static struct local_zone *zone;

static void reads(const char *now, const char *text, const char *wanted)
{
	char local[LOCAL_TEXT_LENGTH + 1] = "";
	uint64_t now_ns = 0, time_ns = 0;

	local_parse(zone, now, &now_ns);
	ok(time_word_parse(text, zone, now_ns, &time_ns), "%s is a time", text);
	local_format(zone, time_ns, local);
	is_text(local, wanted, "… at %s", now);
}

/* An hour that the clock shows twice is asked for as a whole. */
static void ends(const char *text, const char *wanted)
{
	char local[LOCAL_TEXT_LENGTH + 1] = "";
	uint64_t time_ns = 0;

	ok(time_word_parse_end(text, zone, NS_PER_S, &time_ns), "%s is an end", text);
	local_format(zone, time_ns, local);
	is_text(local, wanted, "… the last time that the clock shows it");
}

int main(void)
{
	uint64_t time_ns;
	struct err err;

	if (local_zone_open(&zone, "Europe/Stockholm", &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	reads("2026-07-02T10:00", "today", "2026-07-02T00:00:00+02:00");
	reads("2026-07-02T10:00", "yesterday", "2026-07-01T00:00:00+02:00");
	reads("2026-07-02T10:00", "24h", "2026-07-01T10:00:00+02:00");
	reads("2026-07-02T10:00", "now", "2026-07-02T10:00:00+02:00");
	reads("2026-07-02T10:00", "2026-06-01", "2026-06-01T00:00:00+02:00");
	/* The clock went forward on 2026-03-29 and back on 2026-10-25. */
	reads("2026-03-30T10:00", "yesterday", "2026-03-29T00:00:00+01:00");
	reads("2026-03-29T10:00", "24h", "2026-03-28T09:00:00+01:00");
	reads("2026-10-26T10:00", "yesterday", "2026-10-25T00:00:00+02:00");
	ends("2026-10-25T02:30", "2026-10-25T02:30:00+01:00");
	ends("2026-10-25T02:30+02:00", "2026-10-25T02:30:00+02:00");
	ends("2026-10-25T03:00", "2026-10-25T03:00:00+01:00");
	ends("2026-10-25", "2026-10-25T00:00:00+02:00");
	ends("2026-03-29T02:30", "2026-03-29T03:00:00+02:00");
	static const char *const none[] = { "", "soon", "24", "h", "24hours", "-3h",
		"99999999999d" };
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ok(!time_word_parse(none[i], zone, NS_PER_S, &time_ns), "\"%s\" is none", none[i]);
	}
	local_zone_close(zone);
	return done_testing();
}
