#include "tests/traffic/path.h"

enum { PORT_GTPU = 2152, PORT_VXLAN = 4789, PORT_GENEVE = 6081 };

static void put_mac(struct packet_builder *packet, const struct path *path, bool from_device,
	uint16_t ethertype)
{
	const uint8_t *device = path->device_mac, *router = path->router_mac;

	packet_put_ethernet(
		packet, from_device ? device : router, from_device ? router : device, ethertype);
}

static void put_outer_udp(
	struct packet_builder *packet, const struct endpoint *from, const struct endpoint *to)
{
	packet_put_udp(packet, from, to);
	packet_put_ip(packet, &from->addr, &to->addr, 62, 0);
}

static uint16_t wrap_ip_tunnel(
	struct packet_builder *packet, const struct path *path, bool from_device)
{
	uint16_t port = path->tunnel == PATH_VXLAN    ? PORT_VXLAN
			: path->tunnel == PATH_GENEVE ? PORT_GENEVE
						      : PORT_GTPU;
	struct endpoint near = { path->near, port }, far = { path->far, port };
	struct endpoint *from = from_device ? &near : &far, *to = from_device ? &far : &near;
	uint16_t inner = packet_ip_ethertype(packet);

	switch (path->tunnel) {
	case PATH_GRE:
		packet_put_gre(packet, inner, path->network);
		packet_put_ip(packet, &from->addr, &to->addr, 62, 0);
		break;
	case PATH_IPIP:
		packet_put_ip_in_ip(packet);
		packet_put_ip(packet, &from->addr, &to->addr, 62, 0);
		break;
	case PATH_VXLAN:
		put_mac(packet, path, from_device, inner);
		packet_put_vxlan(packet, path->network);
		put_outer_udp(packet, from, to);
		break;
	case PATH_GENEVE:
		put_mac(packet, path, from_device, inner);
		packet_put_geneve(packet, path->network);
		put_outer_udp(packet, from, to);
		break;
	default:
		packet_put_gtpu(packet, path->network);
		put_outer_udp(packet, from, to);
		break;
	}
	return packet_ip_ethertype(packet);
}

void path_wrap(struct packet_builder *packet, const struct path *path, bool from_device,
	uint16_t ethertype)
{
	if (path->tunnel == PATH_MPLS) {
		ethertype = packet_put_mpls(packet, path->network);
	} else if (path->tunnel == PATH_PPPOE) {
		ethertype = packet_put_pppoe(packet, (uint16_t)path->network, ethertype);
	} else if (path->tunnel != PATH_PLAIN && ethertype != ETHERTYPE_ARP) {
		ethertype = wrap_ip_tunnel(packet, path, from_device);
	}
	if (path->inner_vlan_id) {
		ethertype = packet_put_vlan(packet, path->inner_vlan_id, ethertype);
	}
	if (path->vlan_id) {
		ethertype = packet_put_vlan(packet, path->vlan_id, ethertype);
	}
	put_mac(packet, path, from_device, ethertype);
}

const char *path_tunnel_name(const struct path *path, bool inner_is_v4)
{
	static const char *const names[] = {
		[PATH_PLAIN] = "",
		[PATH_GRE] = "gre",
		[PATH_VXLAN] = "vxlan",
		[PATH_GENEVE] = "geneve",
		[PATH_GTPU] = "gtp-u",
		[PATH_IPIP] = "ipip",
		[PATH_MPLS] = "mpls",
		[PATH_PPPOE] = "pppoe",
	};

	return path->tunnel == PATH_IPIP && !inner_is_v4 ? "6in4" : names[path->tunnel];
}
