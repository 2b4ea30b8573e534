/* One app, and every way in which a network stops it; beside each blocked device one that gets
 * through. */
#include <stdio.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/visit.h"

static const struct {
	const char *device;
	uint8_t block;
} rows[] = {
	{ "name-error", VISIT_NAME_ERROR },
	{ "sinkhole", VISIT_SINKHOLE },
	{ "refused", VISIT_REFUSED },
	{ "unanswered", VISIT_UNANSWERED },
	{ "dropped", VISIT_HELLO_DROPPED },
	{ "reset", VISIT_HELLO_RESET },
	{ "passes", VISIT_PASSES },
};

static void play(struct scene *scene)
{
	for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct path path = { 0 };
		struct device device;
		char addr4[ADDR_TEXT_MAX];
		snprintf(addr4, sizeof(addr4), "10.20.9.%u", row + 11);
		device_init(&device, scene, "Kommunledning", rows[row].device, addr4, NULL, &path);

		for (unsigned attempt = 0; attempt < 3; attempt++) {
			struct visit what = { .group = "tiktok",
				.every_host = true,
				.is_work_device = true,
				.block = rows[row].block,
				.volume = 20 };
			clock_parse("2026-03-17T11:00", &what.start_ns);
			what.start_ns += (attempt * 600 + row * 5) * NS_PER_S;
			visit(scene, &device, &what);
		}
	}
}

const struct scenario scenario_blocked = {
	.name = "blocked",
	.about = "one app and every way in which a network stops it",
	.play = play,
};
