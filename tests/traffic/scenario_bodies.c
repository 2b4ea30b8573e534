/* Public bodies that decided about apps: staff, pupils, guests, private telephones, elected members
 * and a region whose block is half done, each doing what the decisions speak of. What the decisions
 * say stands apart (tests/policy). */
#include <stdio.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/visit.h"

static const struct {
	const char *device, *address, *group, *when; /* UTC */
	uint8_t block;
} rows[] = {
	/* Care, under secrecy. */
	{ "care-before", "10.31.1.1", "tiktok", "2026-03-30T10:00", VISIT_PASSES },
	{ "care-grace", "10.31.1.1", "tiktok", "2026-04-01T10:00", VISIT_PASSES },
	{ "care-after", "10.31.1.2", "tiktok", "2026-04-20T10:00", VISIT_PASSES },
	{ "care-telegram", "10.31.1.3", "telegram", "2026-04-20T10:05", VISIT_PASSES },
	{ "care-whatsapp", "10.31.1.4", "whatsapp", "2026-04-20T10:10", VISIT_PASSES },
	{ "care-facebook", "10.31.1.5", "facebook-only", "2026-04-20T10:15", VISIT_PASSES },
	{ "care-deepseek", "10.31.1.6", "deepseek", "2026-04-20T10:20", VISIT_PASSES },
	{ "care-teams", "10.31.1.7", "teams", "2026-04-20T10:25", VISIT_PASSES },
	{ "care-pixel", "10.31.1.8", "news-with-pixel", "2026-04-20T10:30", VISIT_PASSES },
	{ "care-zoom", "10.31.1.9", "zoom", "2026-04-20T10:35", VISIT_PASSES },
	{ "care-temu", "10.31.1.10", "temu", "2026-04-20T10:40", VISIT_PASSES },
	{ "care-signal", "10.31.1.11", "signal", "2026-04-20T10:45", VISIT_PASSES },
	{ "care-youtube", "10.31.1.12", "youtube", "2026-04-20T10:50", VISIT_PASSES },
	/* School: staff, pupils, guests. */
	{ "school", "10.32.1.1", "tiktok", "2026-04-20T11:00", VISIT_PASSES },
	{ "school-kahoot", "10.32.1.2", "kahoot", "2026-04-20T11:05", VISIT_PASSES },
	{ "pupil", "10.33.1.1", "tiktok", "2026-04-20T11:10", VISIT_PASSES },
	{ "guest", "10.34.1.1", "tiktok", "2026-04-20T11:15", VISIT_PASSES },
	/* Private telephones: TikTok before the first mail of the day, none at all, sign-in alone.
	 */
	{ "private-mail", "10.35.1.1", "tiktok", "2026-04-20T07:00", VISIT_PASSES },
	{ "private-mail", "10.35.1.1", "m365-push", "2026-04-20T09:00", VISIT_PASSES },
	{ "private-alone", "10.35.1.2", "tiktok", "2026-04-20T09:05", VISIT_PASSES },
	{ "private-sign-in", "10.35.1.3", "bankid", "2026-04-20T09:10", VISIT_PASSES },
	{ "private-sign-in", "10.35.1.3", "tiktok", "2026-04-20T09:15", VISIT_PASSES },
	/* Separate equipment under an exception; one of them goes to the intranet. */
	{ "separate", "10.36.1.1", "tiktok", "2026-04-20T08:00", VISIT_PASSES },
	{ "separate-broken", "10.36.1.2", "tiktok", "2026-04-20T08:05", VISIT_PASSES },
	{ "separate-broken", "10.36.1.2", "intranet", "2026-04-20T10:30", VISIT_PASSES },
	{ "separate-broken", "10.36.1.2", "tiktok", "2026-04-20T12:00", VISIT_PASSES },
	{ "elected", "10.37.1.1", "tiktok", "2026-04-20T12:05", VISIT_PASSES },
	/* Two segments of a region: one blocked, one at sixty per cent. */
	{ "a-1", "10.38.1.1", "tiktok-web", "2026-04-20T13:00", VISIT_HELLO_RESET },
	{ "a-2", "10.38.1.2", "tiktok-web", "2026-04-20T13:01", VISIT_UNANSWERED },
	{ "a-3", "10.38.1.3", "tiktok-web", "2026-04-20T13:02", VISIT_NAME_ERROR },
	{ "a-4", "10.38.1.4", "tiktok-web", "2026-04-20T13:03", VISIT_REFUSED },
	{ "a-5", "10.38.1.5", "tiktok-web", "2026-04-20T13:04", VISIT_HELLO_DROPPED },
	{ "b-1", "10.38.2.1", "tiktok", "2026-04-20T13:05", VISIT_PASSES },
	{ "b-2", "10.38.2.2", "tiktok", "2026-04-20T13:06", VISIT_PASSES },
	{ "b-3", "10.38.2.3", "tiktok-web", "2026-04-20T13:07", VISIT_REFUSED },
	{ "b-4", "10.38.2.4", "tiktok-web", "2026-04-20T13:08", VISIT_HELLO_RESET },
	{ "b-5", "10.38.2.5", "tiktok-web", "2026-04-20T13:09", VISIT_SINKHOLE },
};

static void play(struct scene *scene)
{
	for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct path path = { 0 };
		struct device device;
		struct visit what = { .group = rows[row].group,
			.every_host = true,
			.block = rows[row].block,
			.volume = 20,
			.duration_ns = 120 * NS_PER_S };

		device_init(
			&device, scene, "body", rows[row].device, rows[row].address, NULL, &path);
		device.next_port = (uint16_t)(50000 + row * 100);
		clock_parse(rows[row].when, &what.start_ns);
		visit(scene, &device, &what);
	}
}

const struct scenario scenario_bodies = {
	.name = "bodies",
	.about = "public bodies that decided about apps, and everybody whom that concerns",
	.play = play,
};
