/* Own network: what machines of ours are called, for whoever keeps it back (redact/own_zones.h).
 *
 * They say so to each other, and resolvers say so to who asks: names that a look-up led from to an
 * address of ours, and from one to; of a service, over what comes beside the answer; the zone that
 * a machine wants updated; what a server inside is asked for as, and has in its certificate; the
 * domain that DHCP and routers hand out, and that LDAP looks through; the realm of Kerberos; the
 * challenge of NTLM; who asks neighbours, and answers them (LLMNR). It counts when it is seen: a
 * flow that shows such a name may end before that of the look-up. What nobody asked for, and what
 * somebody outside wrote into a tunnel, teaches nothing.
 *
 * A machine's own name (DHCP, mDNS, LLMNR, NetBIOS) is one in whatever zone it stands.
 *
 * Threads  all functions are called on the one that classifies. */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/reader.h"

struct own_network {
	bool (*is_own)(void *whose, const struct addr *addr); /* NULL: nobody wants to know */
	/* A name or a zone of ours, in small letters, without a final dot. */
	void (*learn)(void *whose, const char *name);
	/* What a machine calls itself: the first label of that name. */
	void (*learn_host)(void *whose, const char *name);
	/* A router of ours says that this network is on its link. */
	void (*learn_network)(void *whose, const struct addr *network);
	void *whose;
};

/* False also where nobody wants to know. */
static inline bool own_network_has(const struct own_network *own, const struct addr *addr)
{
	return own->is_own && own->is_own(own->whose, addr);
}

/* Where somebody wants to know, a name as it stands in a message: of ours, what a machine calls
 * itself, or both. */
void own_network_learn(const struct own_network *own, struct reader text);
void own_network_learn_host(const struct own_network *own, struct reader text);
void own_network_learn_machine(const struct own_network *own, struct reader text);

static inline void own_network_note_machine(const struct own_network *own, const char *name)
{
	own->learn(own->whose, name);
	own->learn_host(own->whose, name);
}
