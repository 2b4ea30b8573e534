/* Proxy signs: what stands between our devices and the services they ask for, where nobody has
 * declared it.
 *
 *     issuer    one issuer that is no public one signs for names of many owners, on many networks:
 *               something opens TLS on its way
 *     address   one address and port answers for names of many owners that have nothing in common.
 *               Those who carry many names are no proxies (CDNs, clouds): outside our networks
 *               owners that never serve from a foreign address must be among them, and several
 *               devices must have asked
 *     gateway   names of others on the network of a company whose trade that is (Zscaler, …)
 *
 * What counts has a name that the catalogue knows, of the flow itself, and words that went both
 * ways: neither hellos without answer nor a sinkhole make a proxy.
 *
 * Memory   taken once, about 1.3 MB; a new address takes the place of the one that shows least.
 * Threads  one.
 * Failure  only proxy_signs_create(): NULL, out of memory.
 * Cost     of a named flow one probe of four places. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/record/reference.h"

enum proxy_sign { PROXY_SIGN_NONE, PROXY_SIGN_ISSUER, PROXY_SIGN_ADDRESS, PROXY_SIGN_GATEWAY };

enum { PROXY_NAMES_SHOWN = 3, PROXY_NAME_BYTES = 48, PROXY_TITLE_BYTES = 64 };

/* What was found, and by what. */
struct proxy_found {
	uint8_t sign;                  /* enum proxy_sign */
	char title[PROXY_TITLE_BYTES]; /* the issuer, address and port, or the company */
	char names[PROXY_NAMES_SHOWN][PROXY_NAME_BYTES];
	unsigned domains, owners, networks, devices; /* at least */
	uint64_t flows;                              /* since it was found */
	uint64_t outside; /* of those, to an end that stands outside, where that is said */
};

struct proxy_signs;

struct proxy_signs *proxy_signs_create(void);
void proxy_signs_destroy(struct proxy_signs *signs);

/* Of a record that is enriched and goes direct: learns from it, and says what it goes through.
 * found: evidence; the module's own, until the next call. */
enum proxy_sign proxy_signs_take(struct proxy_signs *signs, const struct reference *reference,
	const struct record *record, const struct proxy_found **found);
