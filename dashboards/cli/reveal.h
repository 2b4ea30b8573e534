/* Revealing: who a pseudonym is, by trying the identities that it may be of: every address of the
 * own networks, the devices of an inventory, and MACs and addresses that are listed (a switch, the
 * DHCP server): a device that was seen with its MAC has the pseudonym of that.
 *
 * Threads  one. Memory: nothing is kept. */
#pragma once

#include "analyzer/record/pseudonyms.h"
#include "base/err.h"

struct reveal_candidates {
	const char *networks;  /* CIDR,…; NULL: those of the policy, else the private ones */
	const char *policy;    /* NULL none */
	const char *inventory; /* NULL none */
	const char *list;      /* file of MACs and addresses, one a line; NULL none */
};

struct reveal_found {
	bool is_found;
	char identity[300]; /* an address, or an inventory's id */
	uint64_t tried;
};

/* month: "2026-10". */
int reveal_try(const struct pseudonyms *pseudonyms, const char *pseudonym, const char *month,
	const struct reveal_candidates *candidates, struct reveal_found *found, struct err *err);

/* A moment within the month; false: it is none. */
bool reveal_month_time(const char *month, uint64_t *time_ns);
