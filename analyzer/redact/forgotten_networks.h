/* Forgotten networks: addresses that stand on a link of ours, and in no network that is declared to
 * be.
 *
 * What is sent to a link's multicast or broadcast addresses, and what speaks to a link-local
 * address, is on that link (neighbour discovery and router advertisements among it: RFC 4861), and
 * so is what a router says is, and what a server of DHCP gives away. An
 * interface identifier that is made of a MAC (RFC 4291, appendix A) and that a device of ours was
 * seen to have says the same of its other addresses. In a tunnel that somebody outside has wrapped
 * nothing says so.
 *
 * Each /64 (of IPv4 /24) is told once, in a log line that asks for it; who is told from is never
 * named.
 *
 * Memory   fixed: FORGOTTEN_MAX networks; further ones are passed over.
 * Threads  one. */
#pragma once

#include "analyzer/record/record.h"
#include "collector/sightings.h"

struct forgotten_networks;
struct policy;

enum { FORGOTTEN_MAX = 64 };

struct forgotten_networks *forgotten_networks_create(void); /* NULL: out of memory */
void forgotten_networks_destroy(struct forgotten_networks *networks);

void forgotten_networks_learn(struct forgotten_networks *networks, const struct policy *policy,
	const struct record *record);

/* What address resolution and neighbour discovery say is on the link. */
void forgotten_networks_see(struct forgotten_networks *networks, const struct policy *policy,
	const struct sighting *sighting);

/* What a router of ours advertises. */
void forgotten_networks_hear(struct forgotten_networks *networks, const struct policy *policy,
	const struct addr *network);

bool forgotten_networks_hold(const struct forgotten_networks *networks, const struct addr *addr);

/* Those that were found, in order; how many. */
unsigned forgotten_networks_list(
	const struct forgotten_networks *networks, const struct prefix **prefixes);
