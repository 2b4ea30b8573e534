/* An ordinary working day of Exempelstad kommun: what its devices do (town.h), and what the sample
 * policy (day-policy.yaml) is about. */
#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/town.h"

/* What happens besides, at its own minute: the day's story. */
static const struct town_event events[] = {
	/* TikTok where it is denied, and passes: an alert each (device and day). */
	{ "07:12", LEADERSHIP, PHONE, 3, "tiktok", VISIT_PASSES, false, 0, 0 },
	{ "11:03", LEADERSHIP, PHONE, 3, "tiktok", VISIT_PASSES, false, 0, 0 },
	{ "10:41", LEADERSHIP, PC, 6, "tiktok-web", VISIT_PASSES, false, 0, 0 },
	{ "11:20", STAFF, PHONE, 2, "tiktok-named-by-dns", VISIT_PASSES, false, 0, 0 },
	{ "18:35", CARE, TABLET, 4, "tiktok-v6", VISIT_PASSES, true, 0, 0 },
	{ "12:15", TECHNICAL, PC, 6, "tiktok-web", VISIT_PASSES, false, 0, 0 },
	/* The same app, stopped on the way: attempts, no alert. */
	{ "09:30", TECHNICAL, PC, 1, "tiktok-web", VISIT_NAME_ERROR, false, 0, 0 },
	{ "09:50", CARE, PC, 2, "tiktok-web", VISIT_SINKHOLE, false, 0, 0 },
	{ "10:10", LEADERSHIP, PC, 9, "tiktok-blocked", VISIT_REFUSED, false, 0, 0 },
	{ "10:25", STAFF, PC, 5, "tiktok-blocked", VISIT_HELLO_DROPPED, false, 0, 0 },
	{ "13:05", STAFF, PC, 7, "tiktok-blocked", VISIT_HELLO_RESET, false, 0, 0 },
	{ "14:40", LEADERSHIP, PHONE, 7, "tiktok-blocked", VISIT_UNANSWERED, false, 0, 0 },
	/* Telegram is reported, not denied. */
	{ "08:20", LEADERSHIP, PHONE, 5, "telegram", VISIT_PASSES, false, 90, 0 },
	{ "16:10", STAFF, PHONE, 4, "telegram", VISIT_PASSES, true, 15, 0 },
	/* Flows that cross many five-minute slots. */
	{ "07:00", LEADERSHIP, PC, 1, "m365-push", VISIT_PASSES, false, 480, 0 },
	{ "07:05", LEADERSHIP, PC, 2, "m365-push", VISIT_PASSES, false, 420, 0 },
	{ "06:55", STAFF, PC, 1, "m365-push", VISIT_PASSES, false, 300, 0 },
	{ "05:40", LEADERSHIP, PHONE, 1, "apple-push", VISIT_PASSES, false, 600, 0 },
	{ "05:50", LEADERSHIP, PHONE, 3, "apple-push", VISIT_PASSES, true, 600, 0 },
	{ "06:10", CARE, TABLET, 1, "apple-push", VISIT_PASSES, false, 360, 0 },
	/* What nobody can look into, and what is loud. */
	{ "12:30", PUPILS, PHONE, 5, "vpn", VISIT_PASSES, false, 35, 0 },
	{ "12:40", PUPILS, CHROMEBOOK, 8, "doh-address", VISIT_PASSES, false, 0, 0 },
	{ "13:30", LEADERSHIP, PC, 4, "zoom", VISIT_PASSES, false, 0, 0 },
};

static void play(struct scene *scene)
{
	struct town *town = town_create(scene);

	scene->retransmitted_per_10000 = 20;
	clock_parse("2026-03-17", &town->midnight_ns);
	town_plan_habits(town, 100);
	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		town_plan_event(town, &events[i]);
	}
	town_play(town);
	town_add_noise(town);
	town_destroy(town);
}

const struct scenario scenario_day = {
	.name = "day",
	.about = "a working day of Exempelstad kommun (invented): six units, about a hundred "
		 "devices",
	.slice_bytes = 160,
	.play = play,
};
