#include "analyzer/vantage/segment_proof.h"

#include "analyzer/policy/policy_segments.h"

/* A question about one unit, and what was found of it. */
struct proving {
	const struct segment_days *days;
	uint16_t unit;
	int64_t from, to;
	unsigned listed;                    /* networks of it */
	uint64_t proven[SEGMENT_DAYS / 64]; /* bit n: day from + n */
	unsigned fewest;
	struct segment_proof result;
};

static unsigned count_network(const struct proving *proving, uint16_t network)
{
	unsigned count = 0;

	for (int64_t day = proving->from; day <= proving->to; day++) {
		count += segment_day_is_proven(
			segment_days_find_network(proving->days, network, day));
	}
	return count;
}

static void clear(struct proving *proving, int64_t day)
{
	int64_t at = day - proving->from;

	proving->proven[at / 64] &= ~(UINT64_C(1) << at % 64);
}

static void take_network(struct proving *proving, uint16_t network)
{
	unsigned count = count_network(proving, network);

	for (int64_t day = proving->from; day <= proving->to; day++) {
		if (!segment_day_is_proven(
			    segment_days_find_network(proving->days, network, day))) {
			clear(proving, day);
		}
	}
	if (count < proving->fewest) {
		proving->fewest = count;
		proving->result.weakest = network;
	}
	proving->result.is_asked = true;
}

static void take_segment(void *context, const struct policy_segment *segment)
{
	struct proving *proving = context;

	if (segment->unit == proving->unit) {
		take_network(proving, segment->symbol);
		proving->listed++;
	}
}

static void take_unit(struct proving *proving)
{
	unsigned count = 0;

	for (int64_t day = proving->from; day <= proving->to; day++) {
		bool is_proven =
			segment_day_is_proven(segment_days_find(proving->days, proving->unit, day));
		count += is_proven;
		if (!is_proven) {
			clear(proving, day);
		}
	}
	proving->fewest = count;
	proving->result.is_asked = true;
}

/* Was anything met of what is ours and listed nowhere? */
static bool is_rest_met(const struct proving *proving)
{
	bool is_met = false;

	for (int64_t day = proving->from; day <= proving->to; day++) {
		is_met |= segment_days_find_network(proving->days, 0, day) != NULL;
	}
	return is_met;
}

struct segment_proof segment_proof_of(const struct segment_days *days, const struct policy *policy,
	uint16_t unit, bool is_met, int64_t from, int64_t to)
{
	bool is_long = to - from >= SEGMENT_DAYS; /* of days that are not kept nothing is known */
	int64_t first = is_long ? to - SEGMENT_DAYS + 1 : from;
	struct proving proving = { .days = days,
		.unit = unit,
		.from = first,
		.to = to,
		.result = { .is_asked = is_long } };
	unsigned kept = to >= from ? (unsigned)(to - first + 1) : 0;

	if (kept == 0) {
		return (struct segment_proof){ .of = 1, .is_asked = true };
	}
	proving.result.of = (unsigned)(to - from + 1);
	for (unsigned i = 0; i < SEGMENT_DAYS / 64; i++) {
		proving.proven[i] = UINT64_MAX;
	}
	proving.fewest = kept;
	if (unit) {
		take_unit(&proving);
	}
	policy_segments(policy, take_segment, &proving);
	if (!unit && (is_rest_met(&proving) || (is_met && proving.listed == 0))) {
		take_network(&proving, 0);
	}
	for (unsigned i = 0; i < kept; i++) {
		proving.result.days += proving.proven[i / 64] >> i % 64 & 1;
	}
	return proving.result;
}
