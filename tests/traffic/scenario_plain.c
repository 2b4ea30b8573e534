/* Every service in turn from one device, over IPv4 and over IPv6: the plain truth about names, apps
 * and counts. */
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/services.h"
#include "tests/traffic/udp_session.h"
#include "tests/traffic/visit.h"

enum { ROUNDS = 3 };

#define VISIT_EVERY_NS (25 * NS_PER_S)

static uint64_t start_ns(void)
{
	uint64_t time_ns = 0;

	clock_parse("2026-03-17T09:00", &time_ns);
	return time_ns;
}

static bool is_first_of_group(size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(services[i].group, services[index].group) == 0) {
			return false;
		}
	}
	return true;
}

static void visit_all(struct scene *scene, struct device *device, bool prefers_v6)
{
	uint64_t now_ns = start_ns();

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < service_count; i++) {
			if (!is_first_of_group(i)) {
				continue;
			}
			struct visit what = {
				.group = services[i].group,
				.start_ns = now_ns,
				.every_host = true,
				.is_work_device = true,
				.prefers_v6 = prefers_v6,
				.volume = 30,
				.duration_ns = 400 * NS_PER_S,
			};
			visit(scene, device, &what);
			now_ns += VISIT_EVERY_NS;
		}
	}
}

static void play_plain(struct scene *scene)
{
	struct path path = { 0 };
	struct device device;
	struct addr gateway = addr_of("10.20.0.1");

	device_init(&device, scene, "Kommunledning", "pc-1", "10.20.0.11", NULL, &path);
	visit_all(scene, &device, false);
	icmp_ping(scene, &device, &gateway, start_ns(), 5);
}

static void play_ipv6(struct scene *scene)
{
	struct path path = { 0 };
	struct device device;
	struct addr gateway = addr_of("2001:db8:20::1");

	device_init(
		&device, scene, "Kommunledning", "pc-1", "10.20.0.11", "2001:db8:20::11", &path);
	visit_all(scene, &device, true);
	icmp_ping(scene, &device, &gateway, start_ns(), 5);
}

const struct scenario scenario_plain = {
	.name = "plain",
	.about = "every service in turn from one device, IPv4",
	.play = play_plain,
};

const struct scenario scenario_ipv6 = {
	.name = "ipv6",
	.about = "the same, over IPv6 where the service has it",
	.play = play_ipv6,
};
