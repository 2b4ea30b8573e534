/* The log of look-ups, for an auditor: who asked what of people's data, when and why, and whether
 * that is all of it. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct reveal_audit {
	const char *folder; /* of lookups.tsv */
	const char *anchor; /* a digest that was noted elsewhere (a report names one); NULL none */
	uint64_t from_ns, to_ns; /* what is printed; 0: no end */
};

/* Prints the lines of that time as a table with tabs, then whether the chain holds. 0, or -EBADMSG
 * where it does not, or does not hold the anchor. */
int reveal_print_audit(const struct reveal_audit *audit, struct err *err);
