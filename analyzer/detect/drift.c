#include "analyzer/detect/drift.h"

#include <math.h>
#include <stdlib.h>

#include "analyzer/detect/quick_math.h"

enum { HOUR_SLOTS = 12, WEEK_HOURS = 168, LEARN_HOURS = 80 /* eight days of an office */ };

static const float shifts[DRIFT_SHIFTS] = { 0.2f, 0.4f, 0.8f };
static const float usual_rate = 1.0f / (2 * WEEK_HOURS), variance_rate = 1.0f / WEEK_HOURS;
static const float variance_first = 0.09f, variance_least = 0.0025f;
static const float clip_most = 30, clip_least = 0.03f, ratio_most = 1e12f;
static const float rising_above = 30;   /* evidence; below, nothing has begun */
static const float frozen_above = 1000; /* evidence while which nothing is learnt */

static int compare(const void *a, const void *b)
{
	float one = *(const float *)a, other = *(const float *)b;
	return (one > other) - (one < other);
}

/* The median of those that showed something; NAN where they are too few. */
static float median_of(const float *residuals, unsigned count)
{
	float values[DRIFT_MEMBERS_MOST];
	unsigned there = 0;

	for (unsigned i = 0; i < count; i++) {
		if (!isnan(residuals[i])) {
			values[there++] = residuals[i];
		}
	}
	if (there < DRIFT_MEMBERS_LEAST) {
		return NAN;
	}
	qsort(values, there, sizeof(*values), compare);
	return there % 2 ? values[there / 2] : (values[there / 2 - 1] + values[there / 2]) / 2;
}

static float evidence_of(const struct drift_member *member)
{
	float sum = 0;

	for (unsigned i = 0; i < DRIFT_SHIFTS; i++) {
		sum += member->ratio[i] / DRIFT_SHIFTS;
	}
	return sum;
}

static void count_run(struct drift_member *member, float sum, float off)
{
	if (sum < rising_above) {
		member->run_sum = 0;
		member->run_hours = 0;
	} else {
		member->run_sum += off;
		member->run_hours++;
	}
}

/* Half of what an hour's mean is off by, the next is too (the correlation is taken off), and a
 * member has a place of its own among its peers. */
static float end_hour(struct drift_member *member)
{
	float mean = member->sum / (float)member->count, sum = 0;

	if (member->hours == 0) {
		member->usual = mean;
		member->variance = variance_first;
	}
	float off = mean - member->usual;
	float innovation = off - 0.5f * member->before;
	float variance = fmaxf(member->variance, variance_least);
	for (unsigned i = 0; i < DRIFT_SHIFTS && member->hours >= LEARN_HOURS; i++) {
		float shift = 0.5f * shifts[i];
		float ratio = quick_exp((innovation * shift - shift * shift / 2) / variance);
		ratio = fminf(fmaxf(ratio, clip_least), clip_most);
		member->ratio[i] = fminf((1 + member->ratio[i]) * ratio, ratio_most);
		sum += member->ratio[i] / DRIFT_SHIFTS;
	}
	if (sum < frozen_above) {
		float most = 3 * sqrtf(variance);
		float pull = fminf(fmaxf(innovation, -most), most);
		float early = 1.0f / (float)(member->hours + 1);
		member->usual += fmaxf(usual_rate, early) * fminf(fmaxf(off, -most), most);
		member->variance +=
			fmaxf(variance_rate, early / 4) * (pull * pull - member->variance);
	}
	count_run(member, sum, off);
	member->before = off;
	member->hours++;
	member->sum = 0;
	member->count = 0;
	return sum;
}

void drift_step(struct drift_group *group, const float *residuals, unsigned count, double *scores)
{
	count = count > DRIFT_MEMBERS_MOST ? DRIFT_MEMBERS_MOST : count;
	float shared = median_of(residuals, count);
	bool hour_ends = ++group->slot % HOUR_SLOTS == 0;

	for (unsigned i = 0; i < count; i++) {
		struct drift_member *member = &group->members[i];
		if (scores) {
			scores[i] = 0;
		}
		if (!isnan(shared) && !isnan(residuals[i])) {
			member->sum += fminf(fmaxf(residuals[i] - shared, -3), 3);
			member->count++;
		}
		if (hour_ends && member->count >= HOUR_SLOTS / 2) {
			float evidence = end_hour(member);
			if (scores && evidence > 1) {
				scores[i] = (double)evidence * HOUR_SLOTS;
			}
		} else if (hour_ends) {
			member->sum = 0;
			member->count = 0;
		}
	}
}

struct drift_run drift_run(const struct drift_group *group, unsigned member)
{
	const struct drift_member *of = &group->members[member];

	return (struct drift_run){ .hours = of->run_hours,
		.shift = of->run_hours ? of->run_sum / (float)of->run_hours : 0 };
}

bool drift_is_rising(const struct drift_group *group, unsigned member)
{
	return evidence_of(&group->members[member]) > rising_above;
}

void drift_accept(struct drift_group *group, unsigned member)
{
	struct drift_member *of = &group->members[member];

	of->usual += of->before;
	of->before = of->run_sum = 0;
	of->run_hours = 0;
	for (unsigned i = 0; i < DRIFT_SHIFTS; i++) {
		of->ratio[i] = 0;
	}
}
