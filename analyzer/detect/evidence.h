/* Evidence that something was added to a series, as an e-process.
 *
 * Against the null hypothesis (the usual level, ordinary bursts that die away, a level that wanders
 * a little) stand EVIDENCE_RATES alternatives: so and so many bytes a slot were added, from half
 * the series' typical value upwards in steps of three. Each keeps a Shiryaev-Roberts statistic
 * R = (1 + R) × likelihood ratio; their mean is the evidence. Under the null hypothesis the mean of
 * R grows by one a slot, so that an alarm at R >= A comes about once in A slots at most (error over
 * patience; Shin, Ramdas and Rinaldo, "E-detectors", 2022): A is read as slots of patience.
 *
 * A slot's ratio is clipped: one heavy-tailed slot proves nothing, two can.
 *
 * Null density of the residual: a normal body, and heavy tails (index 2 above, 1 below) with a
 * share of 1.5 %. A burst is what lies in the tail; it is followed and expected to shrink to 0.7 a
 * slot, under each hypothesis by its own account.
 *
 * Memory   in the struct, plain values. Threads: one at a time. Failure: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/detect/profile.h"

enum { EVIDENCE_RATES = 8 };

struct evidence {
	float ratio[EVIDENCE_RATES]; /* Shiryaev-Roberts statistics */
	float burst[EVIDENCE_RATES]; /* excess over the level, as a share of it */
	float null_burst;
	float null_shift; /* logarithm: how the level stands today, bounded by wander */
	float wander;     /* mean square of the hourly residual, upper side */
	float hour_sum;
	uint8_t hour_count;
};

void evidence_begin(struct evidence *evidence);

/* Logarithm of what an ordinary burst explains of this slot, before it is seen. */
float evidence_burst(const struct evidence *evidence);

/* The slot showed a value. residual: its logarithm over the expected level; typical: logarithm of
 * the series' typical value over the expected level; clip: the most that one slot may say. */
void evidence_value(struct evidence *evidence, const struct expectation *expected, float residual,
	float typical, float clip);
/* The slot showed nothing; no row at all is no call. */
void evidence_zero(struct evidence *evidence, const struct expectation *expected);
/* The mean hourly residual teaches how far the level wanders; not called while evidence is high. */
void evidence_learn(
	struct evidence *evidence, const struct expectation *expected, float residual, float burst);

/* Mean of the statistics: slots of patience, as the model sees it. */
float evidence_sum(const struct evidence *evidence);
void evidence_forget(struct evidence *evidence);
