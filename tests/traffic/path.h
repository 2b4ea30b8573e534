/* The way a flow's packets take past the sensor: which MAC addresses, VLANs and tunnel they are in.
 *
 * A plain value; the tunnel's ends are addresses of our own routers. */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "tests/traffic/packet_builder.h"

enum path_tunnel {
	PATH_PLAIN,
	PATH_GRE,
	PATH_VXLAN,
	PATH_GENEVE,
	PATH_GTPU,
	PATH_IPIP, /* 6in4 where the inner packet is IPv6 */
	PATH_MPLS,
	PATH_PPPOE,
};

struct path {
	uint8_t device_mac[6], router_mac[6];
	uint16_t vlan_id, inner_vlan_id; /* 0 none */
	uint8_t tunnel;                  /* enum path_tunnel */
	uint32_t network;                /* key, VNI, TEID or label */
	struct addr near, far;           /* ends of an IP tunnel */
};

/* Puts everything around an IP packet (or, with ethertype, around something else) up to the
 * Ethernet header. */
void path_wrap(struct packet_builder *packet, const struct path *path, bool from_device,
	uint16_t ethertype);

/* As records name it: "gre", "vxlan", …; "" none. inner_is_v4 tells IP-in-IP from 6in4. */
const char *path_tunnel_name(const struct path *path, bool inner_is_v4);
