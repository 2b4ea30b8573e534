#include "analyzer/catalogue/name_index.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	const char *name;
	uint32_t value;
	uint16_t length;
};

struct slot {
	uint32_t tag;   /* upper half of the hash */
	uint32_t entry; /* place in entries + 1; 0 free */
};

struct name_index {
	struct slot *slots;
	struct entry *entries;
	uint32_t mask, entry_count, entry_limit;
	unsigned labels_min, labels_max; /* of the names listed */
};

/* At most half full, so that a probe for a name that is not listed ends soon. */
static uint32_t slots_for(size_t name_count)
{
	uint32_t count = 16;

	while (count < 2 * name_count) {
		count *= 2;
	}
	return count;
}

struct name_index *name_index_create(size_t name_count)
{
	struct name_index *index = calloc(1, sizeof(*index));
	uint32_t slot_count = slots_for(name_count);

	if (index) {
		index->mask = slot_count - 1;
		index->entry_limit = slot_count / 2;
		index->labels_min = UINT_MAX;
		index->slots = calloc(slot_count, sizeof(*index->slots));
		index->entries = calloc(index->entry_limit, sizeof(*index->entries));
	}
	if (!index || !index->slots || !index->entries) {
		name_index_destroy(index);
		return NULL;
	}
	return index;
}

void name_index_destroy(struct name_index *index)
{
	if (index) {
		free(index->slots);
		free(index->entries);
		free(index);
	}
}

/* FNV-1a over the bytes from right to left, so that the hash of a suffix is a step on the way to
 * the next. */
static const uint64_t hash_start = 0xcbf29ce484222325;

static inline uint64_t hash_step(uint64_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * 0x100000001b3;
}

static inline uint64_t hash_finish(uint64_t hash)
{
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15;
}

static uint64_t hash_name(const char *name, size_t length)
{
	uint64_t hash = hash_start;

	while (length > 0) {
		hash = hash_step(hash, name[--length]);
	}
	return hash_finish(hash);
}

/* The entry of this name, or NULL; the last slot looked at is where it would go. */
static struct entry *probe(const struct name_index *index, uint64_t hash, const char *name,
	size_t length, struct slot **last)
{
	uint32_t tag = (uint32_t)(hash >> 32), at = (uint32_t)hash & index->mask;

	for (;; at = (at + 1) & index->mask) {
		struct slot *slot = &index->slots[at];
		*last = slot;
		if (slot->entry == 0) {
			return NULL;
		}
		if (slot->tag == tag) {
			struct entry *entry = &index->entries[slot->entry - 1];
			if (entry->length == length && memcmp(entry->name, name, length) == 0) {
				return entry;
			}
		}
	}
}

static unsigned count_labels(const char *name)
{
	unsigned count = 1;

	for (; *name; name++) {
		count += *name == '.';
	}
	return count;
}

/* Twice as many slots and entries; the names keep their places among the entries. */
static bool grow(struct name_index *index)
{
	uint32_t slot_count = 2 * (index->mask + 1);
	struct entry *entries = realloc(index->entries, slot_count / 2 * sizeof(*entries));
	struct slot *slots = calloc(slot_count, sizeof(*slots)), *slot;

	if (entries) {
		index->entries = entries;
	}
	if (!entries || !slots) {
		free(slots);
		return false;
	}
	free(index->slots);
	index->slots = slots;
	index->mask = slot_count - 1;
	index->entry_limit = slot_count / 2;
	for (uint32_t i = 0; i < index->entry_count; i++) {
		uint64_t hash = hash_name(entries[i].name, entries[i].length);
		probe(index, hash, entries[i].name, entries[i].length, &slot);
		*slot = (struct slot){ (uint32_t)(hash >> 32), i + 1 };
	}
	return true;
}

uint32_t *name_index_add(struct name_index *index, const char *name, uint32_t value)
{
	size_t length = strlen(name);
	uint64_t hash = hash_name(name, length);
	unsigned labels = count_labels(name);
	struct slot *slot;
	struct entry *entry = probe(index, hash, name, length, &slot);

	if (entry) {
		return &entry->value;
	}
	if (length > UINT16_MAX) {
		return NULL;
	}
	if (index->entry_count == index->entry_limit) {
		if (!grow(index)) {
			return NULL;
		}
		probe(index, hash, name, length, &slot);
	}
	entry = &index->entries[index->entry_count++];
	*entry = (struct entry){ name, value, (uint16_t)length };
	*slot = (struct slot){ (uint32_t)(hash >> 32), index->entry_count };
	if (labels > index->labels_max) {
		index->labels_max = labels;
	}
	if (labels < index->labels_min) {
		index->labels_min = labels;
	}
	return &entry->value;
}

uint32_t name_index_find(const struct name_index *index, const char *name, size_t length)
{
	struct slot *slot;
	const struct entry *entry = probe(index, hash_name(name, length), name, length, &slot);

	return entry ? entry->value : NAME_INDEX_NOTHING;
}

static unsigned keep_hit(
	struct name_hit hits[NAME_HITS_MAX], unsigned count, uint32_t value, size_t length)
{
	if (count == NAME_HITS_MAX) {
		memmove(hits, hits + 1, (NAME_HITS_MAX - 1) * sizeof(hits[0]));
		count--;
	}
	hits[count] = (struct name_hit){ value, (uint16_t)length };
	return count + 1;
}

/* Suffixes of a name of which what a look at each needs is being fetched. */
enum { SUFFIXES_TOGETHER = 8 };

struct suffixes {
	const char *name;
	size_t length;
	unsigned count;
	struct {
		uint64_t hash;
		size_t at; /* where it begins */
	} items[SUFFIXES_TOGETHER];
};

/* Looks at all of them. */
static unsigned find_suffixes(const struct name_index *index, struct suffixes *suffixes,
	struct name_hit hits[NAME_HITS_MAX], unsigned count)
{
	struct slot *slot;

	for (unsigned i = 0; i < suffixes->count; i++) {
		size_t at = suffixes->items[i].at, length = suffixes->length - at;
		const struct entry *entry =
			probe(index, suffixes->items[i].hash, suffixes->name + at, length, &slot);
		if (entry) {
			count = keep_hit(hits, count, entry->value, length);
		}
	}
	suffixes->count = 0;
	return count;
}

unsigned name_index_walk(const struct name_index *index, const char *name, size_t length,
	struct name_hit hits[NAME_HITS_MAX])
{
	struct suffixes suffixes = { .name = name, .length = length, .count = 0 };
	uint64_t hash = hash_start;
	unsigned count = 0, labels = 1;

	for (size_t at = length; labels <= index->labels_max; hash = hash_step(hash, name[--at])) {
		if (at > 0 && name[at - 1] != '.') {
			continue;
		}
		/* A boundary: the start of the name, or the dot in front of this suffix. */
		if (labels >= index->labels_min && at < length) {
			uint64_t finished = hash_finish(hash);
			__builtin_prefetch(&index->slots[(uint32_t)finished & index->mask]);
			suffixes.items[suffixes.count].hash = finished;
			suffixes.items[suffixes.count++].at = at;
			if (suffixes.count == SUFFIXES_TOGETHER) {
				count = find_suffixes(index, &suffixes, hits, count);
			}
		}
		labels++;
		if (at == 0) {
			break;
		}
	}
	return find_suffixes(index, &suffixes, hits, count);
}
