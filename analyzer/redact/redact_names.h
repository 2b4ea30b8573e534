/* Telling names: those that say which device a pseudonym stands for.
 *
 * Beside a pseudonym the name in a flow must not be an address written another way. So names are
 * withheld that
 *
 *     are the lookup of whose name an address is (below arpa)
 *     spell an address of ours or a station's MAC, in whatever form (name_spelling.h,
 *       name_encoding.h)
 *     belong to the own link (one label alone, or below local, lan, …) or to a zone of our own
 *       (own_zones.h), or hold what a machine of ours calls itself (own_hosts.h)
 *     are a person's (with an @ in them)
 *     are asked for by somebody outside, or stand in traffic that stays inside: servers and devices
 *       of our own (but not what a lookup asks for)
 *     machines say of themselves: NetBIOS, LLMNR, mDNS, DHCP, changes of DNS and what they ask
 *       before (SOA)
 *
 * The same of what a program calls itself (User-Agent, ALPN), which then is gone. Of a User-Agent
 * the product's name and version stay, and only where the catalogue knows the product: what else
 * stands there may be anybody's. Who signed the certificate of a machine of ours is gone as well,
 * unless it is one who signs for the public: others are known by their own name, or sign it
 * themselves.
 *
 * A withheld name stays in the record as a name of no length, so that it is still known that there
 * was one, from where, and whether it decided the app.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/record.h"

struct catalogue;
struct forgotten_networks;
struct name_stations;
struct own_hosts;
struct own_zones;
struct policy;

/* What is ours beyond what the policy says: any may be NULL. */
struct own_names {
	const struct catalogue *catalogue; /* whose products are known */
	const struct own_zones *zones;
	const struct own_hosts *hosts;
	const struct forgotten_networks *networks;
	const struct name_stations *stations;
};

/* policy says which addresses are our own; own may be NULL. */
bool name_tells_device(const char *name, const struct record *record, const struct policy *policy,
	const struct own_names *own);

/* Once everything that reads names has read them, and before anything is kept or shown. */
void record_redact_names(
	struct record *record, const struct policy *policy, const struct own_names *own);
