/* The detector over all series: zeros by itself, gaps, its state file, peers, first sights, shares.
 */
#include "analyzer/detect/detect.h"
#include "analyzer/detect/drift.h"
#include "analyzer/detect/novelty.h"
#include "analyzer/detect/share.h"
#include "tests/tap.h"
#include <errno.h>

#include <math.h>
#include <stdlib.h>

enum { SERIES = 6, FIRST_SLOT = 5891904 /* Monday 2026-01-05 */, DAY = SLOTS_A_DAY };

static uint64_t random_state;

static double random_share(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(random_state >> 11) / (double)(UINT64_C(1) << 53);
}

static double value_of(unsigned series, unsigned slot)
{
	double hour = slot % DAY / 12.0, level = exp(-pow((hour - 12) / 3, 2)) + 0.02;

	level *= slot / DAY % 7 >= 5 ? 0.06 : 1;
	level *= exp(random_share() + random_share() - 1);
	if (series == 3 && slot % 7) {
		return 0; /* a sparse one */
	}
	return (series + 1) * 1e6 * level + (series == 1 && slot > 26 * DAY ? 1.5e6 : 0);
}

struct log {
	char text[20000];
	size_t length;
	unsigned alerts;
};

static void told(void *context, uint64_t series, uint64_t slot,
	const struct volume_reading *reading, double value)
{
	struct log *log = context;

	log->alerts += reading->alert;
	log->length += (size_t)snprintf(log->text + log->length, sizeof(log->text) - log->length,
		"%" PRIu64 " %" PRIu64 " %a %a %d\n", series, slot, reading->score, value,
		reading->alert);
	if (log->length > sizeof(log->text) - 200) {
		log->length = sizeof(log->text) - 200;
	}
}

/* Series 3 shows a value in one slot of seven: its zeros are the detector's own. On one day nobody
 * looks. */
static void feed(struct detect *detect, unsigned from, unsigned to)
{
	struct volume_reading reading;

	for (unsigned slot = from; slot < to; slot++) {
		bool looked = slot / DAY != 20;
		random_state = slot;
		for (unsigned series = 0; series < SERIES; series++) {
			double value = value_of(series, slot);
			if (looked && value > 0) {
				detect_feed(detect, 100 + series, 0, FIRST_SLOT + slot, value,
					&reading);
			}
		}
		detect_end_slot(detect, FIRST_SLOT + slot, looked);
	}
}

static void test_restart(void)
{
	static struct log whole, halves;
	struct calendar *calendar;
	struct detect *one, *before, *after;
	struct err err;

	calendar_create(&calendar, &err);
	struct detect_options options = { .series_most = SERIES - 1,
		.calendar = calendar,
		.weekly = 3,
		.series = 720,
		.told = told,
		.context = &whole };
	is_int(detect_create(&one, &options, &err), 0, "a detector is made");
	feed(one, 0, 28 * DAY);
	is_int(detect_series_count(one), SERIES - 1,
		"it watches as many series as it has room for");
	ok(detect_unwatched(one) > 0, "… and counts what it does not");
	ok(whole.alerts == 1 && strstr(whole.text, "101 "),
		"what was added to one series is told once: %u", whole.alerts);

	options.context = &halves;
	detect_create(&before, &options, &err);
	detect_create(&after, &options, &err);
	feed(before, 0, 26 * DAY + 100);
	size_t count = detect_state_bytes(before);
	char *bytes = malloc(count);
	detect_state_write(before, bytes);
	is_int(detect_state_read(after, bytes, count, &err), 0, "a state is read back");
	feed(after, 26 * DAY + 100, 28 * DAY);
	ok(whole.length == halves.length && memcmp(whole.text, halves.text, whole.length) == 0,
		"a restart in the middle: %zu bytes of readings are the same", whole.length);

	ok(count / (SERIES - 1) < 1536, "a series takes %zu bytes", count / (SERIES - 1));
	is_int(detect_state_read(after, bytes, count - 9, &err), -EINVAL, "a cut state is refused");
	is_int(detect_state_read(after, bytes, 18, &err), -EINVAL, "… a stump too");
	is_int(detect_series_count(after), SERIES - 1, "… and the detector is as it was");
	free(bytes);
	detect_destroy(one);
	detect_destroy(before);
	detect_destroy(after);
	calendar_destroy(calendar);
}

static void test_peers(void)
{
	enum { MEMBERS = 8, WEEKS = 4 };
	static struct drift_group group;
	float residuals[MEMBERS];
	double scores[MEMBERS], highest[MEMBERS] = { 0 };
	unsigned delay = 0;

	random_state = 9;
	for (unsigned slot = 0; slot < WEEKS * 7 * DAY; slot++) {
		double all = slot > 15 * DAY && slot < 16 * DAY ? -3 : 0; /* a day nobody told of */
		bool drifts = slot >= 24 * DAY;
		for (unsigned i = 0; i < MEMBERS; i++) {
			double bell = random_share() + random_share() + random_share() - 1.5;
			residuals[i] = (float)(all + bell + (i == 5 && drifts ? 0.4 : 0));
		}
		residuals[7] = slot % 50 ? residuals[7] : NAN;
		drift_step(&group, residuals, MEMBERS, scores);
		for (unsigned i = 0; i < MEMBERS; i++) {
			if (i == 5 && drifts && !delay && scores[i] > 1e6) {
				delay = (slot - 24 * DAY) / 12;
			}
			highest[i] = fmax(highest[i], i == 5 && drifts ? 0 : scores[i]);
		}
	}
	ok(delay > 0 && delay <= 48, "half as much again than its peers: told after %u hours",
		delay);
	double most = 0;
	for (unsigned i = 0; i < MEMBERS; i++) {
		most = fmax(most, highest[i]);
	}
	ok(most < 483840, "what all share is nobody's drift: the highest is %.0f", most);
}

static void test_novelty(void)
{
	enum { UNITS = 6 };
	struct novelty *novelty;
	struct novelty_sight sight;
	struct err err;
	unsigned early = 0;

	novelty_create(&novelty, 0, &err);
	for (unsigned day = 0; day < 30; day++) {
		for (unsigned unit = 0; unit < UNITS; unit++) {
			uint64_t slot = FIRST_SLOT + day * DAY + unit;
			novelty_see(novelty, NOVELTY_APP, unit, 1, slot, &sight);
			early += sight.news != NOVELTY_NONE;
			if (day < 20) {
				novelty_see(novelty, NOVELTY_APP, unit, 2, slot, &sight);
			}
			novelty_see(novelty, NOVELTY_NETWORK, 0, 1000 + day * UNITS + unit, slot,
				&sight);
		}
	}
	is_int(early, 0, "while a unit is learnt everything is new and nothing is told");
	uint64_t slot = FIRST_SLOT + 30 * DAY;
	novelty_see(novelty, NOVELTY_APP, 3, 77, slot, &sight);
	ok(sight.news == NOVELTY_FIRST_OF_ALL && sight.score > 2000, "a first app: patience %.0f",
		sight.score);
	double rare = sight.score;
	novelty_see(novelty, NOVELTY_APP, 3, 77, slot, &sight);
	is_int(sight.news, NOVELTY_NONE, "… is new once");
	novelty_see(novelty, NOVELTY_APP, 4, 77, slot, &sight);
	is_int(sight.news, NOVELTY_FIRST_OF_UNIT, "another unit's first is told as such");
	novelty_see(novelty, NOVELTY_NETWORK, 0, 999999, slot, &sight);
	ok(sight.score < rare / 20, "one more new network where six come a day: %.0f", sight.score);
	unsigned waves = 0, back = 0;
	for (unsigned unit = 0; unit < UNITS; unit++) {
		novelty_see(novelty, NOVELTY_APP, unit, 2, slot + unit, &sight);
		waves += sight.news == NOVELTY_WAVE;
		back += sight.news == NOVELTY_FIRST_OF_UNIT;
	}
	ok(waves == 1 && back == 0, "an app that was gone for ten days comes back everywhere: one "
				    "wave, no first sights");
	novelty_destroy(novelty);
}

static void test_share(void)
{
	struct share share = { .usual = 0 };
	unsigned told_hours = 0, first = 0;
	float usual = 0, before = 0;

	random_state = 3;
	for (unsigned hour = 0; hour < 500; hour++) {
		double part = 0.1 + 0.05 * random_share() + (hour >= 400 ? 0.4 : 0);
		if (share_hour(&share, 1000000000, (uint64_t)(part * 1e9), &usual)) {
			told_hours++;
			first = hour;
			before = usual;
		}
	}
	ok(told_hours == 1 && first == 401, "unnamed traffic jumps from %.0f %%: told once",
		(double)before * 100);
	ok(!share_hour(&share, 1000, 1000, NULL), "an hour with next to nothing says nothing");
}

/* What peers do not explain is not learnt while it is held: the same tenth more still stands out a
 * day later, and the other series has got used to it. */
static void test_hold(void)
{
	enum { DAYS = 14, HELD = 1, FREE = 2 };
	struct volume_reading held = { .residual = 0 }, free_one = { .residual = 0 };
	struct calendar *calendar;
	struct detect *detect;
	struct err err;

	calendar_create(&calendar, &err);
	const struct detect_options options = {
		.series_most = 2, .calendar = calendar, .weekly = 3, .series = 720
	};
	is_int(detect_create(&detect, &options, &err), 0, "a detector of two series");
	for (unsigned slot = 0; slot < (DAYS + 1) * DAY; slot++) {
		double value = slot < DAYS * DAY ? 1e6 : 1.1e6;
		detect_hold(detect, HELD, slot >= DAYS * DAY);
		detect_feed(detect, HELD, 0, FIRST_SLOT + slot, value, &held);
		detect_feed(detect, FREE, 0, FIRST_SLOT + slot, value, &free_one);
		detect_end_slot(detect, FIRST_SLOT + slot, true);
	}
	ok(held.residual > 0.09f && free_one.residual < 0.9f * held.residual,
		"a series that is held learns nothing: %.3f of 0.095, else %.3f",
		(double)held.residual, (double)free_one.residual);
	detect_destroy(detect);
	calendar_destroy(calendar);
}

int main(void)
{
	test_restart();
	test_hold();
	test_peers();
	test_novelty();
	test_share();
	return done_testing();
}
