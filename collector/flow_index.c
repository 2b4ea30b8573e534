#include "collector/flow_index.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "collector/reserve.h"

enum {
	LINES_LEAST = 1024,
	/* How far ahead of the cursor lines, and then the keys they point to, are fetched. */
	SPLIT_LINES_AHEAD = 8,
	SPLIT_KEYS_AHEAD = 3
};

static uint32_t lines_for(uint32_t capacity)
{
	uint32_t lines = LINES_LEAST;

	while (lines < capacity / FLOW_INDEX_LOAD) {
		lines *= 2;
	}
	return lines;
}

int flow_index_init(
	struct flow_index *index, const struct flow_slab *slab, const struct kernels *kernels)
{
	*index = (struct flow_index){
		.base = LINES_LEAST,
		.most = lines_for(slab->capacity),
		.slab = slab,
		.match = kernels->match,
		.hash = slab->key_bytes == sizeof(struct flow_key4) ? kernels->hash16
								    : kernels->hash40,
	};
	/* Every chain but its last line is full, so this is enough however keys fall. Number 0
	 * means none. */
	index->overflow_most = 1 + slab->capacity / KERNEL_LINE_PLACES + index->most;
	index->overflow_used = 1;
	index->lines = reserve_map((size_t)index->most * sizeof(*index->lines));
	index->overflow = reserve_map((size_t)index->overflow_most * sizeof(*index->overflow));
	if (!index->lines || !index->overflow ||
		getrandom(&index->secret, sizeof(index->secret), 0) !=
			(ssize_t)sizeof(index->secret)) {
		flow_index_deinit(index);
		return -ENOMEM;
	}
	return 0;
}

void flow_index_deinit(struct flow_index *index)
{
	reserve_unmap(index->lines, (size_t)index->most * sizeof(*index->lines));
	reserve_unmap(index->overflow, (size_t)index->overflow_most * sizeof(*index->overflow));
	index->lines = NULL;
	index->overflow = NULL;
}

/* A flow's key as packets have it: without a context. */
struct bare_key {
	_Alignas(8) uint8_t bytes[sizeof(struct flow_key6)];
};

static inline const void *strip(
	const struct flow_index *index, const void *key, struct bare_key *bare)
{
	size_t bytes = index->slab->key_bytes;
	_Static_assert(sizeof(struct flow_key4) - offsetof(struct flow_key4, context) ==
			       sizeof(struct flow_key6) - offsetof(struct flow_key6, context),
		"the context is as far from the end of both keys");

	/* Two lengths that the compiler knows, not one that it does not. */
	if (bytes == sizeof(struct flow_key4)) {
		memcpy(bare->bytes, key, sizeof(struct flow_key4));
	} else {
		memcpy(bare->bytes, key, sizeof(struct flow_key6));
	}
	memset(bare->bytes + bytes - sizeof(struct flow_key4) + offsetof(struct flow_key4, context),
		0, sizeof(uint16_t));
	return bare->bytes;
}

uint64_t flow_index_hash(const struct flow_index *index, const void *key)
{
	struct bare_key bare;
	const void *stripped = strip(index, key, &bare);
	uint64_t hash;

	index->hash(&index->secret, &stripped, 1, &hash);
	return hash;
}

void flow_index_begin(
	const struct flow_index *index, uint64_t hash, struct flow_index_search *search)
{
	uint32_t first;

	search->line = flow_index_line(index, hash);
	search->tag = flow_index_tag(hash);
	/* Mostly asked for what is not there. */
	index->match(&search->line, &search->tag, 1, &first);
	search->place = first == KERNEL_NO_ID ? KERNEL_LINE_PLACES : 0;
}

uint32_t flow_index_next(const struct flow_index *index, struct flow_index_search *search)
{
	for (;; search->line = index->overflow + search->line->next, search->place = 0) {
		while (search->place < KERNEL_LINE_PLACES) {
			unsigned place = search->place++;
			if (search->line->tags[place] == search->tag) {
				return search->line->ids[place];
			}
		}
		if (!search->line->next) {
			return FLOW_NONE;
		}
	}
}

/* How many places of the line are taken; they are taken from the front. */
static unsigned places_taken(const struct kernel_line *line)
{
	unsigned places = KERNEL_LINE_PLACES;

	while (places > 0 && line->tags[places - 1] == 0) {
		places--;
	}
	return places;
}

static uint32_t take_overflow(struct flow_index *index)
{
	uint32_t number = index->overflow_free;

	if (!number) {
		return index->overflow_used++;
	}
	index->overflow_free = index->overflow[number].next;
	index->overflow[number].next = 0;
	return number;
}

static void give_back_overflow(struct flow_index *index, uint32_t number)
{
	index->overflow[number] = (struct kernel_line){ .next = index->overflow_free };
	index->overflow_free = number;
}

static void append(struct flow_index *index, struct kernel_line *line, uint8_t tag, uint32_t number)
{
	while (line->next) {
		line = index->overflow + line->next;
	}
	unsigned place = places_taken(line);
	if (place == KERNEL_LINE_PLACES) {
		line->next = take_overflow(index);
		line = index->overflow + line->next;
		place = 0;
	}
	line->tags[place] = tag;
	line->ids[place] = number;
}

static void deal_out(struct flow_index *index, const struct kernel_line *line)
{
	const void *keys[KERNEL_LINE_PLACES] = { NULL };
	struct bare_key bare[KERNEL_LINE_PLACES];
	uint64_t hashes[KERNEL_LINE_PLACES];
	unsigned places = places_taken(line);

	for (unsigned i = 0; i < places; i++) {
		keys[i] = strip(index, flow_slab_key(index->slab, line->ids[i]), &bare[i]);
	}
	index->hash(&index->secret, keys, places, hashes);
	for (unsigned i = 0; i < places; i++) {
		append(index, flow_index_line(index, hashes[i]), line->tags[i], line->ids[i]);
	}
}

static void prefetch_keys(const struct flow_index *index, uint32_t line_number)
{
	const struct kernel_line *line = index->lines + line_number;

	for (unsigned place = 0; place < KERNEL_LINE_PLACES && line->tags[place]; place++) {
		__builtin_prefetch(flow_slab_key(index->slab, line->ids[place]));
	}
}

/* Splits the line at the cursor, with the chain behind it. */
static void split_line(struct flow_index *index)
{
	struct kernel_line *home = index->lines + index->cursor, line = *home;

	if (index->cursor + SPLIT_LINES_AHEAD < index->base) {
		__builtin_prefetch(home + SPLIT_LINES_AHEAD, 1);
		__builtin_prefetch(home + index->base + SPLIT_LINES_AHEAD, 1);
		prefetch_keys(index, index->cursor + SPLIT_KEYS_AHEAD);
	}
	*home = (struct kernel_line){ .next = 0 };
	index->cursor++;
	deal_out(index, &line);
	while (line.next) {
		uint32_t number = line.next;
		line = index->overflow[number];
		give_back_overflow(index, number);
		deal_out(index, &line);
	}
	if (index->cursor == index->base) {
		index->base *= 2;
		index->cursor = 0;
	}
}

void flow_index_add(struct flow_index *index, uint64_t hash, uint32_t number)
{
	append(index, flow_index_line(index, hash), flow_index_tag(hash), number);
	index->count++;
	bool is_due = index->cursor > 0 || index->count / FLOW_INDEX_LOAD >= index->base;
	if (!is_due || index->base == index->most) {
		return;
	}
	for (unsigned i = 0; i < FLOW_INDEX_SPLITS; i++) {
		split_line(index);
		if (index->cursor == 0) {
			break;
		}
	}
}

void flow_index_remove(struct flow_index *index, uint64_t hash, uint32_t number)
{
	struct kernel_line *line = flow_index_line(index, hash), *before_last = NULL;
	struct kernel_line *hole_line = NULL, *last = line;
	uint8_t tag = flow_index_tag(hash);
	unsigned hole = 0;

	for (;; before_last = last, last = index->overflow + last->next) {
		for (unsigned place = 0; place < KERNEL_LINE_PLACES && !hole_line; place++) {
			if (last->tags[place] == tag && last->ids[place] == number) {
				hole_line = last;
				hole = place;
			}
		}
		if (!last->next) {
			break;
		}
	}
	unsigned taken = places_taken(last);
	if (!hole_line || taken == 0) {
		return;
	}
	hole_line->tags[hole] = last->tags[taken - 1];
	hole_line->ids[hole] = last->ids[taken - 1];
	last->tags[taken - 1] = 0;
	if (taken == 1 && before_last) {
		give_back_overflow(index, before_last->next);
		before_last->next = 0;
	}
	index->count--;
}

size_t flow_index_bytes(const struct flow_index *index)
{
	return ((size_t)index->base + index->cursor + index->overflow_used) *
	       sizeof(struct kernel_line);
}
