/* Words: the names behind the numbers of a record.
 *
 * A record carries rows of the catalogue, the policy and the geo databases. Whoever writes it down
 * needs their names, and a record that comes back from the archive has names that no row may stand
 * for any more. So the two travel together: record and words.
 *
 * Memory   the strings belong to the lexicon (or to the archive's block); pseudonym and addresses
 *          are values. */
#pragma once

#include "analyzer/lexicon.h"
#include "analyzer/pseudonyms.h"
#include "analyzer/record.h"

/* "" where there is none, never NULL. */
struct words {
	const char *app, *category, *owner; /* of the app; app "" is unknown */
	const char *organization;           /* whose network the remote end is in */
	const char *unit, *class_, *rule;
	/* Where it is set, the addresses of our ends are not to be shown. */
	char device[PSEUDONYM_LENGTH + 1];
};

static inline void words_init(struct words *words)
{
	*words = (struct words){ "", "", "", "", "", "", "", "" };
}

/* Looks everything up. The lexicon's catalogue and policy are needed, geo and pseudonyms may be
 * NULL. */
void words_of_record(
	struct words *words, const struct lexicon *lexicon, const struct record *record);
