#include "analyzer/archive/archive_skew.h"

#include <stdlib.h>

enum { SAMPLES = 64, SAMPLES_LEAST = 3 };

#define UNSURE_MOST_NS  (2 * NS_PER_S)
#define UNSURE_LEAST_NS NS_PER_MS

struct samples {
	unsigned count;
	int64_t ahead_ns[SAMPLES]; /* the other one's clock */
};

struct skew_pair {
	struct skew_pair *next;
	unsigned one, other;
	struct samples of[SKEW_ANSWERED + 1];
};

void archive_skew_deinit(struct archive_skew *skew)
{
	while (skew->pairs) {
		struct skew_pair *pair = skew->pairs;
		skew->pairs = pair->next;
		free(pair);
	}
}

static struct skew_pair *pair_of(struct archive_skew *skew, unsigned one, unsigned other)
{
	struct skew_pair *pair = skew->pairs;

	while (pair && (pair->one != one || pair->other != other)) {
		pair = pair->next;
	}
	if (!pair && (pair = malloc(sizeof(*pair)))) {
		*pair = (struct skew_pair){ .next = skew->pairs, .one = one, .other = other };
		skew->pairs = pair;
	}
	return pair;
}

void archive_skew_note(struct archive_skew *skew, enum skew_kind kind, unsigned one,
	uint64_t one_ns, unsigned other, uint64_t other_ns)
{
	if (one > other) {
		archive_skew_note(skew, kind, other, other_ns, one, one_ns);
		return;
	}
	struct skew_pair *pair = pair_of(skew, one, other);
	if (pair && pair->of[kind].count < SAMPLES) {
		struct samples *samples = &pair->of[kind];
		samples->ahead_ns[samples->count++] = (int64_t)(other_ns - one_ns);
	}
}

static int compare_times(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return a < b ? -1 : a > b;
}

/* The middle one, and how far half of the others are from it: of some a sensor saw the second try.
 */
static int64_t median_of(struct samples *samples, uint64_t *spread_ns)
{
	const int64_t *ahead_ns = samples->ahead_ns;
	unsigned count = samples->count;

	qsort(samples->ahead_ns, count, sizeof(samples->ahead_ns[0]), compare_times);
	int64_t median_ns = ahead_ns[count / 2];
	uint64_t below_ns = (uint64_t)(median_ns - ahead_ns[count / 4]);
	uint64_t above_ns = (uint64_t)(ahead_ns[count * 3 / 4] - median_ns);
	*spread_ns = below_ns > above_ns ? below_ns : above_ns;
	return median_ns;
}

static enum skew_kind kind_of(const struct skew_pair *pair)
{
	return pair->of[SKEW_SAME].count >= SAMPLES_LEAST ? SKEW_SAME : SKEW_ANSWERED;
}

/* Of the two the one that is not known yet, by the other. */
static void settle_pair(struct archive_skew *skew, struct skew_pair *pair, bool is_known[])
{
	enum skew_kind kind = kind_of(pair);
	unsigned from = is_known[pair->one] ? pair->one : pair->other;
	unsigned to = from == pair->one ? pair->other : pair->one;
	uint64_t spread_ns;
	int64_t ahead_ns = median_of(&pair->of[kind], &spread_ns);
	uint64_t unsure_ns = UNSURE_LEAST_NS + 2 * spread_ns;

	if (kind == SKEW_ANSWERED) {
		unsure_ns += (uint64_t)llabs(ahead_ns);
		ahead_ns = 0;
	}
	skew->ahead_ns[to] = skew->ahead_ns[from] + (to == pair->other ? ahead_ns : -ahead_ns);
	skew->unsure_ns[to] = unsure_ns < UNSURE_MOST_NS ? unsure_ns : UNSURE_MOST_NS;
	if (skew->unsure_ns[from] == UNSURE_MOST_NS) {
		skew->unsure_ns[from] = skew->unsure_ns[to];
	}
	is_known[to] = true;
}

/* The pair of which most is known that tells a further clock. */
static struct skew_pair *next_pair(const struct archive_skew *skew, const bool is_known[])
{
	struct skew_pair *best = NULL;

	for (struct skew_pair *pair = skew->pairs; pair; pair = pair->next) {
		enum skew_kind kind = kind_of(pair);
		if (is_known[pair->one] == is_known[pair->other] ||
			pair->of[kind].count < SAMPLES_LEAST) {
			continue;
		}
		if (!best || kind < kind_of(best) ||
			(kind == kind_of(best) && pair->of[kind].count > best->of[kind].count)) {
			best = pair;
		}
	}
	return best;
}

void archive_skew_settle(struct archive_skew *skew)
{
	bool is_known[SKEW_ARCHIVES] = { false };

	for (unsigned i = 0; i < SKEW_ARCHIVES; i++) {
		skew->unsure_ns[i] = UNSURE_MOST_NS;
	}
	for (unsigned first = 0; first < SKEW_ARCHIVES; first++) {
		struct skew_pair *pair;
		is_known[first] = true; /* of those that nothing joins to others, each for itself */
		while ((pair = next_pair(skew, is_known))) {
			settle_pair(skew, pair, is_known);
		}
	}
}
