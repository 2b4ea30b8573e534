/* Protection of small groups: the one rule by which figures of people become figures that anybody
 * may read.
 *
 * Figures of the whole body (bytes by zone, country, app; flows and verdicts by rule) are exact
 * where the body had at least k active devices; of which time, see protect_time.h. Protected are
 * counts of devices, of which 1 … k-1 is "fewer than k", and whatever is said of a part of the body
 * (a unit, a device class, one of these in an app …): it is shown only where at least k devices
 * stand behind it and none of them had more than PROTECT_SHARE_MOST percent of its bytes. Parts
 * that are not shown are merged into a remainder; and so are more of them until the remainder
 * itself, which follows from the total, is safe by the same rule and is made of two parts at least.
 * Which ones is drawn by a lot of the part's name, the same on all days and in all tables: if it
 * were the smallest, what is shown would tell how large they can be; if another one were drawn each
 * day, what was hidden on one could be seen on the next.
 *
 * What stays open: a total of the body is exact, so a figure that only one part can have had (an
 * app that one unit alone may use, a rule that holds for one unit or device) says so much of that
 * part, and one that few devices had is told of them together, where so many others were active;
 * what follows from three tables of a day and more (differences of two are as safe as rows,
 * day_drafts.h); what a part did between two looks at the time that runs (VIEW_GROUPED), and what a
 * later capture adds to a day that nobody closed; a light of a report may be worse than the days
 * that are told make it (docs/report.md).
 *
 * Applies where own devices are pseudonyms; k is the policy's, and 0 where nothing is protected.
 * Lights, alerts and verdicts are made from exact cells.
 *
 * Threads  any; what is protected is the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/rollup/devices.h"

/* k of a policy that says none, and of an archive that does not say under which it was written. */
enum { PROTECT_K_USUAL = 5 };
enum { PROTECT_SHARE_MOST = 80, PROTECT_LINES = 2, PROTECT_FIGURES = 3 };
#define PROTECT_NO_LINE UINT32_MAX

/* May a count of devices be said? */
static inline bool protect_shows_count(unsigned k, uint64_t devices)
{
	return devices >= k;
}

/* What may be said of the devices of a part that is shown: that they are k or more. Exact counts,
 * and rounded ones, add up, and what is missing to the body's would be about those of the
 * remainder. */
static inline uint64_t protect_floor(unsigned k, uint64_t devices)
{
	return k && devices > k ? k : devices;
}

/* One number of a part: its bytes, and the devices behind them. */
struct protected_figure {
	uint64_t bytes;
	/* NULL: only so many devices are known; how much the largest had is not. */
	const struct devices *devices;
	uint64_t count;
};

/* A part of the body in a table. It stands in lines whose total is known besides: the column of one
 * app over all units, the row of one unit over all apps. */
struct protected_part {
	uint32_t lines[PROTECT_LINES]; /* PROTECT_NO_LINE: none */
	struct protected_figure
		figures[PROTECT_FIGURES]; /* each must be safe; no bytes: not there */
	uint64_t lot; /* protect_lot() of its name; 0: drawn by its devices, for one table alone */
	bool is_hidden; /* in: never to be shown; out: merged into the remainders of its lines */
};

uint64_t protect_lot(const char *name);

/* Decides which parts of a table are shown. k 0: all. Out of memory hides everything. */
void protect_parts(unsigned k, struct protected_part *parts, size_t count);

/* Is one figure safe by itself? */
bool protect_is_safe(unsigned k, const struct protected_figure *figure);
