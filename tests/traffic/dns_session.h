/* Lookups: questions and answers over UDP (RFC 1035), with CNAME chains, and the ways in which a
 * resolver refuses. */
#pragma once

#include <stdint.h>

#include "tests/traffic/scene.h"

enum dns_outcome {
	DNS_ANSWERED,
	DNS_NAME_ERROR, /* NXDOMAIN: blocked by a resolver's policy, or no such name */
	DNS_SINKHOLE,   /* answered with 0.0.0.0 */
	DNS_UNANSWERED,
	DNS_REFUSED, /* the resolver will not say */
	DNS_EMPTY,   /* no error, and no address */
};

struct dns_lookup {
	const char *name;
	const char *cnames;      /* comma-separated, in order; "" none */
	const struct addr *addr; /* A or AAAA, as the address is */
	uint32_t ttl_s;
	uint8_t outcome; /* enum dns_outcome */
	const char *app; /* blocked lookups: whose name it is; NULL: not judged */
};

/* Asks the scene's resolver; returns when the answer has passed. flow gets the lookup's number in
 * the truth. */
uint64_t dns_ask(struct scene *scene, struct device *device, const struct dns_lookup *lookup,
	uint64_t start_ns, uint32_t *flow);

/* Asks for the HTTPS record of a name (RFC 9460), whose answer has the address as a hint and,
 * unless public_name is NULL, the configuration of Encrypted ClientHello with that public name.
 * Returns when the answer has passed. */
uint64_t dns_ask_https(struct scene *scene, struct device *device, const char *name,
	const struct addr *hint, const char *public_name, uint64_t start_ns);

/* As a device does: asks only where its memory of the name has expired. */
uint64_t dns_resolve(struct scene *scene, struct device *device, const struct dns_lookup *lookup,
	uint64_t start_ns, uint32_t *flow);

/* A message as bytes, for other transports (mDNS): a question alone. Returns its length. */
size_t dns_build_question(uint8_t *out, uint16_t id, const char *name, uint16_t type);
