/* A budget of false alerts, instead of thresholds.
 *
 * The user says at most N false alerts a week for the whole organisation. Its K series share them:
 * one series may be wrong once in K/α slots, where α = N/2016 is the budget a slot (2016 slots of
 * five minutes are a week). A sensor that sees K_s of them gets N × K_s/K, which leaves its series
 * the same threshold. Exact rules (policy findings, first sight, silence) stand outside.
 *
 * Evidence is turned into patience by one calibration pooled over series: a shipped curve, measured
 * on generated series, which what is seen here outweighs in time (budget_saw). A threshold is a
 * promise on average, never a certainty; what came of it is counted where alerts are raised.
 *
 * Memory   in the struct, plain values. Threads: one at a time. Failure: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BUDGET_EXACT 1e12 /* the score of an exact rule: above every threshold */

enum {
	BUDGET_SLOTS_A_WEEK = 2016,
	BUDGET_STEPS = 29, /* of evidence: half a decade each, from 10^0 to 10^14 */
};

struct budget {
	double threshold; /* K/α: slots of patience at which an alert is raised */
	float clip;       /* what one slot may say: between the root of K/α and K/α */
	double weekly, series;
	/* Pooled over series: log10 of patience at each step of evidence. */
	float patience[BUDGET_STEPS];
	/* The running calibration. */
	double peaks[BUDGET_STEPS]; /* episodes that ended below the next step; old ones fade */
	double watched_slots;       /* of all series, faded alike */
};

/* series: K >= 1; weekly: N > 0. */
void budget_init(struct budget *budget, double series, double weekly);
/* Another K or N; what was seen and counted stays. */
void budget_change(struct budget *budget, double series, double weekly);

/* Slots of patience for evidence of that height (log10). */
double budget_patience(const struct budget *budget, float height);

/* The running calibration: so many series were watched for a slot; an episode reached that height,
 * after it had been counted at another (0: not yet). Once a day budget_recalibrate() puts both
 * together. */
void budget_watched(struct budget *budget, uint64_t series_slots);
void budget_saw(struct budget *budget, float height, float before);
void budget_recalibrate(struct budget *budget);
