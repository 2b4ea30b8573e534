#include "analyzer/detect/budget.h"

#include <math.h>
#include <string.h>

/* Log10 of patience at evidence of 10^0, 10^0.5 … 10^9, as measured on 10,080 series-days of
 * generated traffic; beyond what was measured it goes on with half the slope. */
static const float shipped_patience[BUDGET_STEPS] = { 2.00f, 2.40f, 2.80f, 3.10f, 3.35f, 3.55f,
	3.78f, 3.98f, 4.30f, 4.50f, 4.72f, 4.93f, 5.05f, 5.20f, 5.55f, 5.68f, 5.85f, 6.00f, 6.10f,
	6.20f, 6.30f, 6.40f, 6.50f, 6.60f, 6.70f, 6.80f, 6.90f, 7.00f, 7.10f };

/* The shipped curve counts like so many slots of watching: 30,000 series-days. */
static const double shipped_slots = 30000.0 * 288;
/* What was seen is halved when it is twice as much, so that the check follows the network. */
static const double watched_most = 4 * 30000.0 * 288;

void budget_change(struct budget *budget, double series, double weekly)
{
	budget->series = series;
	budget->weekly = weekly;
	budget->threshold = series * BUDGET_SLOTS_A_WEEK / weekly;
	budget->clip = (float)pow(budget->threshold, 0.7);
}

void budget_init(struct budget *budget, double series, double weekly)
{
	memset(budget, 0, sizeof(*budget));
	memcpy(budget->patience, shipped_patience, sizeof(budget->patience));
	budget_change(budget, series, weekly);
}

double budget_patience(const struct budget *budget, float height)
{
	float step = fminf(fmaxf(height * 2, 0), BUDGET_STEPS - 1.001f);
	unsigned below = (unsigned)step;
	float share = step - (float)below;

	return pow(10, budget->patience[below] * (1 - share) + budget->patience[below + 1] * share);
}

void budget_watched(struct budget *budget, uint64_t series_slots)
{
	budget->watched_slots += (double)series_slots;
}

static unsigned step_of(float height)
{
	return (unsigned)fminf(fmaxf(height * 2, 0), BUDGET_STEPS - 1);
}

void budget_saw(struct budget *budget, float height, float before)
{
	if (before > 0) {
		budget->peaks[step_of(before)] -= budget->peaks[step_of(before)] >= 1;
	}
	budget->peaks[step_of(height)] += 1;
}

/* At each step a Gamma prior with the shipped rate, updated by the episodes that got as far. */
void budget_recalibrate(struct budget *budget)
{
	double reached = 0;

	for (unsigned i = BUDGET_STEPS; i-- > 0;) {
		reached += budget->peaks[i];
		double shipped = shipped_slots * pow(10, -(double)shipped_patience[i]);
		double rate = (shipped + reached) / (shipped_slots + budget->watched_slots);
		budget->patience[i] = (float)-log10(rate);
	}
	if (budget->watched_slots > watched_most) {
		budget->watched_slots /= 2;
		for (unsigned i = 0; i < BUDGET_STEPS; i++) {
			budget->peaks[i] /= 2;
		}
	}
}
