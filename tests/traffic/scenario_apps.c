/* Thousands of devices that visit services, with real handshakes, lookups and data: what
 * recognition costs. As many packets as wanted; written as it goes, so that memory stays small. */
#include <stdio.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/visit.h"

enum { DEVICES = 1000, PACKETS_DEFAULT = 1350000, FLUSH_EVERY = 500 };

#define VISIT_EVERY_NS (40 * NS_PER_MS)

static const char *const groups[] = { "tiktok", "youtube", "m365", "teams", "instagram", "facebook",
	"google", "classroom", "whatsapp", "spotify", "netflix", "news", "windows", "apple", "1177",
	"school", "snapchat", "temu", "windows-update", "bankid", "tiktok-named-by-dns",
	"captive" };

static void init_devices(struct scene *scene, struct device *devices)
{
	for (unsigned i = 0; i < DEVICES; i++) {
		struct path path = { .vlan_id = i % 25 == 0 ? 121 : 0 };
		char name[32], addr4[ADDR_TEXT_MAX], addr6[ADDR_TEXT_MAX];
		snprintf(name, sizeof(name), "pc-%u", i);
		snprintf(addr4, sizeof(addr4), "10.20.%u.%u", i / 250, i % 250 + 2);
		snprintf(addr6, sizeof(addr6), "2001:db8:20::%x", i + 2);
		device_init(&devices[i], scene, "Kommunledning", name, addr4, addr6, &path);
	}
}

static void play(struct scene *scene)
{
	static struct device devices[DEVICES];
	uint64_t packets = scene->packets_wanted ? scene->packets_wanted : PACKETS_DEFAULT;
	struct visit what = { .volume = 25, .duration_ns = 60 * NS_PER_S };

	init_devices(scene, devices);
	clock_parse("2026-03-17T12:00", &what.start_ns);
	for (uint64_t i = 0; scene->packets_made < packets; i++) {
		what.group = groups[rng_below(&scene->rng, sizeof(groups) / sizeof(groups[0]))];
		what.prefers_v6 = rng_chance(&scene->rng, 1000);
		visit(scene, &devices[rng_below(&scene->rng, DEVICES)], &what);
		what.start_ns += VISIT_EVERY_NS;
		if (i % FLUSH_EVERY == 0) {
			scene->flush(scene, what.start_ns);
		}
	}
}

const struct scenario scenario_apps = {
	.name = "apps",
	.about = "a thousand devices that visit services: real handshakes, lookups, data",
	.play = play,
	.is_written_on_the_way = true,
};
