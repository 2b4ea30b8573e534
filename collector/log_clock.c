#include "collector/log_clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"

enum {
	PAIRS = 4096,
	TIMES = 4,
	APART_MOST_S = LOG_CLOCK_APART_MOST_S,
	LOOKUPS_LEAST = 20,
	/* A client may take a while to speak; a log may tell whole seconds, a bit late. */
	RIGHT_FROM_S = -4,
	RIGHT_TO_S = 2,
	/* So many times as many have to agree on another time as on the right one. */
	CLEARLY = 4
};

struct times {
	uint8_t count;
	uint64_t at_ns[TIMES];
};

struct pair {
	uint64_t print;
	struct times names, flows;
};

struct log_clock {
	struct hash_key key;
	uint32_t most;
	int32_t most_s;
	struct pair pairs[PAIRS];
	uint16_t counts[2 * APART_MOST_S + 3]; /* one more at each end */
};

struct log_clock *log_clock_create(void)
{
	struct log_clock *clock = calloc(1, sizeof(*clock));

	if (clock) {
		clock->key = hash_key_random();
	}
	return clock;
}

void log_clock_destroy(struct log_clock *clock)
{
	free(clock);
}

/* Whoever comes first has the place. */
static struct pair *pair_of(
	struct log_clock *clock, const struct addr *client, const struct addr *address)
{
	const struct addr ends[2] = { *client, *address };
	uint64_t print = hash_bytes_fast(&clock->key, ends, sizeof(ends)) | 1;
	struct pair *pair = &clock->pairs[(print >> 1) % PAIRS];

	if (pair->print == 0) {
		pair->print = print;
	}
	return pair->print == print ? pair : NULL;
}

static uint16_t *count_at(struct log_clock *clock, int64_t apart_s)
{
	return &clock->counts[apart_s + APART_MOST_S + 1];
}

static void count(struct log_clock *clock, uint64_t name_ns, uint64_t flow_ns)
{
	int64_t apart_ns = (int64_t)(name_ns - flow_ns);
	int64_t half = (int64_t)NS_PER_S / 2;
	int64_t apart_s = (apart_ns + (apart_ns < 0 ? -half : half)) / (int64_t)NS_PER_S;

	if (apart_s < -APART_MOST_S || apart_s > APART_MOST_S) {
		return;
	}
	uint16_t *here = count_at(clock, apart_s);
	*here += *here < UINT16_MAX;
	uint32_t together = *here + (here[-1] > here[1] ? here[-1] : here[1]);
	if (together > clock->most) {
		clock->most = together;
		clock->most_s = (int32_t)apart_s;
	}
}

/* What comes at once with another is the same look-up, and has the same flows. */
static bool keep(struct times *times, uint64_t time_ns)
{
	enum { AT_ONCE_S = 2 };
	bool is_new = times->count < TIMES;

	for (unsigned i = 0; i < times->count; i++) {
		uint64_t early = times->at_ns[i] < time_ns ? times->at_ns[i] : time_ns;
		uint64_t late = times->at_ns[i] < time_ns ? time_ns : times->at_ns[i];
		is_new &= late - early >= AT_ONCE_S * NS_PER_S;
	}
	if (!is_new) {
		return false;
	}
	times->at_ns[times->count++] = time_ns;
	return true;
}

void log_clock_take_name(struct log_clock *clock, const struct addr *client,
	const struct addr *address, uint64_t time_ns)
{
	struct pair *pair = pair_of(clock, client, address);

	if (pair && keep(&pair->names, time_ns)) {
		for (unsigned i = 0; i < pair->flows.count; i++) {
			count(clock, time_ns, pair->flows.at_ns[i]);
		}
	}
}

void log_clock_take_flow(struct log_clock *clock, const struct addr *client,
	const struct addr *address, uint64_t time_ns)
{
	struct pair *pair = pair_of(clock, client, address);

	if (pair && keep(&pair->flows, time_ns)) {
		for (unsigned i = 0; i < pair->names.count; i++) {
			count(clock, pair->names.at_ns[i], time_ns);
		}
	}
}

int32_t log_clock_ahead_s(const struct log_clock *clock, uint32_t *lookups)
{
	uint32_t right = 0;

	for (int32_t apart_s = RIGHT_FROM_S; apart_s <= RIGHT_TO_S; apart_s++) {
		right += clock->counts[apart_s + APART_MOST_S + 1];
	}
	*lookups = clock->most;
	bool is_right = clock->most_s >= RIGHT_FROM_S && clock->most_s <= RIGHT_TO_S;
	return is_right || clock->most < LOOKUPS_LEAST || clock->most < CLEARLY * right
		       ? 0
		       : clock->most_s;
}
