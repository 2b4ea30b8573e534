/* Labels: the names behind the numbers of a record.
 *
 * A record carries rows of the catalogue, the policy and the geo databases. Whoever writes it down
 * needs their names, and a record that comes back from the archive has names that no row may stand
 * for any more. So the two travel together: record and labels.
 *
 * Memory   the strings belong to the reference (or to the archive's block); pseudonym and addresses
 *          are values. */
#pragma once

#include "analyzer/record/reference.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/record.h"

/* "" where there is none, never NULL. */
struct record_labels {
	const char *app, *category, *owner; /* of the app; app "" is unknown */
	const char *organization;           /* whose network the remote end is in */
	const char *unit, *class_, *rule, *exception;
	const char *inputs[2]; /* ids of the captures with its first and last packet (input_id.h) */
	/* Where it is set, the addresses of our ends are not to be shown. */
	char device[PSEUDONYM_LENGTH + 1];
};

static inline void record_labels_init(struct record_labels *labels)
{
	*labels = (struct record_labels){ "", "", "", "", "", "", "", "", { "", "" }, "" };
}

/* Looks everything up. The reference's catalogue and policy are needed, geo and pseudonyms may be
 * NULL. */
void record_labels_of(struct record_labels *labels, const struct reference *reference,
	const struct record *record);
