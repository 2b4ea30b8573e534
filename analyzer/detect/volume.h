/* Is this series' volume unusual? One state a series, one step a slot.
 *
 * Fed with what a slot of five minutes summed up to. A slot in which the sensor looked and the
 * series showed nothing is a zero; a slot in which nobody looked is no call (missing is not zero).
 *
 * A reading's score is patience: about how many slots of one ordinary series pass between two
 * scores as high. It is 0 except where the evidence reaches a new height, so that an episode is
 * told when it begins and when it grows, not in every slot. Two exact rules stand beside the
 * evidence: a first sight after a day of looking, and traffic after a silence that the series' own
 * habit makes incredible.
 *
 * Memory   at most VOLUME_BYTES in the struct, plain values: it may be copied and written as it is.
 * Threads  one at a time. Cost: at most 300 ns a step. Failure: none.
 * Sources  e-detectors: Shin, Ramdas, Rinaldo 2022; the profile: analyzer/detect/profile.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/detect/budget.h"
#include "analyzer/detect/evidence.h"
#include "analyzer/detect/profile.h"

enum { VOLUME_BYTES = 1536 };

enum volume_why {
	VOLUME_QUIET,
	VOLUME_MORE,          /* evidence of added volume */
	VOLUME_FIRST_SIGHT,   /* exact: nothing for at least a day of looking, ever */
	VOLUME_AFTER_SILENCE, /* exact: nothing for a day and against its habit */
};

struct volume {
	struct profile profile;
	struct evidence evidence;
	float told;   /* evidence (log10) last told of this episode; 0: nothing yet */
	float record; /* of evidence (log10) in this episode; sinks when it is over */
	float run_bytes,
		run_usual;   /* since evidence was last low; and what is usual for that time */
	float silence;       /* -log of how likely the zeros since the last value were */
	uint32_t zero_slots; /* in a row */
	uint32_t looked_slots, run_slots;
	uint16_t frozen_slots, low_slots; /* low_slots: since evidence was last high */
	bool started, alerting;
	bool held; /* by who has evidence of another kind: nothing is learnt, as while ours is high
		    */
};

struct volume_reading {
	double score;                /* slots of patience; 0 where nothing new is to be said */
	struct expectation expected; /* volume_band() tells it as values */
	float residual;              /* logarithm of the value over its expectation; NAN: none */
	float height, before;        /* evidence told now, and last in this episode; else 0 */
	/* The slots that the evidence comes from: their sum, what is usual for them, how many. */
	float run_bytes, run_usual;
	uint32_t run_slots;
	enum volume_why why;
	uint32_t silent_slots; /* before this value */
	bool alert;            /* an episode begins here */
};

void volume_init(struct volume *volume);

/* value >= 0; slots: how many slots of five minutes the row stands for (1 for our own). */
void volume_step(struct volume *volume, const struct budget *budget, const struct day_place *place,
	double value, unsigned slots, struct volume_reading *reading);
/* Nobody looked for so many slots: bursts are over, nothing else follows. */
void volume_gap(struct volume *volume, unsigned slots);

/* What is usual: a value and a band around it; all 0 while nothing is learnt. */
struct volume_band {
	double baseline, low, high;
};
struct volume_band volume_band(const struct volume_reading *reading);

const char *volume_why_name(enum volume_why why);
