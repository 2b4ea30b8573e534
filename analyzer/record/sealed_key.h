/* Sealed keys: the pseudonym key of a month that is over, put away so that two people open it
 * together. DIR/pseudonym.2026-10.sealed:
 *
 *     borderflow sealed key 1
 *     month 2026-10
 *     soc PUBLIC-KEY
 *     officer PUBLIC-KEY
 *     box …                 the key in a box to the officer, in a box to the SOC (public_key.h)
 *     glass …               where a third holder was named: the key in a box to it alone
 *
 * numbers as hexadecimal digits. The key itself is then destroyed. Neither the SOC nor the officer
 * opens it alone: the SOC finds a box that the officer alone opens, the officer never gets that box
 * but from the SOC.
 *
 * Threads  any. Failure: 0 or -errno with the file. Whoever gets a key wipes it. */
#pragma once

#include "analyzer/record/keys.h"
#include "analyzer/record/public_key.h"

enum {
	SEALED_INNER_BYTES = KEY_BYTES + BOX_EXTRA_BYTES,
	SEALED_OUTER_BYTES = SEALED_INNER_BYTES + BOX_EXTRA_BYTES,
};

struct sealed_key {
	char month[8]; /* "2026-10": the last that the key was used in */
	uint8_t soc[PUBLIC_KEY_BYTES], officer[PUBLIC_KEY_BYTES];
	uint8_t box[SEALED_OUTER_BYTES];
	bool has_glass;
	uint8_t glass[SEALED_INNER_BYTES];
};

/* soc, officer: their public keys; glass: NULL where nobody breaks it. */
struct sealed_key_holders {
	const uint8_t *soc, *officer, *glass;
};
int sealed_key_make(struct sealed_key *sealed, const char *month, const uint8_t key[KEY_BYTES],
	const struct sealed_key_holders *holders, struct err *err);
int sealed_key_write(const struct sealed_key *sealed, const char *folder, struct err *err);
/* Of the month, or the next later one: a key may have served several. -ENOENT: none. */
int sealed_key_find(
	struct sealed_key *sealed, const char *folder, const char *month, struct err *err);

/* The SOC's half, and the officer's. */
bool sealed_key_open_outer(const struct sealed_key *sealed, const uint8_t soc[SECRET_KEY_BYTES],
	uint8_t inner[SEALED_INNER_BYTES]);
bool sealed_key_open_inner(const uint8_t inner[SEALED_INNER_BYTES],
	const uint8_t officer[SECRET_KEY_BYTES], uint8_t key[KEY_BYTES]);

/* Overwrites and deletes a key file. */
int sealed_key_destroy(const char *path, struct err *err);
