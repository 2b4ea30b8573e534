/* Two working days of an office in which one device calls a place by the clock, give or take 30 %:
 * what detectors are to find in packets. */
#include <stdio.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/visit.h"

enum { DEVICES = 6, DAYS = 2, HOURS = 9, CALLER = 2 };

#define HOUR_NS (3600 * NS_PER_S)

static uint64_t morning_ns(unsigned day)
{
	uint64_t time_ns = 0;

	clock_parse("2026-03-17T07:00", &time_ns);
	return time_ns + day * 24 * HOUR_NS;
}

/* Whoever sits there does a few things an hour. */
static void work(struct scene *scene, struct device *device, unsigned day)
{
	static const char *const groups[] = { "m365", "google", "news", "m365" };

	for (unsigned hour = 0; hour < HOURS; hour++) {
		for (unsigned i = 0; i < 3; i++) {
			struct visit what = { .group = groups[rng_below(&scene->rng, 4)],
				.start_ns = morning_ns(day) + hour * HOUR_NS +
					    rng_below(&scene->rng, 3600) * NS_PER_S,
				.is_work_device = true,
				.volume = 5,
				.duration_ns = 60 * NS_PER_S };
			visit(scene, device, &what);
		}
	}
}

static void call(struct scene *scene, struct device *device, unsigned day)
{
	uint64_t now_ns = morning_ns(day), end_ns = now_ns + HOURS * HOUR_NS;

	while (now_ns < end_ns) {
		struct visit what = { .group = "caller",
			.start_ns = now_ns,
			.every_host = true,
			.is_work_device = true };
		visit(scene, device, &what);
		now_ns += rng_between(&scene->rng, 420, 780) * NS_PER_S;
	}
}

static void play(struct scene *scene)
{
	struct path path = { 0 };
	struct device devices[DEVICES];
	char name[16], addr4[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < DEVICES; i++) {
		snprintf(name, sizeof(name), "pc-%u", i + 1);
		snprintf(addr4, sizeof(addr4), "10.20.9.%u", i + 11);
		device_init(&devices[i], scene, "Kommunledning", name, addr4, NULL, &path);
	}
	for (unsigned day = 0; day < DAYS; day++) {
		for (unsigned i = 0; i < DEVICES; i++) {
			work(scene, &devices[i], day);
		}
		call(scene, &devices[CALLER], day);
	}
}

const struct scenario scenario_alarms = {
	.name = "alarms",
	.about = "two days of an office, and one device that calls by the clock",
	.play = play,
};
