#include "analyzer/device/tcp_clock.h"

#include "base/clock.h"

enum { DAY_MS = 24 * 3600 * 1000 };

bool tcp_clock_runs_on(const struct tcp_clock *clock, uint32_t at, uint32_t at_ms)
{
	static const uint32_t ticks_a_second[] = { 1000, 250, 100 };
	enum { SLACK = 50 };
	uint64_t ms = at_ms - clock->at_ms, ticks = at - clock->at;

	for (unsigned i = 0; i < 3 && ms < DAY_MS; i++) {
		uint64_t wanted = ms * ticks_a_second[i] / 1000;
		uint64_t slack = SLACK + wanted / 500; /* clocks drift */
		if (ticks + slack >= wanted && ticks <= wanted + slack) {
			return true;
		}
	}
	return false;
}

void tcp_clock_add(struct tcp_clock *clock, const struct sighting *sighting)
{
	unsigned i = 0;

	clock->at = sighting->tcp_time;
	clock->at_ms = (uint32_t)(sighting->time_ns / NS_PER_MS);
	clock->flows += clock->flows < UINT16_MAX;
	while (i < clock->peer_count && clock->peers[i] != sighting->peer) {
		i++;
	}
	if (i == clock->peer_count && i < TCP_CLOCK_PEERS) {
		clock->peers[clock->peer_count++] = sighting->peer;
	}
}
