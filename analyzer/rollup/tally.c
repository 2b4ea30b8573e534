#include "analyzer/rollup/tally.h"

#include <stdlib.h>
#include <string.h>

void tally_init(struct tally *tally, uint32_t row_limit)
{
	*tally = (struct tally){ .row_limit = row_limit };
}

void tally_deinit(struct tally *tally)
{
	for (uint32_t i = 0; i < tally->row_count; i++) {
		distinct_deinit(&tally->rows[i].devices);
	}
	free(tally->rows);
	free(tally->index);
	*tally = (struct tally){ 0 };
}

/* Fibonacci hashing: keys are ours, so nobody can choose collisions. */
static uint32_t home_slot(const struct tally *tally, uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (tally->slots - 1);
}

/* The slot that holds key, or the empty one where it belongs. */
static uint32_t find_slot(const struct tally *tally, uint64_t key)
{
	uint32_t slot = home_slot(tally, key);

	while (tally->index[slot] != 0 && tally->rows[tally->index[slot] - 1].key != key) {
		slot = (slot + 1) & (tally->slots - 1);
	}
	return slot;
}

static int grow(struct tally *tally)
{
	uint32_t capacity = tally->row_capacity ? tally->row_capacity * 2 : 16;
	struct tally_row *rows = realloc(tally->rows, capacity * sizeof(*rows));

	if (!rows) {
		return -1;
	}
	tally->rows = rows;
	uint32_t *index = calloc((size_t)capacity * 2, sizeof(*index));
	if (!index) {
		return -1;
	}
	free(tally->index);
	tally->index = index;
	tally->slots = capacity * 2;
	tally->row_capacity = capacity;
	for (uint32_t i = 0; i < tally->row_count; i++) {
		tally->index[find_slot(tally, tally->rows[i].key)] = i + 1;
	}
	return 0;
}

struct tally_row *tally_find_row(struct tally *tally, uint64_t key)
{
	uint32_t slot = tally->slots ? find_slot(tally, key) : 0;

	if (tally->slots && tally->index[slot] != 0) {
		tally->last = tally->index[slot] - 1;
		return &tally->rows[tally->last];
	}
	if (tally->row_count >= tally->row_limit && key != TALLY_OVERFLOW_KEY) {
		return tally_find_row(tally, TALLY_OVERFLOW_KEY);
	}
	if (tally->row_count == tally->row_capacity) {
		if (grow(tally) < 0) {
			return NULL;
		}
		slot = find_slot(tally, key);
	}
	tally->last = tally->row_count;
	struct tally_row *row = &tally->rows[tally->row_count++];
	*row = (struct tally_row){ .key = key, .sums.first_ns = UINT64_MAX };
	tally->index[slot] = tally->row_count;
	return row;
}

void tally_add(struct tally_row *row, const struct record *record, uint64_t device_hash)
{
	const struct flow_record *flow = &record->flow;

	if (!row) {
		return;
	}
	row->sums.flows += flow->part == 0;
	row->sums.packets += flow->packets[0] + flow->packets[1];
	row->sums.bytes_up += record_bytes_up(record);
	row->sums.bytes_down += record_bytes_down(record);
	if (flow->start_ns < row->sums.first_ns) {
		row->sums.first_ns = flow->start_ns;
	}
	if (flow->end_ns > row->sums.last_ns) {
		row->sums.last_ns = flow->end_ns;
	}
	if (device_hash != row->last_device || device_hash == 0) {
		row->last_device = device_hash;
		distinct_add(&row->devices, device_hash);
	}
}

void tally_merge(struct tally_row *to, const struct tally_row *from)
{
	if (!to) {
		return;
	}
	to->sums.flows += from->sums.flows;
	to->sums.packets += from->sums.packets;
	to->sums.bytes_up += from->sums.bytes_up;
	to->sums.bytes_down += from->sums.bytes_down;
	if (from->sums.first_ns < to->sums.first_ns) {
		to->sums.first_ns = from->sums.first_ns;
	}
	if (from->sums.last_ns > to->sums.last_ns) {
		to->sums.last_ns = from->sums.last_ns;
	}
	distinct_merge(&to->devices, &from->devices);
}

const struct overview_row *tally_row_sums(struct tally_row *row)
{
	row->sums.devices = distinct_count(&row->devices);
	row->sums.devices_estimated = distinct_is_estimated(&row->devices);
	return &row->sums;
}

const struct overview_row *tally_sums(struct tally *tally, uint64_t key)
{
	static const struct overview_row nothing;
	uint32_t slot = tally->slots ? find_slot(tally, key) : 0;

	if (!tally->slots || tally->index[slot] == 0) {
		return &nothing;
	}
	return tally_row_sums(&tally->rows[tally->index[slot] - 1]);
}
