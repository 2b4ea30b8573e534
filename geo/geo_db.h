/* One MMDB file, whoever made it; the only door to libmaxminddb.
 *
 * What a database can tell is found by looking at its records, not at its name:
 *
 *     MaxMind, DB-IP   country.iso_code, else registered_country.iso_code
 *                      autonomous_system_number, autonomous_system_organization
 *                      (also below traits)
 *     IPinfo           country_code, or country with two letters
 *                      asn "AS64496"; as_name, or name
 *     ip-location-db   country_code
 *                      autonomous_system_number, autonomous_system_organization
 *     our own          as ip-location-db, and operator_country
 *
 * Memory   the file is mapped until geo_db_close().
 * Threads  any number may ask.
 * Failure  a file that is not an MMDB, is cut short, or knows neither countries nor networks is
 *          refused with a reason. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "geo/geo.h"

struct geo_db;

enum geo_db_kind { GEO_DB_COUNTRIES = 1, GEO_DB_NETWORKS = 2 };

/* Makers, in the order in which their countries are believed: those who locate addresses before
 * those who read registries, and anything else in between. */
enum geo_db_maker {
	GEO_DB_MAXMIND,
	GEO_DB_IPINFO,
	GEO_DB_DBIP,
	GEO_DB_OTHER,
	GEO_DB_OURS,
	GEO_DB_IP_LOCATION,
};

struct geo_db_info {
	const char *path, *file; /* whole, and its last part */
	const char *type;        /* as the file says: "GeoLite2-Country" */
	const char *description; /* in English; "" none */
	unsigned kinds;          /* bits of enum geo_db_kind */
	enum geo_db_maker maker;
	uint64_t built_ns;
	uint32_t node_count;
	bool has_v6;
};

int geo_db_open(struct geo_db **db, const char *path, struct err *err);
void geo_db_close(struct geo_db *db);
const struct geo_db_info *geo_db_info(const struct geo_db *db);

/* What the database says about one address; false, and an empty answer, where it has none. */
bool geo_db_ask(const struct geo_db *db, const struct addr *addr, struct geo_answer *answer);

/* Every range of one family in ascending order: where it starts (IPv4 in the low 32 bits) and its
 * entry, 0 for nothing known. A range ends where the next one starts, the last at the end of the
 * family. Copies of the IPv4 tree inside the IPv6 tree are passed over (geo_tag.c sends such
 * addresses to the IPv4 side). visit returns 0 to go on; anything else ends the walk and is
 * returned. -EINVAL where the tree is damaged. */
typedef int geo_db_visit(void *context, unsigned __int128 start, uint32_t entry);
int geo_db_walk(
	const struct geo_db *db, bool v4, geo_db_visit *visit, void *context, struct err *err);

/* The answer behind an entry that a walk gave. */
void geo_db_read(const struct geo_db *db, uint32_t entry, struct geo_answer *answer);
