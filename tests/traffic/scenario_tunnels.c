/* The same visits from devices that sit behind VLANs and tunnels of every kind. */
#include <stdio.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/visit.h"

static const struct {
	const char *device;
	uint16_t vlan_id, inner_vlan_id;
	uint8_t tunnel;
	uint32_t network;
} rows[] = {
	{ "vlan", 42, 0, PATH_PLAIN, 0 },
	{ "qinq", 100, 42, PATH_PLAIN, 0 },
	{ "gre", 0, 0, PATH_GRE, 0 },
	{ "gre-key", 0, 0, PATH_GRE, 7001 },
	{ "vxlan", 0, 0, PATH_VXLAN, 5042 },
	{ "geneve", 0, 0, PATH_GENEVE, 5043 },
	{ "gtpu", 0, 0, PATH_GTPU, 0x10203040 },
	{ "ipip", 0, 0, PATH_IPIP, 0 },
	{ "mpls", 0, 0, PATH_MPLS, 1042 },
	{ "pppoe", 0, 0, PATH_PPPOE, 42 },
	{ "vlan-vxlan", 43, 0, PATH_VXLAN, 5044 },
};

static const char *const groups[] = { "tiktok", "tiktok-named-by-dns", "youtube", "m365",
	"whatsapp", "telegram", "windows-update", "news" };

static void play(struct scene *scene)
{
	for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct path path = {
			.vlan_id = rows[row].vlan_id,
			.inner_vlan_id = rows[row].inner_vlan_id,
			.tunnel = rows[row].tunnel,
			.network = rows[row].network,
			.near = addr_of("10.24.255.1"),
			.far = addr_of("10.10.255.1"),
		};
		struct device device;
		char addr4[ADDR_TEXT_MAX], addr6[ADDR_TEXT_MAX];
		snprintf(addr4, sizeof(addr4), "10.24.%u.11", row);
		snprintf(addr6, sizeof(addr6), "2001:db8:24:%x::11", row);
		device_init(&device, scene, "Teknik", rows[row].device, addr4, addr6, &path);

		for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
			struct visit what = { .group = groups[i],
				.every_host = true,
				.is_work_device = true,
				.volume = 30,
				.duration_ns = 200 * NS_PER_S,
				.prefers_v6 = i % 2 };
			clock_parse("2026-03-17T10:00", &what.start_ns);
			what.start_ns += (row * 7 + i * 60) * NS_PER_S;
			visit(scene, &device, &what);
		}
	}
}

const struct scenario scenario_tunnels = {
	.name = "tunnels",
	.about = "visits from behind VLANs, QinQ, GRE, VXLAN, GENEVE, GTP-U, IP-in-IP, MPLS and "
		 "PPPoE",
	.play = play,
};
