/* The texts of facts: what an id, a name, a network and a prefix look like in the catalogue's
 * files.
 *
 * Pure functions; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Small letters, digits, - and _; at most 48 of them. */
bool fact_is_id(const char *id);

/* A host name as it comes from the wire: lower case, labels of 1 to 63 bytes, at least two of them.
 * With pattern, a * may stand in the first label, in front of at least two others. */
bool fact_is_name(const char *name, bool pattern);

/* A house's own top-level domain: one label. */
bool fact_is_tld(const char *name);

/* A protocol, a certificate's name or a product: at most FACT_WORD_MAX bytes, of which a * may be
 * the last. */
enum { FACT_WORD_MAX = 64 };
bool fact_is_word(const char *word);

/* "AS62041". */
bool fact_parse_asn(const char *text, uint32_t *asn);

/* "192.0.2.0/24", or "192.0.2.1/32 443 853": a prefix and at most FACT_PORTS_MAX ports,
 * the rest 0. */
enum { FACT_PORTS_MAX = 4 };
bool fact_parse_prefix(const char *text, struct prefix *prefix, uint16_t ports[FACT_PORTS_MAX]);

/* "doh-*" or "doh# 443 853": a pattern for one label (* any characters, # a digit), perhaps with
 * ports. *length is the pattern's. */
bool fact_parse_label(const char *text, size_t *length, uint16_t ports[FACT_PORTS_MAX]);
