#include "analyzer/vantage/vantage_drops.h"

#include <string.h>

#include "base/clock.h"

#define MINUTE_NS (60 * NS_PER_S)

enum { BURST_LEAST = 100, BURST_PERCENT = 1, BURST_ABOVE = 3 };

/* The more was lost the worse, whatever share that is. */
static void keep_worst(struct drops_minute worst[DROPS_MINUTES], const struct drops_minute *minute)
{
	for (unsigned i = 0; i < DROPS_MINUTES; i++) {
		if (minute->drops > worst[i].drops) {
			memmove(&worst[i + 1], &worst[i],
				(DROPS_MINUTES - 1 - i) * sizeof(worst[0]));
			worst[i] = *minute;
			return;
		}
	}
}

static uint64_t grown(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

void vantage_drops_note(
	struct vantage_drops *drops, uint64_t frames, uint64_t dropped, uint64_t now_ns)
{
	uint64_t start_ns = now_ns - now_ns % MINUTE_NS;

	if (drops->is_begun && start_ns != drops->minute.start_ns) {
		keep_worst(drops->worst, &drops->minute);
	}
	if (!drops->is_begun || start_ns != drops->minute.start_ns) {
		drops->minute = (struct drops_minute){ .start_ns = start_ns };
	}
	if (drops->is_begun) {
		uint64_t lost = grown(drops->drops, dropped);
		drops->minute.drops += lost;
		drops->minute.frames += grown(drops->frames, frames) + lost;
	}
	drops->is_begun = true;
	drops->frames = frames;
	drops->drops = dropped;
}

static bool is_burst(const struct vantage_drops *drops, const struct drops_minute *minute)
{
	uint64_t all = drops->frames + drops->drops;

	return minute->drops >= BURST_LEAST &&
	       minute->drops * 100 >= minute->frames * BURST_PERCENT &&
	       (double)minute->drops * (double)all >=
		       BURST_ABOVE * (double)drops->drops * (double)minute->frames;
}

unsigned vantage_drops_bursts(
	const struct vantage_drops *drops, struct drops_minute bursts[DROPS_MINUTES])
{
	struct drops_minute worst[DROPS_MINUTES];
	unsigned count = 0;

	memcpy(worst, drops->worst, sizeof(worst));
	keep_worst(worst, &drops->minute);
	for (unsigned i = 0; i < DROPS_MINUTES; i++) {
		if (is_burst(drops, &worst[i])) {
			bursts[count++] = worst[i];
		}
	}
	return count;
}
