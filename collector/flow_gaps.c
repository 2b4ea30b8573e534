#include "collector/flow_gaps.h"

#include <string.h>

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static struct flow_gaps *place_of(struct flow_gaps_table *table, uint32_t flow, unsigned end)
{
	return &table->places[(2 * flow + end) % FLOW_GAPS_PLACES];
}

static bool is_of(const struct flow_gaps *gaps, uint32_t flow, unsigned end)
{
	return gaps->flow == flow && gaps->end == end;
}

void flow_gaps_begin(struct flow_gaps_table *table, uint32_t flow)
{
	for (unsigned end = 0; end < 2; end++) {
		*place_of(table, flow, end) =
			(struct flow_gaps){ .flow = flow, .end = (uint8_t)end };
	}
}

/* Of an end that nothing is seen of, all is missing. */
static void count(struct flow_gaps_table *table, const struct flow_gaps *gaps, uint32_t bytes)
{
	table->bytes_missing += gaps->is_unheard ? 0 : bytes;
}

static void count_filled(
	struct flow_gaps_table *table, const struct flow_gaps *gaps, uint32_t bytes)
{
	table->bytes_missing -= gaps->is_unheard ? 0 : bytes;
}

bool flow_gaps_add(struct flow_gaps_table *table, uint32_t flow, unsigned end, struct flow_gap gap,
	bool is_heard)
{
	struct flow_gaps *gaps = place_of(table, flow, end);

	if (!is_of(gaps, flow, end)) {
		return false;
	}
	gaps->is_unheard |= !is_heard;
	count(table, gaps, gap.to - gap.from);
	if (gaps->count > 0 && gaps->gaps[gaps->count - 1].to == gap.from) {
		gaps->gaps[gaps->count - 1].to = gap.to;
		return true;
	}
	if (gaps->count == FLOW_GAPS_MOST) {
		/* What lies between the two oldest is no longer known to have been seen. */
		gaps->gaps[1].from = gaps->gaps[0].from;
		memmove(gaps->gaps, gaps->gaps + 1, (FLOW_GAPS_MOST - 1) * sizeof(*gaps->gaps));
		gaps->count--;
	}
	gaps->gaps[gaps->count++] = gap;
	return true;
}

static void take_out(struct flow_gaps *gaps, unsigned at)
{
	gaps->count--;
	memmove(gaps->gaps + at, gaps->gaps + at + 1, (gaps->count - at) * sizeof(*gaps->gaps));
}

/* The stretch lies inside the gap, which falls in two. Without room for both the upper part stays
 * missing, and the lower with it. */
static void split(struct flow_gaps *gaps, unsigned at, struct flow_gap stretch)
{
	if (gaps->count == FLOW_GAPS_MOST) {
		return;
	}
	memmove(gaps->gaps + at + 1, gaps->gaps + at, (gaps->count - at) * sizeof(*gaps->gaps));
	gaps->count++;
	gaps->gaps[at].to = stretch.from;
	gaps->gaps[at + 1].from = stretch.to;
}

enum flow_gaps_answer flow_gaps_fill(
	struct flow_gaps_table *table, uint32_t flow, unsigned end, struct flow_gap stretch)
{
	struct flow_gaps *gaps = place_of(table, flow, end);
	enum flow_gaps_answer answer = FLOW_GAPS_SEEN;

	if (!is_of(gaps, flow, end)) {
		return FLOW_GAPS_UNKNOWN;
	}
	for (unsigned i = gaps->count; i-- > 0;) {
		struct flow_gap *gap = &gaps->gaps[i];
		if (!seq_before(stretch.from, gap->to) || !seq_before(gap->from, stretch.to)) {
			continue;
		}
		bool covers_first = !seq_before(gap->from, stretch.from);
		bool covers_last = !seq_before(stretch.to, gap->to);
		answer = FLOW_GAPS_MISSING;
		count_filled(table, gaps,
			(covers_last ? gap->to : stretch.to) -
				(covers_first ? gap->from : stretch.from));
		if (covers_first && covers_last) {
			take_out(gaps, i);
		} else if (covers_first) {
			gap->from = stretch.to;
		} else if (covers_last) {
			gap->to = stretch.from;
		} else {
			split(gaps, i, stretch);
		}
	}
	return answer;
}
