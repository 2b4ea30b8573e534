/* Where an address is, whose network it is, and which legal zone that means.
 *
 * Opens a folder of databases (*.mmdb in the layouts of MaxMind, DB-IP, IPinfo and ip-location-db,
 * recognised by their metadata and fields, not by file name), and the text tables beside the
 * program: jurisdictions.tsv (country to zone), asn-owners.tsv (network to operator), overrides.tsv
 * (known errors of all databases) and, in the folder, another overrides.tsv (own corrections).
 * Everything may be missing: what is not known is 0 or "", and geo_describe() says what is there.
 *
 * Who is believed: the folder's overrides, then the program's; then, field by field, the first
 * database that knows, in this order: MaxMind, IPinfo, DB-IP, others, our own, ip-location-db
 * (located before registered), newer before older, then by file name. operator_country comes from
 * asn-owners.tsv, else from the database that gave the AS number.
 *
 * All of this is compiled into one index of sorted ranges, kept in the folder as compiled.geoindex
 * and made again when something it was made from has changed (about half a second; when the folder
 * is not writable, at every start).
 *
 * An IPv6 address that carries an IPv4 address is judged by that one: 6to4 (2002::/16, RFC 3056),
 * Teredo's client (2001::/32, RFC 4380), NAT64 (64:ff9b::/96, RFC 6052).
 *
 * Memory   the databases are mapped; the index is read once and is read-only afterwards.
 * Threads  any number may ask; open and close belong to one.
 * Failure  geo_open() fails only where a file that is there cannot be read or is damaged. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"

struct geo;

/* The legal zone of a country under GDPR chapter V; names as in records. */
#define GEO_ZONES(X)                                                                               \
	X(UNKNOWN, "unknown")                                                                      \
	X(INTERNAL, "internal")                                                                    \
	X(EU, "eu")                                                                                \
	X(EEA, "eea")                                                                              \
	X(ADEQUATE, "adequate")                                                                    \
	X(ADEQUATE_PARTIAL, "adequate_partial")                                                    \
	X(THIRD, "third")

enum geo_zone {
#define X(id, name) GEO_ZONE_##id,
	GEO_ZONES(X)
#undef X
		GEO_ZONE_COUNT
};

const char *geo_zone_name(enum geo_zone zone);
bool geo_zone_parse(const char *name, enum geo_zone *zone);

/* Outside EU and EEA: every known zone but eu, eea and internal. */
bool geo_zone_is_outside(enum geo_zone zone);

/* What is known about one address: a plain value. Countries are two capital letters and a NUL, ""
 * not known. */
struct geo_place {
	char country[3];          /* where the address is registered or located */
	char operator_country[3]; /* who runs that network */
	uint8_t zone;             /* enum geo_zone of country; INTERNAL is for the caller to set */
	uint8_t role;             /* enum geo_role */
	uint32_t asn;             /* 0 not known */
	uint32_t organization;    /* for geo_organization(); 0 not known */
	uint16_t owner;           /* row of asn-owners.tsv, for geo_owner(); 0 not listed */
};

/* What a listed network is for: own (the owner's services only), cloud and cdn
 * (anybody's), isp, … */
#define GEO_ROLES(X)                                                                               \
	X(UNKNOWN, "unknown")                                                                      \
	X(OWN, "own")                                                                              \
	X(CLOUD, "cloud")                                                                          \
	X(CDN, "cdn")                                                                              \
	X(HOSTING, "hosting")                                                                      \
	X(ISP, "isp")                                                                              \
	X(CORPORATE, "corporate")                                                                  \
	X(PUBLIC_BODY, "public_body")

enum geo_role {
#define X(id, name) GEO_ROLE_##id,
	GEO_ROLES(X)
#undef X
		GEO_ROLE_COUNT
};

const char *geo_role_name(enum geo_role role);

struct geo_owner {
	const char *group;          /* "ByteDance" */
	const char *parent_country; /* who controls it: "CN" */
	const char *apps; /* catalogue ids, comma-separated; several mean that an ASN alone proves
			     no app */
};

/* folder: where the databases are; NULL looks in $BORDERFLOW_GEO, then var/geo beside the program
 * in a source tree, then /var/lib/borderflow/geo. A folder given must exist; the usual places may
 * be empty. 0 or -errno. */
int geo_open(struct geo **geo, const char *folder, struct err *err);
void geo_close(struct geo *geo);

/* The folder that was opened, however it was found; NULL where none of the usual places is there.
 */
const char *geo_folder(const struct geo *geo);

/* places[i] is filled for addrs[i]. The batch form hides the latency of the index. */
void geo_tag_batch(const struct geo *geo, const struct addr *const *addrs, struct geo_place *places,
	size_t count);
void geo_tag(const struct geo *geo, const struct addr *addr, struct geo_place *place);

/* What one database says, before any other has a say: a plain value. */
struct geo_answer {
	char country[3];
	char operator_country[3];
	uint32_t asn;
	char organization[128];
};

/* The databases by order of likelihood, 0 .. geo_database_count() - 1. An answer is empty where the
 * database has none. */
size_t geo_database_count(const struct geo *geo);
const char *geo_database_file(const struct geo *geo, size_t database);
uint64_t geo_database_built_ns(const struct geo *geo, size_t database); /* 0 not said */
bool geo_database_ask(
	const struct geo *geo, size_t database, const struct addr *addr, struct geo_answer *answer);

/* The override that decided about an address: its note and the file it stands in; NULL none did. */
const char *geo_override_note(const struct geo *geo, const struct addr *addr, const char **file);

const char *geo_organization(const struct geo *geo, uint32_t organization); /* "" for 0 */
const struct geo_owner *geo_owner(const struct geo *geo, uint16_t owner);   /* NULL for 0 */

bool geo_has_countries(const struct geo *geo);

/* One line a database and table: kind, file, source and licence, build date, age, entries. */
void geo_describe(const struct geo *geo, uint64_t now_ns, FILE *out);

/* The country table (jurisdictions.tsv): countries by code; the row is NULL where the code is not
 * listed. */
enum geo_language { GEO_EN, GEO_SV, GEO_NB, GEO_NN, GEO_DA, GEO_FI, GEO_LANGUAGE_COUNT };

struct geo_country {
	char code[3];
	uint8_t zone; /* enum geo_zone */
	const char *names[GEO_LANGUAGE_COUNT];
	const char *adequacy;       /* the decision's reference, "" none */
	const char *adequacy_scope; /* to whom it applies */
	const char *policy_group;   /* "CN" for HK: a choice of the user's policy, shown apart */
};

const struct geo_country *geo_country(const struct geo *geo, const char *code);

/* Each country that is listed, in the order of codes. */
typedef void geo_tell_country(void *context, const struct geo_country *country);
void geo_each_country(const struct geo *geo, geo_tell_country *tell, void *context);
