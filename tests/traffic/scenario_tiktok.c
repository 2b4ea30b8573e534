/* TikTok in every guise, and what is easily taken for it: its siblings on its names, its pixel on a
 * page, its advertising in a game; and Facebook, in whose network WhatsApp is as well. Each has a
 * device of its own. */
#include <stdio.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/visit.h"

enum { ROUNDS = 3, GROUPS_MAX = 4 };

static const struct {
	const char *device;
	const char *groups[GROUPS_MAX];
} rows[] = {
	{ "own-names", { "tiktok-own", "tiktok-web" } },
	{ "cdn-names", { "tiktok-cdn", "tiktok-named-by-dns" } },
	{ "everything", { "tiktok", "tiktok-own", "tiktok-cdn", "tiktok-v6" } },
	{ "lemon8", { "lemon8" } },
	{ "capcut", { "capcut" } },
	{ "reader", { "news-with-pixel", "news" } },
	{ "player", { "game-with-pangle" } },
	{ "facebook", { "facebook-only", "facebook", "facebook-sdk" } },
	{ "whatsapp", { "whatsapp" } },
};

static void play(struct scene *scene)
{
	for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct path path = { 0 };
		struct device device;
		char addr4[ADDR_TEXT_MAX], addr6[ADDR_TEXT_MAX];
		snprintf(addr4, sizeof(addr4), "10.20.10.%u", row + 11);
		snprintf(addr6, sizeof(addr6), "2001:db8:20:10::%x", row + 16);
		device_init(&device, scene, "Kommunledning", rows[row].device, addr4, addr6, &path);

		for (unsigned i = 0; i < ROUNDS * GROUPS_MAX; i++) {
			struct visit what = { .group = rows[row].groups[i % GROUPS_MAX],
				.every_host = true,
				.is_work_device = true,
				.prefers_v6 = i / GROUPS_MAX == 1,
				.volume = 20,
				.duration_ns = 200 * NS_PER_S };
			clock_parse("2026-03-17T14:00", &what.start_ns);
			what.start_ns += (i * 400 + row * 11) * NS_PER_S;
			if (what.group) {
				visit(scene, &device, &what);
			}
		}
	}
}

const struct scenario scenario_tiktok = {
	.name = "tiktok",
	.about =
		"TikTok in every guise, its siblings, pixel and advertising; Facebook and WhatsApp",
	.play = play,
};
