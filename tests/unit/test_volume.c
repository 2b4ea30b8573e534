/* Volume detector on made-up series: what it tells, what it keeps to itself, and that a restored
 * state goes on as if nothing had happened. */
#include "analyzer/detect/volume.h"
#include "tests/tap.h"

#include <math.h>

static uint64_t random_state;

static double random_share(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(random_state >> 11) / (double)(UINT64_C(1) << 53);
}

/* Twelve uniform numbers: near enough a bell. */
static double random_bell(void)
{
	double sum = -6;
	for (int i = 0; i < 12; i++) {
		sum += random_share();
	}
	return sum;
}

static struct day_place place_of(unsigned slot)
{
	unsigned day = slot / SLOTS_A_DAY, of_day = slot % SLOTS_A_DAY;

	return (struct day_place){ .kind = day % 7 >= 5 ? DAY_FREE : DAY_WORK,
		.half_hour = (uint8_t)(of_day / 6),
		.within = ((float)(of_day % 6) + 0.5f) / 6,
		.day = 20000 + day };
}

/* An office: a hump by day, a fifteenth of it at weekends, noise of 40 %. */
static double office(unsigned slot)
{
	double hour = slot % SLOTS_A_DAY / 12.0;
	double level = exp(-pow((hour - 12) / 3, 2)) + 0.02;

	level *= slot / SLOTS_A_DAY % 7 >= 5 ? 0.06 : 1;
	return 1e7 * level * exp(0.4 * random_bell());
}

static struct budget budget;

struct run {
	struct volume volume;
	unsigned alerts, first;
	double highest;
};

static void feed(struct run *run, unsigned slot, double value)
{
	struct day_place place = place_of(slot);
	struct volume_reading reading;

	volume_step(&run->volume, &budget, &place, value, 1, &reading);
	if (reading.alert && run->alerts++ == 0) {
		run->first = slot;
	}
	run->highest = fmax(run->highest, reading.score);
}

static void learn(struct run *run, unsigned days)
{
	memset(run, 0, sizeof(*run));
	volume_init(&run->volume);
	random_state = 42;
	for (unsigned slot = 0; slot < days * SLOTS_A_DAY; slot++) {
		feed(run, slot, office(slot));
	}
}

enum { DAYS = 23, NIGHT = DAYS * SLOTS_A_DAY + 12 }; /* one o'clock, on a Wednesday */

static void test_quiet(struct run *learnt)
{
	learn(learnt, DAYS);
	is_int(learnt->alerts, 0, "three weeks of an office raise no alert");
	struct day_place noon = place_of(144);
	struct volume_reading reading;
	struct volume copy = learnt->volume;
	volume_step(&copy, &budget, &noon, 1e7, 1, &reading);
	struct volume_band band = volume_band(&reading);
	ok(band.low < 1e7 && band.baseline > 6e6 && band.baseline < 1.6e7 && band.high > 1e7,
		"noon is known: %.3g in %.3g to %.3g", band.baseline, band.low, band.high);
}

static void test_added(const struct run *learnt)
{
	struct run run = *learnt;
	for (unsigned slot = DAYS * SLOTS_A_DAY; slot < NIGHT; slot++) {
		feed(&run, slot, office(slot));
	}
	struct run one = run, many = run, slow = run;
	feed(&one, NIGHT, 1e10);
	for (unsigned slot = NIGHT + 1; slot < NIGHT + 60; slot++) {
		feed(&one, slot, office(slot));
	}
	is_int(one.alerts, 0, "one slot proves nothing, however large");
	for (unsigned slot = NIGHT; slot < NIGHT + 9; slot++) {
		feed(&many, slot, office(slot) + 3e7);
	}
	ok(many.alerts == 1 && many.first < NIGHT + 9,
		"three quarters of an hour of upload by night: after %u", many.first - NIGHT);
	for (unsigned slot = NIGHT; slot < NIGHT + 144; slot++) {
		feed(&slow, slot, office(slot) + 1e6);
	}
	ok(slow.alerts == 1 && slow.first - NIGHT < 72,
		"a slow one, of a tenth of noon, within six hours: after %u slots",
		slow.first - NIGHT);
}

static void test_quiet_week(const struct run *learnt)
{
	struct run run = *learnt;
	unsigned slot = DAYS * SLOTS_A_DAY;
	for (; slot < (DAYS + 7) * SLOTS_A_DAY; slot++) {
		feed(&run, slot, office(slot) * 0.01);
	}
	for (; slot < (DAYS + 12) * SLOTS_A_DAY; slot++) {
		feed(&run, slot, office(slot));
	}
	is_int(run.alerts, 0, "the end of a quiet week is no alarm");
}

static void test_new_normal(const struct run *learnt)
{
	struct run run = *learnt;
	for (unsigned slot = DAYS * SLOTS_A_DAY; slot < (DAYS + 21) * SLOTS_A_DAY; slot++) {
		feed(&run, slot, office(slot) * 8);
	}
	ok(run.alerts >= 1 && run.alerts <= 2, "eight times as much from now on: %u alert(s)",
		run.alerts);
	is_int(run.volume.frozen_slots, 0, "… and then it is the new normal");
}

static void test_missing_and_silence(const struct run *learnt)
{
	struct run gap = *learnt, silence = *learnt, first = { .alerts = 0 };
	unsigned slot = (DAYS + 5) * SLOTS_A_DAY;

	volume_gap(&gap.volume, 5 * SLOTS_A_DAY);
	for (unsigned i = 0; i < SLOTS_A_DAY; i++) {
		feed(&gap, slot + i, office(slot + i));
	}
	is_int(gap.alerts, 0, "five days without a sensor are no silence");
	for (unsigned i = DAYS * SLOTS_A_DAY; i < slot; i++) {
		feed(&silence, i, 0);
	}
	feed(&silence, slot, 100);
	ok(silence.alerts == 1 && silence.first == slot && silence.highest == BUDGET_EXACT,
		"five days of zeros are: told in the slot that ends them");
	volume_init(&first.volume);
	for (unsigned i = 0; i < 2 * SLOTS_A_DAY; i++) {
		feed(&first, i, 0);
	}
	feed(&first, 2 * SLOTS_A_DAY, 1);
	ok(first.alerts == 1 && first.first == 2 * SLOTS_A_DAY,
		"a first sight after two days of looking is told in its slot");
}

static void test_hostile(const struct run *learnt)
{
	static const double values[] = { 1e308, 5e-324, -1, HUGE_VAL, 1e30, 0, -HUGE_VAL, 1e-30 };
	struct run run = *learnt;
	bool sane = true;

	for (unsigned i = 0; i < 4000; i++) {
		struct day_place place = place_of(i);
		struct volume_reading reading;
		volume_step(&run.volume, &budget, &place, values[i % 8], 1 + i % 5000, &reading);
		sane = sane && reading.score >= 0 && reading.score <= BUDGET_EXACT &&
		       isfinite(volume_band(&reading).high);
	}
	ok(sane, "no value leads out of the numbers");
}

static void test_restart(const struct run *learnt)
{
	struct run before = *learnt, after;
	unsigned char bytes[sizeof(struct volume)];
	bool same = true;

	memcpy(bytes, &before.volume, sizeof(bytes));
	memset(&after, 0, sizeof(after));
	memcpy(&after.volume, bytes, sizeof(bytes));
	for (unsigned i = 0; i < 3 * SLOTS_A_DAY; i++) {
		unsigned slot = DAYS * SLOTS_A_DAY + i;
		double value = office(slot) + (i > 100 && i < 400 ? 2e6 : 0);
		struct day_place place = place_of(slot);
		struct volume_reading one, other;
		volume_step(&before.volume, &budget, &place, value, 1, &one);
		volume_step(&after.volume, &budget, &place, value, 1, &other);
		same = same && memcmp(&one.score, &other.score, sizeof(one.score)) == 0 &&
		       one.alert == other.alert;
	}
	ok(same, "a copy of the state goes on with the same readings, to the bit");
	ok(sizeof(struct volume) <= VOLUME_BYTES, "a series takes %zu bytes",
		sizeof(struct volume));
}

static void test_budget(void)
{
	struct budget shared;

	budget_init(&shared, 720, 3);
	is_int((int64_t)shared.threshold, 483840, "720 series and 3 a week: 483,840 slots");
	ok(shared.clip > sqrt(shared.threshold) && shared.clip < shared.threshold,
		"one slot may say %.0f: more than the root, less than all", (double)shared.clip);
	budget_init(&shared, 90, 3.0 * 90 / 720);
	is_int((int64_t)shared.threshold, 483840, "a sensor's share leaves the threshold");
	double before = budget_patience(&shared, 6);
	budget_watched(&shared, UINT64_C(30000) * SLOTS_A_DAY);
	for (int i = 0; i < 500; i++) {
		budget_saw(&shared, 6, i % 2 ? 4 : 0);
	}
	budget_recalibrate(&shared);
	ok(budget_patience(&shared, 6) < before / 3,
		"a network that is louder than the shipped curve counts for less: %.0f for %.0f",
		budget_patience(&shared, 6), before);
}

int main(void)
{
	struct run learnt;

	budget_init(&budget, 720, 3);
	test_quiet(&learnt);
	test_added(&learnt);
	test_quiet_week(&learnt);
	test_new_normal(&learnt);
	test_missing_and_silence(&learnt);
	test_hostile(&learnt);
	test_restart(&learnt);
	test_budget();
	return done_testing();
}
