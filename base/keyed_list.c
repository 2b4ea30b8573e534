#include "base/keyed_list.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_LEAST = 64 };

static bool has_room(struct keyed_list *list, size_t row_bytes)
{
	if (list->most && list->count == list->most) {
		return false;
	}
	if (list->count < list->capacity) {
		return true;
	}
	uint32_t capacity = list->capacity ? 2 * list->capacity : ROWS_LEAST;
	void *rows = capacity > list->capacity ? realloc(list->rows, capacity * row_bytes) : NULL;
	if (!rows) {
		return false;
	}
	list->rows = rows;
	list->capacity = capacity;
	return true;
}

void *keyed_list_row(struct keyed_list *list, size_t row_bytes, uint64_t hash, hash_table_is *is,
	const void *wanted)
{
	uint32_t place = hash_table_find(&list->table, hash, is, list->rows, wanted);

	if (place == HASH_TABLE_NONE) {
		place = list->count;
		if (!has_room(list, row_bytes) || !hash_table_put(&list->table, hash, place)) {
			return NULL;
		}
		memcpy((char *)list->rows + place * row_bytes, wanted, row_bytes);
		list->count++;
	}
	return (char *)list->rows + place * row_bytes;
}

void keyed_list_deinit(struct keyed_list *list)
{
	hash_table_deinit(&list->table);
	free(list->rows);
	*list = (struct keyed_list){ .count = 0 };
}
