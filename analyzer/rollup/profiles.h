/* Profiles: all that an overview counts records by, taken together.
 *
 * A record counts in a dozen tables: its zone, its app, its cell of the matrix … Records that agree
 * in all of that are added up here, once each, and go to those tables together. Traffic has a few
 * hundred profiles; a table that is full is emptied into the others and begins anew.
 *
 * Memory   PROFILES_MAX rows, touched as used, and their devices (distinct.h).
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/rollup/tally.h"

enum { PROFILES_MAX = 4096, PROFILE_NAMED = 0xff };

struct profile {
	uint16_t server_country, parent_country; /* two letters; 0 unknown, "--" our own networks */
	uint16_t app, rule, unit;
	uint8_t zone, control; /* enum geo_zone; control as far as it is proven */
	uint8_t direction, protocol;
	uint8_t action, verdict, block;
	uint8_t unnamed; /* enum unnamed_reason, or PROFILE_NAMED */
	bool inferred;   /* the app is */
	uint8_t zeros[5];
};

struct profiles {
	uint32_t count;
	uint16_t index[2 * PROFILES_MAX]; /* open addressing: row + 1; 0 empty */
	struct profile profiles[PROFILES_MAX];
	struct tally_row rows[PROFILES_MAX]; /* in order of first sight; key is not used */
};

/* A zeroed struct is empty. The row of that profile, made on first sight; NULL: the table is full.
 */
struct tally_row *profiles_row(struct profiles *profiles, const struct profile *profile);

/* Forgets all rows, and frees their devices. */
void profiles_clear(struct profiles *profiles);
