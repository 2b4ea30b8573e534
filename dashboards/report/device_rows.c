#include "dashboards/report/device_rows.h"

#include <stdlib.h>
#include <string.h>

static bool is_row(const void *items, uint32_t place, const void *key)
{
	const struct device_row *rows = items;

	return addr_equal(&rows[place].address, key);
}

static bool make_room(struct device_rows *rows)
{
	if (rows->count < rows->room) {
		return true;
	}
	size_t room = rows->room ? rows->room * 2 : 256;
	struct device_row *more =
		room <= DEVICE_ROWS_MAX ? realloc(rows->rows, room * sizeof(*more)) : NULL;
	if (more) {
		rows->rows = more;
		rows->room = room;
	}
	return more != NULL;
}

static struct device_row *find(struct device_rows *rows, const struct addr *address)
{
	if (rows->count == 0) {
		rows->key = hash_key_random();
	}
	uint64_t hash = hash_bytes(&rows->key, address, sizeof(*address));
	uint32_t place = hash_table_find(&rows->places, hash, is_row, rows->rows, address);
	if (place != HASH_TABLE_NONE) {
		return &rows->rows[place];
	}
	if (!make_room(rows) || !hash_table_put(&rows->places, hash, (uint32_t)rows->count)) {
		return NULL;
	}
	struct device_row *row = &rows->rows[rows->count++];
	*row = (struct device_row){ .address = *address, .first_ns = UINT64_MAX };
	return row;
}

void device_rows_add(struct device_rows *rows, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;
	struct device_row *row = find(rows, record_own_addr(record));

	if (!row) {
		rows->flows_elsewhere++;
		return;
	}
	row->first_ns = flow->flow_start_ns < row->first_ns ? flow->flow_start_ns : row->first_ns;
	row->last_ns = flow->end_ns > row->last_ns ? flow->end_ns : row->last_ns;
	row->sent += flow->total_bytes[own];
	row->received += flow->total_bytes[1 - own];
	row->flows++;
}

static int by_sent(const void *left, const void *right)
{
	const struct device_row *a = left, *b = right;

	if (a->sent != b->sent) {
		return a->sent < b->sent ? 1 : -1;
	}
	return memcmp(&a->address, &b->address, sizeof(a->address));
}

void device_rows_sort(struct device_rows *rows)
{
	if (rows->count > 0) {
		qsort(rows->rows, rows->count, sizeof(*rows->rows), by_sent);
	}
	hash_table_deinit(&rows->places);
}

void device_rows_deinit(struct device_rows *rows)
{
	hash_table_deinit(&rows->places);
	free(rows->rows);
	*rows = (struct device_rows){ .rows = NULL };
}
