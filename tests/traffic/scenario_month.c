/* A month of Exempelstad kommun (town.h) that ends when one likes: working days, weekends, and the
 * incidents that month-policy.yaml is about. What ./quickstart demo replays.
 *
 * Written day by day, so that a month costs no more memory than a day; hellos are built, not
 * negotiated, so that it is ready in seconds. */
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/town.h"

enum { DAYS = 30, WEEKEND_PERCENT = 8, DAY_S = 86400 };
#define DAY_NS (DAY_S * NS_PER_S)

/* What happens on days first to last (0 to 29; the last is the day that the month ends with), on
 * working days alone or on all of them. */
static const struct {
	uint8_t first, last;
	bool at_weekends;
	unsigned times, apart_minutes; /* how often a day: 0 once */
	struct town_event event;
} incidents[] = {
	/* TikTok is denied on work devices, and blocked: attempts, day by day. */
	{ 0, 29, false, 0, 0,
		{ "09:30", TECHNICAL, PC, 1, "tiktok-web", VISIT_NAME_ERROR, false, 0, 0 } },
	{ 0, 29, false, 0, 0, { "09:50", CARE, PC, 2, "tiktok-web", VISIT_SINKHOLE, false, 0, 0 } },
	{ 0, 29, false, 3, 95,
		{ "10:25", STAFF, PC, 5, "tiktok-blocked", VISIT_HELLO_DROPPED, false, 0, 0 } },
	{ 0, 29, false, 2, 140,
		{ "13:05", STAFF, PHONE, 3, "tiktok-blocked", VISIT_HELLO_RESET, false, 0, 0 } },
	{ 0, 29, true, 2, 300,
		{ "08:40", CARE, TABLET, 2, "tiktok-blocked", VISIT_UNANSWERED, false, 0, 0 } },
	/* The press officer has an exception, which ends before the month does. */
	{ 0, 29, false, 2, 230,
		{ "07:12", LEADERSHIP, PHONE, 3, "tiktok", VISIT_PASSES, false, 0, 0 } },
	/* The block leaks: a rule of the firewall is gone for some days, and for a unit after
	   that. */
	{ 21, 23, false, 4, 70, { "10:41", STAFF, PHONE, 2, "tiktok", VISIT_PASSES, false, 0, 0 } },
	{ 21, 23, false, 3, 110,
		{ "11:20", STAFF, PHONE, 4, "tiktok", VISIT_PASSES, false, 0, 0 } },
	{ 22, 29, true, 2, 160,
		{ "12:15", CARE, TABLET, 4, "tiktok-v6", VISIT_PASSES, true, 0, 0 } },
	{ 27, 29, false, 2, 60,
		{ "06:35", TECHNICAL, PC, 6, "tiktok-web", VISIT_PASSES, false, 0, 0 } },
	/* Temu has a time of grace. */
	{ 8, 29, false, 0, 0,
		{ "11:45", LEADERSHIP, PHONE, 6, "temu", VISIT_PASSES, false, 0, 0 } },
	{ 24, 29, false, 0, 0, { "12:05", CARE, TABLET, 7, "temu", VISIT_PASSES, false, 0, 0 } },
	/* Telegram is reported. */
	{ 0, 29, false, 0, 0,
		{ "08:20", LEADERSHIP, PHONE, 5, "telegram", VISIT_PASSES, false, 90, 0 } },
	{ 5, 29, true, 0, 0, { "16:10", STAFF, PHONE, 4, "telegram", VISIT_PASSES, true, 15, 0 } },
	/* An app that nobody had. */
	{ 25, 28, false, 6, 25,
		{ "08:10", TECHNICAL, PC, 3, "deepseek", VISIT_PASSES, false, 0, 400 } },
	/* Somebody sends very much out of care, at night, to a place that is known. */
	{ 26, 26, true, 30, 2, { "01:10", CARE, PC, 3, "windows", VISIT_PASSES, false, 0, 12000 } },
	/* And far away, in an hour. */
	{ 28, 28, true, 12, 5,
		{ "14:00", TECHNICAL, PC, 4, "tiktok-own", VISIT_PASSES, false, 0, 6000 } },
	/* By the clock: a device that calls every ten minutes. */
	{ 19, 29, true, 110, 10,
		{ "00:04", TECHNICAL, PC, 2, "caller", VISIT_PASSES, false, 0, 0 } },
	/* What nobody can look into. */
	{ 3, 29, true, 0, 0, { "10:30", PUPILS, PHONE, 5, "vpn", VISIT_PASSES, false, 35, 0 } },
	{ 14, 29, false, 0, 0, { "12:30", PUPILS, PHONE, 9, "vpn", VISIT_PASSES, false, 50, 0 } },
	{ 0, 29, false, 3, 45,
		{ "08:40", PUPILS, CHROMEBOOK, 8, "doh-address", VISIT_PASSES, false, 0, 0 } },
	/* What stays open across slots. */
	{ 0, 29, false, 0, 0,
		{ "07:00", LEADERSHIP, PC, 1, "m365-push", VISIT_PASSES, false, 480, 0 } },
	{ 0, 29, true, 0, 0,
		{ "05:40", LEADERSHIP, PHONE, 1, "apple-push", VISIT_PASSES, false, 600, 0 } },
	{ 0, 29, false, 0, 0, { "13:30", LEADERSHIP, PC, 4, "zoom", VISIT_PASSES, false, 0, 0 } },
};

/* 1970 began on a Thursday. */
static bool is_weekend(uint64_t midnight_ns)
{
	return (midnight_ns / DAY_NS + 3) % 7 >= 5;
}

static void plan_incidents(struct town *town, unsigned day)
{
	for (unsigned i = 0; i < sizeof(incidents) / sizeof(incidents[0]); i++) {
		uint64_t midnight_ns = town->midnight_ns;
		if (day < incidents[i].first || day > incidents[i].last ||
			(is_weekend(midnight_ns) && !incidents[i].at_weekends)) {
			continue;
		}
		for (unsigned n = 0; n == 0 || n < incidents[i].times; n++) {
			/* Nobody is on the minute, and whoever calls by the clock nearly is. */
			town->midnight_ns += rng_below(&town->scene->rng, 40) * NS_PER_S;
			town_plan_event(town, &incidents[i].event);
			town->midnight_ns = midnight_ns + (uint64_t)(n + 1) *
								  incidents[i].apart_minutes * 60 *
								  NS_PER_S;
		}
		town->midnight_ns = midnight_ns;
	}
}

static void play(struct scene *scene)
{
	struct town *town = town_create(scene);
	uint64_t end_ns = scene->end_ns, first_ns;

	if (end_ns == 0) {
		clock_parse("2026-04-01", &end_ns);
	}
	first_ns = (end_ns - 1) / DAY_NS * DAY_NS - (DAYS - 1) * DAY_NS;
	scene->has_built_hellos = true;
	town->volume = 60;
	for (unsigned day = 0; day < DAYS; day++) {
		town->midnight_ns = first_ns + day * DAY_NS;
		scene->flush(scene, town->midnight_ns);
		town_plan_habits(town, is_weekend(town->midnight_ns) ? WEEKEND_PERCENT : 50);
		plan_incidents(town, day);
		town_play(town);
		town_add_noise(town);
	}
	scene->flush(scene, end_ns);
	scene->discard(scene);
	town_destroy(town);
}

const struct scenario scenario_month = {
	.name = "month",
	.about =
		"a month of Exempelstad kommun with incidents (month-policy.yaml); --end says when",
	.slice_bytes = 96,
	.play = play,
	.is_written_on_the_way = true,
};
