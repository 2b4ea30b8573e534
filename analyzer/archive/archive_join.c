#include "analyzer/archive/archive_join.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

enum {
	LEAST = 1024,
	PARTNERS_MOST = 64 /* of a part that are looked at, and records that are compared */
};

/* Two parts that may be the same, by their ends. */
struct pair {
	int64_t together_ns; /* both were under way; below 0: between them */
	uint32_t one, other; /* ranks */
};

struct joining {
	struct part *parts;
	struct archive_sights *sights;
	uint32_t *ranked; /* places */
	uint32_t count;
	struct pair *pairs;
	size_t pair_count, pair_room;
};

static uint32_t second(uint64_t ns)
{
	return (uint32_t)(ns / NS_PER_S);
}

static bool are_near(const struct part *one, const struct part *other, uint32_t seconds)
{
	return second(one->first_ns) <= second(other->last_ns) + seconds &&
	       second(other->first_ns) <= second(one->last_ns) + seconds;
}

bool archive_join_are_of_one_slot(const struct part *one, const struct part *other)
{
	return one->first_ns / SLOT_NS == other->first_ns / SLOT_NS &&
	       are_near(one, other, JOIN_NEAR_S);
}

bool archive_join_began_together(const struct part *one, const struct part *other)
{
	uint32_t at = second(one->first_ns), other_at = second(other->first_ns);

	return (at > other_at ? at - other_at : other_at - at) <= JOIN_BEGAN_S;
}

/* Who saw most of it tells. */
static void add(struct part *to, const struct part *part, struct archive_sights *sights)
{
	if (part->seen == to->seen) {
		to->tied |= part->tied;
	} else if (part->seen > to->seen) {
		to->seen = part->seen;
		to->tied = part->tied;
	}
	to->holders |= part->holders;
	to->is_opening |= part->is_opening;
	archive_sights_add(sights, &to->sights, &part->sights);
}

void archive_join_merge(struct part *to, const struct part *part, struct archive_sights *sights)
{
	to->first_ns = part->first_ns < to->first_ns ? part->first_ns : to->first_ns;
	to->last_ns = part->last_ns > to->last_ns ? part->last_ns : to->last_ns;
	to->number = part->number > to->number ? part->number : to->number;
	to->latest = part->latest > to->latest ? part->latest : to->latest;
	to->is_several |= part->is_several || (to->holders & part->holders) != 0;
	to->is_joined &= part->is_joined;
	to->has_both_ends &= part->has_both_ends;
	add(to, part, sights);
}

uint32_t archive_join_root(const struct part *parts, uint32_t place)
{
	while (parts[place].same != place) {
		place = parts[place].same;
	}
	return place;
}

static int compare(uint64_t one, uint64_t other)
{
	return one < other ? -1 : one > other;
}

static int compare_times(const struct part *one, const struct part *other)
{
	int order = compare(one->first_ns, other->first_ns);

	order = order ? order : compare(one->last_ns, other->last_ns);
	return order ? order : compare(one->seen, other->seen);
}

static int compare_ids(const void *left, const void *right, void *parts)
{
	const struct part *one = (struct part *)parts + *(const uint32_t *)left;
	const struct part *other = (struct part *)parts + *(const uint32_t *)right;
	int order = compare(one->flow_id, other->flow_id);

	return order ? order : compare_times(one, other);
}

/* Where an address is not kept what is left of the five numbers does not tell them. */
static uint64_t five_numbers(const struct part *part)
{
	return part->has_both_ends ? part->ends : part->flow_id >> FLOW_ID_ENDS_AT;
}

static int compare_ends(const void *left, const void *right, void *parts)
{
	const struct part *one = (struct part *)parts + *(const uint32_t *)left;
	const struct part *other = (struct part *)parts + *(const uint32_t *)right;
	int order = compare(five_numbers(one), five_numbers(other));

	order = order ? order : compare_times(one, other);
	return order ? order : compare(one->flow_id, other->flow_id);
}

static int compare_kept_ends(const void *left, const void *right, void *parts)
{
	const struct part *one = (struct part *)parts + *(const uint32_t *)left;
	const struct part *other = (struct part *)parts + *(const uint32_t *)right;
	int order = compare(one->ends, other->ends);

	order = order ? order : compare_times(one, other);
	return order ? order : compare(one->flow_id, other->flow_id);
}

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *one = left, *other = right;

	if (one->together_ns != other->together_ns) {
		return one->together_ns > other->together_ns ? -1 : 1;
	}
	int order = compare(one->one, other->one);
	return order ? order : compare(one->other, other->other);
}

static bool is_any(const struct part *part)
{
	(void)part;
	return true;
}

static bool is_opening_of_ends(const struct part *part)
{
	return part->is_opening && part->ends;
}

/* Those of a kind that are no other one yet. */
static void rank(struct joining *joining, uint32_t parts, bool (*is_wanted)(const struct part *),
	int (*compare_ranked)(const void *left, const void *right, void *parts))
{
	joining->count = 0;
	for (uint32_t i = 0; i < parts; i++) {
		if (joining->parts[i].same == i && is_wanted(&joining->parts[i])) {
			joining->ranked[joining->count++] = i;
		}
	}
	qsort_r(joining->ranked, joining->count, sizeof(*joining->ranked), compare_ranked,
		joining->parts);
}

static bool are_at_a_border(const struct part *one, const struct part *other)
{
	return !(one->holders & other->holders) && archive_join_began_together(one, other);
}

static void join_ids(
	struct joining *joining, bool (*are_same)(const struct part *one, const struct part *other))
{
	for (uint32_t i = 1, to = 0; i < joining->count; i++) {
		struct part *one = &joining->parts[joining->ranked[to]];
		struct part *other = &joining->parts[joining->ranked[i]];
		if (one->flow_id == other->flow_id && are_same(one, other)) {
			archive_join_merge(one, other, joining->sights);
			other->same = joining->ranked[to];
		} else {
			to = i;
		}
	}
}

/* Two of the same ends: ways of one flow, or one that a sensor came to later. */
static bool may_be_one(
	const struct joining *joining, const struct part *one, const struct part *other)
{
	bool is_joined = one->is_joined || other->is_joined;

	if (one->flow_id == other->flow_id || one->holders == other->holders) {
		return false;
	}
	return (is_joined && are_near(one, other, JOIN_BEGAN_S)) ||
	       ((is_joined || !one->is_tcp) &&
		       archive_sights_meet(joining->sights, &one->sights, &other->sights));
}

static bool note_pair(struct joining *joining, uint32_t one, uint32_t other)
{
	const struct part *first = &joining->parts[joining->ranked[one]];
	const struct part *next = &joining->parts[joining->ranked[other]];
	uint64_t until_ns = first->last_ns < next->last_ns ? first->last_ns : next->last_ns;

	if (joining->pair_count == joining->pair_room) {
		size_t room = joining->pair_room ? 2 * joining->pair_room : LEAST;
		struct pair *pairs = realloc(joining->pairs, room * sizeof(*pairs));
		if (!pairs) {
			return false;
		}
		joining->pairs = pairs;
		joining->pair_room = room;
	}
	joining->pairs[joining->pair_count++] =
		(struct pair){ (int64_t)(until_ns - next->first_ns), one, other };
	return true;
}

static bool find_pairs(struct joining *joining)
{
	for (uint32_t i = 0; i < joining->count; i++) {
		const struct part *one = &joining->parts[joining->ranked[i]];
		for (uint32_t j = i + 1; j < joining->count && j - i <= PARTNERS_MOST; j++) {
			const struct part *other = &joining->parts[joining->ranked[j]];
			if (five_numbers(one) != five_numbers(other) ||
				!are_near(one, other, JOIN_NEAR_S)) {
				break;
			}
			if (may_be_one(joining, one, other) && !note_pair(joining, i, j)) {
				return false;
			}
		}
	}
	return true;
}

static void join_pairs(struct joining *joining)
{
	for (size_t i = 0; i < joining->pair_count; i++) {
		const struct pair *pair = &joining->pairs[i];
		uint32_t to = archive_join_root(joining->parts, joining->ranked[pair->one]);
		uint32_t from = archive_join_root(joining->parts, joining->ranked[pair->other]);
		struct part *one = &joining->parts[to], *other = &joining->parts[from];
		if (to == from || (one->is_opening && other->is_opening) ||
			one->sights.count + other->sights.count > PARTNERS_MOST ||
			archive_sights_clash(joining->sights, &one->sights, &other->sights)) {
			continue;
		}
		add(one, other, joining->sights);
		other->same = to;
	}
}

/* Beginnings that an earlier archive saw at the same moment under another id: by what is kept of
 * their ends, since ids of two keys have nothing in common. */
static void find_renamed(struct joining *joining)
{
	for (uint32_t i = 0; i < joining->count; i++) {
		struct part *one = &joining->parts[joining->ranked[i]];
		for (uint32_t j = i + 1; j < joining->count && j - i <= PARTNERS_MOST; j++) {
			struct part *other = &joining->parts[joining->ranked[j]];
			struct part *later = one->latest > other->latest ? one : other;
			if (one->ends != other->ends || !archive_join_began_together(one, other)) {
				break;
			}
			if (one->flow_id != other->flow_id && one->latest != other->latest) {
				later->is_renamed = true;
				later->renamed_by = later == one ? other->latest : one->latest;
			}
		}
	}
}

/* What is known of a part's number holds for all that are it by their id. */
static void spread(struct part *parts, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct part *root = &parts[archive_join_root(parts, i)];
		parts[i].number = root->number;
		parts[i].is_several = root->is_several;
	}
}

int archive_join_parts(
	struct part *parts, uint32_t count, bool may_be_renamed, struct archive_sights *sights)
{
	struct joining joining = { .parts = parts,
		.sights = sights,
		.ranked = malloc((count ? count : 1) * sizeof(*joining.ranked)) };

	if (!joining.ranked) {
		return -ENOMEM;
	}
	rank(&joining, count, is_any, compare_ids);
	join_ids(&joining, archive_join_are_of_one_slot);
	rank(&joining, count, is_any, compare_ids);
	join_ids(&joining, are_at_a_border);
	spread(parts, count);
	if (may_be_renamed) {
		rank(&joining, count, is_opening_of_ends, compare_kept_ends);
		find_renamed(&joining);
	}
	rank(&joining, count, is_any, compare_ends);
	bool is_done = find_pairs(&joining);
	if (is_done && joining.pair_count > 0) {
		qsort(joining.pairs, joining.pair_count, sizeof(*joining.pairs), compare_pairs);
		join_pairs(&joining);
	}
	free(joining.pairs);
	free(joining.ranked);
	return is_done ? 0 : -ENOMEM;
}
