/* Months and their pseudonym keys: which one is now, which are loaded, which are over.
 *
 * Threads  any. */
#pragma once

#include <stdint.h>

#include "analyzer/record/pseudonyms.h"

/* "2026-11", so many months from that time (UTC). */
void key_month_name(uint64_t time_ns, int months, char month[8]);

/* The keys of a sensor: that of the folder (or credential), and those of the month before, this one
 * and the next, where they have one of their own. *pseudonyms NULL: there is none. */
int key_months_open(
	struct pseudonyms **pseudonyms, const char *folder, uint64_t now_ns, struct err *err);
