/* Hosts of the identity scenario: what systems put into a SYN, and how their addresses come about.
 *
 * What is here is what the systems' makers and RFCs say, not what anybody looks for: options and
 * windows of SYNs as Windows, Apple's systems and Linux send them; TTLs they start from; private
 * MACs as phones make them; RFC 8981 addresses; leases of a day. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "tests/traffic/rng.h"

enum host_system {
	HOST_WINDOWS,
	HOST_APPLE,
	HOST_LINUX,
	HOST_ANDROID,
	HOST_OLD,
	HOST_SYSTEM_COUNT
};

enum host_kind {
	HOST_LAPTOP,  /* owned: wired, at times on the staff's WLAN */
	HOST_DESKTOP, /* owned, wired */
	HOST_PHONE,   /* owned, on the staff's WLAN, some under a private MAC of that network */
	HOST_PRINTER, /* owned */
	HOST_PRIVATE, /* brought along: a private MAC, a new one every two weeks */
	HOST_GUEST,   /* a private MAC each day */
	HOST_NAT,     /* a translator with others behind it */
	HOST_KIND_COUNT
};

extern const char *const host_kind_names[HOST_KIND_COUNT];

enum { HOST_BEHIND_MAX = 40 };

struct host {
	unsigned number;
	uint8_t kind, system; /* of NAT: the box's own */
	bool has_duid, has_v6, is_private_mac, hides_hops,
		runs_guest; /* runs_guest: WSL2 or a VM */
	uint8_t mac[2][6];  /* wired and WLAN; now in use: at */
	uint8_t duid[14];
	unsigned at;     /* network it is in */
	unsigned behind; /* of NAT */
	uint8_t behind_systems[HOST_BEHIND_MAX];
	uint32_t clock_base[HOST_BEHIND_MAX + 1];
	struct addr addr4, stable6, temporary6;
	uint16_t next_port;
};

/* A SYN's options of that system; returns their length. tcp_time: where it has clocks. */
size_t host_syn_options(enum host_system system, uint32_t tcp_time, uint8_t options[40]);
uint16_t host_syn_window(enum host_system system);
uint8_t host_ttl(enum host_system system);

/* The clock of a system as a SYN to a server shows it: Linux adds an offset for each pair of ends,
 * Apple's systems begin anew each time, old ones show one clock to all. */
uint32_t host_clock(struct rng *rng, const struct host *host, unsigned which,
	enum host_system system, uint32_t server, uint64_t time_ns);

void host_make_mac(struct rng *rng, bool is_private, uint8_t mac[6]);
