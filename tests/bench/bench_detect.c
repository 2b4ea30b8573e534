/* What detectors cost: one series' slot, with the states of many series in turn so that caches are
 * cold for each, as at the end of a slot of five minutes. */
#include "analyzer/detect/volume.h"
#include "tests/bench/bench.h"

#include <math.h>

enum { SERIES = 720, WARM_SLOTS = 21 * SLOTS_A_DAY, ROUNDS = 15, ROUND_SLOTS = 48 };

static uint32_t random_state = 1;

static double value_of(unsigned slot)
{
	random_state = random_state * 1664525 + 1013904223;
	double share = (double)(random_state >> 8) / (1 << 24);
	double hour = slot % SLOTS_A_DAY / 12.0;
	return 1e7 * (exp(-pow((hour - 12) / 3, 2)) + 0.02) * exp(2 * share - 1);
}

int main(void)
{
	struct volume *all = calloc(SERIES, sizeof(*all));
	double *values = calloc(SERIES, sizeof(*values)), nanoseconds[ROUNDS], sum = 0;
	struct volume_reading reading;
	struct budget budget;
	unsigned slot = 0;

	budget_init(&budget, SERIES, 3);
	volume_init(&all[0]);
	for (unsigned round = 0; round <= ROUNDS; round++) {
		unsigned end = round == 0 ? WARM_SLOTS : slot + ROUND_SLOTS;
		double spent = 0;
		for (; slot < end; slot++) {
			unsigned day = slot / SLOTS_A_DAY;
			struct day_place place = { .kind = day % 7 >= 5,
				.half_hour = slot % SLOTS_A_DAY / 6,
				.within = 0.5f,
				.day = day };
			unsigned count = round == 0 ? 1 : SERIES;
			for (unsigned i = 0; i < count; i++) {
				values[i] = value_of(slot);
			}
			double start = bench_now_ns();
			for (unsigned i = 0; i < count; i++) {
				volume_step(&all[i], &budget, &place, values[i], 1, &reading);
				sum += reading.score;
			}
			spent += bench_now_ns() - start;
		}
		for (unsigned i = 1; round == 0 && i < SERIES; i++) {
			all[i] = all[0];
		}
		if (round > 0) {
			nanoseconds[round - 1] = spent / SERIES / ROUND_SLOTS;
		}
	}
	printf("%-36s %8.0f ns\n", "volume, one slot of a series",
		bench_median(nanoseconds, ROUNDS));
	printf("%-36s %8zu bytes\n", "volume, one series", sizeof(*all));
	free(values);
	free(all);
	return sum < 0;
}
