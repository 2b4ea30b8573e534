#include "analyzer/detect/volume.h"

#include <math.h>
#include <string.h>

#include "analyzer/detect/quick_math.h"

_Static_assert(sizeof(struct volume) <= VOLUME_BYTES, "a series fits its memory");

enum {
	SILENCE_LEAST = SLOTS_A_DAY,   /* of zeros, before traffic may be a surprise */
	EPISODE_ENDS = SLOTS_A_DAY,    /* of low evidence */
	FROZEN_MOST = 2 * SLOTS_A_DAY, /* then it is the new normal */
	GAP_MOST = 14 * SLOTS_A_DAY,   /* of not looking: the profile is too old */
};

static const float silence_incredible = 14; /* one in a million */
static const float freeze_above = 100;      /* slots of patience */
static const float run_above = 3;           /* likewise: below, nothing has begun */
static const float record_most = 14, record_low = 2, record_sinks = 0.2f / SLOTS_A_DAY;
static const float record_none = -9, record_step = 0.8f;
/* What a profile can be believed: more every day. */
static const float young_most = 3, young_grows = 0.5f;

void volume_init(struct volume *volume)
{
	memset(volume, 0, sizeof(*volume));
	volume->record = record_none;
}

const char *volume_why_name(enum volume_why why)
{
	static const char *const names[] = { "quiet", "more", "first-sight", "after-silence" };
	return names[why];
}

static void begin(struct volume *volume, float log_value)
{
	profile_begin(&volume->profile, log_value);
	evidence_begin(&volume->evidence);
	volume->frozen_slots = 0;
	volume->started = true;
}

void volume_gap(struct volume *volume, unsigned slots)
{
	volume->profile.was_busy = false;
	memset(volume->evidence.burst, 0, sizeof(volume->evidence.burst));
	volume->evidence.null_burst = 0;
	if (slots >= GAP_MOST && volume->started) {
		profile_relearn(&volume->profile, volume->profile.mean);
		evidence_forget(&volume->evidence);
	}
}

static void step_zero(struct volume *volume, const struct day_place *place,
	struct expectation *expected, unsigned slots)
{
	volume->zero_slots += slots;
	if (!volume->started) {
		return;
	}
	profile_expect(&volume->profile, place, expected);
	volume->silence -= quick_log(1 - expected->alone) * (float)slots;
	evidence_zero(&volume->evidence, expected);
	profile_learn_zero(&volume->profile, place, slots);
}

/* The two exact rules; a series they speak of is learnt anew. */
static enum volume_why first_value(struct volume *volume, float log_value)
{
	enum volume_why why = VOLUME_QUIET;

	if (!volume->started) {
		why = volume->looked_slots >= SILENCE_LEAST ? VOLUME_FIRST_SIGHT : VOLUME_QUIET;
		begin(volume, log_value);
	} else if (volume->zero_slots >= SILENCE_LEAST && volume->silence > silence_incredible) {
		why = VOLUME_AFTER_SILENCE;
		begin(volume, log_value);
	}
	volume->zero_slots = 0;
	volume->silence = 0;
	return why;
}

/* While evidence is high nothing is learnt; when that lasts, everything is. */
static bool is_frozen(struct volume *volume, bool learnt, float log_value, unsigned slots)
{
	bool is_high = volume->held || evidence_sum(&volume->evidence) > freeze_above;

	if (!learnt || !is_high) {
		volume->frozen_slots -=
			volume->frozen_slots < slots ? volume->frozen_slots : (uint16_t)slots;
		return false;
	}
	if (volume->frozen_slots < FROZEN_MOST) {
		volume->frozen_slots += (uint16_t)slots;
		return true;
	}
	profile_relearn(&volume->profile, log_value);
	evidence_forget(&volume->evidence);
	volume->frozen_slots = 0;
	return false;
}

static void step_value(struct volume *volume, const struct budget *budget,
	const struct day_place *place, struct expectation *expected, float value, unsigned slots,
	struct volume_reading *reading)
{
	float log_value = quick_log(value);
	reading->silent_slots = volume->zero_slots;
	reading->why = first_value(volume, log_value);

	profile_expect(&volume->profile, place, expected);
	float residual = log_value - expected->level;
	reading->residual = expected->learnt ? residual : NAN;
	float burst = evidence_burst(&volume->evidence);
	float typical = profile_typical(&volume->profile, place->day) + volume->profile.trend -
			expected->level;
	evidence_value(&volume->evidence, expected, residual, typical, budget->clip);
	bool frozen = is_frozen(volume, expected->learnt, log_value, slots);
	if (!frozen && expected->learnt) {
		evidence_learn(&volume->evidence, expected, residual, burst);
	}
	profile_learn(&volume->profile, place, expected, log_value, burst, slots, frozen);
}

/* Tells an episode's new heights; when it is over the record sinks, a decade in five days. */
static void tell(struct volume *volume, const struct budget *budget, float sum, unsigned slots,
	struct volume_reading *reading)
{
	float days = (float)volume->profile.age_slots / SLOTS_A_DAY;
	float most = quick_min(record_most, young_most + young_grows * days);
	/* Below one there is no height that could be told. */
	float height = sum < 1 ? 0 : quick_min(quick_log(sum) * 0.43429448f, most);

	if (height < record_low) {
		volume->low_slots += volume->low_slots < EPISODE_ENDS ? (uint16_t)slots : 0;
		volume->record -= record_sinks * (float)slots;
	}
	if (height >= record_low) {
		volume->low_slots = 0;
	} else if (volume->low_slots >= EPISODE_ENDS) {
		volume->alerting = false;
		volume->told = 0;
	}
	if (reading->why != VOLUME_QUIET) {
		volume->record = record_most;
		reading->score = BUDGET_EXACT;
		reading->alert = true;
	} else if (height > quick_max(volume->record + record_step, 0)) {
		volume->record = height;
		reading->height = height;
		reading->before = volume->told;
		volume->told = height;
		reading->score = budget_patience(budget, height);
		if (reading->score >= budget->threshold) {
			reading->why = VOLUME_MORE;
			reading->alert = !volume->alerting;
			volume->alerting = true;
		}
	}
}

/* What a slot comes to on average; the level is its median. */
static float usual_of(const struct expectation *expected)
{
	float spread = expected->spread;

	return expected->learnt ? expected->alone * quick_exp(expected->level + spread * spread / 2)
				: 0;
}

static void count_run(struct volume *volume, float sum, double value, unsigned slots,
	struct volume_reading *reading)
{
	if (sum < run_above) {
		volume->run_bytes = volume->run_usual = 0;
		volume->run_slots = 0;
		return;
	}
	volume->run_bytes += (float)value;
	volume->run_usual += usual_of(&reading->expected) * (float)slots;
	volume->run_slots += volume->run_slots < UINT32_MAX - slots ? slots : 0;
	reading->run_bytes = volume->run_bytes;
	reading->run_usual = volume->run_usual;
	reading->run_slots = volume->run_slots;
}

struct volume_band volume_band(const struct volume_reading *reading)
{
	const struct expectation *expected = &reading->expected;

	if (!expected->learnt) {
		return (struct volume_band){ .baseline = 0 };
	}
	float factor = quick_exp(2 * expected->spread);
	double usual = quick_exp(expected->level);
	return (struct volume_band){ .baseline = expected->alone >= 0.5f ? usual : 0,
		.low = expected->alone >= 0.98f ? usual / factor : 0,
		.high = usual * factor };
}

void volume_step(struct volume *volume, const struct budget *budget, const struct day_place *place,
	double value, unsigned slots, struct volume_reading *reading)
{
	*reading = (struct volume_reading){ .residual = NAN };
	slots = slots == 0 ? 1 : slots > SLOTS_A_DAY ? SLOTS_A_DAY : slots;
	if (value > 0) {
		value = fmin(fmax(value, 1e-30), 1e30);
		step_value(volume, budget, place, &reading->expected, (float)value, slots, reading);
	} else {
		step_zero(volume, place, &reading->expected, slots);
	}
	volume->looked_slots += volume->looked_slots < UINT32_MAX - slots ? slots : 0;
	float sum = evidence_sum(&volume->evidence);
	count_run(volume, sum, value, slots, reading);
	tell(volume, budget, sum, slots, reading);
}
