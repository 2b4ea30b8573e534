#include "base/hash_table.h"

#include <stdlib.h>
#include <string.h>

/* The first empty slot from where that hash belongs. */
static struct hash_table_slot *find_empty(const struct hash_table *table, uint32_t hash)
{
	uint32_t at = hash & table->mask;

	while (table->slots[at].place != 0) {
		at = (at + 1) & table->mask;
	}
	return &table->slots[at];
}

static bool grow(struct hash_table *table)
{
	uint32_t old_count = table->slots ? table->mask + 1 : 0;
	uint32_t count = old_count ? 2 * old_count : HASH_TABLE_LEAST;
	struct hash_table_slot *old = table->slots;
	struct hash_table_slot *slots = count > old_count ? calloc(count, sizeof(*slots)) : NULL;

	if (!slots) {
		return false;
	}
	table->slots = slots;
	table->mask = count - 1;
	for (uint32_t i = 0; i < old_count; i++) {
		if (old[i].place != 0) {
			*find_empty(table, old[i].hash) = old[i];
		}
	}
	free(old);
	return true;
}

bool hash_table_put(struct hash_table *table, uint64_t hash, uint32_t place)
{
	uint32_t folded = hash_table_fold(hash);
	bool is_half_full = !table->slots || table->count > table->mask / 2;

	if (is_half_full && !grow(table)) {
		return false;
	}
	*find_empty(table, folded) = (struct hash_table_slot){ folded, place + 1 };
	table->count++;
	return true;
}

/* What stands behind the gap moves into it where a probe for it would end there. */
static void close_gap(struct hash_table *table, uint32_t gap)
{
	struct hash_table_slot *slots = table->slots;

	for (uint32_t at = (gap + 1) & table->mask; slots[at].place != 0;
		at = (at + 1) & table->mask) {
		uint32_t home = slots[at].hash & table->mask;
		if (((at - home) & table->mask) >= ((at - gap) & table->mask)) {
			slots[gap] = slots[at];
			gap = at;
		}
	}
	slots[gap] = (struct hash_table_slot){ 0 };
}

void hash_table_remove(struct hash_table *table, uint64_t hash, uint32_t place)
{
	uint32_t folded = hash_table_fold(hash);

	if (!table->slots) {
		return;
	}
	for (uint32_t at = folded & table->mask; table->slots[at].place != 0;
		at = (at + 1) & table->mask) {
		if (table->slots[at].place == place + 1 && table->slots[at].hash == folded) {
			close_gap(table, at);
			table->count--;
			return;
		}
	}
}

void hash_table_clear(struct hash_table *table)
{
	if (table->count > 0) {
		memset(table->slots, 0, (table->mask + (size_t)1) * sizeof(*table->slots));
	}
	table->count = 0;
}

void hash_table_deinit(struct hash_table *table)
{
	free(table->slots);
	*table = (struct hash_table){ 0 };
}
