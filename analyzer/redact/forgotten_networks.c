#include "analyzer/redact/forgotten_networks.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "base/log.h"
#include "base/quick_hash.h"

enum { INTERFACES = 4096, V4_BITS = 96 + 24, V6_BITS = 64 };

struct forgotten_networks {
	struct prefix prefixes[FORGOTTEN_MAX];
	unsigned count;
	uint64_t interfaces[INTERFACES]; /* of devices of ours; by hash, the latest stays */
};

struct forgotten_networks *forgotten_networks_create(void)
{
	return calloc(1, sizeof(struct forgotten_networks));
}

void forgotten_networks_destroy(struct forgotten_networks *networks)
{
	free(networks);
}

static bool is_link_local(const struct addr *addr)
{
	return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

/* Multicast and broadcast that no router passes on. */
static bool is_for_link(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr_v4(addr) >> 8 == 0xe00000 || addr_v4(addr) == UINT32_MAX
				: addr->bytes[0] == 0xff && (addr->bytes[1] & 0x0f) == 2;
}

/* One that the world routes to: no multicast, no address for private use, or for this machine. */
static bool is_global(const struct addr *addr)
{
	uint32_t v4;

	if (!addr_is_v4(addr)) {
		return (addr->bytes[0] & 0xe0) == 0x20;
	}
	v4 = addr_v4(addr);
	return v4 >> 24 != 0 && v4 >> 24 != 127 && v4 >> 16 != 0xa9fe && v4 >> 28 < 0xe;
}

/* The last half of the address, where it is made of a MAC; else 0. */
static uint64_t interface_of(const struct addr *addr)
{
	uint64_t identifier = 0;

	if (addr_is_v4(addr)) {
		return 0;
	}
	for (unsigned i = 8; i < 16; i++) {
		identifier = identifier << 8 | addr->bytes[i];
	}
	return (identifier >> 24 & 0xffff) == 0xfffe ? identifier : 0;
}

static uint64_t *interface_at(struct forgotten_networks *networks, uint64_t identifier)
{
	return &networks->interfaces[quick_hash(identifier, 0) % INTERFACES];
}

static struct prefix network_of(const struct addr *addr)
{
	struct prefix prefix = { *addr, addr_is_v4(addr) ? V4_BITS : V6_BITS };

	memset(prefix.addr.bytes + prefix.bits / 8, 0, sizeof(prefix.addr.bytes) - prefix.bits / 8);
	return prefix;
}

static void note(struct forgotten_networks *networks, const struct addr *addr, const char *why)
{
	char text[ADDR_TEXT_MAX + 4];

	if (forgotten_networks_hold(networks, addr) || networks->count == FORGOTTEN_MAX) {
		return;
	}
	networks->prefixes[networks->count] = network_of(addr);
	prefix_format(&networks->prefixes[networks->count++], text);
	log_warning("%s is a network of ours, but not among the own networks: %s; add it to "
		    "\"own_networks\" in the policy or to --networks (until then its flows show no "
		    "address of either end)",
		text, why);
}

static const char on_link[] = "it speaks on the sensor's own link";

void forgotten_networks_see(struct forgotten_networks *networks, const struct policy *policy,
	const struct sighting *sighting)
{
	bool is_on_link = sighting->kind == SIGHTING_ARP || sighting->kind == SIGHTING_NEIGHBOUR;
	bool is_leased = sighting->kind == SIGHTING_LEASE;

	if ((is_on_link || is_leased) && is_global(&sighting->addr) &&
		!policy_is_own(policy, &sighting->addr)) {
		note(networks, &sighting->addr,
			is_leased ? "a server of ours gives addresses in it away" : on_link);
	}
}

void forgotten_networks_hear(struct forgotten_networks *networks, const struct policy *policy,
	const struct addr *network)
{
	if (is_global(network) && !policy_is_own(policy, network)) {
		note(networks, network, "a router of ours advertises it");
	}
}

/* What somebody outside has put into a tunnel was on no link of ours, whatever it says. */
static bool is_written_outside(const struct flow_record *flow)
{
	return flow->wrapped[0] == FLOW_WRAPPED_OUTSIDE || flow->wrapped[1] == FLOW_WRAPPED_OUTSIDE;
}

/* Who is called by a link-local address may be anywhere, until he answers it. */
static bool speaks_to_link(
	const struct record *record, const struct addr *const ends[2], unsigned end)
{
	return (is_link_local(ends[1 - end]) && record->flow.total_packets[end] > 0) ||
	       (end == 0 && is_for_link(ends[1]));
}

void forgotten_networks_learn(struct forgotten_networks *networks, const struct policy *policy,
	const struct record *record)
{
	const struct addr *ends[2] = { &record->flow.source, &record->flow.destination };
	bool is_one_ours = record->direction == RECORD_DIRECTION_OUTBOUND ||
			   record->direction == RECORD_DIRECTION_INBOUND;

	if (is_written_outside(&record->flow)) {
		return;
	}
	if (is_one_ours && !is_link_local(record_own_addr(record))) {
		ends[0] = ends[1] = record_own_addr(record);
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct addr *addr = ends[i];
		uint64_t identifier = interface_of(addr);
		bool is_ours = is_link_local(addr) || policy_is_own(policy, addr);

		if (identifier && is_ours) {
			*interface_at(networks, identifier) = identifier;
		} else if (is_ours || !is_global(addr)) {
			continue;
		} else if (speaks_to_link(record, ends, i)) {
			note(networks, addr, on_link);
		} else if (identifier && *interface_at(networks, identifier) == identifier) {
			note(networks, addr, "a device of ours has an address in it");
		}
	}
}

bool forgotten_networks_hold(const struct forgotten_networks *networks, const struct addr *addr)
{
	for (unsigned i = 0; i < networks->count; i++) {
		if (prefix_contains(&networks->prefixes[i], addr)) {
			return true;
		}
	}
	return false;
}

unsigned forgotten_networks_list(
	const struct forgotten_networks *networks, const struct prefix **prefixes)
{
	*prefixes = networks->prefixes;
	return networks->count;
}
