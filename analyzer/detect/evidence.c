#include "analyzer/detect/evidence.h"

#include <math.h>
#include <string.h>

#include "analyzer/detect/quick_math.h"

static const float tail_share = 0.015f; /* of slots that an ordinary burst begins in */
static const float burst_keeps = 0.7f;  /* of an excess, in the next slot */
static const float burst_most = 300;    /* times the level; what goes on above that is no burst */
static const float burst_gain = 0.02f;  /* how much of a residual inside the body is burst */
/* The least rate tested: half the typical value, or a spread where that is less; then three times
 * as much, to a thousand times. */
static const float rate_least = 0.5f, rate_step = 3;
static const float ratio_least = 0.02f, statistic_most = 1e16f;
static const float shift_gain = 0.1f, shift_least = -0.2f, shift_most = 0.1f;
static const float shift_wanders = 1.5f; /* shift_most and so many times the wander */
static const float wander_first = 0.04f, wander_rate = 0.02f;
static const float busy_then = 0.9f; /* how often a slot shows something when bytes are added */

void evidence_begin(struct evidence *evidence)
{
	memset(evidence, 0, sizeof(*evidence));
	evidence->wander = wander_first;
}

void evidence_forget(struct evidence *evidence)
{
	memset(evidence->ratio, 0, sizeof(evidence->ratio));
	memset(evidence->burst, 0, sizeof(evidence->burst));
	evidence->null_burst = evidence->null_shift = 0;
}

float evidence_burst(const struct evidence *evidence)
{
	return quick_log(1 + burst_keeps * evidence->null_burst);
}

/* Of a value of so many times the level, and the inverse of that, under a hypothesis with that
 * centre. */
static inline float tail_density(float times, float inverse, float centre)
{
	float under = centre * inverse;
	return tail_share * (under < 1 ? 1.6f * under * under : 0.2f * (times / centre));
}

struct body {
	float height, narrow; /* height × exp(-narrow × distance²) */
};

static struct body body_of(float spread)
{
	return (struct body){ .height = (1 - tail_share) * 0.39894228f / spread,
		.narrow = 0.5f / (spread * spread) };
}

/* The burst after this slot: what lies in the tail is burst, of the rest a little. */
static inline float burst_next(float expected, float excess, float body, float density)
{
	float gain = burst_gain + (1 - burst_gain) * (1 - body / density);
	float next = expected + gain * (excess - expected);
	return next > burst_most ? burst_most : next > 0 ? next : 0;
}

/* The density under the null hypothesis, which then follows burst and shift. */
static float null_density(struct evidence *evidence, const struct expectation *expected,
	const struct body *body, float residual, float times)
{
	float shift = quick_exp(evidence->null_shift);
	float burst = burst_keeps * evidence->null_burst;
	float distance = residual - quick_log(1 + burst) - evidence->null_shift;
	float inside = body->height * quick_exp(-body->narrow * distance * distance);
	float density = inside + tail_density(times, 1 / times, (1 + burst) * shift);
	float most = shift_most + shift_wanders * sqrtf(evidence->wander);
	float pull =
		quick_min(quick_max(distance, -1.5f * expected->spread), 1.5f * expected->spread);
	float excess = times / shift - 1;

	evidence->null_burst = burst_next(burst, excess > 0 ? excess : 0, inside, density);
	evidence->null_shift += shift_gain * pull;
	evidence->null_shift = quick_min(quick_max(evidence->null_shift, shift_least), most);
	return density;
}

void evidence_value(struct evidence *evidence, const struct expectation *expected, float residual,
	float typical, float clip)
{
	struct body body = body_of(expected->spread);
	residual = quick_min(quick_max(residual, -20), 20);
	float times = quick_exp(residual);
	float null = null_density(evidence, expected, &body, residual, times), busy = 1;

	if (!expected->learnt) {
		return;
	}
	if (expected->alone < 0.9f) {
		busy = (busy_then + (1 - busy_then) * expected->busy) / expected->busy;
	}
	float added = quick_min(rate_least, expected->spread) *
		      quick_exp(quick_min(quick_max(typical, -20), 20));
	float rates[EVIDENCE_RATES], inverse = 1 / times, weight = busy / null;
	for (unsigned i = 0; i < EVIDENCE_RATES; i++, added *= rate_step) {
		rates[i] = added;
	}
	for (unsigned i = 0; i < EVIDENCE_RATES; i++) {
		float burst = burst_keeps * evidence->burst[i];
		float centre = 1 + burst + rates[i];
		float distance = residual - quick_log(centre);
		float inside = body.height * quick_exp(-body.narrow * distance * distance);
		float density = inside + tail_density(times, inverse, centre);
		float ratio = weight * density;
		float excess = times - rates[i] - 1;

		ratio = ratio > clip ? clip : ratio < ratio_least ? ratio_least : ratio;
		ratio *= 1 + evidence->ratio[i];
		evidence->ratio[i] = ratio > statistic_most ? statistic_most : ratio;
		evidence->burst[i] = burst_next(burst, excess > 0 ? excess : 0, inside, density);
	}
}

void evidence_zero(struct evidence *evidence, const struct expectation *expected)
{
	float then = busy_then + (1 - busy_then) * expected->busy, ratio = 0.9f;

	evidence->null_burst *= burst_keeps;
	if (expected->learnt && expected->alone < 0.98f) {
		ratio = (1 - then) / (1 - expected->busy);
	}
	for (unsigned i = 0; i < EVIDENCE_RATES; i++) {
		evidence->ratio[i] = (1 + evidence->ratio[i]) * ratio;
		evidence->burst[i] *= burst_keeps;
	}
}

void evidence_learn(
	struct evidence *evidence, const struct expectation *expected, float residual, float burst)
{
	enum { HOUR_SLOTS = 12 };
	float most = 2 * expected->spread;

	evidence->hour_sum += quick_min(quick_max(residual - burst, -most), most);
	if (++evidence->hour_count < HOUR_SLOTS) {
		return;
	}
	float mean = evidence->hour_sum / HOUR_SLOTS;
	if (mean > 0) {
		evidence->wander += wander_rate * (mean * mean - evidence->wander);
	}
	evidence->hour_sum = 0;
	evidence->hour_count = 0;
}

float evidence_sum(const struct evidence *evidence)
{
	float sum = 0;

	for (unsigned i = 0; i < EVIDENCE_RATES; i++) {
		sum += evidence->ratio[i];
	}
	return sum / EVIDENCE_RATES;
}
