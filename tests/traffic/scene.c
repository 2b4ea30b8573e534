#include "tests/traffic/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collector/packet.h"

enum { FIRST_PORT = 49152, LAST_PORT = 65535, FIRST_SPARE_PORT = 20000 };

struct addr addr_of(const char *text)
{
	struct addr addr;

	if (!addr_parse(text, &addr)) {
		fprintf(stderr, "traffic: \"%s\" in a table is no address\n", text);
		abort();
	}
	return addr;
}

void scene_init(struct scene *scene, uint64_t seed)
{
	memset(scene, 0, sizeof(*scene));
	scene->rng.state = seed;
	scene->timeline = timeline_create();
	scene->truth = truth_create();
	if (!scene->timeline || !scene->truth) {
		abort();
	}
	scene->resolver4 = (struct endpoint){ addr_of("10.10.0.53"), 53 };
}

void scene_deinit(struct scene *scene)
{
	timeline_destroy(scene->timeline);
	truth_destroy(scene->truth);
}

void device_init(struct device *device, struct scene *scene, const char *unit, const char *name,
	const char *addr4, const char *addr6, struct path *path)
{
	/* Locally administered MAC addresses (IEEE 802, bit 2 of the first byte). */
	static const uint8_t router[6] = { 0x02, 0, 0, 0, 0, 1 };

	memset(device, 0, sizeof(*device));
	device->unit = unit;
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->addr4 = addr_of(addr4);
	if (addr6) {
		device->addr6 = addr_of(addr6);
		device->has_v6 = true;
	}
	path->device_mac[0] = 0x02;
	path->device_mac[1] = 0x10;
	memcpy(path->device_mac + 2, device->addr4.bytes + 12, 4);
	memcpy(path->router_mac, router, sizeof(router));
	device->path = timeline_path(scene->timeline, path);
	device->next_port = (uint16_t)rng_between(&scene->rng, FIRST_PORT, FIRST_PORT + 4096);
}

uint16_t device_port(struct device *device)
{
	uint16_t port = device->next_port;

	device->next_port = port == LAST_PORT ? FIRST_SPARE_PORT : (uint16_t)(port + 1);
	return port;
}

static const char *text_or_dash(const char *text)
{
	return text && *text ? text : "-";
}

void conversation_open(struct conversation *conversation, struct scene *scene,
	struct device *device, const struct endpoint *server, uint8_t protocol, uint64_t start_ns,
	const struct truth_flow *truth)
{
	struct truth_flow flow = *truth;
	const struct path *path = timeline_get_path(scene->timeline, device->path);
	bool is_v4 = addr_is_v4(&server->addr);

	memset(conversation, 0, sizeof(*conversation));
	conversation->scene = scene;
	conversation->device = device;
	conversation->now_ns = start_ns;
	conversation->delay_ns[0] = rng_between(&scene->rng, 200, 900) * NS_PER_US;
	conversation->delay_ns[1] = rng_between(&scene->rng, 4, 40) * NS_PER_MS;
	conversation->ends[0].addr = is_v4 ? device->addr4 : device->addr6;
	conversation->ends[0].port = server->port ? device_port(device) : 0;
	conversation->ends[1] = *server;
	conversation->identification[0] = (uint16_t)rng_next(&scene->rng);
	conversation->identification[1] = (uint16_t)rng_next(&scene->rng);

	flow.source = conversation->ends[0];
	flow.destination = conversation->ends[1];
	flow.protocol = protocol;
	flow.unit = text_or_dash(device->unit);
	memcpy(flow.device, device->name, sizeof(flow.device));
	flow.evidence = text_or_dash(flow.evidence);
	flow.owner_country = text_or_dash(flow.owner_country);
	flow.parent_country = text_or_dash(flow.parent_country);
	flow.server_country = text_or_dash(flow.server_country);
	flow.operator_country = text_or_dash(flow.operator_country);
	flow.category = text_or_dash(flow.category);
	flow.l7_protocol = text_or_dash(flow.l7_protocol);
	flow.hidden = text_or_dash(flow.hidden);
	flow.embedded = text_or_dash(flow.embedded);
	flow.block = flow.block ? flow.block : "none";
	flow.app = flow.app ? flow.app : "unknown";
	flow.vlan_id = path->vlan_id;
	flow.tunnel = text_or_dash(path_tunnel_name(path, is_v4));
	conversation->flow = truth_add(scene->truth, &flow);
}

void conversation_send(struct conversation *conversation, unsigned side)
{
	struct scene *scene = conversation->scene;
	struct packet_builder *packet = &scene->packet;
	const struct endpoint *from = &conversation->ends[side], *to = &conversation->ends[!side];

	packet_put_ip(packet, &from->addr, &to->addr,
		side                               ? 54
		: conversation->device->has_router ? 126
						   : 127,
		conversation->identification[side]++);
	uint32_t wire_bytes = (uint32_t)packet_length(packet), stored_bytes = wire_bytes;
	if (conversation->is_bulk && scene->slice_bytes && stored_bytes > scene->slice_bytes) {
		stored_bytes = scene->slice_bytes;
	}
	struct timeline_packet entry = {
		.time_ns = conversation->now_ns / NS_PER_US * NS_PER_US,
		.stored_bytes = stored_bytes,
		.wire_bytes = wire_bytes,
		.flow = conversation->flow,
		.path = conversation->device->path,
		.ethertype = packet_ip_ethertype(packet),
		.direction = (uint8_t)side,
		.from_device = side == 0,
		.carries_name = conversation->carries_name,
		.starts_flow = !conversation->started,
	};
	timeline_add(scene->timeline, &entry, packet_bytes(packet));
	conversation->started = true;
	scene->packets_made++;
}

void scene_send_other(
	struct scene *scene, const struct device *device, uint64_t time_ns, uint16_t ethertype)
{
	struct timeline_packet entry = {
		.time_ns = time_ns / NS_PER_US * NS_PER_US,
		.stored_bytes = (uint32_t)packet_length(&scene->packet),
		.wire_bytes = (uint32_t)packet_length(&scene->packet),
		.flow = TRUTH_NO_FLOW,
		.path = device->path,
		.ethertype = ethertype,
		.from_device = true,
	};
	timeline_add(scene->timeline, &entry, packet_bytes(&scene->packet));
}
